// Package delivery is the outbound runtime: it takes rows from the outbox and brings them to the suites.
//
// Pump leases rows that are due, about once a second and at once after Kick, and calls Connection.Send,
// Update or Urge. A row of a slot waits for the one before it. What a call's outcome leads to:
//
//	done                     Sent: the slot's message and revision are recorded, the row goes
//	transient, not found…    see decide.go: again later, or buried for a person to look at
//	budget spent, paused     given back untried to the moment when there is room: no worker waits
//	superseded               a row whose revision is shown already is done without a call
//
// # What "outcome unknown" means
//
// A call that timed out may have reached the vendor. Changing a card is repeated, since it leads to the same
// card. A send is repeated with the same key while the vendor still knows it (Capabilities.SendKey, counted
// from the row's creation, so too early rather than too late); after that, and in suites that know no keys,
// it is buried as "outcome unknown": resending it could show it twice, and a person decides. An urge is
// never repeated, since it rings somebody's phone and costs money. A row whose lease ran out, since its process
// died, counts as an attempt of unknown outcome. After a repeated send the card is changed as well: the vendor
// may have kept the first one, with the content of then.
//
// # Budgets
//
// Each limit in Capabilities().Budgets is a token bucket in this process, made so that in no span of its
// length more than its number of calls leave: a burst of a fifth, the rest spread. config.Limits add buckets
// of their own, so they can lower a limit and never raise it. With several processes each takes its share
// (Options.Processes).
package delivery
