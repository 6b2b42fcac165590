package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// shared is one transaction of several commands: one statement per table wherever that can be, since on a
// busy server a statement costs more than the rows in it.
type shared struct {
	text    strings.Builder
	args    []driver.NamedValue
	n       int // statements so far, without START TRANSACTION
	singles []single
	// instances is the statement that moves all instances on, of how many rows; -1: none.
	instances, moved int
}

// single is a statement that belongs to one command.
type single struct {
	r  *command
	o  op
	at int // which statement of the packet
}

// errUnclear: somebody's guard found no row, and the shared statement does not tell whose.
var errUnclear = errors.New("one of the revisions moved on")

// shareCommands puts the guards ahead, and then one statement per table.
func shareCommands(batch []*command) *shared {
	p := &shared{instances: -1}
	p.text.WriteString("START TRANSACTION")
	rows := map[string][]op{}
	for _, r := range batch {
		for _, o := range r.ops {
			switch {
			case o.q == sqlUpdateInstance || o.q == mysqlStatements.putShownJob || sharedRows[o.q] != nil:
				rows[o.q] = append(rows[o.q], o)
			default:
				p.singles = append(p.singles, single{r, o, p.n})
				p.add(o.q)
				p.bind(o.args)
			}
		}
	}
	p.updateInstances(rows[sqlUpdateInstance])
	for _, q := range []string{mysqlStatements.insertDone, mysqlStatements.insertInstance, mysqlStatements.putTask, mysqlStatements.insertTrail, sqlCancelJob, mysqlStatements.putReceipt} {
		p.rows(q, rows[q])
	}
	if shown := rows[mysqlStatements.putShownJob]; len(shown) > 0 {
		p.putJobs(rows[mysqlStatements.putJob], shown)
	} else {
		p.rows(mysqlStatements.putJob, rows[mysqlStatements.putJob])
	}
	return p
}

// add begins a statement.
func (p *shared) add(q string) {
	p.text.WriteByte(';')
	p.text.WriteString(q)
	p.n++
}

func (p *shared) bind(args []any) {
	for _, a := range args {
		p.args = append(p.args, driver.NamedValue{Ordinal: len(p.args) + 1, Value: value(a)})
	}
}

// rows is one statement for all rows of a table.
func (p *shared) rows(q string, ops []op) {
	if len(ops) == 0 {
		return
	}
	p.add(sharedRows[q].text(len(ops)))
	for _, o := range ops {
		p.bind(o.args)
	}
}

// The columns that sqlUpdateInstance sets after rev, in its order; then come id and rev.
var movedColumns = [...]string{"status", "title", "seq", "head", "updated_at", "ended_at", "state", "hash"}

// updateInstances is sqlUpdateInstance for several: each row by its own revision, which always goes up by
// one. All must be found.
func (p *shared) updateInstances(ops []op) {
	if len(ops) == 0 {
		return
	}
	p.instances, p.moved = p.n, len(ops)
	if len(ops) == 1 {
		p.add(sqlUpdateInstance)
		p.bind(ops[0].args)
		return
	}
	id, expected := len(movedColumns)+1, len(movedColumns)+2
	byID := func(column string, k int) {
		p.text.WriteString(column + " = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(ops)) + " END")
		for _, o := range ops {
			p.bind([]any{o.args[id], o.args[k]})
		}
	}
	p.add("UPDATE instance SET rev = rev + 1")
	for i, column := range movedColumns {
		p.text.WriteString(", ")
		byID(column, i+1)
	}
	p.text.WriteString(" WHERE id IN " + marks(len(ops)) + " AND ")
	for _, o := range ops {
		p.bind(o.args[id : id+1])
	}
	byID("rev", expected)
}

// putJobs puts jobs of both sorts. One that must have been shown comes with the state stateIfShown when its
// slot was not: it replaces only what waits, and is taken out again where nothing was.
func (p *shared) putJobs(plain, shown []op) {
	p.add(sqlInsertJob + "VALUES " + strings.Repeat("("+jobValues+"),", len(plain)) + strings.Repeat("("+shownJobValues+"),", len(shown)-1) +
		"(" + shownJobValues + ")" + myOnShownJob)
	for _, o := range plain {
		p.bind(o.args)
	}
	for _, o := range shown { // its last two arguments are the slot and the id
		slot := len(o.args) - 2
		p.bind(o.args[:4])
		p.bind(o.args[slot : slot+1])
		p.bind(o.args[4:slot])
	}
	p.add("DELETE FROM job WHERE state = 3 AND id IN " + marks(len(shown)))
	for _, o := range shown {
		p.bind(o.args[:1])
	}
}

// judge looks at the guards of each command. failed are those whose own guards found no row.
func (p *shared) judge(res driver.Result) (failed []*command, err error) {
	r, ok := res.(mysql.Result)
	if !ok {
		return nil, fmt.Errorf("the MySQL driver's %T does not tell rows per statement", res)
	}
	rows := r.AllRowsAffected()
	if len(rows) != p.n+1 { // START TRANSACTION is the first
		return nil, fmt.Errorf("%d statements gave %d results", p.n+1, len(rows))
	}
	rows = rows[1:]
	if p.instances >= 0 && rows[p.instances] != int64(p.moved) {
		return nil, errUnclear
	}
	for _, x := range p.singles {
		n := rows[x.at]
		if x.o.other {
			n += rows[x.at-1]
		}
		if n == 0 && x.o.need != nil && !slices.Contains(failed, x.r) {
			x.r.err = x.o.need
			failed = append(failed, x.r)
		}
	}
	return failed, nil
}
