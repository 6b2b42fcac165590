package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	maxMeant = 50 // entries among which what is meant is looked for
	maxWho   = 10 // persons of one command
)

// command finds out which approval is meant and posts the press that the words stand for.
func (d *Desk) command(ctx context.Context, ev event.Event, a asked) ([]workflows.Effect, error) {
	who, rest, problem, err := d.persons(ctx, ev, a)
	if err != nil {
		return nil, err
	}
	if !problem.IsZero() {
		return []workflows.Effect{d.say(ev, problem)}, nil
	}
	meant, problem, err := d.meant(ctx, ev, a)
	if err != nil {
		return nil, err
	}
	if !problem.IsZero() {
		return []workflows.Effect{d.say(ev, problem)}, nil
	}
	o := order{Verb: a.act.verb, Done: a.act.done, Opinion: rest, Who: who}
	if len(meant) > 1 {
		// Several: they choose on a card, which carries the command on.
		out := []workflows.Effect{begin(ev, "pick", o, meant)}
		if !private(ev) {
			out = append(out, d.say(ev, textSentToYou()))
		}
		return out, nil
	}
	if a.act == withdraw && meant[0].passed {
		o.Verb = "revoke" // what was approved is withdrawn by an approval of its own
	}
	about := meant[0].title
	if !private(ev) {
		about = workflows.NumberEnd(meant[0].instance) // a title is not for everybody
	}
	to := where(ev)
	return []workflows.Effect{workflows.Post{
		Key: "do", Instance: meant[0].instance, As: ev.Actor.Person, Kind: event.KindCardAction, Body: o.press(meant[0].slot),
		Tell: &event.Tell{Person: to.Person, Connection: to.Connection, Conv: to.Conv, ReplyTo: messageOf(ev), About: about},
	}}, nil
}

// order is what is to be done, whichever approval is meant.
type order struct {
	Verb    string   `json:"verb"`
	Done    string   `json:"done"`
	Opinion string   `json:"opinion,omitempty"`
	Who     []string `json:"who,omitempty"`
	Batch   bool     `json:"batch,omitempty"` // it is decided together with others
}

// press is the button that an order stands for; slot is the full one.
func (o order) press(slot string) *event.Action {
	_, own, _ := strings.Cut(slot, "/")
	if o.Batch {
		return workflows.DecideTogether(own, o.Verb, o.Opinion)
	}
	b := &event.Action{Slot: own, Verb: o.Verb, Form: map[string]event.Value{}}
	if o.Opinion != "" {
		b.Form["opinion"] = event.Text(o.Opinion)
	}
	if len(o.Who) > 0 {
		b.Form["who"] = event.Value{Kind: event.ValuePeople, List: o.Who}
	}
	if o.Verb == giveBack.verb {
		b.Form["step"] = event.List("start")
	}
	return b
}

// persons finds who is meant, by mention or by name, and what is left as the opinion.
func (d *Desk) persons(ctx context.Context, ev event.Event, a asked) (who []string, rest string, problem card.Text, err error) {
	rest = a.rest
	if m, ok := ev.Body.(*event.Message); ok {
		for _, x := range m.Mentions {
			if x.Name != "" {
				rest = strings.TrimSpace(strings.Replace(strings.Replace(rest, "@"+x.Name, " ", 1), x.Name, " ", 1))
			}
			if !a.act.who && a.act != comment {
				continue
			}
			p, err := d.o.People.ByRef(ctx, x.Refs())
			if errors.Is(err, workflows.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, "", problem, err
			}
			if !slices.Contains(who, p.ID) {
				who = append(who, p.ID)
			}
		}
	}
	for a.act.who && len(who) < maxWho {
		word, after := cutName(rest)
		if word == "" {
			break
		}
		found, err := d.o.Find(ctx, strings.TrimPrefix(word, "@"))
		if err != nil {
			return nil, "", problem, err
		}
		if len(found) > 1 {
			return nil, "", textManyCalled(strings.TrimPrefix(word, "@")), nil
		}
		if len(found) == 0 {
			break
		}
		if !slices.Contains(who, found[0].ID) {
			who = append(who, found[0].ID)
		}
		rest = after
	}
	if a.act.who && len(who) == 0 {
		problem, err = d.nobody(ctx, a.act, rest)
		return nil, "", problem, err
	}
	return who, strings.TrimSpace(strings.TrimLeft(rest, " ,，、:：")), problem, nil
}

// nobody says that rest, what was written after an act, names no colleague.
func (d *Desk) nobody(ctx context.Context, a act, rest string) (card.Text, error) {
	word, _ := cutName(rest)
	word = strings.TrimPrefix(word, "@")
	if _, _, term := termWord(word); word == "" || a == proxied && term {
		return textWho(a), nil
	}
	if d.o.Unread != nil {
		if unread, err := d.o.Unread(ctx); unread || err != nil {
			return textUnread(word), err
		}
	}
	if a == proxied {
		return textNobodyCalled(word), nil
	}
	return textWho(a), nil
}

// cutName takes the first word of what may be names.
func cutName(s string) (word, rest string) {
	s = strings.TrimLeft(s, " 给、,，")
	if i := strings.IndexAny(s, " 、,，:：\n"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// meant lists the approvals that a command may be about. The one that is quoted, or whose number is given, is
// meant though it may be over: the flow then says what became of it.
func (d *Desk) meant(ctx context.Context, ev event.Event, a asked) ([]found, card.Text, error) {
	who := ev.Actor.Person
	var open, over []found
	add := func(to *[]found, t workflows.Task) {
		*to = append(*to, found{instance: t.Instance, slot: t.Slot(), title: t.Title, opened: t.OpenedAt})
	}
	quoted := quotes(ev)
	if !a.act.own {
		tasks, err := d.o.Work.OpenWork(ctx, who, 0, maxMeant)
		if err != nil {
			return nil, card.Text{}, err
		}
		for _, t := range tasks {
			if t.Node != workflows.NodeStart { // a form that came back is not decided
				add(&open, t)
			}
		}
	}
	if a.act.own || a.act == comment {
		started, err := d.o.Work.StartedWork(ctx, who, 0, maxMeant)
		if err != nil {
			return nil, card.Text{}, err
		}
		for _, in := range started {
			f := found{instance: in.ID, slot: in.ID + "/initiator", title: in.Title, opened: in.CreatedAt, passed: in.Status == workflows.StatusApproved}
			if in.Status == workflows.StatusRunning {
				open = append(open, f)
			} else if in.Status != workflows.StatusDraft {
				over = append(over, f)
			}
		}
	}
	if quoted == nil && a.no == "" {
		if len(open) == 0 {
			return nil, textNothing(a.act), nil
		}
		return open, card.Text{}, nil
	}
	if !a.act.own {
		tasks, err := d.o.Work.DecidedWork(ctx, who, 0, maxMeant)
		if err != nil {
			return nil, card.Text{}, err
		}
		for _, t := range tasks {
			add(&over, t)
		}
	}
	if a.no != "" {
		for _, some := range [][]found{open, over} {
			some = slices.DeleteFunc(slices.Clone(some), func(f found) bool { return workflows.NumberEnd(f.instance) != a.no })
			if len(some) > 0 {
				return some[:1], card.Text{}, nil
			}
		}
		return nil, textNoSuch(a.no), nil
	}
	all := append(slices.Clone(open), over...)
	slots := make([]string, len(all))
	for i, f := range all {
		slots[i] = f.slot
	}
	slot, err := d.o.Work.SlotShownBy(ctx, slots, *quoted)
	if err != nil {
		return nil, card.Text{}, err
	}
	i := slices.Index(slots, slot)
	if i < 0 {
		return nil, textWhatCard(), nil
	}
	return all[i : i+1], card.Text{}, nil
}

// quotes is the message that an answer quotes; nil when it quotes none.
func quotes(ev event.Event) *event.Ref {
	m, ok := ev.Body.(*event.Message)
	if !ok || m.ReplyTo == nil || m.ReplyTo.IsZero() {
		return nil
	}
	return m.ReplyTo
}

// many has several approvals decided: those that were chosen, or all that were waiting when the card was drawn.
func (d *Desk) many(ctx context.Context, ev event.Event, b *event.Action) (workflows.Outcome, error) {
	o := order{Verb: b.Verb, Done: map[string]string{"approve": "同意", "reject": "拒绝", "all": "同意"}[b.Verb], Batch: true}
	if v, ok := b.Form["opinion"]; ok {
		o.Opinion = strings.TrimSpace(v.Typed())
	}
	tasks, err := d.o.Work.OpenWork(ctx, ev.Actor.Person, 0, maxRead)
	if err != nil {
		return workflows.Outcome{}, err
	}
	picked := chosen(b, "items")
	var items []found
	for _, t := range tasks {
		f := found{instance: t.Instance, slot: t.Slot(), title: t.Title, opened: t.OpenedAt}
		switch {
		case t.Node == workflows.NodeStart:
			continue // a form that came back is not decided
		case o.Verb == "all":
			// What came after the card was drawn nobody has seen on it.
			if f.opened.UnixMilli() > b.Rev || !strings.Contains(strings.ToLower(f.title), strings.ToLower(b.Data["filter"])) {
				continue
			}
		case !slices.Contains(picked, f.slot):
			continue
		}
		items = append(items, f)
	}
	switch {
	case len(picked) == 0 && o.Verb != "all":
		return workflows.Outcome{}, workflows.Refuse("invalid_form", "请先选择要处理的审批")
	case len(items) == 0:
		return workflows.Outcome{}, workflows.Refuse("nothing_open", "这些审批已经不用你处理了")
	case o.Verb == "reject" && o.Opinion == "":
		return workflows.Outcome{}, workflows.Refuse("reason_required", "请填写拒绝理由")
	}
	if o.Verb == "all" {
		o.Verb = approve.verb
	}
	return workflows.Outcome{
		Effects: []workflows.Effect{begin(ev, "batch", o, items)},
		Toast:   &card.Toast{Kind: card.ToastInfo, Text: text("正在处理 %d 项，结果稍后发给你", "%d under way; the result will be sent to you", len(items))},
	}, nil
}
