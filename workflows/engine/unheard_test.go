package engine_test

import (
	"slices"
	"testing"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// texts are the texts under way: connection, account, words.
func (r *rig) texts() []string {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	var out []string
	for _, j := range r.store.jobs {
		if j.Message != nil && j.Message.Text.Default != "" {
			out = append(out, j.Message.Connection+" "+j.Message.To.ID+" "+j.Message.Text.Default)
		}
	}
	slices.Sort(out)
	return out
}

// A press that the suite only acknowledges has no toast: what it would have said goes to the presser's own chat,
// once, unless a card says it.
func TestWhatNoAnswerCarriesIsWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, m := r.start()
	forged := yes(m)
	forged.Token = "A"
	nudge := card.Button{Verb: "nudge", Token: engine.Sign(key, m.Card.Slot, m.Card.Rev, "nudge")}
	press := func(id, who string, b card.Button) workflows.Leased {
		l := r.press(id, who, m, b)
		l.Event.Reply.Mode = event.ReplyAck
		l.Event.Conv = &event.Conversation{Ref: event.Ref{Kind: event.RefChat, ID: "group"}, Type: event.ConvGroup}
		return l
	}
	for _, c := range []struct {
		id, who string
		b       card.Button
		want    []string
	}{
		{"1", "u-lilei", yes(m), []string{"c u-lilei 这不是你的任务"}},
		{"2", "u-who", yes(m), []string{"c u-who 我还不认识你：你的账号没有和公司人员关联，请联系管理员"}},
		{"3", "u-boss", forged, []string{"c u-boss 这张卡片不是我发的，或者已经改过了，请重新发起"}},
		{"4", "u-boss", nudge, []string{"c u-boss 已提醒"}}, // the card looks as before
		{"5", "u-boss", yes(m), nil}, // the card says it
		{"6", "u-boss", yes(m), []string{"c u-boss 已经同意过了"}},
	} {
		before := r.texts()
		l := press(c.id, c.who, c.b)
		r.do(l, false)
		said := slices.DeleteFunc(r.texts(), func(s string) bool { return slices.Contains(before, s) })
		if !slices.Equal(said, c.want) {
			t.Errorf("press %s of %s: told %q, want %q", c.id, c.who, said, c.want)
		}
		if c.want == nil {
			continue
		}
		if k := r.kicked.Load(); k == nil || !slices.ContainsFunc(*k, func(id string) bool {
			j, ok := r.store.job(id)
			return ok && j.Message.Text.Default != ""
		}) {
			t.Errorf("press %s: nobody was told that the text is due: %v", c.id, k)
		}
		// Handled once more, as an operator may ask for: the same row, not a second message.
		all := len(r.texts())
		r.store.events[l.ID].done = nil
		r.do(l, false)
		if n := len(r.texts()); n != all {
			t.Errorf("press %s again: %d texts, had %d", c.id, n, all)
		}
	}
}

// A press whose answer somebody waits for says it there, and nowhere else.
func TestWhatTheAnswerSaysIsNotWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, m := r.start()
	r.do(r.press("1", "u-lilei", m, yes(m)), true)
	r.do(r.press("2", "u-who", m, yes(m)), true)
	r.do(r.press("3", "u-boss", m, yes(m)), true)
	r.do(r.press("4", "u-boss", m, yes(m)), true)
	if got := r.texts(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
}

// A press of which the suite was told "received, working on it" gets its refusal afterwards.
func TestLateRefusalIsWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, m := r.start()
	r.do(r.press("1", "u-lilei", m, yes(m)), false)
	if got := r.texts(); !slices.Equal(got, []string{"c u-lilei 这不是你的任务"}) {
		t.Errorf("told %q", got)
	}
}

// A press on a page has no chat: its outcome, when it comes late, goes to where the person is written to.
func TestLateRefusalOfAPageIsWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, m := r.start()
	l := r.press("1", "u-lilei", m, yes(m))
	l.Event.Connection = "pages"
	l.Event.Actor = event.Actor{Ref: event.Ref{Scope: event.Scope{Platform: "pages"}, Kind: event.RefUser, ID: "li.lei"}, Person: "li.lei", Type: event.ActorUser}
	r.do(l, false)
	if got := r.texts(); !slices.Equal(got, []string{"c u-lilei 这不是你的任务"}) {
		t.Errorf("told %q", got)
	}
}
