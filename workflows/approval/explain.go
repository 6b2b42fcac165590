package approval

import (
	"fmt"
	"strings"

	"magpie/workflows"
)

// Explain tells how far an instance is and why.
func (p *Program) Explain(in workflows.Instance) (workflows.Explanation, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return workflows.Explanation{}, fmt.Errorf("explain %s: %w", in.ID, err)
	}
	p = p.under(s.Alias)
	out := workflows.Explanation{Status: s.Status, Title: s.Title, CC: s.CC}
	if s.Draft != nil {
		for i := range p.fields {
			if _, bad := s.Draft.Problems[p.fields[i].id]; bad {
				out.Kept = append(out.Kept, p.fields[i].id)
			}
		}
	}
	for i := range s.Runs {
		r := &s.Runs[i]
		n := p.nodes[r.Node]
		if n == nil || n.kind != nodeApprove {
			continue
		}
		st := workflows.ExplainedStep{ID: n.id, Name: n.name, Round: r.Round, State: stateWord(r.State), Why: p.why(n, r)}
		for k := range r.Seats {
			x := &r.Seats[k]
			seat := workflows.ExplainedSeat{Person: x.Person, Name: s.name(x.Person), State: x.State, Why: x.Auto}
			if x.Auto == autoSame {
				seat.Why = textAutoSame
			} else if x.Auto == autoSelf {
				seat.Why = textAutoSelf
			}
			st.Seats = append(st.Seats, seat)
			if x.Due != 0 && (st.DueAt.IsZero() || x.Due.time().Before(st.DueAt)) {
				st.DueAt, st.Guessed = x.Due.time(), x.Guess
				st.DueRule = n.timeout.After.String()
			}
		}
		out.Steps = append(out.Steps, st)
	}
	return out, nil
}

func stateWord(s runState) string {
	switch s {
	case runAsking, runStuck:
		return "waiting"
	}
	return string(s)
}

// why says what made a step happen or not.
func (p *Program) why(n *node, r *run) string {
	by := strings.Join(n.by, ", ")
	if len(r.Seats) > 1 {
		by += "，" + modeWords[r.Mode]
	}
	if n.sign {
		by += "，" + textByHand
	}
	for _, s := range r.Short {
		by += "；" + fmt.Sprintf(textShort, s)
	}
	switch {
	case r.State == runSkipped && r.Why == "nobody":
		return by + "：" + textSkipNobody
	case r.State == runSkipped:
		return fmt.Sprintf("%s：%s", n.cond, textSkipIf)
	case n.cond != nil:
		return fmt.Sprintf("%s；%s", n.cond, by)
	}
	return by
}
