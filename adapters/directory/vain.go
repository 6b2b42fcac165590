package directory

import (
	"sync"
	"time"

	"magpie/adapters/event"
)

const (
	vainFor = 5 * time.Minute
	vainMax = 10_000
)

// vain remembers accounts that were looked up and led to nobody, so that whoever is no employee costs one call
// to the suite in a while, not one a message. The zero value is ready; safe for concurrent use.
type vain struct {
	mu    sync.Mutex
	until map[event.Ref]time.Time
}

// lately reports whether an account was looked up in vain a short while ago.
func (v *vain) lately(r event.Ref, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return now.Before(v.until[r])
}

func (v *vain) note(r event.Ref, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.until) >= vainMax {
		for k, until := range v.until {
			if !now.Before(until) {
				delete(v.until, k)
			}
		}
		if len(v.until) >= vainMax {
			return // asked again rather than remembered without end
		}
	}
	if v.until == nil {
		v.until = map[event.Ref]time.Time{}
	}
	v.until[r] = now.Add(vainFor)
}
