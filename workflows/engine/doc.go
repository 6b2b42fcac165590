// Package engine runs programs: it takes stored events and due timers, asks the right Program for its
// Outcome, and commits state, tasks, trail, timers and outgoing messages in one transaction.
//
//	event ─▶ who acted (identity.go) ─▶ which instance (route.go)
//	      ─▶ load ─▶ Step ─▶ lookups answered ─▶ Step … ─▶ render (command.go, effects.go)
//	      ─▶ Commit, guarded by the instance's revision ─▶ kick the delivery
//
// Everything that decides is in the programs; everything that stores is behind workflows.Store. The engine
// owns the order of things: one command on an instance at a time in this process, a bounded number of tries
// when another process was faster, and dead letters for what can't be handled, so that one bad event never
// holds up the rest.
package engine
