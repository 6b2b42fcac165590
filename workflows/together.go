package workflows

import "magpie/adapters/event"

// DecideTogether is the press that decides one of several tasks at once, on the card in a slot: whoever judges it
// leaves out a task that wants more than a word, with a refusal of the code InBatch.
func DecideTogether(slot, verb, opinion string) *event.Action {
	b := &event.Action{Slot: slot, Verb: verb, Form: map[string]event.Value{}, Data: map[string]string{InBatch: "1"}}
	if opinion != "" {
		b.Form["opinion"] = event.Text(opinion)
	}
	return b
}
