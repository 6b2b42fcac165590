package approval

import (
	"time"

	"magpie/adapters/card"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// ahead predicts which approval steps still come: conditions are known once the form is handed in. Of a split
// they are listed arm by arm.
func (p *Program) ahead(s *state, reached map[string]bool) []string {
	var out []string
	vals := s.values()
	for id, to := range s.Alias {
		reached[to] = reached[to] || reached[id]
	}
	todo := []string{p.first} // the next one at the end
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n := p.nodes[id]
		if n == nil || n.kind == nodeJoin {
			continue // the end, or of an arm
		}
		if n.kind == nodeBranch {
			todo = append(todo, n.chosen(vals))
			continue
		}
		todo = append(todo, n.next)
		holds := true
		if n.cond != nil && !reached[n.id] {
			ok, err := n.cond.Eval(vals)
			holds = ok || err != nil
		}
		switch {
		case !holds && !reached[n.id]:
		case (n.kind == nodeApprove || n.kind == nodeFlow) && !reached[n.id]:
			out = append(out, n.id)
		case n.splits():
			arms := n.goes(vals, func(_ *node, c *cond.Cond, v cond.Values) (bool, error) { return c.Eval(v) })
			if r := s.lastRun(n.id); r != nil && r.Void == 0 && (r.State == runSplit || r.State == runMerged) {
				arms = r.Arms
			}
			for i := len(arms) - 1; i >= 0; i-- {
				todo = append(todo, n.arms[arms[i]].first)
			}
		}
	}
	return out
}

// chosen is where a branch leads with these values.
func (n *node) chosen(vals cond.Values) string {
	for _, a := range n.arms {
		if a.cond != nil {
			if ok, err := a.cond.Eval(vals); err != nil || !ok {
				continue
			}
		}
		return a.first
	}
	return n.next
}

// lastRun is the latest pass through a node, nil when there was none.
func (s *state) lastRun(node string) *run {
	for i := len(s.Runs) - 1; i >= 0; i-- {
		if s.Runs[i].Node == node {
			return &s.Runs[i]
		}
	}
	return nil
}

// progress lists the approval steps: those reached, with who and when, and those ahead.
// Several are active at once where the flow has split. Passes that count no longer are left to the timeline.
func (p *Program) progress(s *state, now time.Time) ([]ViewStep, int) {
	steps := []ViewStep{}
	reached := map[string]bool{}
	last := map[string]int{} // of the passes through a step the one that counts
	for i := range s.Runs {
		if s.Runs[i].Void == 0 {
			last[s.Runs[i].Node] = i
		}
	}
	current := -1
	for i := range s.Runs {
		r := &s.Runs[i]
		n := p.nodes[r.Node]
		if n == nil || n.kind != nodeApprove && n.kind != nodeFlow && (n.kind != nodeBegin || r.State != runOpen) || r.Void > 0 || last[r.Node] != i {
			continue
		}
		reached[n.id] = true
		st := ViewStep{ID: n.id, Name: n.name, Note: p.note(s, r, now)}
		if n.flow != nil {
			st.Note = p.flowNote(n, r)
		}
		switch r.State {
		case runAsking, runOpen, runStuck:
			st.State = card.StepActive
			if current < 0 {
				current = len(steps)
			}
		case runPassed:
			st.State = card.StepDone
		case runFailed:
			st.State = card.StepFailed
		case runSkipped, runCanceled:
			st.State = card.StepSkipped
		}
		steps = append(steps, st)
	}
	if s.Status == workflows.StatusRunning {
		for _, id := range p.ahead(s, reached) {
			steps = append(steps, ViewStep{ID: id, Name: p.nodes[id].name})
		}
	}
	if current < 0 {
		current = len(steps)
	}
	return steps, current
}
