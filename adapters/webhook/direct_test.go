package webhook

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

func fromPage(id string) event.Event {
	return event.Event{
		ID: id, Kind: event.KindCardAction, Connection: "pages", Body: &event.Action{Verb: "approve"},
		Actor: event.Actor{Person: "li.lei"}, Reply: event.ReplyContract{Mode: event.ReplyAnswer},
	}
}

// A press from a page has its outcome, which stays the same when it comes again; its cards do not wait.
func TestPressFromAPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		start := time.Now()
		for range 2 {
			toast, known, err := r.Press(t.Context(), fromPage("p1"))
			if d := cmp.Diff(&card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意 p1")}, toast); d != "" || !known || err != nil {
				t.Errorf("known %v, error %v, %s", known, err, d)
			}
		}
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids, at := r.let()
		if d := cmp.Diff([]string{"card/p1"}, ids); d != "" || at.Sub(start) > 100*time.Millisecond {
			t.Errorf("released %v after %v", ids, at.Sub(start))
		}
		if ev, ok := r.inbox.has("p1"); !ok || ev.ReceivedAt.IsZero() || ev.TraceID == "" || ev.Connection != "pages" {
			t.Errorf("stored %+v", ev)
		}
	})
}

// An engine that takes too long: the press is kept and finished later, and the page is told no outcome.
func TestPressFromAPageThatTakesLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.engine.slow = 20 * time.Second
		start := time.Now()
		toast, known, err := r.Press(t.Context(), fromPage("p1"))
		if toast != nil || known || err != nil || time.Since(start) > 1500*time.Millisecond {
			t.Errorf("%v %v %v after %v", toast, known, err, time.Since(start))
		}
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"row-p1/t"}, r.engine.waiting()); d != "" {
			t.Error(d)
		}
	})
}

// What can't be stored in time is not promised; should the store come back, the press still counts once.
func TestPressFromAPageThatCantBeStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.KeepTrying = time.Second })
		r.inbox.set(func() { r.inbox.err = errors.New("no disk") })
		if _, known, err := r.Press(t.Context(), fromPage("p1")); err == nil || known {
			t.Errorf("known %v, error %v", known, err)
		}
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.lost != 1 {
			t.Errorf("%d lost presses were counted", r.lost)
		}
	})
}
