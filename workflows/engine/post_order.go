package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"magpie/workflows"
)

// turnPause is the longest pause of a posted event whose turn has not come: another process holds an earlier one,
// or an earlier one failed and is to be tried again.
const turnPause = 2 * time.Second

// turns keeps what was posted to one instance in order. The first worker that gets such an event handles all that
// this process has of that instance; the others leave theirs to it.
type turns struct {
	mu    sync.Mutex
	waits map[string][]workflows.Leased // by instance; present while a worker handles them
}

// join leaves an event with the worker that handles its instance, or makes the caller that worker.
func (t *turns) join(instance string, l workflows.Leased) (mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waits == nil {
		t.waits = map[string][]workflows.Leased{}
	}
	q, busy := t.waits[instance]
	t.waits[instance] = append(q, l)
	return !busy
}

// next takes the earliest event of an instance; false when there is none and the worker's turn is over.
func (t *turns) next(instance string) (workflows.Leased, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.waits[instance]
	if len(q) == 0 {
		delete(t.waits, instance)
		return workflows.Leased{}, false
	}
	first := 0
	for i := range q {
		if strings.Compare(q[i].ID, q[first].ID) < 0 {
			first = i
		}
	}
	l := q[first]
	t.waits[instance] = slices.Delete(q, first, first+1)
	return l, true
}

// inTurn handles a posted event after those that were posted to the same instance before it.
func (e *Engine) inTurn(ctx context.Context, l workflows.Leased) {
	instance := l.Event.Post.Instance
	if !e.turns.join(instance, l) {
		return
	}
	for {
		l, ok := e.turns.next(instance)
		if !ok {
			return
		}
		err := e.earlier(ctx, instance, l.ID)
		if err == nil {
			_, _ = e.handle(ctx, l, false) // logged there
			continue
		}
		if !errors.Is(err, errNotYet) {
			e.o.Log.Warn("look for earlier posts", "event", l.ID, "instance", instance, "err", err)
		}
		at := e.now().Add(min(backoff(l.Attempt)/8, turnPause))
		if err := e.o.Store.RetryEvent(ctx, l, at, "an earlier event to the instance is not handled yet"); err != nil && !errors.Is(err, workflows.ErrLeaseLost) {
			e.o.Log.Error("give a post back", "event", l.ID, "err", err)
		}
	}
}

// errNotYet: an earlier event is not handled.
var errNotYet = errors.New("an earlier event is not handled")

// earlier handles what was posted to an instance before an event, errNotYet when it can't be now.
func (e *Engine) earlier(ctx context.Context, instance, before string) error {
	for {
		ids, err := e.o.Store.EarlierPosts(ctx, instance, before)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			l, err := e.o.Store.LoadEvent(ctx, id, "")
			switch {
			case errors.Is(err, workflows.ErrLeaseLost), errors.Is(err, workflows.ErrNotFound):
				return errNotYet // another process has it in hand
			case err != nil:
				return fmt.Errorf("load an earlier post: %w", err)
			}
			if _, err := e.handle(ctx, l, false); err != nil {
				return errNotYet
			}
		}
	}
}
