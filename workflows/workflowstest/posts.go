package workflowstest

import (
	"magpie/adapters/event"
	"magpie/workflows"
)

// posted is what comes back of a Post: a dry run takes what is started elsewhere as passed.
func (b *Bench) posted(p workflows.Post) []event.Event {
	if b.Flows != nil {
		return b.Flows(p)
	}
	if p.Start == "" || !p.Answer {
		return nil
	}
	child := "child-" + p.Start
	return []event.Event{Answer(p.Key, child, "stepped", ""), Answer(p.Key, child, "ended:"+string(workflows.StatusApproved), "")}
}

// Answer is what came of a Post, as the engine or another instance tells it.
func Answer(key, instance, result, text string) event.Event {
	return event.Event{
		ID: "answer:" + key + ":" + result, Kind: event.KindAnswer, Connection: event.Self, Actor: event.Actor{Type: event.ActorSystem},
		Body: &event.Answer{Key: key, Instance: instance, Result: result, Text: text}, Post: &event.Post{From: instance, Key: "answer/" + key},
	}
}
