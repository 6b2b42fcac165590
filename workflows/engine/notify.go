package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"magpie/adapters/event"
)

// Notify runs an event of our own through one instance, now: one that is in no inbox, because whoever sends it
// sends it again until it is not needed any more. An instance that is not there, or does not care, is no error.
func (e *Engine) Notify(ctx context.Context, instance string, ev event.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.o.Log.Error("panic while notifying an instance", "instance", instance, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ev.ReceivedAt = e.now()
	c := &command{e: e, rt: e.o.Runtime(), ev: ev, instance: instance}
	if _, err := c.run(ctx); err != nil {
		return fmt.Errorf("notify instance %s: %w", instance, err)
	}
	return nil
}
