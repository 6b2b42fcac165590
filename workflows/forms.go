package workflows

import (
	"time"

	"magpie/adapters/event"
)

// Drafter is a Program that can show a form with what somebody has entered so far, without anything being handed
// in: what is asked for and computed may depend on it. ok is false when there is nothing to fill in there for this
// person.
type Drafter interface {
	Draft(in Instance, slot, person string, form map[string]event.Value, now time.Time) (template string, view any, ok bool, err error)
}

// SignatureInput is the name of the input that a hand signature comes in, among those of a decision: one file, a PNG
// that a page of ours has made of what was drawn.
const SignatureInput = "signature"

// MaxSignature is how many bytes it may have.
const MaxSignature = 512 << 10

// KeptFile is what is known of a file that was handed in.
type KeptFile struct {
	Instance string // that it was handed in for
	Owner    string // person id
	Size     int64
	Sum      string // SHA-256, in hex
}

// FileKeeper is a Program whose instances hold files.
type FileKeeper interface {
	// Files lists those that a person who may see the instance may open.
	Files(in Instance, person string) ([]event.File, error)
}
