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

// FileKeeper is a Program whose instances hold files.
type FileKeeper interface {
	// Files lists those that a person who may see the instance may open.
	Files(in Instance, person string) ([]event.File, error)
}
