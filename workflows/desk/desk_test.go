package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// shelf is what is stored: tasks and instances of 韩梅梅, and which message showed which slot.
type shelf struct {
	open, decided, told []workflows.Task
	started             []workflows.Instance
	shown               map[string]string // message → slot
	resent              []string
}

func page[T any](all []T, skip, limit int) []T {
	return all[min(skip, len(all)):min(skip+limit, len(all))]
}

func (s *shelf) OpenWork(_ context.Context, person string, skip, limit int) ([]workflows.Task, error) {
	if person != "han.meimei" {
		return nil, nil
	}
	return page(s.open, skip, limit), nil
}

func (s *shelf) DecidedWork(_ context.Context, _ string, skip, limit int) ([]workflows.Task, error) {
	return page(s.decided, skip, limit), nil
}

func (s *shelf) ToldWork(_ context.Context, _ string, skip, limit int) ([]workflows.Task, error) {
	return page(s.told, skip, limit), nil
}

func (s *shelf) StartedWork(_ context.Context, _ string, skip, limit int) ([]workflows.Instance, error) {
	return page(s.started, skip, limit), nil
}

func (s *shelf) LoadInstance(_ context.Context, id string) (workflows.Instance, error) {
	return workflows.Instance{ID: id, Initiator: "li.lei"}, nil
}

func (s *shelf) SlotShownBy(_ context.Context, slots []string, m event.Ref) (string, error) {
	if slot := s.shown[m.ID]; slices.Contains(slots, slot) {
		return slot, nil
	}
	return "", nil
}

// folk are who can be found.
type folk map[string]string // id → name

func (f folk) Resolve(context.Context, workflows.Lookup) (event.Lookup, error) {
	return event.Lookup{}, nil
}

func (f folk) ByRef(_ context.Context, refs []event.Ref) (workflows.Person, error) {
	return f.Person(context.Background(), refs[0].ID)
}

func (f folk) Person(_ context.Context, id string) (workflows.Person, error) {
	if name, ok := f[id]; ok {
		return workflows.Person{ID: id, Name: name, Active: true}, nil
	}
	return workflows.Person{}, workflows.ErrNotFound
}

func (f folk) Addresses(context.Context, string) ([]workflows.Address, error) { return nil, nil }

func newDesk(s *shelf) *Desk {
	people := folk{"li.lei": "李雷", "han.meimei": "韩梅梅", "zhang.wei": "张伟", "zhang.wei2": "张伟", "wang.fang": "王芳"}
	return New(Options{
		Work: s, People: people, Now: func() time.Time { return at }, Names: []string{"Magpie"},
		Find: func(_ context.Context, name string) (out []workflows.Person, err error) {
			for id, n := range people {
				if n == name || id == name {
					out = append(out, workflows.Person{ID: id, Name: n})
				}
			}
			return out, nil
		},
		Slots: func(_ context.Context, instance, person string) ([]string, error) {
			if person != "han.meimei" {
				return nil, nil
			}
			return []string{"task/leader/1/0"}, nil
		},
		Resend: func(_ context.Context, slot, person string) error {
			s.resent = append(s.resent, slot+" "+person)
			return nil
		},
	})
}

func waiting(n int) (out []workflows.Task) {
	for i := range n {
		id := fmt.Sprintf("i%d", i+1)
		out = append(out, workflows.Task{ID: id + "/leader/1/0", Instance: id, Person: "han.meimei", State: workflows.TaskOpen,
			Title: fmt.Sprintf("李雷的采购申请：键盘 %d", i+1), OpenedAt: at.Add(time.Duration(i-100) * time.Minute)})
	}
	return out
}

// said is a message to the bot.
func said(who, text string) event.Event {
	return event.Event{
		ID: "msg:1", Kind: event.KindMessage, Connection: "c", Actor: event.Actor{Person: who, Type: event.ActorUser},
		Conv: &event.Conversation{Ref: event.Ref{Kind: event.RefChat, ID: "chat"}, Type: event.ConvDirect, ToBot: true},
		Body: &event.Message{Ref: event.Ref{Kind: event.RefMessage, ID: "m1"}, Text: text},
	}
}

func answer(t *testing.T, d *Desk, ev event.Event) (text string, posts []workflows.Post, cards []workflows.ShowCard) {
	t.Helper()
	out, ok, err := d.Answer(t.Context(), ev)
	if err != nil || !ok {
		t.Fatalf("answered %v, %v", ok, err)
	}
	for _, e := range out {
		switch e := e.(type) {
		case workflows.SendText:
			text = e.Text.Default
		case workflows.Post:
			posts = append(posts, e)
		case workflows.ShowCard:
			cards = append(cards, e)
		}
	}
	return text, posts, cards
}

// What is written becomes the press at the one approval that is meant; what is not clear is asked or said, never guessed.
func TestCommandMeansOneApproval(t *testing.T) {
	t.Parallel()
	gone := workflows.Task{ID: "old/leader/1/0", Instance: "old", Person: "han.meimei", State: workflows.TaskApproved, Title: "旧的"}
	mine := []workflows.Instance{{ID: "my1", Status: workflows.StatusRunning, Title: "我的请假"}, {ID: "my2", Status: workflows.StatusApproved, Title: "我的报销"}}
	quoting := func(text, message string) event.Event {
		ev := said("han.meimei", text)
		ev.Body.(*event.Message).ReplyTo = &event.Ref{Kind: event.RefMessage, ID: message}
		return ev
	}
	at2 := said("han.meimei", "@王芳 请看") // the mention comes as text as well
	at2.Body.(*event.Message).Text = "转交 @王芳 请看"
	at2.Body.(*event.Message).Mentions = []event.Actor{{Ref: event.Ref{ID: "wang.fang"}, Name: "王芳"}}
	for name, c := range map[string]struct {
		open int
		ev   event.Event
		want string // the post, or the text
	}{
		"the only one":        {1, said("han.meimei", "同意 尽快"), "i1 task/leader/1/0 approve 尽快"},
		"none":                {0, said("han.meimei", "同意"), "没有待你审批的事"},
		"of several":          {3, said("han.meimei", "同意"), "pick"},
		"by number":           {3, said("han.meimei", "拒绝 #"+workflows.NumberEnd("i2")+" 贵"), "i2 task/leader/1/0 reject 贵"},
		"a number of old":     {3, said("han.meimei", "拒绝 "+workflows.NumberEnd("old")+" 贵"), "old task/leader/1/0 reject 贵"},
		"no such number":      {1, said("han.meimei", "同意 #00000000"), "没有找到单号 00000000"},
		"quoting":             {3, quoting("同意", "card3"), "i3 task/leader/1/0 approve "},
		"quoting an old one":  {1, quoting("同意", "cardold"), "old task/leader/1/0 approve "},
		"quoting what?":       {1, quoting("同意", "something"), "没认出你引用的是哪一项"},
		"transfer by name":    {1, said("han.meimei", "转交 王芳 请看"), "i1 task/leader/1/0 transfer 请看 [wang.fang]"},
		"transfer by mention": {1, at2, "i1 task/leader/1/0 transfer 请看 [wang.fang]"},
		"transfer to whom":    {1, said("han.meimei", "转交 请看"), "请写明转交给谁"},
		"two of that name":    {1, said("han.meimei", "转交 张伟"), "有几位同事叫「张伟」"},
		"several added":       {1, said("han.meimei", "加签 王芳、li.lei 帮忙看"), "i1 task/leader/1/0 add_before 帮忙看 [wang.fang li.lei]"},
		"return":              {1, said("han.meimei", "退回 缺附件"), "i1 task/leader/1/0 return 缺附件 to start"},
		"own":                 {0, said("han.meimei", "撤回"), "my1 initiator withdraw "},
		"own after approval":  {0, said("han.meimei", "撤回 "+workflows.NumberEnd("my2")), "my2 initiator revoke "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{open: waiting(c.open), decided: []workflows.Task{gone}, started: mine,
				shown: map[string]string{"card3": "i3/task/leader/1/0", "cardold": "old/task/leader/1/0"}}
			got, posts, _ := answer(t, newDesk(s), c.ev)
			if len(posts) == 1 && posts[0].Start == ProgramID {
				got = "pick"
			} else if len(posts) == 1 {
				p := posts[0]
				a := p.Body.(*event.Action)
				if p.As != "han.meimei" || p.Tell == nil || p.Tell.Conv.ID != "chat" || p.Tell.ReplyTo == nil {
					t.Errorf("posted %+v", p)
				}
				got = fmt.Sprintf("%s %s %s %s", p.Instance, a.Slot, a.Verb, a.Form["opinion"].Text)
				if w := a.Form["who"].List; len(w) > 0 {
					got += fmt.Sprint(" ", w)
				}
				if to := a.Form["step"].List; len(to) > 0 {
					got += " to " + strings.Join(to, ",")
				}
			}
			if !strings.HasPrefix(got, c.want) || c.want == "" {
				t.Errorf("it was %q, want %q", got, c.want)
			}
		})
	}
}

// In a group nobody else reads what it is about, and lists go to the person alone.
func TestGroups(t *testing.T) {
	t.Parallel()
	group := func(text string) event.Event {
		ev := said("han.meimei", text)
		ev.Conv.Type = event.ConvGroup
		return ev
	}
	d := newDesk(&shelf{open: waiting(1)})
	_, posts, _ := answer(t, d, group("同意"))
	if len(posts) != 1 || posts[0].Tell.About != workflows.NumberEnd("i1") {
		t.Errorf("posted %+v", posts)
	}
	text, _, cards := answer(t, d, group("待办"))
	if text != "已发到与你的单聊" || len(cards) != 1 || cards[0].To.Person != "han.meimei" || !cards[0].To.Conv.IsZero() {
		t.Errorf("%q, %+v", text, cards)
	}
	for name, ev := range map[string]event.Event{
		"nobody we know": said("", "待办"),
		"a bot":          {Kind: event.KindMessage, Actor: event.Actor{Person: "x", Type: event.ActorBot}, Conv: group("").Conv, Body: &event.Message{Text: "待办"}},
		"another word":   said("han.meimei", "采购"),
	} {
		if _, ok, err := d.Answer(t.Context(), ev); ok || err != nil {
			t.Errorf("%s: answered %v, %v", name, ok, err)
		}
	}
}

func (d *Desk) pressed(t *testing.T, who, slot, verb string, rev int64, form map[string]event.Value) (workflows.Outcome, string) {
	t.Helper()
	out, err := d.Press(t.Context(), event.Event{
		ID: "act:1", Connection: "c", Kind: event.KindCardAction, Actor: event.Actor{Person: who, Type: event.ActorUser},
		Body: &event.Action{Slot: slot, Verb: verb, Rev: rev, Form: form},
	})
	var no *workflows.Refusal
	if errors.As(err, &no) {
		return out, no.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, ""
}

// A list is turned page by page; nobody turns somebody else's.
func TestListPages(t *testing.T) {
	t.Parallel()
	d := newDesk(&shelf{open: waiting(23)})
	_, _, cards := answer(t, d, said("han.meimei", "待我审批"))
	v := cards[0].View.(View)
	if len(v.Sections) != 1 || len(v.Sections[0].Entries) != 10 || v.Pages != 3 || v.Prev != 0 || v.Next != 2 || v.Waiting != 23 || len(v.Options) != 10 {
		t.Fatalf("the first page is %+v", v)
	}
	slot := cards[0].Slot
	out, code := d.pressed(t, "han.meimei", slot, "page_3", 1, nil)
	if code != "" || len(out.Effects) != 1 {
		t.Fatalf("page 3: %s, %+v", code, out)
	}
	again := out.Effects[0].(workflows.ShowCard)
	if v := again.View.(View); again.Slot != slot || len(v.Sections[0].Entries) != 3 || v.Sections[0].Entries[0].No != 21 || v.Next != 0 || v.Prev != 2 {
		t.Errorf("page 3 is %+v", again)
	}
	for verb, want := range map[string]string{"page_x": "unknown_action", "nothing": "unknown_action", "list_nothing": "unknown_action"} {
		if _, code := d.pressed(t, "han.meimei", slot, verb, 1, nil); code != want {
			t.Errorf("%s: %q", verb, code)
		}
	}
	if _, code := d.pressed(t, "li.lei", slot, "page_2", 1, nil); code != "not_yours" {
		t.Errorf("somebody else's press: %q", code)
	}
	if _, code := d.pressed(t, "han.meimei", "pending/han.meimei", "page_2", 1, nil); code != "unknown_action" {
		t.Errorf("a slot of no list: %q", code)
	}
	_, _, cards = answer(t, d, said("han.meimei", "待我审批 键盘 2"))
	if v := cards[0].View.(View); v.Waiting != 5 || v.Filter != "键盘 2" { // 2, 20 to 23
		t.Errorf("filtered %+v", v)
	}
	template, view, err := d.Card(t.Context(), slot)
	if err != nil || template != "desk.list" || len(view.(View).Options) != 23 {
		t.Errorf("on a page: %s %v", template, err)
	}
	if _, _, err := d.Card(t.Context(), "x/y"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("no slot: %v", err)
	}
}

// All means what the card showed: what came after it was drawn is left alone.
func TestAllMeansWhatWasShown(t *testing.T) {
	t.Parallel()
	s := &shelf{open: waiting(3)}
	d := newDesk(s)
	slot := "pending/han.meimei/x"
	items := func(out workflows.Outcome) []item {
		t.Helper()
		if len(out.Effects) != 1 {
			t.Fatalf("%+v", out)
		}
		b := &bench{T: t, in: workflows.Instance{ID: "d1"}}
		if err := b.do(event.Event{Actor: event.Actor{Person: "han.meimei"}, Body: out.Effects[0].(workflows.Post).Body}); err != nil {
			t.Fatal(err)
		}
		var got []item
		for _, p := range b.posts() {
			got = append(got, item{Slot: p.Instance, Title: p.Body.(*event.Action).Verb})
		}
		return got
	}
	drawn := s.open[1].OpenedAt.UnixMilli()
	out, code := d.pressed(t, "han.meimei", slot, "all", drawn, nil)
	if got := items(out); code != "" || len(got) != 2 || got[0] != (item{Slot: "i1", Title: "approve"}) || got[1].Slot != "i2" {
		t.Errorf("%s %+v", code, got)
	}
	some := map[string]event.Value{"items": event.List("i3/task/leader/1/0", "i9/task/leader/1/0"), "opinion": event.Text("贵")}
	out, code = d.pressed(t, "han.meimei", slot, "reject", drawn, some)
	if got := items(out); code != "" || len(got) != 1 || got[0] != (item{Slot: "i3", Title: "reject"}) {
		t.Errorf("%s %+v", code, got)
	}
	delete(some, "opinion")
	if _, code = d.pressed(t, "han.meimei", slot, "reject", drawn, some); code != "reason_required" {
		t.Errorf("without a reason: %q", code)
	}
	if _, code = d.pressed(t, "han.meimei", slot, "approve", drawn, nil); code != "invalid_form" {
		t.Errorf("nothing chosen: %q", code)
	}
	s.open = nil
	if _, code = d.pressed(t, "han.meimei", slot, "all", drawn, nil); code != "nothing_open" {
		t.Errorf("nothing left: %q", code)
	}
}

// An entry's card comes again to whom it belongs.
func TestOpenSendsTheCardAgain(t *testing.T) {
	t.Parallel()
	s := &shelf{open: waiting(1)}
	d := newDesk(s)
	form := map[string]event.Value{"item": event.Text("i1/task/other/1/0")}
	if _, code := d.pressed(t, "han.meimei", "pending/han.meimei/x", "open", 1, form); code != "" || len(s.resent) != 1 || s.resent[0] != "i1/task/leader/1/0 han.meimei" {
		t.Errorf("%s, sent %v", code, s.resent)
	}
	if _, code := d.pressed(t, "li.lei", "pending/li.lei/x", "open", 1, form); code != "not_found" || len(s.resent) != 1 {
		t.Errorf("somebody else's: %s, sent %v", code, s.resent)
	}
	if _, code := d.pressed(t, "han.meimei", "pending/han.meimei/x", "open", 1, nil); code != "invalid_form" {
		t.Errorf("nothing picked: %s", code)
	}
}
