package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// maxForesight is how long a card waits for what is ahead of its form. The directory answers from memory: that is
// hundreds of steps.
const maxForesight = 500 * time.Millisecond

// foresee has a view say what is ahead, where it can. It is the last thing before the card is drawn, here and not in
// Step: nothing of it is kept, so that it is never older than the card, and whoever is asked when the request comes to
// a step is looked up then. No card is lost over it.
func (e *Engine) foresee(ctx context.Context, slot string, view any) (out any) {
	f, ok := view.(workflows.Foreseer)
	if !ok {
		return view
	}
	ctx, done := context.WithTimeout(ctx, maxForesight)
	defer done()
	defer func() {
		if x := recover(); x != nil {
			e.o.Log.Error("what is ahead could not be told", "slot", slot, "err", fmt.Sprint(x), "stack", string(debug.Stack()))
			out = view
		}
	}()
	return f.Foresee(func(l workflows.Lookup) (event.Lookup, error) {
		err := ctx.Err()
		var a event.Lookup
		if err == nil {
			a, err = e.o.People.Resolve(ctx, l)
		}
		if err != nil {
			e.o.Log.Warn("what is ahead could not be told", "slot", slot, "lookup", l.ID, "err", err)
		}
		return a, err
	})
}
