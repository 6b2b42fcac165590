package workflowstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// Slots of cards that are not a task's, and of the desk of an administrator, who needs no card.
const (
	slotInitiator = "initiator"
	slotAdmin     = "admin"
)

// Perform does what an act of a test says, as a press of whoever does it: a button of the initiator's card, of
// a task's or of a copy's, or an administrator's. It fails when there is nothing to press; a refusal is no
// failure, see Refusal.
func (b *Bench) Perform(kind workflows.Act, a workflows.TestAct, form map[string]event.Value) error {
	by := a.By
	if by == "" {
		if !kind.Own {
			return fmt.Errorf("who does it? give by: PERSON")
		}
		by = b.Inst.Initiator
	}
	verb := kind.Verb
	switch verb {
	case "press":
		verb = a.Verb
	case "resubmit":
		verb = "submit"
	}
	slot, err := b.place(kind, a.Step, by, a.Refused != "")
	if err != nil {
		return err
	}
	in := map[string]event.Value{}
	if kind.Form {
		in = b.entered(slot)
	}
	for id, v := range form {
		if kind.Verb == "approve" || kind.Verb == "reject" {
			id = decisionPrefix + strings.TrimPrefix(id, decisionPrefix)
		}
		in[id] = v
	}
	if a.Reason != "" {
		in["opinion"] = event.Text(a.Reason)
	}
	if len(a.Who) > 0 {
		in["who"] = event.List(a.Who...)
	}
	if len(a.To) > 0 {
		in["step"] = event.List(a.To...)
	}
	if a.Sign {
		in[workflows.SignatureInput] = b.Signature()
	}
	if a.Then != "" {
		in["then"] = event.Text(a.Then)
	}
	return b.press(by, slot, verb, in, kind.Verb == "resubmit")
}

// decisionPrefix begins the names of the form's fields among the inputs of a decision, where other inputs have names
// too. Tests name the fields alone.
const decisionPrefix = "field_"

// place finds the card that an act is pressed on. refused: somebody else's card will do, since the press must
// be refused.
func (b *Bench) place(kind workflows.Act, step, by string, refused bool) (string, error) {
	switch {
	case kind.Own:
		return slotInitiator, nil
	case kind.Admin:
		return slotAdmin, nil
	case step == "" && by == b.Inst.Initiator:
		return slotInitiator, nil
	case step == "":
		if _, told := b.Cards["cc/"+by]; told {
			return "cc/" + by, nil
		}
	}
	t, ok := b.TaskOf(step, by)
	if !ok && refused {
		t, ok = b.TaskOf(step, "")
	}
	if !ok {
		return "", &noTask{by: by, step: step, open: b.openWords()}
	}
	return b.SlotOf(t), nil
}

// noTask: nobody asked the person.
type noTask struct{ by, step, open string }

func (e *noTask) Error() string {
	if e.step == "" {
		return fmt.Sprintf("%s has no card; now open: %s", e.by, e.open)
	}
	return fmt.Sprintf("%s has no task at %s; now open: %s", e.by, e.step, e.open)
}

func (b *Bench) openWords() string {
	var all []string
	for _, k := range b.Open() {
		all = append(all, k.Node+" of "+k.Person)
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// entered is what the form on a card holds before anybody types: a press brings it along.
func (b *Bench) entered(slot string) map[string]event.Value {
	out := map[string]event.Value{}
	form, _ := b.Cards[slot].View["form"].(map[string]any)
	list, _ := form["inputs"].([]any)
	for _, raw := range list {
		m, _ := raw.(map[string]any)
		name, _ := m["name"].(string)
		if m["default"] == nil || name == "" {
			continue
		}
		text, err := json.Marshal(m["default"])
		if err != nil {
			continue
		}
		var v event.Value
		if json.Unmarshal(text, &v) == nil && v.Kind != "" {
			out[name] = v
		}
	}
	return out
}

// Leaves tells that somebody has left, and who may take over: without heirs the managers above them, then
// role admin. same: the two are one person.
func (b *Bench) Leaves(person string, heirs []string, same bool) error {
	body := &event.Directory{Person: person, Same: same}
	by := []string{"initiator.managers(10)", "role:admin"}
	if len(heirs) > 0 {
		by = nil
		for _, id := range heirs {
			by = append(by, "person:"+id)
		}
	}
	ev, err := b.resolve(workflows.Lookup{ID: "left", Selectors: by, Initiator: person})
	if err != nil {
		return err
	}
	body.Heirs = slices.DeleteFunc(ev.Body.(*event.Lookup).Persons, func(p event.Person) bool { return p.ID == person })
	return b.Do(event.Event{ID: "left:" + person, Kind: event.KindPersonLeft, Connection: "magpie", Actor: event.Actor{Type: event.ActorSystem}, Body: body})
}
