package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows/workflowstest"
)

func checkCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, workflows and templates: every mistake at once, and what cards lose",
		Long: `Check reads magpie.yaml and all that it names and reports every mistake as
file:line:col: path: what is wrong; what would be right. It draws every card of every workflow for every
suite in use and reports what is lost. Nothing is called and nothing is changed.`,
		Example: "  magpie check\n  magpie check -c /etc/magpie/magpie.yaml --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, ps := loadProject(path, offline())
			var losses []cardLoss
			if p != nil {
				var more config.Problems
				losses, more = drawAll(p)
				ps = append(ps, more...)
			}
			ps.Sort()
			if asJSON {
				return reportJSON(c.OutOrStdout(), ps, losses)
			}
			return report(c.OutOrStdout(), p, ps, losses)
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// cardLoss is what one card loses in one suite.
type cardLoss struct {
	Workflow string    `json:"workflow"`
	Moment   string    `json:"moment"`
	Suite    string    `json:"suite"`
	Loss     card.Loss `json:"loss"`
}

// drawAll draws every card of every flow for every suite in use. A card that can't be drawn, and an
// interaction that would be lost, are mistakes; what a template accepts to lose is not reported.
func drawAll(p *project) ([]cardLoss, config.Problems) {
	var losses []cardLoss
	var ps config.Problems
	suites := map[string]*adapters.Connection{}
	var order []string
	for _, c := range p.connections {
		if _, seen := suites[c.Suite]; !seen {
			suites[c.Suite] = c
			order = append(order, c.Suite)
		}
	}
	for _, prog := range p.programs {
		d := prog.Definition()
		views, err := workflowstest.Previews(p.sources[d.ID], prog, previewTime, p.testOptions())
		if err != nil {
			ps = append(ps, config.Problem{File: d.ID, What: "can't be previewed: " + err.Error()})
			continue
		}
		for _, v := range views {
			drawn, err := preview(p, d.ID, v)
			if err != nil {
				ps = append(ps, config.Problem{File: d.ID + "." + v.Moment, What: err.Error(), Want: "mend the template " + v.Template})
				continue
			}
			for _, suite := range order {
				_, lost, err := suites[suite].EncodeCard(drawn, adapters.EncodeOptions{})
				if err != nil {
					ps = append(ps, config.Problem{File: d.ID + "." + v.Moment, What: fmt.Sprintf("can't be drawn for %s: %v", suite, err)})
				}
				accepted := p.templates.AcceptedLosses(v.Template, suite)
				for _, l := range lost {
					if slices.Contains(accepted, l.Severity) {
						continue
					}
					losses = append(losses, cardLoss{d.ID, v.Moment, suite, l})
					if l.Severity == card.Interaction {
						ps = append(ps, config.Problem{File: d.ID + "." + v.Moment, Path: l.Path,
							What: fmt.Sprintf("%s loses an interaction on %s: %s", l.Element, suite, l.What),
							Want: fmt.Sprintf("keep to what %s can do; 'magpie render %s.%s' shows the card", suite, d.ID, v.Moment)})
					}
				}
			}
		}
	}
	return losses, ps
}

// previewTime is the "now" of previews, so that they are the same every day.
var previewTime = time.Date(2026, 6, 8, 10, 30, 0, 0, time.FixedZone("CST", 8*3600))

// preview renders one card of a flow and makes it complete, as the engine would.
func preview(p *project, flow string, v workflowstest.Preview) (card.Card, error) {
	drawn, err := p.templates.Render(v.Template, v.View)
	if err != nil {
		return card.Card{}, err
	}
	for _, e := range drawn.Body {
		if people, ok := e.(*card.People); ok {
			for i := range people.Persons {
				people.Persons[i].Ref = event.Ref{Kind: event.RefUser, ID: previewAccount(people.Persons[i].ID)}
			}
		}
	}
	drawn.Slot, drawn.Rev = flow+"-preview/"+v.Moment, 1
	return drawn, drawn.Validate()
}

// previewAccount is an account id such as a suite might give out: ours may have characters that theirs
// never have, and would be told apart from a real one.
func previewAccount(person string) string {
	return fmt.Sprintf("ou_%x", sha256.Sum256([]byte(person)))[:35]
}

func report(w io.Writer, p *project, ps config.Problems, losses []cardLoss) error {
	for _, x := range ps {
		fmt.Fprintln(w, x)
	}
	if ps.Bad() {
		return errBad
	}
	for _, l := range losses {
		fmt.Fprintf(w, "%s.%s: %s: %s: %s (%s)\n", l.Workflow, l.Moment, l.Suite, l.Loss.Path, l.Loss.What, l.Loss.Severity)
	}
	suites := map[string]bool{}
	for _, c := range p.connections {
		suites[c.Suite] = true
	}
	fmt.Fprintf(w, "good: %d workflows, %d connections, %d suites, %d templates; %d warnings, %d losses\n",
		len(p.programs), len(p.connections), len(suites), len(p.templates.Names()), len(ps), len(losses))
	return nil
}

func reportJSON(w io.Writer, ps config.Problems, losses []cardLoss) error {
	type problem struct {
		File    string `json:"file"`
		Line    int    `json:"line,omitempty"`
		Col     int    `json:"col,omitempty"`
		Path    string `json:"path,omitempty"`
		What    string `json:"what"`
		Want    string `json:"want,omitempty"`
		Warning bool   `json:"warning,omitempty"`
	}
	out := struct {
		Good     bool       `json:"good"`
		Problems []problem  `json:"problems"`
		Losses   []cardLoss `json:"losses"`
	}{Good: !ps.Bad(), Problems: []problem{}, Losses: losses}
	for _, x := range ps {
		out.Problems = append(out.Problems, problem{x.File, x.Line, x.Col, x.Path, x.What, x.Want, x.Severity == config.Warning})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	if ps.Bad() {
		return errBad
	}
	return nil
}
