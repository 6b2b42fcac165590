package workflows

import "encoding/json"

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
}
