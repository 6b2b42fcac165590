package approval

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"magpie/workflows"
)

var (
	_ workflows.Measurer   = Kind{}
	_ workflows.StepLister = (*Program)(nil)
)

// Steps implements workflows.StepLister.
func (p *Program) Steps() []workflows.NamedStep {
	var list []*node
	for _, n := range p.nodes {
		if n.kind == nodeApprove || n.kind == nodeFlow || n.kind == nodeBegin {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b *node) int { return cmp.Or(cmp.Compare(a.pos, b.pos), strings.Compare(a.id, b.id)) })
	out := make([]workflows.NamedStep, len(list))
	for i, n := range list {
		out[i] = workflows.NamedStep{ID: n.id, Name: n.name}
	}
	return out
}

// Measure implements workflows.Measurer. The state holds every pass and every task with its times, also of passes
// that count no longer: they took their time all the same.
func (Kind) Measure(in workflows.Instance) (workflows.Measure, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return workflows.Measure{}, fmt.Errorf("measure %s: %w", in.ID, err)
	}
	m := workflows.Measure{SentAt: s.Sent.time(), Erased: s.Erased != 0, Returns: len(s.Turns), Known: map[string]bool{}}
	for id, p := range s.People {
		m.Known[id] = p.Name != ""
	}
	for i := range s.Runs {
		if p, ok := s.pass(&s.Runs[i]); ok {
			m.Passes = append(m.Passes, p)
		}
	}
	return m, nil
}

// passStates are the states of a run in the words of all kinds. What is not there is nobody's decision: a fork, a
// branch, or a step that waits for people to be found.
var passStates = map[runState]workflows.PassState{
	runOpen: workflows.PassOpen, runPassed: workflows.PassPassed, runFailed: workflows.PassFailed, runReturned: workflows.PassReturned,
	runSkipped: workflows.PassSkipped, runCanceled: workflows.PassCanceled,
}

// pass is a run that somebody decides.
func (s *state) pass(r *run) (workflows.Pass, bool) {
	state, ok := passStates[r.State]
	if !ok || r.State == runCanceled && len(r.Seats) == 0 && r.Tries == 0 {
		return workflows.Pass{}, false // it ended before anybody was asked
	}
	out := workflows.Pass{Node: r.Node, Round: r.Round, State: state, From: r.At.time(), To: r.Closed.time()}
	if to, ok := s.Alias[r.Node]; ok {
		out.Node = to
	}
	for i := range r.Seats {
		out.Asked = s.asked(out.Asked, &r.Seats[i])
	}
	if len(out.Asked) == 0 && r.Tries == 0 && (state == workflows.PassPassed || state == workflows.PassFailed) {
		out.State = workflows.PassSkipped
	}
	return out, true
}

// asked adds the tasks of a seat.
func (s *state) asked(list []workflows.Asked, x *seat) []workflows.Asked {
	for _, p := range x.Past {
		if p.N == 0 {
			continue // it was handed on before its turn came
		}
		list = append(list, workflows.Asked{Person: s.one(p.Person), State: p.State, From: p.At.time(), To: p.Closed.time(), Due: p.Due.time()})
	}
	if x.Task == 0 || x.State == "" || x.Auto == autoSame || x.Auto == autoSelf {
		return list
	}
	return append(list, workflows.Asked{
		Person: s.one(x.Person), State: x.State, From: x.At.time(), To: x.Closed.time(), Due: x.Due.time(), ByTime: x.Auto == autoTimeout,
	})
}
