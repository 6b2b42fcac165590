package workflows

import (
	"encoding/json"

	"magpie/adapters/event"
)

// Folder is a Kind whose instances are folds of their trails: what is stored beside a trail can be made of it
// again. An audit compares the two.
type Folder interface {
	// Fold follows a trail from its start. Personal text that was erased is missing from what it makes. Pure.
	Fold(trail []Entry) (Folded, error)
}

// Folded is what a trail leads to.
type Folded struct {
	Status    Status
	Initiator string
	Title     string // "" when it is not known
	State     json.RawMessage
	Tasks     []Task
	Files     []FoldedFile // that the trail names, in its order
}

// FoldedFile is a file that a trail names with the digest of what was handed in.
type FoldedFile struct {
	Seq   int64      // of the entry that named it first
	Where string     // "field quote", "seat leader/1/0"
	File  event.File // with ID, Size and Sum
	// Kept: it is named at the end too, so that it must be there. One that was put out of a form may be gone.
	Kept bool
}
