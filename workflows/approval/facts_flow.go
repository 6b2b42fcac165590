package approval

import "slices"

// split: several ways go on at once, until the last of them has arrived.
type split struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Arms  []int  `json:"arms"` // those that are gone
}

func (*split) kind() string { return "split" }
func (f *split) apply(s *state, at stamp, _ string) {
	s.Runs = append(s.Runs, run{Node: f.Node, Round: f.Round, State: runSplit, Arms: f.Arms, At: at})
}

// arrived: one way of a split is at its end.
type arrived struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Arm   int    `json:"arm"`
}

func (*arrived) kind() string { return "arrived" }
func (f *arrived) apply(s *state, at stamp, _ string) {
	r := s.run(f.Node, f.Round)
	if r == nil || r.State != runSplit || slices.Contains(r.Done, f.Arm) {
		return
	}
	if r.Done = append(r.Done, f.Arm); len(r.Done) == len(r.Arms) {
		r.State, r.Closed = runMerged, at
	}
}
