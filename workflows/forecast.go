package workflows

import "magpie/adapters/event"

// Foreseer is a view of a card, as Projector.Card or Drafter.Draft gives it, on which stands what would come of handing
// its form in: who would be asked, and in which order. Whoever draws such a view asks it first; who doesn't, draws the
// card without.
type Foreseer interface {
	// Foresee returns the view with what is ahead on it. Nothing is kept or sent. Who is meant is asked of ask, which
	// answers as People.Resolve does, up to some thousand times: it bounds how long that takes, by an error. With one
	// the view says that it isn't known now; a card is never lost over it.
	Foresee(ask func(Lookup) (event.Lookup, error)) any
}
