// Package approval is the kind of flow in which people decide: a form, steps of approvers, one outcome.
//
//	spec*.go    what the YAML looks like            compile*.go every check, and the Program
//	form.go     fields, what a person may enter     state.go    an instance, small, as a fold of its trail
//	facts.go    the trail's entries and what each changes in the state
//	step.go     one event: which decision it asks for, and what the outcome holds
//	draft.go, walk.go, seats.go, press.go, timer.go   the decisions
//	views.go    what the cards see                  texts.go    what people read
//
// Every change of an instance is a fact: decisions only emit facts and effects, and a fact is the only thing
// that changes the state. The facts are the trail, so folding the trail gives the stored state (Rebuild).
//
//	draft ──submit──▶ running ──▶ approved
//	  │                  │           └──▶ revoked   asked for by the initiator, agreed to at the node revoke
//	  │                  ├─────▶ rejected     a step failed, or nobody was found and the flow says reject
//	  ├─▶ expired        ├─────▶ withdrawn    by the initiator
//	  │                  └─────▶ terminated   by an administrator
//	  └─▶ withdrawn (canceled before handing in), terminated (may not start it)
//
// A step that is reached asks who is meant (a lookup), freezes the answer as seats, and opens a task for
// each; with mode sequence one after the other. A seat has one open task at most. Votes belong to a seat
// and a round; a step that is reached again has a new round, and old votes don't count.
//
// A split (parallel, inclusive) is a run of its own. Each of its ways ends at a join; the last to arrive goes on.
// A return makes runs void: they stay in the trail and count no longer. The form comes back to the initiator as a
// run of the node start.
//
//	run:   asking ──▶ open ──▶ passed │ failed        asking ──▶ skipped │ stuck (nobody; asks again by timer)
//	seat:  (waiting) ──▶ open ──▶ approved │ rejected │ superseded │ canceled
package approval
