package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"magpie/adapters/card"
	"magpie/config"
)

func checkCommand() *cobra.Command {
	var path string
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, workflows and templates: every mistake at once, and what cards lose",
		Long: `Check reads magpie.yaml and all that it names and reports every mistake as
file:line:col: path: what is wrong; what would be right. It draws every card of every workflow for every
suite in use and reports what is lost there; what nobody has accepted one by one. Whether every step finds somebody is held against the people of the
database, SQLite or MySQL, or of test-people.yaml where that knows none. No suite is called and nothing is changed.`,
		Example: "  magpie check\n  magpie check --losses\n  magpie check -c /etc/magpie/magpie.yaml --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, ps := loadProject(path, offline())
			var losses []cardLoss
			var people string
			if p != nil {
				var drawn, found config.Problems
				losses, drawn = drawAll(p)
				found, people = p.lint(c.Context())
				ps = append(append(ps, drawn...), found...)
			}
			ps.Sort()
			if asJSON {
				return reportJSON(c.OutOrStdout(), ps, losses, people)
			}
			return report(c.OutOrStdout(), p, ps, losses, people, all)
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&all, "losses", false, "list what cards lose one by one, accepted or not")
	return c
}

func report(w io.Writer, p *project, ps config.Problems, losses []cardLoss, people string, all bool) error {
	bad := ps.Bad()
	for _, x := range ps {
		if bad && x.Severity == config.Warning {
			continue // like losses: told once the mistakes are mended
		}
		fmt.Fprintln(w, x)
	}
	if bad {
		return errBad
	}
	suites := map[string]bool{}
	for _, c := range p.connections {
		suites[c.Suite] = true
	}
	open := 0
	for _, l := range losses {
		if !l.Accepted {
			open++
		}
		if all || !l.Accepted {
			fmt.Fprintf(w, "%s.%s: %s: %s: %s (%s%s)\n", l.Workflow, l.Moment, l.Suite, l.Loss.Path, l.Loss.What, l.Loss.Severity,
				map[bool]string{true: ", accepted"}[l.Accepted])
		}
	}
	for _, suite := range slices.Sorted(maps.Keys(suites)) {
		fmt.Fprintf(w, "%s loses %s\n", suite, lossesOf(suite, losses))
	}
	fmt.Fprintln(w, people)
	fmt.Fprintf(w, "good: %d workflows, %d connections, %d suites, %d templates; %d warnings, %d losses that nobody has accepted\n",
		len(p.programs), len(p.connections), len(suites), len(p.templates.Names()), len(ps), open)
	return nil
}

// lossesOf sums up what the cards lose in a suite, in words.
func lossesOf(suite string, losses []cardLoss) string {
	count := map[card.Severity]int{}
	for _, l := range losses {
		if l.Suite == suite {
			count[l.Loss.Severity]++
		}
	}
	var out []string
	for _, s := range []struct {
		severity card.Severity
		what     string
	}{{card.Cosmetic, "that look plainer"}, {card.Content, "that are cut or stand behind the link"}, {card.Interaction, "that move to a page"}} {
		if n := count[s.severity]; n > 0 {
			out = append(out, fmt.Sprintf("%d things %s (%s)", n, s.what, s.severity))
		}
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

func reportJSON(w io.Writer, ps config.Problems, losses []cardLoss, people string) error {
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
		People   string     `json:"people"` // whom the workflows were held against, or why that was not done
	}{Good: !ps.Bad(), Problems: []problem{}, Losses: losses, People: people}
	for _, x := range ps {
		out.Problems = append(out.Problems, problem{x.File, x.Line, x.Col, x.Path, x.What, x.Want, x.Severity == config.Warning})
	}
	if err := printJSON(w, out); err != nil {
		return err
	}
	if ps.Bad() {
		return errBad
	}
	return nil
}
