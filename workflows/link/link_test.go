package link_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/link"
	"magpie/workflows/roster"
)

// office is three suites on one database: li.lei in a, user7 in b, who may be him, and somebody unknown in b.
type office struct {
	*testing.T
	*store.Store
	people *roster.Roster
	desk   *link.Desk
	mu     sync.Mutex
	now    time.Time
	n      int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, now: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)}
	clock := func() time.Time {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.now
	}
	s, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "m.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Store = s
	o.add("a", "a1", "li.lei", "李雷", "1")
	o.add("a", "a2", "han.meimei", "韩梅梅", "2")
	o.add("b", "b1", "user7", "Li Lei", "")
	o.add("b", "b2", "", "生人", "")
	o.add("b", "b3", "han", "韩", "3")
	o.add("c", "c1", "", "生人", "")
	o.people = roster.New(roster.Options{Source: s, Order: func() []string { return []string{"a", "b", "c"} }, Now: clock})
	o.desk = link.New(link.Options{
		Store: s, People: o.people, Key: []byte("0123456789abcdef0123456789abcdef"), Names: []string{"鹊桥"}, Now: clock,
		Suite: func(c string) string { return "套件" + c }, Changed: o.people.Invalidate,
		Rand: func() (string, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.n++
			return fmt.Sprintf("%08d", 12345670+o.n), nil
		},
	})
	return o
}

func ref(connection, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: connection, Tenant: "t"}, Kind: event.RefUser, ID: id}
}

func (o *office) add(connection, id, person, name, number string) {
	o.Helper()
	p := adapters.People{Connection: connection, Accounts: []adapters.LinkedAccount{{Person: person, Account: event.Account{
		Refs: []event.Ref{ref(connection, id)}, Name: name, EmployeeNo: number, Active: true,
	}}}}
	if person != "" {
		p.Persons = []adapters.Person{{ID: person, Name: name, EmployeeNo: number, Source: connection, Active: true}}
	}
	if err := o.PutPeople(o.Context(), p); err != nil {
		o.Fatal(err)
	}
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// message is what somebody writes to the bot, identified as the engine does it.
func (o *office) message(connection, id, text string, group bool) event.Event {
	ev := event.Event{
		ID: "msg:" + id + text, Kind: event.KindMessage, Connection: connection, Actor: event.Actor{Type: event.ActorUser, Ref: ref(connection, id)},
		Conv: &event.Conversation{Ref: event.Ref{Kind: event.RefChat, ID: "chat"}, Type: event.ConvDirect, ToBot: true},
		Body: &event.Message{Ref: event.Ref{Kind: event.RefMessage, ID: "m"}, Text: text},
	}
	if group {
		ev.Conv.Type = event.ConvGroup
	}
	if p, err := o.people.ByRef(context.Background(), ev.Actor.Refs()); err == nil {
		ev.Actor.Person, ev.Actor.Name = p.ID, p.Name
	}
	return ev
}

// said is the first answer to what somebody writes.
func (o *office) said(connection, id, text string, group ...bool) string {
	o.Helper()
	out, ok, err := o.desk.Answer(o.Context(), o.message(connection, id, text, len(group) > 0))
	if err != nil {
		o.Fatal(err)
	}
	if !ok {
		return ""
	}
	return out[0].(workflows.SendText).Text.Default
}

func (o *office) wants(got, words string) {
	o.Helper()
	if !strings.Contains(got, words) || words == "" && got != "" {
		o.Errorf("answered %q, want %q", got, words)
	}
}

func (o *office) is(connection, id, person string) {
	o.Helper()
	p, err := o.people.ByRef(o.Context(), []event.Ref{ref(connection, id)})
	if got := p.ID; got != person || err != nil && person != "" {
		o.Errorf("%s/%s is %q (%v), want %q", connection, id, got, err, person)
	}
}

func TestLinkInChat(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wants(o.said("a", "a1", "鹊桥 绑定"), "12345671")
	out, ok, err := o.desk.Answer(t.Context(), o.message("b", "b1", "绑定 １２３４ ５６７１", false))
	if err != nil || !ok || len(out) != 2 {
		t.Fatalf("%v %v %v", out, ok, err)
	}
	o.wants(out[0].(workflows.SendText).Text.Default, "「李雷」")
	told := out[1].(workflows.SendText)
	if told.To != (workflows.To{Person: "li.lei", Connection: "a"}) || !strings.Contains(told.Text.Default, "套件b") {
		t.Errorf("the other side is told %+v", told)
	}
	o.is("b", "b1", "li.lei")
	if p, err := o.people.Person(t.Context(), "user7"); err != nil || p.ID != "li.lei" {
		t.Errorf("user7 is %v, %v", p, err)
	}
	// Written twice it is answered twice; anybody else comes too late.
	o.wants(o.said("b", "b1", "绑定12345671"), "绑定好了")
	o.wants(o.said("b", "b2", "绑定 12345671"), "已经用过")
	// Their cards go where they want them.
	o.wants(o.said("b", "b1", "在这里收"), "都发到套件b")
	if all, err := o.people.Addresses(t.Context(), "li.lei"); err != nil || len(all) != 2 || all[0].Connection != "b" {
		t.Errorf("%v, %v", all, err)
	}
	o.wants(o.said("a", "a2", "在这里收"), "只有套件a")
	o.wants(o.said("b", "b2", "在这里收"), "") // a stranger: the engine answers
	log, err := o.PeopleLog(t.Context(), "li.lei", 0)
	if err != nil || len(log) != 3 || log[0].Action != "prefer" || log[0].Actor != "person:li.lei" {
		t.Errorf("the log is %+v, %v", log, err)
	}
}

func TestCodesThatDoNotWork(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wants(o.said("a", "a1", "绑定", true), "和我私聊")
	o.wants(o.said("a", "a1", "绑定"), "12345671")
	o.wants(o.said("a", "a2", "绑定 12345671"), "要在另一个办公软件里用") // the same suite
	o.wants(o.said("b", "b3", "绑定 12345671"), "不同的人")        // another employee number
	o.is("b", "b3", "han")
	o.wants(o.said("b", "b1", "绑定 1234567"), "绑定码不对")
}

func TestTwoEmployeesAreNotMadeOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.add("b", "b4", "sun.li", "孙莉", "4")
	o.said("a", "a1", "绑定")
	o.wants(o.said("b", "b4", "绑定 12345671"), "不同的人")
	o.is("b", "b4", "sun.li")
	o.wants(o.said("b", "b1", "绑定 12345671"), "绑定好了") // the code was not used up
	o.said("a", "a1", "绑定")
	o.wants(o.said("b", "b2", "绑定 12345672"), "不同的人") // li.lei has an account there
}

func TestCodeRunsOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.said("a", "a1", "绑定")
	o.pass(10 * time.Minute)
	o.wants(o.said("b", "b1", "绑定 12345671"), "已经过期")
	o.is("b", "b1", "user7")
	// A new one takes the old one's place.
	o.said("a", "a1", "绑定")
	o.said("a", "a1", "绑定")
	o.wants(o.said("b", "b1", "绑定 12345672"), "绑定码不对")
	o.wants(o.said("b", "b1", "绑定 12345673"), "绑定好了")
}

func TestTriesAreLimited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.said("a", "a1", "绑定")
	for i := range 5 {
		o.wants(o.said("b", "b2", fmt.Sprint("绑定 8888888", i)), fmt.Sprintf("还可以试 %d 次", 4-i))
	}
	o.wants(o.said("b", "b2", "绑定 12345671"), "试得太多了，请 18:30 以后")
	o.wants(o.said("b", "b1", "绑定 12345671"), "绑定好了") // others are not kept from it
	o.pass(time.Hour)
	o.wants(o.said("b", "b2", "绑定 88888888"), "还可以试 4 次")
	for range 9 {
		o.said("a", "a2", "绑定")
	}
	o.wants(o.said("a", "a2", "绑定"), "你的绑定码")
	o.wants(o.said("a", "a2", "绑定"), "试得太多了")
}

func TestCodeInAGroupIsBurnt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.said("a", "a1", "绑定")
	o.wants(o.said("b", "b1", "绑定 12345671", true), "已经作废")
	o.wants(o.said("b", "b2", "绑定 12345671"), "绑定码不对")
	o.is("b", "b1", "user7")
}

// Whoever is known to nobody takes the code, and uses it where they are known.
func TestStrangerAsksForTheCode(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wants(o.said("c", "c1", "绑定"), "12345671")
	o.wants(o.said("b", "b2", "绑定 12345671"), "都还没有关联")
	o.wants(o.said("a", "a1", "绑定 12345671"), "绑定好了")
	o.is("c", "c1", "li.lei")
}

// Of two who use a code at the same time, one gets it.
func TestCodeRace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.add("b", "b5", "user5", "某人", "")
	o.add("c", "c2", "user2", "某人", "")
	o.said("a", "a1", "绑定")
	var wg sync.WaitGroup
	events := []event.Event{o.message("b", "b1", "绑定 12345671", false), o.message("b", "b5", "绑定 12345671", false), o.message("c", "c2", "绑定 12345671", false)}
	answers := make([]string, len(events))
	for i, ev := range events {
		wg.Go(func() {
			out, _, err := o.desk.Answer(t.Context(), ev)
			if err != nil {
				t.Error(err)
				return
			}
			answers[i] = out[0].(workflows.SendText).Text.Default
		})
	}
	wg.Wait()
	won := 0
	for _, a := range answers {
		switch {
		case strings.Contains(a, "绑定好了"):
			won++
		case !strings.Contains(a, "已经用过"):
			t.Errorf("answered %q", a)
		}
	}
	if won != 1 {
		t.Errorf("%d won: %q", won, answers)
	}
}

func TestWhatIsNotForTheDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, text := range []string{"", "采购 绑定 12345671", "绑定手机 13800000000 谢谢", "绑定我", "在这里收快递", "12345671", "绑", strings.Repeat("绑定 1", 100)} {
		if got := o.said("a", "a1", text); got != "" {
			t.Errorf("%q is answered with %q", text, got)
		}
	}
	ev := o.message("a", "a1", "绑定", false)
	ev.Conv.ToBot = false
	if _, ok, err := o.desk.Answer(t.Context(), ev); ok || err != nil {
		t.Errorf("what was not written to the bot: %v %v", ok, err)
	}
}

// FuzzParse: whatever people write, an answer comes, and it never holds more than was asked for.
// An account is named by its id alone, so one of another organisation must not get as far as that.
func TestStrangersOfOtherOrganisationsAreNotLinked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.add("a", "a1", "li.lei", "李雷", "")
	ev := o.message("a", "a1", "绑定", false)
	ev.Actor.Type = event.ActorExternal
	if out, ok, err := o.desk.Answer(o.Context(), ev); ok || err != nil || len(out) > 0 {
		t.Errorf("answered %v, %v", out, err)
	}
}

// A code of somebody who has left meanwhile makes nobody that person: their tasks and rights went to others.
func TestCodeOfALeaverIsWorthless(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.add("a", "a1", "li.lei", "李雷", "")
	o.add("b", "b1", "", "李雷", "")
	o.wants(o.said("a", "a1", "绑定"), "12345671")
	p := adapters.People{Connection: "a", Full: true, Accounts: []adapters.LinkedAccount{{Person: "li.lei", Account: event.Account{
		Refs: []event.Ref{ref("a", "a1")}, Name: "李雷", Active: false,
	}}}, Persons: []adapters.Person{{ID: "li.lei", Name: "李雷", Source: "a", Active: false}}}
	if err := o.PutPeople(o.Context(), p); err != nil {
		t.Fatal(err)
	}
	o.people.Invalidate()
	if who, err := o.people.Person(t.Context(), "li.lei"); err != nil || who.Active {
		t.Fatalf("%+v, %v", who, err)
	}
	o.wants(o.said("b", "b1", "绑定 12345671"), "联系管理员")
	o.is("b", "b1", "")
	o.wants(o.said("b", "b3", "绑定 12345671"), "联系管理员") // nor does the leaver become somebody else
	o.people.Invalidate()
	o.is("b", "b1", "")
	if who, err := o.people.Person(t.Context(), "li.lei"); err != nil || who.Active {
		t.Errorf("the leaver is back: %+v, %v", who, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"绑定", "绑定 12345678", "/绑定：１２３４-5678。", "@鹊桥 在这里收", "bind 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range link.Digits(text) {
			if r < '0' || r > '9' {
				t.Fatalf("%q gives the code %q", text, link.Digits(text))
			}
		}
	})
}
