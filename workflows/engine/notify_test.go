package engine_test

import (
	"testing"

	"magpie/adapters/event"
)

// What we tell an instance ourselves goes through it like any event, and leaves nothing in the inbox. What
// concerns somebody who has left is a quiet change of the card that they have; nothing else is sent to them.
func TestNotify(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, _ := r.start()
	r.people.mu.Lock()
	boss := r.people.who[account("u-boss")]
	boss.Active = false
	r.people.who[account("u-boss")] = boss
	r.people.mu.Unlock()
	before := len(r.store.events)
	late := event.Event{ID: "late:1", Kind: event.KindTimer, Connection: "magpie", Body: &event.Timer{Instance: id, Name: "late", Generation: 1}}
	if err := r.engine.Notify(t.Context(), id, late); err != nil {
		t.Fatal(err)
	}
	if len(r.store.events) != before {
		t.Errorf("%d events in the inbox after %d", len(r.store.events), before)
	}
	if in := r.store.instances[id]; in.Rev != 2 {
		t.Errorf("the instance is at revision %d", in.Rev)
	}
	for job, j := range r.store.jobs {
		if m := j.Message; m != nil && m.Slot == "" {
			t.Errorf("%s is sent to somebody who has left: %+v", job, m)
		}
	}
	if err := r.engine.Notify(t.Context(), "nothing", late); err != nil {
		t.Errorf("an instance that is not there: %v", err)
	}
	if _, ok := r.store.instances["nothing"]; ok {
		t.Error("an instance was made")
	}
}
