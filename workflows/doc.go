// Package workflows is the contract of everything that runs: what a kind of flow compiles to, what its
// pure Step gives back, and what the engine asks of the store, of the directory and of the templates.
//
//	Definition  one version of a flow, immutable, addressed by the hash of its source
//	Kind        turns YAML into a Program: approval, minutes, todo, …
//	Program     a compiled Definition: Step(instance, event, now) -> Outcome, pure
//	Instance    one run; its rev grows by one with each accepted command
//	Outcome     new state, tasks, trail and effects of one Step; committed whole or not at all
//	Effect      what the world must do: show a card, send a text, set a timer, look people up
//
// Step reads no clock, does no I/O and makes no random value. What needs the outside is an Effect whose
// answer comes back as an event.Event: a Lookup is answered by event.KindLookup, a timer by
// event.KindTimer. So a run can be repeated, simulated and tested without any of it.
//
// The engine (workflows/engine) is the only place that loops. A kind never imports it.
package workflows
