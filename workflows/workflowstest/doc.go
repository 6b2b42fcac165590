// Package workflowstest runs programs without an engine, a store or a suite: one instance in memory, with a
// clock that the test moves and people that the test names.
//
//	Bench     one instance: events in, cards, texts, timers and tasks out
//	Company   a small company as workflows.People
//	Run       the `tests:` of a workflow file
//	Simulate  the path that a request would take
//	Scenario  txtar files that read like a story
package workflowstest
