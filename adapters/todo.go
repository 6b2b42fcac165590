package adapters

import (
	"context"
	"time"

	"magpie/adapters/event"
)

// Todo is an entry of the suite's own to-do list that mirrors one of ours.
type Todo struct {
	Key     string // ours; the same again is the same entry
	Title   string
	Text    string
	Link    string // page that it opens; required
	Creator event.Ref
	Owners  []event.Ref
	Due     time.Time // zero: none
	Done    bool
}

// TodoMirror keeps entries of the suite's own to-do list like ours.
type TodoMirror interface {
	// PutTodo makes the entry, or brings the one with its key up to date. KindInvalid, KindNotFound for a
	// person who is not there.
	PutTodo(ctx context.Context, t Todo) error
	// DropTodo removes the entry. One that is not there is no error.
	DropTodo(ctx context.Context, t Todo) error
}

// MirrorsTodos reports whether the suite has a to-do list that ours can be shown in.
func (c *Connection) MirrorsTodos() bool {
	_, ok := c.p.(TodoMirror)
	return ok
}

// PutTodo makes or changes an entry of the suite's to-do list.
func (c *Connection) PutTodo(ctx context.Context, t Todo) error {
	p, ok := c.p.(TodoMirror)
	if !ok {
		return Unsupported(c.ID, "to-do list")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.fail("put todo", p.PutTodo(ctx, t))
}

// DropTodo removes an entry of the suite's to-do list.
func (c *Connection) DropTodo(ctx context.Context, t Todo) error {
	p, ok := c.p.(TodoMirror)
	if !ok {
		return Unsupported(c.ID, "to-do list")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.fail("drop todo", p.DropTodo(ctx, t))
}
