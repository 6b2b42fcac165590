package workflowstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// Outcome is what became of a request, for comparing.
type Outcome struct {
	Status workflows.Status `json:"status"`
	Path   []string         `json:"path"`  // steps that asked somebody, in order
	Asked  []string         `json:"asked"` // "step: person", once each
	Open   []string         `json:"open,omitempty"`
}

// Replayed is one recorded request, done again with a changed flow.
type Replayed struct {
	Was, Now Outcome
	// Words say what differs, for people; empty: nothing does.
	Words []string
}

// Replay does again, with a changed version, what people did in an instance, at the times at which they did it,
// and with the people that the directory named then; what was not asked then is asked of o.People. An error says
// why it can't be done.
func Replay(old, changed workflows.Program, in workflows.Instance, trail []workflows.Entry, o Options) (Replayed, error) {
	r, ok := old.(workflows.Replayer)
	if !ok {
		return Replayed{}, fmt.Errorf("flows of kind %s can't be replayed", old.Definition().Kind)
	}
	x, ok := old.(workflows.Explainer)
	if !ok {
		return Replayed{}, fmt.Errorf("flows of kind %s can't be explained", old.Definition().Kind)
	}
	rec, err := r.Record(in, trail)
	if err != nil {
		return Replayed{}, err
	}
	if len(rec.Deeds) == 0 {
		return Replayed{}, fmt.Errorf("nothing is recorded")
	}
	was, err := x.Explain(in)
	if err != nil {
		return Replayed{}, err
	}
	b := New(changed, &recorded{rec: rec, now: o.People}, rec.Deeds[0].At)
	var notes []string
	for _, d := range rec.Deeds {
		note, err := b.again(d)
		if err != nil {
			return Replayed{}, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	if len(trail) > 0 {
		if err := b.Advance(trail[len(trail)-1].At); err != nil {
			return Replayed{}, err
		}
	}
	now, err := b.Explain()
	if err != nil {
		return Replayed{}, err
	}
	out := Replayed{Was: outcomeOf(was), Now: outcomeOf(now)}
	out.Words = append(out.compare(), notes...)
	return out, nil
}

// again does one thing again. A note says what there was nobody to do it for.
func (b *Bench) again(d workflows.Deed) (note string, err error) {
	if err := b.Advance(d.At); err != nil {
		return "", err
	}
	form := map[string]event.Value{}
	for id, v := range d.Form {
		form[id] = event.Text(v)
	}
	for id, v := range d.Lists {
		form[id] = event.List(v...)
	}
	maps.Copy(form, d.Values)
	if b.Inst.Rev > 0 && b.Inst.Status.Ended() {
		return "", nil // it is over sooner now; the comparison says so
	}
	switch {
	case d.Verb == "start":
		cmds := b.Program.Commands()
		if len(cmds) == 0 {
			return "", fmt.Errorf("the changed flow has no command to start it with")
		}
		return "", b.Say(d.Actor, cmds[0])
	case d.Verb == "left":
		return "", b.Leaves(d.Person, d.Lists["heirs"], false)
	case d.Step == "":
		if err := b.press(d.Actor, slotInitiator, d.Verb, form, d.Verb == "submit"); err != nil {
			return "", err
		}
		if d.Verb == "submit" && b.Inst.Status == workflows.StatusDraft {
			why := "no reason is given"
			if b.Toast != nil {
				why = b.Toast.Text.Default
			}
			return "", fmt.Errorf("the changed form refuses it: %s", why)
		}
	case d.Admin:
		t, ok := b.TaskOf(d.Step, d.Person)
		if !ok || t.State != workflows.TaskOpen {
			return "", nil // nobody waits for it there now; the comparison says so
		}
		if err := b.administer(d, t, form); err != nil {
			return "", err
		}
	default:
		t, ok := b.TaskOf(d.Step, d.Actor)
		if !ok || t.State != workflows.TaskOpen {
			return "", nil // they are not asked now; the comparison says so
		}
		if d.Verb == "approve" {
			form[workflows.SignatureInput] = b.Signature() // who agreed would have signed
		}
		if err := b.Press(d.Actor, b.SlotOf(t), d.Verb, form); err != nil {
			return "", err
		}
	}
	if b.Refusal != nil {
		note = fmt.Sprintf("%s's %s is refused now: %s", d.Actor, d.Verb, b.Refusal.Message.Default)
	}
	return note, nil
}

// administer does at a task what an administrator did. That they were one was found then, whoever is one now: it is
// done with the right of whoever gives commands on the server.
func (b *Bench) administer(d workflows.Deed, t workflows.Task, form map[string]event.Value) error {
	form["task"] = event.Text(strings.TrimPrefix(t.ID, b.Inst.ID+"/"))
	return b.Do(event.Event{
		Kind: event.KindCardAction, Connection: event.Self, Actor: event.Actor{Type: event.ActorSystem, Name: "cli:" + d.Actor},
		Body: &event.Action{Slot: b.Inst.ID + "/" + slotAdmin, Verb: d.Verb, Form: form}, Post: &event.Post{Instance: b.Inst.ID, Key: "replay"},
	})
}

func outcomeOf(x workflows.Explanation) Outcome {
	o := Outcome{Status: x.Status, Path: []string{}, Asked: []string{}}
	for _, s := range x.Steps {
		if s.State == "skipped" {
			continue
		}
		o.Path = append(o.Path, s.ID)
		for _, seat := range s.Seats {
			if seat.State == "" || seat.Why != "" && seat.State != workflows.TaskOpen {
				continue // not yet, or decided without asking
			}
			if who := s.ID + ": " + seat.Person; !slices.Contains(o.Asked, who) {
				o.Asked = append(o.Asked, who)
			}
			if seat.State == workflows.TaskOpen {
				o.Open = append(o.Open, s.ID+": "+seat.Person)
			}
		}
	}
	return o
}

// compare says in words what differs.
func (r Replayed) compare() []string {
	var out []string
	if r.Was.Status != r.Now.Status {
		end := string(r.Now.Status)
		if len(r.Now.Open) > 0 {
			end += ", waits for " + strings.Join(r.Now.Open, ", ")
		}
		out = append(out, fmt.Sprintf("%s instead of %s", end, r.Was.Status))
	}
	for _, a := range r.Now.Asked {
		if !slices.Contains(r.Was.Asked, a) {
			out = append(out, "asked in addition: "+a)
		}
	}
	for _, a := range r.Was.Asked {
		if !slices.Contains(r.Now.Asked, a) {
			out = append(out, "no longer asked: "+a)
		}
	}
	return out
}

// recorded are people as the directory named them then; who was not asked for is looked up now.
type recorded struct {
	rec workflows.Record
	now workflows.People
}

func (r *recorded) Resolve(ctx context.Context, l workflows.Lookup) (event.Lookup, error) {
	who, ok := r.rec.Answers[workflows.RecordKey(l.Initiator, l.Selectors)]
	if !ok {
		if r.now == nil {
			return event.Lookup{}, fmt.Errorf("nobody recorded who %s is", strings.Join(l.Selectors, ", "))
		}
		return r.now.Resolve(ctx, l)
	}
	out := event.Lookup{ID: l.ID, Persons: []event.Person{}}
	for _, id := range who {
		out.Persons = append(out.Persons, event.Person{ID: id, Name: r.rec.Names[id], Active: true})
	}
	return out, nil
}

func (r *recorded) ByRef(context.Context, []event.Ref) (workflows.Person, error) {
	return workflows.Person{}, workflows.ErrNotFound
}

func (r *recorded) Person(_ context.Context, id string) (workflows.Person, error) {
	return workflows.Person{ID: id, Name: r.rec.Names[id], Active: true}, nil
}

func (r *recorded) Addresses(context.Context, string) ([]workflows.Address, error) { return nil, nil }
