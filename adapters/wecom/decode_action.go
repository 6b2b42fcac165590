package wecom

import (
	"strings"

	"magpie/adapters/event"
)

// press decodes a press on a card, a choice of its menu, or a submit. The button's key is our own data coming
// back; the engine checks its token before it believes any of it. The event tells neither message nor chat: the task id is all
// that names the card.
func (d *decoder) press(ev *event.Event) bool {
	if ev.Actor.Ref.IsZero() {
		return false
	}
	key, task, code := d.x.str("EventKey"), d.x.str("TaskId"), d.x.str("ResponseCode")
	if code != "" {
		ev.ID = "act:" + d.agent() + ":" + short(code)
		ev.Reply.Handles = []event.Handle{{Kind: HandleCode, Value: code, Uses: 1, Expires: d.received.Add(codeFor), Update: true}}
	} else {
		ev.ID = "act:" + d.agent() + ":" + digest(task, strings.ToLower(d.x.str("FromUserName")), key, d.x.str("CreateTime"))
	}
	a := &event.Action{Element: d.x.str("CardType")}
	if task != "" {
		a.Message = d.card(short(task))
	}
	readKey(a, key)
	for _, item := range d.x.get("SelectedItems").all("SelectedItem") {
		var options []string
		for _, o := range item.get("OptionIds").all("OptionId") {
			options = append(options, strings.TrimSpace(o.text))
		}
		d.choose(a, item.str("QuestionKey"), options)
	}
	ev.Kind, ev.Conv, ev.Body = event.KindCardAction, direct(ev.Actor), a
	return true
}

// choose adds the answer to one selector to a form.
func (d *decoder) choose(a *event.Action, question string, options []string) {
	if question == "" {
		return
	}
	if a.Form == nil {
		a.Form = map[string]event.Value{}
	}
	name, v := readChoice(question, options)
	a.Form[name] = v
}
