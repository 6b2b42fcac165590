package engine

import (
	"hash/fnv"
	"sync"
	"sync/atomic"

	"magpie/workflows"
)

const (
	// stripes is how many instances are kept in memory, and into how many the locks are spread: those that people
	// work on in a morning, so that a press need not load what it is about.
	stripes = 8192
	// largest bounds the memory that takes: the state of one that is kept, in bytes.
	largest = 16 << 10
)

// stripe is where commands on an instance queue up inside this process, and where the instance they left
// behind is remembered. Two instances may share one; that costs time, never correctness.
type stripe struct {
	mu   sync.Mutex
	last atomic.Pointer[workflows.Instance]
}

// stripe finds the place of an instance.
func (e *Engine) stripe(instance string) *stripe {
	h := fnv.New32a()
	h.Write([]byte(instance))
	return &e.stripes[h.Sum32()%stripes]
}

// remembered is the instance as this process committed it last, if it is still known. Another process may
// have gone on since: a commit on it then fails on the revision, and a "no" that it leads to counts only
// after it was judged again on what is stored.
func (s *stripe) remembered(id string) (workflows.Instance, bool) {
	if in := s.last.Load(); in != nil && in.ID == id {
		return *in, true
	}
	return workflows.Instance{}, false
}

// remember keeps what was committed last, unless it is large.
func (s *stripe) remember(in workflows.Instance) {
	if len(in.State) > largest {
		s.forget()
		return
	}
	s.last.Store(&in)
}

func (s *stripe) forget() { s.last.Store(nil) }
