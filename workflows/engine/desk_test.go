package engine_test

import (
	"context"
	"errors"
	"testing"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// The desk is asked before flows are, and before a stranger is turned away; what it does not answer goes on. A
// person gets an answer in the connection that it names, if they have an account there.
func TestDeskIsAskedFirst(t *testing.T) {
	t.Parallel()
	down := errors.New("the database is away")
	fails := true
	r := newRig(t, func(o *engine.Options) {
		o.Desk = func(_ context.Context, ev event.Event) ([]workflows.Effect, bool, error) {
			m := ev.Body.(*event.Message)
			if m.Text != "绑定" {
				return nil, false, nil
			}
			if fails {
				return nil, false, down
			}
			return []workflows.Effect{
				workflows.SendText{Key: "a", To: workflows.To{Person: "li.lei", Connection: "d"}, Text: card.T("甲")},
				workflows.SendText{Key: "b", To: workflows.To{Person: "li.lei", Connection: "x"}, Text: card.T("乙")},
			}, true, nil
		}
	})
	r.people.more = map[string][]workflows.Address{"li.lei": {{Connection: "d", Ref: account("d-lilei")}}}
	l := r.say("1", "u-nobody", "绑定")
	if _, err := r.engine.Process(t.Context(), l, false); !errors.Is(err, down) {
		t.Fatalf("an answer that failed came as %v", err)
	}
	fails = false
	if res := r.do(r.say("2", "u-nobody", "绑定"), false); res.What != "answered" {
		t.Errorf("the desk's answer was %+v", res)
	}
	got := map[string]string{}
	for _, j := range r.store.jobs {
		got[j.Message.Text.Default] = j.Message.Connection + " " + j.Message.To.ID
	}
	if len(got) != 2 || got["甲"] != "d d-lilei" || got["乙"] != "c u-lilei" {
		t.Errorf("sent %v", got)
	}
	if res := r.do(r.say("3", "u-lilei", "问"), false); res.What != "stepped" {
		t.Errorf("what is not for the desk was %+v", res)
	}
}
