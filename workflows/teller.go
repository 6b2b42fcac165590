package workflows

import (
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Teller is a Program whose instances can be looked at on a page, beside the cards that were sent.
type Teller interface {
	// Slots lists the slots of an instance's cards that are a person's, the one that asks something of them
	// first. Empty: the instance is none of their business. For person "" it lists all of them, the
	// initiator's first. Pure.
	Slots(in Instance, person string) ([]string, error)
	// Tell words a trail for people, in order, without what only machines care about. The private part of an
	// entry may have been erased. Pure.
	Tell(in Instance, trail []Entry) ([]Told, error)
}

// Told is one line of what happened to an instance.
type Told struct {
	Seq  int64 // of the entry that it tells
	At   time.Time
	Who  string    // the name of whoever did it; "" when nobody did
	What card.Text // 在「直属主管」同意
	Note string    // what they wrote beside it: plain text, as it was typed
	// Files are what belongs to the line, such as a signature; FileKeeper says who may open them.
	Files []event.File
	Tone  card.Tone
}

// Relative is a Program whose instances start others, for pages that lead from one to the other.
type Relative interface {
	// Relatives lists the instance that started this one, then those it started, in their order. Pure.
	Relatives(in Instance) ([]Kin, error)
}

// Kin is an instance that started another one, or was started by it.
type Kin struct {
	Instance string
	Up       bool // it started this one
}
