package storetest

import (
	"time"

	"magpie/adapters/card"
	"magpie/workflows"
)

// drawnLater is a card that is drawn of its instance when it leaves: its row says the same for every revision.
func drawnLater(slot string, rev int64, at time.Time) workflows.Job {
	j := cardJob(slot, rev, "", at)
	j.Message.Key, j.Message.Card, j.Message.Draft = slot, nil, &card.Draft{}
	return j
}

// A row that waits untouched is not written again for a newer revision, and one that is being worked on, was
// tried, or waits longer than it should, is: no change may be lost.
func testOutboxProjected(e *env) {
	at := e.clock.Now()
	e.putJobs(drawnLater("i1/a", 1, at))
	e.putJobs(drawnLater("i1/a", 2, at.Add(time.Second)))
	o := e.leaseOne(at) // not put off by the newer one
	if o.Gen != 1 || o.Message.Rev == 0 || o.Message.Draft == nil {
		e.Fatalf("leased %+v", o)
	}
	e.putJobs(drawnLater("i1/a", 3, at)) // while somebody works on it
	o.Message.Rev = 2                    // what was drawn
	e.ok(e.Sent(e.ctx, o, message("om_1"), at))
	o = e.leaseOne(at)
	if o.Gen != 2 || o.Message.Rev != 3 || o.ShownRev != 2 {
		e.Fatalf("the change during the call: %+v", o)
	}
	e.ok(e.Reschedule(e.ctx, o, at.Add(time.Hour), "超时", true)) // it was tried
	e.leaseNone(at)
	e.putJobs(drawnLater("i1/a", 4, at))
	o = e.leaseOne(at)
	if o.Gen != 3 || o.Message.Rev != 4 || !o.Uncertain {
		e.Fatalf("the change after a failure: %+v", o)
	}
	e.ok(e.Sent(e.ctx, o, message("om_1"), at))
	e.leaseNone(at.Add(24 * time.Hour))

	// Put off, it comes as soon as the newer one wants.
	e.putJobs(drawnLater("i1/b", 1, at.Add(time.Hour)))
	e.putJobs(drawnLater("i1/b", 2, at))
	if o = e.leaseOne(at); o.Message.Rev != 2 {
		e.Fatalf("put off: %+v", o)
	}
	e.ok(e.Bury(e.ctx, o, "x"))
	e.putJobs(drawnLater("i1/b", 3, at)) // what was buried comes back with new content
	if o = e.leaseOne(at); o.Message.Rev != 3 {
		e.Fatalf("after a burial: %+v", o)
	}
	e.ok(e.Sent(e.ctx, o, message("om_2"), at))

	// Other words are other content, whatever the revision.
	e.putJobs(drawnLater("i1/c", 1, at))
	urgent := drawnLater("i1/c", 1, at)
	urgent.Message.Redraw = true
	e.putJobs(urgent)
	if o = e.leaseOne(at); !o.Message.Redraw || o.Gen != 2 {
		e.Fatalf("other content: %+v", o)
	}
}
