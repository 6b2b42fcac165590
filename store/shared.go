package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
)

// shared is one transaction of several commands: one statement per table wherever that can be. Each is
// prepared once on its connection: on a busy server reading the text of a statement costs more than
// carrying it out.
type shared struct {
	moves   singles // of instances
	singles singles
	parts   []part
}

// part is one statement for all commands.
type part struct {
	q    string
	args []driver.Value
}

// single is a statement that belongs to one command.
type single struct {
	r *command
	o op
}

type singles []single

// shareCommands puts the guards ahead, and then one statement per table.
func shareCommands(batch []*command) *shared {
	p := &shared{}
	rows := map[string][]op{}
	for _, r := range batch {
		for _, o := range r.ops {
			switch {
			case o.q == sqlUpdateInstance:
				p.moves = append(p.moves, single{r, o})
			case sharedRows[o.q] != nil:
				rows[o.q] = append(rows[o.q], o)
			default:
				p.singles = append(p.singles, single{r, o})
			}
		}
	}
	for _, q := range []string{
		mysqlStatements.insertDone, mysqlStatements.insertInstance, mysqlStatements.putTask, mysqlStatements.insertTrail,
		sqlCancelJob, mysqlStatements.putJob, mysqlStatements.putReceipt,
	} {
		if len(rows[q]) > 0 {
			p.parts = append(p.parts, rowsPart(sharedRows[q], rows[q]))
		}
	}
	return p
}

// rowsPart is one statement for all rows of a table.
func rowsPart(t *rowsText, ops []op) part {
	x := part{q: t.text(len(ops)), args: make([]driver.Value, 0, len(ops)*len(ops[0].args))}
	for _, o := range ops {
		x.bind(o.args)
	}
	return x
}

func (x *part) bind(args []any) {
	for _, a := range args {
		x.args = append(x.args, value(a))
	}
}

// movedRows puts the new state of instances that are there: only the columns that sqlUpdateInstance sets are
// written, in its order of arguments. Where the row is not of the revision before, the new revision is a number that no
// column holds, which fails the statement on every server and in every mode: asking for the revision once costs the
// server a fraction of asking for each column.
var movedRows = &rowsText{
	head: "INSERT INTO instance (rev, status, title, seq, head, updated_at, ended_at, state, hash, id, definition, kind, initiator, created_at) VALUES ",
	row:  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', 0)",
	tail: " ON DUPLICATE KEY UPDATE rev = IF(rev = VALUES(rev) - 1, VALUES(rev), -9223372036854775807 - VALUES(rev)), status = VALUES(status)," +
		" title = VALUES(title), seq = VALUES(seq), head = VALUES(head), updated_at = VALUES(updated_at), ended_at = VALUES(ended_at)," +
		" state = VALUES(state), hash = VALUES(hash)",
}

// errMoved: a command's instance has another revision than it expects; which one is not known.
var errMoved = errors.New("the revision of an instance moved on")

// move is sqlUpdateInstance for all of them, in one statement and without asking before.
func (l singles) move() part {
	const columns = 10 // of a row; then comes the revision expected, which is the one before
	x := part{q: movedRows.text(len(l)), args: make([]driver.Value, 0, columns*len(l))}
	for _, m := range l {
		x.bind(m.o.args[:columns])
	}
	return x
}

// lostRaces tells, after the transaction was rolled back, those commands whose instance is no longer of the revision
// that they expect. Revisions only rise, so that stays true.
func (p *shared) lostRaces(ctx context.Context, c *writeConn) (failed []*command, err error) {
	const id, expected = 9, 10 // among the arguments
	ids := part{q: "SELECT id, rev FROM instance WHERE id IN " + marks(len(p.moves))}
	for _, m := range p.moves {
		ids.bind(m.o.args[id : id+1])
	}
	revs := map[string]int64{}
	err = c.query(ctx, ids.q, ids.args, func(scan scanFunc) error {
		var id string
		var rev int64
		err := scan(&id, &rev)
		revs[id] = rev
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range p.moves {
		if rev, ok := revs[m.o.args[id].(string)]; !ok || rev != m.o.args[expected].(int64) {
			failed = append(failed, singles{m}.lost()...)
		}
	}
	return failed, nil
}

// lost tells the commands that their guards found no row.
func (l singles) lost() (failed []*command) {
	for _, x := range l {
		x.r.err = x.o.need
		failed = append(failed, x.r)
	}
	return failed
}

// send carries out the statements, in one exchange with the server unless one waits for the outcome of another. failed
// are those whose own guards found no row, with their errors set.
func (p *shared) send(ctx context.Context, c *writeConn) (failed []*command, err error) {
	list := p.parts
	if len(p.moves) > 0 {
		move := p.moves.move()
		if len(p.singles) > 0 {
			n, err := c.exec(ctx, move.q, move.args)
			if err := p.allMoved([]int64{n}, err); err != nil {
				return nil, err
			}
		} else {
			list = append([]part{move}, list...)
		}
	}
	var before int64
	for _, x := range p.singles {
		if x.o.other && before > 0 {
			continue
		}
		one := part{}
		one.bind(x.o.args)
		if before, err = c.exec(ctx, x.o.q, one.args); err != nil {
			return nil, err
		}
		if before == 0 && x.o.need != nil && !slices.Contains(failed, x.r) {
			failed = append(failed, singles{x}.lost()...)
		}
	}
	if len(failed) > 0 {
		return failed, nil
	}
	rows, err := c.execAll(ctx, list)
	if len(p.moves) > 0 && len(p.singles) == 0 {
		err = p.allMoved(rows, err)
	}
	return nil, err
}

// allMoved looks at what the server says to move, the first of the statements: that a number is out of range, or how
// many rows it touched, which is two for each that it changed, and one for each that it left as it was or had to make.
// What came after a guard that failed does not matter.
func (p *shared) allMoved(rows []int64, err error) error {
	if isOutOfRange(err) || len(rows) > 0 && (err == nil || rows[0] > 0) && rows[0] != 2*int64(len(p.moves)) {
		return errMoved
	}
	return err
}
