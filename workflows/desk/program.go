package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// ProgramID is the flow that the desk's own instances belong to. No workflow file can have this id.
const ProgramID = "magpie.desk"

const (
	batchPatience = 2 * time.Minute // then what is known is told
	pickLife      = 24 * time.Hour
)

// Program runs the desk's own instances. A pick shows one card, on which a person says which approval their command
// is about; a batch has many decided, each by a command of its own, and tells once what came of them.
type Program struct{}

var (
	_ workflows.Program   = Program{}
	_ workflows.Projector = Program{}
)

// Definition names the program. Its hash stands for the shape of the state.
func (Program) Definition() workflows.Definition {
	return workflows.Definition{ID: ProgramID, Kind: "desk", Name: "审批助手", Hash: strings.Repeat("d", 63) + "1", Source: []byte("built in")}
}

// Commands is empty: the desk's words are not a flow's.
func (Program) Commands() []string { return nil }

// Correlate takes nothing: the desk starts its instances itself.
func (Program) Correlate(event.Event) (workflows.Correlation, bool) {
	return workflows.Correlation{}, false
}

// deskState is an instance of the desk.
type deskState struct {
	Mode       string `json:"mode"` // pick or batch
	Person     string `json:"person"`
	Connection string `json:"connection,omitempty"`
	Order      order  `json:"order"`
	Items      []item `json:"items"`
	Tries      int    `json:"tries,omitempty"`  // of a pick: how often something was chosen
	Chosen     int    `json:"chosen,omitempty"` // index and one; 0: nothing yet, or it was refused
	Problem    string `json:"problem,omitempty"`
	Ended      bool   `json:"ended,omitempty"`
}

// item is one approval.
type item struct {
	Slot   string `json:"slot"`
	Title  string `json:"title"`
	Result string `json:"result,omitempty"` // of event.Answer
	Text   string `json:"text,omitempty"`
}

// begin asks for an instance of the desk, once for each event.
func begin(ev event.Event, mode string, o order, list []found) workflows.Effect {
	s := deskState{Mode: mode, Person: ev.Actor.Person, Connection: ev.Connection, Order: o}
	for _, f := range list {
		s.Items = append(s.Items, item{Slot: f.slot, Title: f.title})
	}
	return workflows.Post{
		Key: mode, Start: ProgramID, StartKey: ev.Connection + "/" + ev.ID, As: ev.Actor.Person, Kind: event.KindStart,
		Body: &event.Start{Form: map[string]event.Value{"state": event.Text(string(workflows.Data(s)))}},
	}
}

// Step implements workflows.Program.
func (p Program) Step(in workflows.Instance, ev event.Event, now time.Time) (workflows.Outcome, error) {
	d := &decider{in: in, ev: ev, now: now}
	if in.Rev > 0 {
		if err := json.Unmarshal(in.State, &d.s); err != nil {
			return workflows.Outcome{}, fmt.Errorf("decode the state of %s: %w", in.ID, err)
		}
	}
	var err error
	switch b := ev.Body.(type) {
	case *event.Start:
		err = d.start(b)
	case *event.Action:
		err = d.press(b)
	case *event.Answer:
		d.answer(b)
	case *event.Timer:
		d.timer()
	}
	if err != nil || len(d.out.Trail) == 0 {
		return d.out, err
	}
	return d.outcome(), nil
}

type decider struct {
	in  workflows.Instance
	ev  event.Event
	now time.Time
	s   deskState
	out workflows.Outcome
}

func (d *decider) effect(e workflows.Effect) { d.out.Effects = append(d.out.Effects, e) }

// note writes the trail: which approvals stands there, what was written beside it is personal.
func (d *decider) note(kind string, data, private any) {
	e := workflows.Entry{At: d.now, Kind: kind, Actor: d.ev.Actor.Person, Data: workflows.Data(data)}
	if private != nil {
		e.Private = workflows.Data(private)
	}
	d.out.Trail = append(d.out.Trail, e)
}

func (d *decider) outcome() workflows.Outcome {
	in := d.in
	in.Definition, in.Hash, in.Kind = ProgramID, Program{}.Definition().Hash, "desk"
	in.Status, in.Title = workflows.StatusRunning, fmt.Sprintf("%s %d 项", d.s.Order.Done, len(d.s.Items))
	if d.s.Ended {
		in.Status, in.EndedAt = workflows.StatusDone, d.now
	}
	in.State = workflows.Data(d.s)
	d.out.Instance = &in
	return d.out
}

func (d *decider) start(b *event.Start) error {
	if err := json.Unmarshal([]byte(b.Form["state"].Text), &d.s); err != nil {
		return fmt.Errorf("start %s: %w", d.in.ID, err)
	}
	if d.s.Person != d.ev.Actor.Person || len(d.s.Items) == 0 {
		return workflows.Refuse("unknown_action", "这个操作已经不可用")
	}
	slots := make([]string, len(d.s.Items))
	for i, x := range d.s.Items {
		slots[i] = x.Slot
	}
	d.note("started", map[string]any{"mode": d.s.Mode, "verb": d.s.Order.Verb, "slots": slots}, map[string]any{"opinion": d.s.Order.Opinion, "who": d.s.Order.Who})
	if d.s.Mode == "pick" {
		d.effect(workflows.SetTimer{Name: "end", At: d.now.Add(pickLife), Generation: 1, Rule: "24 hours"})
		d.show()
		return nil
	}
	d.effect(workflows.SetTimer{Name: "end", At: d.now.Add(batchPatience), Generation: 1, Rule: "2 minutes"})
	for i := range d.s.Items {
		d.send(i, strconv.Itoa(i))
	}
	return nil
}

// send posts the press for one approval.
func (d *decider) send(i int, key string) {
	instance, _, _ := strings.Cut(d.s.Items[i].Slot, "/")
	d.effect(workflows.Post{
		Key: key, Instance: instance, As: d.s.Person, Kind: event.KindCardAction, Body: d.s.Order.press(d.s.Items[i].Slot), Answer: true,
	})
}

// press is the choice on a pick's card.
func (d *decider) press(b *event.Action) error {
	switch {
	case d.ev.Actor.Person != d.s.Person:
		return workflows.Refuse("not_yours", "这张卡片不是你的，不能操作")
	case d.s.Mode != "pick" || b.Verb != "go":
		return workflows.Refuse("unknown_action", "这个操作已经不可用")
	case d.s.Ended || d.s.Chosen > 0:
		no := workflows.Refuse("already_decided", "已经选过了")
		no.Refresh = true
		return no
	}
	picked := chosen(b, "item")
	i := -1
	if len(picked) == 1 {
		i = slices.IndexFunc(d.s.Items, func(x item) bool { return x.Slot == picked[0] })
	}
	if i < 0 {
		return workflows.Refuse("invalid_form", "请先选一项")
	}
	if v, ok := b.Form["opinion"]; ok && strings.TrimSpace(v.Typed()) != "" {
		d.s.Order.Opinion = strings.TrimSpace(v.Typed())
	}
	d.s.Tries++
	d.s.Chosen, d.s.Problem = i+1, ""
	d.note("chosen", map[string]any{"slot": picked[0], "try": d.s.Tries}, nil)
	d.send(i, fmt.Sprintf("%d/%d", i, d.s.Tries))
	d.show()
	d.out.Toast = &card.Toast{Kind: card.ToastInfo, Text: text("正在处理", "Under way")}
	return nil
}

// answer notes what came of a press.
func (d *decider) answer(b *event.Answer) {
	index, _, _ := strings.Cut(b.Key, "/")
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(d.s.Items) || d.s.Ended {
		return
	}
	x := &d.s.Items[i]
	x.Result, x.Text = b.Result, b.Text
	d.note("answered", map[string]any{"item": i, "result": b.Result}, map[string]string{"text": b.Text})
	if d.s.Mode == "pick" {
		if d.s.Chosen = 0; done(*x) {
			d.s.Chosen, d.s.Ended = i+1, true
			d.effect(workflows.CancelTimer{Name: "end"})
			d.effect(workflows.SendText{Key: "result", To: d.to(), Text: card.T(d.word(*x) + "：" + x.Title)})
		} else {
			d.s.Problem = x.Title + "：" + d.word(*x)
		}
		d.show()
		return
	}
	if !slices.ContainsFunc(d.s.Items, func(x item) bool { return x.Result == "" }) {
		d.sum()
	}
}

// timer ends what nobody goes on with.
func (d *decider) timer() {
	if d.s.Ended {
		return
	}
	if d.s.Mode == "batch" {
		d.sum()
		return
	}
	d.s.Ended = true
	d.note("expired", struct{}{}, nil)
	d.show()
}

func done(x item) bool { return strings.HasPrefix(x.Result, "stepped") }

// word is what came of one approval, as its flow put it.
func (d *decider) word(x item) string {
	switch {
	case x.Text != "":
		return x.Text
	case done(x):
		return "已" + d.s.Order.Done
	}
	return "没有办成"
}

func (d *decider) to() workflows.To {
	return workflows.To{Person: d.s.Person, Connection: d.s.Connection}
}

func (d *decider) show() { d.effect(workflows.ShowCard{Slot: "pick", To: d.to()}) }

// sum tells once what came of all of them: 3 项已同意，1 项失败：….
func (d *decider) sum() {
	var did, left, failed, open []string
	for _, x := range d.s.Items {
		switch {
		case done(x):
			did = append(did, x.Title)
		case x.Result == "refused:"+workflows.InBatch:
			left = append(left, x.Title)
		case x.Result == "":
			open = append(open, x.Title)
		default:
			failed = append(failed, x.Title+"（"+d.word(x)+"）")
		}
	}
	var parts []string
	if len(did) > 0 {
		parts = append(parts, fmt.Sprintf("%d 项已%s", len(did), d.s.Order.Done))
	}
	for _, p := range []struct {
		list []string
		what string
	}{{left, "%d 项要单独处理：\n%s"}, {failed, "%d 项失败：\n%s"}, {open, "%d 项还没有结果：\n%s"}} {
		if len(p.list) > 0 {
			parts = append(parts, fmt.Sprintf(p.what, len(p.list), strings.Join(p.list, "\n")))
		}
	}
	d.s.Ended = true
	d.note("summed", map[string]int{"done": len(did), "left": len(left), "failed": len(failed), "open": len(open)}, nil)
	d.effect(workflows.CancelTimer{Name: "end"})
	d.effect(workflows.SendText{Key: "result", To: d.to(), Text: card.T(strings.Join(parts, "，"))})
}

// PickView is what the template desk.pick sees.
type PickView struct {
	Done    string   `json:"done"` // 同意
	Opinion string   `json:"opinion"`
	Options []Option `json:"options"`
	Chosen  string   `json:"chosen"` // title; "" while nothing is
	Result  string   `json:"result"` // 已同意; "" while it is under way
	Problem string   `json:"problem"`
	Ask     bool     `json:"ask"` // an opinion is asked for
	Ended   bool     `json:"ended"`
}

// Card implements workflows.Projector.
func (Program) Card(in workflows.Instance, slot string, _ time.Time) (string, any, bool, error) {
	var d decider
	if err := json.Unmarshal(in.State, &d.s); err != nil {
		return "", nil, false, fmt.Errorf("decode the state of %s: %w", in.ID, err)
	}
	if slot != "pick" || d.s.Mode != "pick" {
		return "", nil, false, nil
	}
	v := PickView{
		Done: d.s.Order.Done, Opinion: d.s.Order.Opinion, Options: []Option{}, Problem: d.s.Problem, Ended: d.s.Ended,
		Ask: d.s.Order.Opinion == "" && slices.Contains([]string{"reject", "return", "comment"}, d.s.Order.Verb),
	}
	if i := d.s.Chosen - 1; i >= 0 {
		v.Chosen = d.s.Items[i].Title
		if d.s.Items[i].Result != "" {
			v.Result = d.word(d.s.Items[i])
		}
	}
	for i, x := range d.s.Items {
		v.Options = append(v.Options, Option{Value: x.Slot, Label: fmt.Sprintf("%d. %s", i+1, short(x.Title, 60))})
	}
	return "desk.pick", v, true, nil
}
