package workflowstest

import (
	"fmt"
	"strings"
	"time"

	"magpie/workflows"
)

// time reads "leader passed 65h30m working 2h30m" for the last pass through a step, and "leader of han.meimei approved 1h"
// for the last task of a person there, as statistics count them.
func (s *story) time(line string, no bool) error {
	m, ok := s.kind.(workflows.Measurer)
	if !ok {
		return fmt.Errorf("the kind can't be measured")
	}
	got, err := m.Measure(s.b.Inst)
	if err != nil {
		return err
	}
	w := strings.Fields(line)
	if len(w) == 0 {
		return fmt.Errorf("expect time STEP [of PERSON] STATE DURATION [working DURATION]")
	}
	person := ""
	step, rest := w[0], w[1:]
	if len(rest) > 1 && rest[0] == "of" {
		person, rest = rest[1], rest[2:]
	}
	said := ""
	for _, p := range got.Passes {
		if p.Node != step {
			continue
		}
		if person == "" {
			said = s.spent(string(p.State), p.From, p.To)
			continue
		}
		for _, a := range p.Asked {
			if a.Person == person {
				said = s.spent(string(a.State), a.From, a.To)
			}
		}
	}
	switch want := strings.Join(rest, " "); {
	case no && said != "":
		return fmt.Errorf("it is %s", said)
	case !no && (said == "" || want != said && !strings.HasPrefix(said, want+" working ")):
		return fmt.Errorf("it is %q", said)
	}
	return nil
}

func (s *story) spent(state string, from, to time.Time) string {
	if to.IsZero() {
		return state
	}
	brief := func(d time.Duration) string {
		if d == 0 {
			return "0m"
		}
		t := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
		if strings.HasSuffix(t, "h0m") {
			t = strings.TrimSuffix(t, "0m")
		}
		return t
	}
	return fmt.Sprintf("%s %s working %s", state, brief(to.Sub(from)), brief(s.cal.Worked(from, to)))
}
