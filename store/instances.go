package store

import (
	"bytes"
	"context"
	"fmt"

	"magpie/workflows"
)

const (
	sqlLoadInstance   = "SELECT " + instanceColumns + " FROM instance WHERE id = ?"
	sqlLoadDefinition = "SELECT kind, name, source FROM definition WHERE id = ? AND hash = ?"
	sqlTasksOf        = "SELECT " + taskColumns + " FROM task WHERE person = ? AND state = 'open' AND closed_at = 0 ORDER BY opened_at LIMIT ?"
	sqlTasksIn        = "SELECT " + taskColumns + " FROM task WHERE id >= ? AND id < ? ORDER BY id"
	sqlRunning        = "SELECT hash, COUNT(*) FROM instance WHERE definition = ? AND status IN ('draft', 'running') GROUP BY hash"
)

// LoadInstance reads one instance. ErrNotFound.
func (s *Store) LoadInstance(ctx context.Context, id string) (workflows.Instance, error) {
	var i workflows.Instance
	found := false
	err := s.read(ctx, sqlLoadInstance, []any{id}, func(scan scanFunc) (err error) {
		found = true
		i, err = scanInstance(scan)
		return err
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return workflows.Instance{}, fmt.Errorf("load instance %s: %w", id, err)
	}
	return i, nil
}

func scanInstance(scan scanFunc) (workflows.Instance, error) {
	var i workflows.Instance
	var status string
	var state []byte
	var created, updated, ended int64
	err := scan(&i.ID, &i.Definition, &i.Hash, &i.Kind, &i.Rev, &status, &i.Initiator, &i.Title, &i.Seq, &i.Head,
		&created, &updated, &ended, &state)
	i.Status, i.State = workflows.Status(status), bytes.TrimRight(state, " ")
	i.CreatedAt, i.UpdatedAt, i.EndedAt = fromMillis(created), fromMillis(updated), fromMillis(ended)
	return i, err
}

// A row of an instance on MySQL is made at least so long, and its length rounded up to a multiple of the other.
const (
	roomLeast = 1024
	roomStep  = 512
)

// roomy adds blanks to a state, which JSON does not mind, so that it has such a length together with what else
// changes its length in the row. A state grows a little with every command; where its row grows, and the page has no
// gap of that size, InnoDB writes the whole page to its log: a third of all that an approval wrote there.
func roomy(state []byte, others int) []byte {
	n := max(roomLeast, (len(state)+others+roomStep-1)/roomStep*roomStep)
	return append(append(make([]byte, 0, n), state...), bytes.Repeat([]byte{' '}, n-others-len(state))...)
}

// PutDefinition keeps a version; the same hash again is a no-op.
func (s *Store) PutDefinition(ctx context.Context, d workflows.Definition) error {
	if d.ID == "" || d.Hash == "" || len(d.ID) > 128 || len(d.Hash) > 64 {
		return fmt.Errorf("put definition %q %q: the id has 1 to 128 bytes, the hash 1 to 64", d.ID, d.Hash)
	}
	source := d.Source
	if source == nil {
		source = []byte{}
	}
	err := s.one(ctx, nil, s.sql.putDefinition, d.ID, d.Hash, d.Kind, clean(d.Name), source, s.now())
	return wrap("put definition "+d.ID, err)
}

// LoadDefinition reads a version. ErrNotFound.
func (s *Store) LoadDefinition(ctx context.Context, id, hash string) (workflows.Definition, error) {
	d := workflows.Definition{ID: id, Hash: hash}
	if err := s.readOne(ctx, sqlLoadDefinition, []any{id, hash}, &d.Kind, &d.Name, &d.Source); err != nil {
		return workflows.Definition{}, fmt.Errorf("load definition %s %.12s: %w", id, hash, err)
	}
	return d, nil
}

// OpenTasks lists what waits for a person's decision, the oldest first, at most limit.
func (s *Store) OpenTasks(ctx context.Context, person string, limit int) ([]workflows.Task, error) {
	list, err := s.tasks(ctx, sqlTasksOf, person, limit)
	return list, wrap("open tasks of "+person, err)
}

// TasksOf lists all tasks of an instance by id.
func (s *Store) TasksOf(ctx context.Context, instance string) ([]workflows.Task, error) {
	// Task ids start with the instance and a slash; '0' is the character after it.
	list, err := s.tasks(ctx, sqlTasksIn, instance+"/", instance+"0")
	return list, wrap("tasks of "+instance, err)
}

func (s *Store) tasks(ctx context.Context, q string, args ...any) ([]workflows.Task, error) {
	var list []workflows.Task
	err := s.read(ctx, q, args, func(scan scanFunc) error {
		t, err := scanTask(scan)
		list = append(list, t)
		return err
	})
	return list, err
}

func scanTask(scan scanFunc) (workflows.Task, error) {
	var t workflows.Task
	var state string
	var opened, due, closed int64
	err := scan(&t.ID, &t.Instance, &t.Node, &t.Seat, &t.Round, &t.Person, &state, &t.Title, &opened, &due, &closed)
	t.State, t.OpenedAt, t.DueAt, t.ClosedAt = workflows.TaskState(state), fromMillis(opened), fromMillis(due), fromMillis(closed)
	return t, err
}

// Running counts the instances of a definition that have not ended, by version.
func (s *Store) Running(ctx context.Context, definition string) (map[string]int, error) {
	m := map[string]int{}
	err := s.read(ctx, sqlRunning, []any{definition}, func(scan scanFunc) error {
		var hash string
		var n int
		err := scan(&hash, &n)
		m[hash] = n
		return err
	})
	return m, wrap("running instances of "+definition, err)
}
