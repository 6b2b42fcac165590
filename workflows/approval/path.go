package approval

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"magpie/workflows"
)

var _ workflows.Pather = (*Program)(nil)

// Path tells the way an instance has gone.
func (p *Program) Path(in workflows.Instance, trail []workflows.Entry) ([]workflows.PathStep, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return nil, fmt.Errorf("path of %s: %w", in.ID, err)
	}
	x, err := p.Explain(in)
	if err != nil {
		return nil, err
	}
	p = p.under(s.Alias)
	w := &trip{p: p, s: s, x: x, at: map[string]bool{}}
	for _, e := range trail {
		if err := w.entry(e); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

// trip collects the steps of a path.
type trip struct {
	p   *Program
	s   *state
	x   workflows.Explanation
	at  map[string]bool // steps and rounds that are in out
	out []workflows.PathStep
}

func (w *trip) entry(e workflows.Entry) error {
	// Only these entries name a step that is reached.
	var f struct {
		Node    string          `json:"node"`
		Round   int             `json:"round"`
		Arm     int             `json:"arm"`
		Arms    json.RawMessage `json:"arms"`
		For     string          `json:"f"`
		N       string          `json:"n"`
		O       int             `json:"o"`
		Persons []string        `json:"persons"`
	}
	switch e.Kind {
	case "branched", "split", "asked", "skipped", "told":
		if err := json.Unmarshal(e.Data, &f); err != nil {
			return fmt.Errorf("trail entry %d (%s): %w", e.Seq, e.Kind, err)
		}
	default:
		return nil
	}
	switch e.Kind {
	case "branched":
		w.fork(f.Node, f.Round, []int{f.Arm})
	case "split":
		var arms []int
		if err := json.Unmarshal(f.Arms, &arms); err != nil {
			return fmt.Errorf("trail entry %d (split): %w", e.Seq, err)
		}
		w.fork(f.Node, f.Round, arms)
	case "told":
		w.told(f.Node, f.Persons)
	case "skipped":
		w.step(f.Node, f.Round)
	case "asked":
		switch f.For {
		case "by":
			w.step(f.N, f.O)
		case "cc":
			w.copied(f.N, f.O)
		}
	}
	return nil
}

// base is what all steps have in common; nil where the node is not known, or is in the path already.
func (w *trip) base(id string, round int, kind string) *workflows.PathStep {
	n, key := w.p.nodes[id], fmt.Sprintf("%s/%d", id, round)
	if n == nil || w.at[key] {
		return nil
	}
	w.at[key] = true
	w.out = append(w.out, workflows.PathStep{ID: id, Name: n.name, Kind: kind, Inside: n.within, Round: round})
	return &w.out[len(w.out)-1]
}

// step adds a step that asks.
func (w *trip) step(id string, round int) {
	n := w.p.nodes[id]
	if n == nil || n.kind == nodeCC {
		return
	}
	kind := "approve"
	if n.kind != nodeApprove {
		kind = "flow"
	}
	st := w.base(id, round, kind)
	if st == nil {
		return
	}
	for _, x := range w.x.Steps {
		if x.ID != id || x.Round != round {
			continue
		}
		st.State, st.Why, st.Seats, st.Guessed = x.State, x.Why, x.Seats, x.Guessed
		if !x.DueAt.IsZero() {
			st.Due, st.DueRule = x.DueAt.Format(time.RFC3339), x.DueRule
		}
	}
	if st.State != "skipped" {
		st.Rules = n.timeWords()
	}
}

// timeWords says what happens at a step as time passes.
func (n *node) timeWords() []string {
	var out []string
	if r := n.remind; r != nil {
		s := "reminded after " + r.After.String()
		if r.AtMost > 1 {
			s += fmt.Sprintf(", then every %s, %d times in all", r.Every.String(), r.AtMost)
		}
		out = append(out, s)
	}
	if t := n.timeout; t != nil {
		s := "after " + t.After.String() + ": " + t.Then
		if len(t.To) > 0 {
			s += " to " + strings.Join(t.To, ", ")
		}
		out = append(out, s)
	}
	return out
}

// fork adds a branch or a split.
func (w *trip) fork(id string, round int, arms []int) {
	n := w.p.nodes[id]
	if n == nil {
		return
	}
	kind := map[nodeKind]string{nodeBranch: "branch", nodeParallel: "parallel", nodeInclusive: "inclusive"}[n.kind]
	st := w.base(id, round, kind)
	if st == nil {
		return
	}
	took := map[int]bool{}
	for _, i := range arms {
		took[i] = true
	}
	for i, a := range n.arms {
		word := fmt.Sprintf("way %d", i+1)
		switch {
		case a.cond != nil:
			word = a.cond.String()
		case n.kind != nodeParallel:
			word = "else"
		}
		if took[i] {
			st.Took = append(st.Took, word)
		} else {
			st.Left = append(st.Left, word)
		}
	}
}

// copied adds a copy.
func (w *trip) copied(id string, round int) {
	if st := w.base(id, round, "cc"); st != nil {
		st.Round, st.Why = 0, strings.Join(w.p.nodes[id].to, ", ")
	}
}

// told says who got the last copy of a step.
func (w *trip) told(id string, persons []string) {
	for i := len(w.out) - 1; i >= 0; i-- {
		if w.out[i].ID != id || w.out[i].Kind != "cc" {
			continue
		}
		for _, who := range persons {
			w.out[i].Told = append(w.out[i].Told, workflows.ExplainedSeat{Person: who, Name: w.s.name(who)})
		}
		return
	}
}
