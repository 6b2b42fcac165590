package longconn

import (
	"slices"
	"time"
)

// Bounds of what waits for its other parts.
const (
	maxParts    = 256     // of one payload
	maxPartial  = 64      // payloads that are not complete
	maxHeld     = 8 << 20 // bytes of all of them
	partialLife = 5 * time.Second
)

// assembler puts payloads together that came in several frames. It belongs to one connection, as the
// parts of one payload do, and is used by its reader only.
type assembler struct {
	now     func() time.Time
	waiting map[string]*partial
	held    int
}

// partial is a payload with parts missing.
type partial struct {
	parts   [][]byte
	missing int
	size    int
	touched time.Time
}

func newAssembler(now func() time.Time) *assembler {
	return &assembler{now: now, waiting: map[string]*partial{}}
}

// add takes one part and returns the payload once it is complete. ok is false for a part that can't be:
// no id, or a number out of range. What stays incomplete for 5 s is dropped: Feishu sends it again, since
// nobody acknowledged it.
func (a *assembler) add(id string, sum, seq int, part []byte) (payload []byte, complete, ok bool) {
	if id == "" || sum < 2 || sum > maxParts || seq < 0 || seq >= sum {
		return nil, false, false
	}
	now := a.now()
	a.sweep(now)

	p := a.waiting[id]
	if p != nil && len(p.parts) != sum { // sent anew, split in another way
		a.drop(id)
		p = nil
	}
	if p == nil {
		p = &partial{parts: make([][]byte, sum), missing: sum}
		a.waiting[id] = p
	}
	if old := p.parts[seq]; old != nil {
		p.size, a.held = p.size-len(old), a.held-len(old)
	} else {
		p.missing--
	}
	p.parts[seq] = append([]byte{}, part...)
	p.size, a.held = p.size+len(part), a.held+len(part)
	p.touched = now

	if p.missing == 0 {
		payload = slices.Concat(p.parts...)
		a.drop(id)
		return payload, true, true
	}
	for len(a.waiting) > maxPartial || a.held > maxHeld {
		a.drop(a.oldest())
	}
	return nil, false, true
}

func (a *assembler) sweep(now time.Time) {
	for id, p := range a.waiting {
		if now.Sub(p.touched) > partialLife {
			a.drop(id)
		}
	}
}

func (a *assembler) drop(id string) {
	a.held -= a.waiting[id].size
	delete(a.waiting, id)
}

// oldest returns the payload that waits longest; of two that wait equally long, the one whose id is smaller.
func (a *assembler) oldest() string {
	var found string
	for id, p := range a.waiting {
		f := a.waiting[found]
		if f == nil || p.touched.Before(f.touched) || p.touched.Equal(f.touched) && id < found {
			found = id
		}
	}
	return found
}
