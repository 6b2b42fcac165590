package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// relay posts what its orders say, and notes what reaches it.
type relay struct {
	workflows.Program
	orders map[string][]workflows.Post // message → what is posted
}

type relayState struct{ Log []string }

func (relay) Definition() workflows.Definition {
	return workflows.Definition{ID: "relay", Kind: "test", Name: "转", Hash: "v1", Source: []byte("v1")}
}

func (relay) Commands() []string { return nil }

func (p relay) Correlate(ev event.Event) (workflows.Correlation, bool) {
	m, ok := ev.Body.(*event.Message)
	return workflows.Correlation{Key: ev.ID, Start: true}, ok && p.orders[m.Text] != nil
}

func (p relay) Step(in workflows.Instance, ev event.Event, now time.Time) (workflows.Outcome, error) {
	var s relayState
	if len(in.State) > 0 {
		if err := json.Unmarshal(in.State, &s); err != nil {
			return workflows.Outcome{}, err
		}
	}
	out := workflows.Outcome{}
	note := ""
	switch b := ev.Body.(type) {
	case *event.Message:
		in.Status, in.Initiator = workflows.StatusRunning, ev.Actor.Person
		note = "said " + b.Text
		for _, order := range p.orders[b.Text] {
			out.Effects = append(out.Effects, order)
		}
	case *event.Start:
		in.Status, in.Initiator = workflows.StatusRunning, ev.Actor.Person
		note = fmt.Sprintf("started %s by %s %s: %s", b.Title, ev.Actor.Name, ev.Post.Key, b.Form["a"].Text)
		out.Toast = &card.Toast{Kind: card.ToastSuccess, Text: card.T("已开始")}
	case *event.Answer:
		note = fmt.Sprintf("answer %s: %s %s", b.Key, b.Result, b.Text)
	case *event.Action:
		switch b.Verb {
		case "no":
			return out, workflows.Refuse("no", "不行")
		case "panic":
			panic("a bug")
		case "again": // to itself, without end
			out.Effects = append(out.Effects, workflows.Post{Key: "again " + fmt.Sprint(len(s.Log)), Instance: in.ID, Kind: event.KindCardAction, Body: b})
		}
		note = b.Verb + " " + b.Form["a"].Text
		out.Toast = &card.Toast{Kind: card.ToastSuccess, Text: card.T("已记下")}
	}
	s.Log = append(s.Log, note)
	in.State = workflows.Data(s)
	out.Trail = []workflows.Entry{{At: now, Kind: "noted", Actor: ev.Actor.Person, Data: workflows.Data(note)}}
	out.Instance = &in
	return out, nil
}

// posts runs an engine on orders until nothing is under way any more.
type posts struct {
	*rig
	orders map[string][]workflows.Post
}

func newPosts(t *testing.T) *posts {
	t.Helper()
	p := &posts{orders: map[string][]workflows.Post{}}
	rt, err := engine.NewRuntime([]workflows.Program{relay{orders: p.orders}}, ask{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.rig = newRig(t, func(o *engine.Options) { o.Runtime = func() *engine.Runtime { return rt } })
	return p
}

// run lets the engine handle what was posted, for a time.
func (p *posts) run(d time.Duration) {
	p.Helper()
	ctx, stop := context.WithCancel(p.Context())
	ended := make(chan error)
	go func() { ended <- p.engine.Run(ctx) }()
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
	stop()
	if err := <-ended; err != nil {
		p.Fatal(err)
	}
}

func (p *posts) log(instance string) []string {
	p.Helper()
	var s relayState
	in, ok := p.store.snapshot()[instance]
	if !ok {
		p.Fatalf("no instance %s", instance)
	}
	if err := json.Unmarshal(in.State, &s); err != nil {
		p.Fatal(err)
	}
	return s.Log
}

func (p *posts) texts() map[string]string {
	out := map[string]string{}
	for id, j := range p.store.jobs {
		if strings.HasPrefix(id, "told/") {
			out[j.Message.To.ID] = j.Message.Text.Default
		}
	}
	return out
}

func note(verb, text string) *event.Action {
	return &event.Action{Verb: verb, Form: map[string]event.Value{"a": event.Text(text)}}
}

// A flow starts another as a person, and hears what came of it; the same name finds the same instance; what can't
// be started, and what is refused, comes back too.
func TestPostStartsAndAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPosts(t)
		start := func(key, name, flow, as string) workflows.Post {
			return workflows.Post{Key: key, Start: flow, StartKey: name, As: as, Kind: event.KindStart, Answer: true,
				Body: &event.Start{Title: "上级", Form: map[string]event.Value{"a": event.Text("甲")}}}
		}
		child := engine.StartID("relay", "n")
		p.orders["叫"] = []workflows.Post{
			start("one", "n", "relay", "boss"), start("one", "n", "relay", "boss"), start("two", "n", "relay", "boss"),
			start("gone", "m", "relay", "nobody"), start("none", "n", "other", "boss"),
			{Key: "no", Instance: child, As: "boss", Kind: event.KindCardAction, Body: note("no", ""), Answer: true},
			{Key: "lost", Instance: "nowhere", Kind: event.KindCardAction, Body: note("x", ""), Answer: true},
		}
		res := p.do(p.say("1", "u-lilei", "叫"), false)
		if n := len(p.store.snapshot()); n != 1 {
			t.Fatalf("%d instances before anything was handled", n)
		}
		p.run(time.Minute)
		if got, want := p.log(child), []string{"started 上级 by 老板 one: 甲"}; !slices.Equal(got, want) {
			t.Errorf("the child's log is %q, want %q", got, want)
		}
		got := p.log(res.Instance)[1:]
		slices.Sort(got) // answers of several instances come in any order
		want := []string{"answer gone: refused:unknown_person 我还不认识你：你的账号没有和公司人员关联，请联系管理员", "answer lost: ignored:no_instance 这件事已经找不到了，可能已被清理",
			"answer no: refused:no 不行", "answer none: refused:no_flow 没有这个流程了，请联系管理员", "answer one: stepped 已开始", "answer two: duplicate "}
		if !slices.Equal(got, want) {
			t.Errorf("heard %q\nwant  %q", got, want)
		}
		if in := p.store.snapshot()[child]; in.Initiator != "boss" || in.Rev != 1 || in.Hash != "v1" {
			t.Errorf("the child is %+v", in)
		}
		if n := len(p.store.snapshot()); n != 2 {
			t.Errorf("%d instances", n)
		}
	})
}

// What comes of a post is told to who asked for it, in words that say what it was about.
func TestPostIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPosts(t)
		res := p.begin()
		tell := func(person, about string) *event.Tell { return &event.Tell{Person: person, About: about} }
		p.orders["说"] = []workflows.Post{
			{Key: "a", Instance: res, Kind: event.KindCardAction, Body: note("note", "甲"), Tell: tell("li.lei", "采购")},
			{Key: "b", Instance: res, Kind: event.KindCardAction, Body: note("no", ""), Tell: tell("boss", "采购")},
			{Key: "c", Instance: res, Kind: event.KindCardAction, Body: note("panic", ""),
				Tell: &event.Tell{Connection: "c", Conv: event.Ref{Kind: event.RefChat, ID: "group"}, ReplyTo: &event.Ref{ID: "m1"}}},
			{Key: "d", Instance: res, Kind: event.KindCardAction, Body: note("note", "乙")},
		}
		p.do(p.say("2", "u-lilei", "说"), false)
		p.run(time.Minute)
		want := map[string]string{"u-lilei": "已记下：采购", "u-boss": "采购：不行", "group": "出了意外，没有办成；管理员会看到"}
		got := p.texts()
		if len(got) != len(want) {
			t.Errorf("told %q", got)
		}
		for who, text := range want {
			if got[who] != text {
				t.Errorf("%s was told %q, want %q", who, got[who], text)
			}
		}
		if len(p.store.buried) != 1 {
			t.Errorf("buried %v", p.store.buried)
		}
		if got, want := p.log(res)[1:], []string{"note 甲", "note 乙"}; !slices.Equal(got, want) {
			t.Errorf("after the one that failed: %q", got)
		}
	})
}

// begin makes an instance that does nothing by itself.
func (p *posts) begin() string {
	p.Helper()
	p.orders["起"] = []workflows.Post{}
	return p.do(p.say("begin", "u-lilei", "起"), false).Instance
}

// What is posted to one instance arrives in order, also when one of it has to be tried again.
func TestPostsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPosts(t)
		res := p.begin()
		var want []string
		for i := range 40 {
			text := fmt.Sprint(i)
			p.orders["列"] = append(p.orders["列"], workflows.Post{Key: text, Instance: res, Kind: event.KindCardAction, Body: note("note", text)})
			want = append(want, "note "+text)
		}
		p.do(p.say("2", "u-lilei", "列"), false)
		p.store.mu.Lock()
		p.store.conflicts = 30 // two attempts in full
		p.store.mu.Unlock()
		p.run(time.Minute)
		if got := p.log(res)[1:]; !slices.Equal(got, want) {
			t.Errorf("arrived as %q", got)
		}
		if len(p.store.retried) == 0 {
			t.Error("nothing was tried again")
		}
	})
}

// An event that another process holds is waited for.
func TestPostWaitsForAnEarlierOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPosts(t)
		res := p.begin()
		for _, text := range []string{"1", "2"} {
			p.orders["列"] = append(p.orders["列"], workflows.Post{Key: text, Instance: res, Kind: event.KindCardAction, Body: note("note", text)})
		}
		p.do(p.say("2", "u-lilei", "列"), false)
		held, err := p.store.LeaseEvents(t.Context(), time.Now(), 1, time.Minute)
		if err != nil || len(held) != 1 {
			t.Fatal(held, err)
		}
		p.run(5 * time.Second)
		if got := p.log(res)[1:]; len(got) != 0 {
			t.Errorf("the second did not wait: %q", got)
		}
		p.do(held[0], false)
		p.run(10 * time.Second)
		if got, want := p.log(res)[1:], []string{"note 1", "note 2"}; !slices.Equal(got, want) {
			t.Errorf("arrived as %q", got)
		}
	})
}

// Instances that write to each other in circles are stopped.
func TestPostsInCirclesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPosts(t)
		res := p.begin()
		p.orders["圈"] = []workflows.Post{{Key: "a", Instance: res, Kind: event.KindCardAction, Body: note("again", "x")}}
		p.do(p.say("2", "u-lilei", "圈"), false)
		p.run(time.Minute)
		if n := len(p.log(res)); n < 10 || n > 100 {
			t.Errorf("%d rounds", n)
		}
		if len(p.store.buried) != 1 {
			t.Errorf("buried %v", p.store.buried)
		}
	})
}

// What a program must not post is a bug of it, not something to be guessed at.
func TestPostsThatAreRefused(t *testing.T) {
	t.Parallel()
	body := note("x", "")
	for name, bad := range map[string]workflows.Post{
		"no key":       {Instance: "i", Body: body},
		"long key":     {Key: strings.Repeat("x", 256), Instance: "i", Body: body},
		"no body":      {Key: "k", Instance: "i"},
		"nobody":       {Key: "k", Body: body},
		"both":         {Key: "k", Instance: "i", Start: "relay", StartKey: "n", Body: body},
		"start unsaid": {Key: "k", Start: "relay", Body: body},
	} {
		p := newPosts(t)
		p.orders["坏"] = []workflows.Post{bad}
		if _, err := p.engine.Process(t.Context(), p.say("1", "u-lilei", "坏"), false); err == nil || len(p.store.buried) != 1 {
			t.Errorf("%s: %v, buried %v", name, err, p.store.buried)
		}
	}
}

// A press can't pretend to be posted: what comes from outside carries no address of ours, and one that did would
// still need its token.
func TestPostFromOutsideCountsForNothing(t *testing.T) {
	t.Parallel()
	p := newPosts(t)
	res := p.begin()
	l := p.store.put(event.Event{
		ID: "act:1", Kind: event.KindCardAction, Connection: "c", Actor: event.Actor{Ref: account("u-lilei"), Type: event.ActorUser},
		Body: &event.Action{Slot: res + "/x", Verb: "note"}, Post: &event.Post{Instance: res, Key: "k"},
	})
	if got := p.do(l, false); got.What != "refused:bad_token" {
		t.Errorf("it was %+v", got)
	}
	if n := len(p.log(res)); n != 1 {
		t.Errorf("%d notes", n)
	}
}

// However long the parts are, the id fits its column, and differs where they do.
func FuzzPostID(f *testing.F) {
	f.Add("i", "j", "key", "other")
	f.Add(strings.Repeat("a", 26), strings.Repeat("b", 26), strings.Repeat("长", 85), strings.Repeat("长", 84))
	f.Fuzz(func(t *testing.T, instance, from, key, other string) {
		if len(instance) > 64 || len(from) > 64 || len(key) > 255 || strings.Contains(instance+from, "/") {
			t.Skip()
		}
		id := engine.PostID(instance, from, key)
		if len(id) > 247 || !strings.HasPrefix(id, instance+"/") {
			t.Errorf("%q", id)
		}
		if key != other && len(other) <= 255 && !strings.HasPrefix(key, "sha256:") && !strings.HasPrefix(other, "sha256:") && id == engine.PostID(instance, from, other) {
			t.Errorf("%q and %q have one id", key, other)
		}
	})
}
