package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// simulatedJSON prints a prediction for programs.
func simulatedJSON(w io.Writer, flow string, x workflowstest.Prediction) error {
	path := x.Path
	if path == nil {
		path = []workflows.PathStep{}
	}
	return printJSON(w, struct {
		Workflow string               `json:"workflow"`
		Title    string               `json:"title"`
		Ends     workflows.Status     `json:"ends"`
		Stopped  string               `json:"stopped,omitempty"`
		Path     []workflows.PathStep `json:"path"`
		CC       []string             `json:"cc,omitempty"`
	}{flow, x.Title, x.Status, x.Stopped, path, x.CC})
}

// showPath prints a prediction for people.
func showPath(w io.Writer, x workflowstest.Prediction, loc *time.Location) {
	fmt.Fprintln(w, x.Title)
	for i, s := range x.Path {
		in := strings.Repeat("  ", len(s.Inside))
		fmt.Fprintf(w, "%s%d. %s\n", in, i+1, headOf(s))
		for _, seat := range s.Seats {
			fmt.Fprintf(w, "%s   - %s (%s)", in, seat.Name, seat.Person)
			if seat.Why != "" {
				fmt.Fprintf(w, ": %s", seat.Why)
			}
			fmt.Fprintln(w)
		}
		for _, seat := range s.Told {
			fmt.Fprintf(w, "%s   - %s (%s)\n", in, seat.Name, seat.Person)
		}
		if due, err := time.Parse(time.RFC3339, s.Due); err == nil {
			fmt.Fprintf(w, "%s   due %s (%s)", in, due.In(loc).Format("2006-01-02 15:04"), s.DueRule)
			if s.Guessed {
				fmt.Fprint(w, "; no holiday data for that year, plain weekdays were counted")
			}
			fmt.Fprintln(w)
		}
		for _, r := range s.Rules {
			fmt.Fprintf(w, "%s   %s\n", in, r)
		}
	}
	if x.Stopped != "" {
		fmt.Fprintf(w, "stops: %s\n", x.Stopped)
	}
	fmt.Fprintf(w, "ends: %s\n", x.Status)
}

// headOf is the first line of a step.
func headOf(s workflows.PathStep) string {
	name := s.Name
	if name != s.ID {
		name += " (" + s.ID + ")"
	}
	switch s.Kind {
	case "branch":
		return fmt.Sprintf("branch: takes %s%s", strings.Join(s.Took, ", "), passed(s.Left))
	case "parallel":
		return fmt.Sprintf("parallel: %d ways at the same time", len(s.Took))
	case "inclusive":
		return fmt.Sprintf("inclusive: takes %s%s", strings.Join(s.Took, " and "), passed(s.Left))
	case "cc":
		if len(s.Told) == 0 {
			return fmt.Sprintf("tells %s: nobody who has not seen it", s.Why)
		}
		return "tells " + s.Why
	case "flow":
		name = "flow " + name
	}
	if s.Round > 1 {
		name += fmt.Sprintf(", round %d", s.Round)
	}
	if s.State == "skipped" {
		name += ": skipped"
	}
	if s.Why != "" {
		name += ": " + s.Why
	}
	return name
}

func passed(arms []string) string {
	if len(arms) == 0 {
		return ""
	}
	return ", not " + strings.Join(arms, ", ")
}
