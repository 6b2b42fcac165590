package store

import (
	"context"
	"database/sql/driver"
	"slices"
)

// shared is one transaction of several commands: one statement per table wherever that can be. Each is
// prepared once on its connection: on a busy server reading the text of a statement costs more than
// carrying it out.
type shared struct {
	moves   singles // of instances
	parts   []part
	singles singles
	jobs    []op
	// canceled are jobs that are removed before.
	canceled []op
}

// part is one statement for all commands.
type part struct {
	q    string
	args []driver.NamedValue
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
			case o.q == mysqlStatements.putJob || o.q == mysqlStatements.putShownJob:
				p.jobs = append(p.jobs, o)
			case o.q == sqlCancelJob:
				p.canceled = append(p.canceled, o)
			case sharedRows[o.q] != nil:
				rows[o.q] = append(rows[o.q], o)
			default:
				p.singles = append(p.singles, single{r, o})
			}
		}
	}
	for _, q := range []string{mysqlStatements.insertDone, mysqlStatements.insertInstance, mysqlStatements.putTask, mysqlStatements.insertTrail, mysqlStatements.putReceipt} {
		if len(rows[q]) > 0 {
			p.parts = append(p.parts, rowsPart(sharedRows[q], rows[q]))
		}
	}
	return p
}

// rowsPart is one statement for all rows of a table.
func rowsPart(t *rowsText, ops []op) part {
	x := part{q: t.text(len(ops)), args: make([]driver.NamedValue, 0, len(ops)*len(ops[0].args))}
	for _, o := range ops {
		x.bind(o.args)
	}
	return x
}

func (x *part) bind(args []any) {
	for _, a := range args {
		x.args = append(x.args, driver.NamedValue{Ordinal: len(x.args) + 1, Value: value(a)})
	}
}

// movedRows puts the new state of instances that are there, and locked: only the columns that sqlUpdateInstance
// sets are written, in its order of arguments.
var movedRows = &rowsText{
	head: "INSERT INTO instance (rev, status, title, seq, head, updated_at, ended_at, state, hash, id, definition, kind, initiator, created_at) VALUES ",
	row:  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', 0)",
	tail: ` ON DUPLICATE KEY UPDATE rev = VALUES(rev), status = VALUES(status), title = VALUES(title), seq = VALUES(seq), head = VALUES(head),
 updated_at = VALUES(updated_at), ended_at = VALUES(ended_at), state = VALUES(state), hash = VALUES(hash)`,
}

// moveInstances is sqlUpdateInstance for all of them. failed are those whose revision is another.
func (p *shared) moveInstances(ctx context.Context, c *writeConn, held *held) (failed []*command, err error) {
	const id, expected = 9, 10 // among the arguments
	if len(p.moves) == 0 {
		return nil, nil
	}
	x := part{q: movedRows.text(len(p.moves))}
	for _, m := range p.moves {
		if rev, ok := held.revs[m.o.args[id].(string)]; !ok || rev != m.o.args[expected].(int64) {
			failed = append(failed, singles{m}.lost()...)
		}
		x.bind(m.o.args[:expected])
	}
	if len(failed) == 0 {
		_, err = c.exec(ctx, x.q, x.args)
	}
	return failed, err
}

// lost tells the commands that their guards found no row.
func (l singles) lost() (failed []*command) {
	for _, x := range l {
		x.r.err = x.o.need
		failed = append(failed, x.r)
	}
	return failed
}

// send carries out the statements. failed are those whose own guards found no row, with their errors set.
func (p *shared) send(ctx context.Context, c *writeConn) (failed []*command, err error) {
	held, err := p.hold(ctx, c)
	if err != nil {
		return nil, err
	}
	if failed, err = p.moveInstances(ctx, c, held); err != nil || len(failed) > 0 {
		return failed, err
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
		if before > 0 {
			held.after(x.o)
		}
		if before == 0 && x.o.need != nil && !slices.Contains(failed, x.r) {
			failed = append(failed, singles{x}.lost()...)
		}
	}
	if len(failed) > 0 {
		return failed, nil
	}
	for _, x := range p.parts {
		if _, err := c.exec(ctx, x.q, x.args); err != nil {
			return nil, err
		}
	}
	return nil, p.putJobs(ctx, c, held)
}
