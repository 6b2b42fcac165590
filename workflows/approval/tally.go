package approval

import "magpie/workflows"

// stance is what a seat says.
type stance int

const (
	undecided stance = iota
	agrees
	refuses
	abstains
	removed // the seat does not count
)

// stance of a seat, with those whom its person added before or after themself: all of them must decide, and a
// refusal of one is the seat's. Whoever was added at its side has a seat like any other.
func (r *run) stance(x *seat) stance {
	if x.Gone {
		return removed
	}
	waits := false
	if x.Kids > 0 {
		for i := range r.Seats {
			if c := &r.Seats[i]; c.Of == x.ID {
				switch r.stance(c) {
				case refuses:
					return refuses
				case undecided:
					waits = true
				}
			}
		}
	}
	switch {
	case x.State == workflows.TaskRejected:
		return refuses
	case waits:
	case x.State == workflows.TaskApproved:
		return agrees
	case x.State == workflows.TaskAbstained:
		return abstains
	}
	return undecided
}

// count adds up the weights of the seats as they are now: those added count, those removed do not.
func (r *run) count() (yes, no, open, total int) {
	for i := range r.Seats {
		x := &r.Seats[i]
		if x.Of != "" {
			continue // they speak through whoever added them
		}
		w := x.weight()
		switch r.stance(x) {
		case agrees:
			yes += w
		case refuses:
			no += w
		case undecided:
			open += w
		case abstains:
			if r.Abstain != abstainCounts {
				continue
			}
		case removed:
			continue
		}
		total += w
	}
	return yes, no, open, total
}

// need is how much weight of approvals passes a run, in whole numbers, when total counts.
func (r *run) need(total int) int {
	n := r.N
	switch r.Mode {
	case modeAny:
		n = 1
	case modeAll, modeSequence:
		n = total
	case modeRatio:
		if n == 0 {
			n = r.Need // of before the percentage was kept
		} else {
			n = (total*n + 99) / 100
		}
	case modeCount:
		if n == 0 {
			n = r.Need
		}
	case modeWeight:
		n++ // more than that
	}
	return max(n, 1) // where all abstain nobody has agreed
}

// tally says what the votes make of a run: passed, failed, or still open. It closes early, both ways, as soon as
// the seats that are left can't change it. With a veto those who are left can, so all are waited for; only where
// the first answer decides, it does.
func tally(r *run, veto bool) runState {
	yes, no, open, total := r.count()
	need := r.need(total)
	switch {
	case no > 0 && veto, yes+open < need:
		return runFailed
	case yes < need, veto && open > 0 && r.Mode != modeAny:
		return runOpen
	}
	return runPassed
}
