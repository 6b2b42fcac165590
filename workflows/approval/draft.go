package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// draftLife is how long a form may lie before it expires.
const draftLife = 7 * 24 * time.Hour

const timerDraft = "draft"

// start makes a draft and sends the form to the person who asked for it.
func (d *decider) start(rest string) {
	by := d.ev.Actor.Person
	f := &started{From: d.ev.Connection, Gen: 1, Hidden: d.p.waits()}
	f.p.People = map[string]person{by: {Name: d.ev.Actor.Name}}
	f.p.Values = d.prefill(rest)
	d.emitBy(f, by)
	d.timerAt(timerDraft, d.now.Add(draftLife), 1, "7 days")
	d.lookup(ask{ID: "initiator", For: "initiator"}, []string{"person:" + by}, by)
	if len(d.p.who) > 0 {
		d.lookup(ask{ID: "who", For: "who"}, d.p.who, by)
	}
	d.askOffers(by)
	if conv := d.ev.Conv; conv != nil && conv.Type != event.ConvDirect {
		if m, ok := d.ev.Body.(*event.Message); ok {
			ref := m.Ref
			d.effect(workflows.SendText{
				Key: "started", To: workflows.To{Connection: d.ev.Connection, Conv: conv.Ref},
				Text: card.T(fmt.Sprintf(textSentPrivately, d.p.def.Name)), ReplyTo: &ref,
			})
		}
	}
}

// prefill puts what was written after the command into the first text field, and defaults into the others.
func (d *decider) prefill(rest string) map[string]value {
	v := map[string]value{}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if !f.def.empty() {
			v[f.id] = f.def
		}
		if f.private() && rest != "" {
			if text, _ := f.parseText(event.Text(rest)); text.T != "" {
				v[f.id] = value{T: cut(text.T, f.maxRunes())}
				rest = ""
			}
		}
	}
	return v
}

// submit checks the form. What is wrong is shown on the card, with everything that was entered.
func (d *decider) submit(a *event.Action) *workflows.Refusal {
	switch {
	case d.s.Status == workflows.StatusDraft && d.s.Draft.Hidden:
		return workflows.Refuse("not_ready", textUnknown)
	case d.s.Status != workflows.StatusDraft && (d.s.Status != workflows.StatusRunning || d.s.atStart() == nil):
		return d.over(textAlreadySent)
	}
	j := d.p.judge(a.Form, nil, nil, d.s.starter())
	d.among(&j, nil)
	if len(j.wrong) == 0 && !a.Whole {
		d.askMore(&j, a.Form)
	}
	if len(j.wrong) > 0 {
		k := &kept{Fields: j.wrong}
		k.p.Values, k.p.Problems = j.values, j.problems
		d.emitBy(k, d.s.By)
		d.say(card.ToastError, textFormProblem, strings.Join(d.p.lines(j.problems), "；"))
		return nil
	}
	if r := d.s.atStart(); r != nil {
		d.resubmit(r, j.values)
	} else {
		d.accept(j.values)
	}
	return nil
}

// askMore keeps a form that is right but asks, with what was entered, for fields that the card did not show: they
// may be wanted. The next time they were shown.
func (d *decider) askMore(j *judged, in map[string]event.Value) {
	var before judged
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if f.when == nil || f.formula != nil || f.typ == typeNote || j.hidden[f.id] || !j.values[f.id].empty() {
			continue
		}
		if before.hidden == nil {
			values := d.s.Draft.Values
			if d.s.Draft.Problems == nil {
				values = d.defaults(values)
			}
			before = d.p.judge(d.entered(values), nil, nil, d.s.starter())
		}
		if _, there := in[f.id]; !there && before.hidden[f.id] {
			j.problems[f.id] = textMore
			j.wrong = append(j.wrong, f.id)
		}
	}
}

// accept hands the form in.
func (d *decider) accept(values map[string]value) {
	f := &submitted{No: workflows.Number(d.in.ID, d.now.In(d.p.loc))}
	f.Form, f.p.Form = d.p.parts(values)
	f.p.People = d.myself()
	f.p.Title = d.title(values)
	d.emitBy(f, d.s.By)
	d.effect(workflows.CancelTimer{Name: timerDraft})
	d.say(card.ToastSuccess, textSubmitted)
	d.askNamed(values, "form")
	if d.s.Known {
		d.walk(d.p.first)
	}
}

// parts are the values of a form without what people wrote, and what they wrote, which must be erasable.
func (p *Program) parts(values map[string]value) (plain, texts map[string]value) {
	plain, texts = map[string]value{}, map[string]value{}
	for i := range p.fields {
		f := &p.fields[i]
		v, ok := values[f.id]
		switch {
		case !ok:
		case f.personal():
			texts[f.id] = v
		default:
			plain[f.id] = v
		}
	}
	return plain, texts
}

// myself is what is known of the initiator from their press.
func (d *decider) myself() map[string]person {
	if d.ev.Actor.Name == "" {
		return nil
	}
	me := map[string]person{d.s.By: {Name: d.ev.Actor.Name}}
	d.s.know(me)
	return me
}

// askNamed asks who the persons in a form are.
func (d *decider) askNamed(values map[string]value, id string) {
	var named []string
	for i := range d.p.fields {
		switch f := &d.p.fields[i]; f.typ {
		case typePerson:
			if v := values[f.id]; v.T != "" {
				named = append(named, "person:"+v.T)
			}
		case typePersons:
			for _, id := range values[f.id].L {
				named = append(named, "person:"+id)
			}
		}
	}
	if len(named) > 0 {
		slices.Sort(named)
		d.lookup(ask{ID: id, For: "form"}, slices.Compact(named), d.s.By)
	}
}

// title words the instance.
func (d *decider) title(values map[string]value) string {
	form := map[string]any{}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		text := f.show(values[f.id], d.p.loc, d.s.name)
		if f.typ == typeMoney {
			text = strings.TrimSuffix(strings.TrimPrefix(text, "¥"), ".00") // the author writes the sign of yuan
		}
		form[f.id] = oneLine(text, 100)
	}
	who := d.s.People[d.s.By]
	var b strings.Builder
	err := d.p.title.Execute(&b, map[string]any{
		"form":      form,
		"initiator": map[string]any{"id": d.s.By, "name": d.s.name(d.s.By), "dept": who.Dept, "title": who.Title},
	})
	if err != nil { // a comparison of things that can't be compared
		return oneLine(d.s.name(d.s.By)+"的"+d.p.def.Name, maxTitle)
	}
	return oneLine(b.String(), maxTitle)
}

// maxTitle is how many characters a title has at most.
const maxTitle = 120

// oneLine joins the words of a text by single spaces and shortens it.
func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(clean(s, false)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// cancel drops a draft.
func (d *decider) cancel() *workflows.Refusal {
	if d.s.Status != workflows.StatusDraft {
		return d.over(textAlreadySent)
	}
	d.effect(workflows.CancelTimer{Name: timerDraft})
	d.finish(workflows.StatusWithdrawn, "canceled", "", d.s.By)
	d.say(card.ToastInfo, textCanceled)
	return nil
}
