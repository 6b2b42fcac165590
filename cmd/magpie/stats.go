package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

func statsCommand() *cobra.Command {
	var path, by, since string
	var asJSON, asCSV bool
	c := &cobra.Command{
		Use: "stats [WORKFLOW]", Short: "How long steps and people take, how requests end, what is overdue: by step, person, version or month",
		Long: `Stats counts the requests that were handed in, of one workflow or of all: how many, how many are open now, how long they
took (median, nine of ten, longest; by the clock, and in working time by the configured calendar), how they ended, what
share of the deadlines was missed, what a time-out decided, and what was sent back.

  step      one line for each step: its passes, and how long it took from asking the first approver to its decision
  person    one line for each person: their tasks, and how long until they decided; what others decided is no time of theirs
  version   one line for each version of a workflow, by content: requests from handing in to being approved or rejected
  month     the same by the month that they were handed in

It only reads, a page at a time, beside a running server. Of persons who were erased nothing is told but how many
tasks there were.`,
		Example: "  magpie stats purchase --since 30d\n  magpie stats --by person --since 2026-10-01 --csv > people.csv\n  magpie stats purchase --by version --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			usage := func(err error) error { return &usageError{c.CommandPath(), err} }
			if !slices.Contains(statsDims, by) {
				return usage(fmt.Errorf("--by %s: %s", by, strings.Join(statsDims, ", ")))
			}
			if asJSON && asCSV {
				return usage(errors.New("--json and --csv: one of them"))
			}
			p, ps := loadProject(path, offline())
			if p == nil {
				return fmt.Errorf("the configuration can't be used:\n%w", ps)
			}
			now := time.Now()
			from, err := sinceOf(since, now, p.cfg.Server.Location)
			if err != nil {
				return usage(err)
			}
			return withStore(c.Context(), path, func(s *store.Store) error {
				n := &counting{by: by, now: now, since: from, loc: p.cfg.Server.Location}
				workflow := ""
				if len(args) > 0 {
					workflow = args[0]
				}
				rows, err := n.gather(c.Context(), s, p, workflow)
				var unknown *unknownWorkflow
				switch {
				case errors.As(err, &unknown):
					return usage(err)
				case err != nil:
					return err
				}
				if cal, ok := p.calendar.(*workcal.Calendar); ok && !n.from.IsZero() && p.cfg.Calendar.Country != "none" && !cal.Known(n.from, n.to) {
					fmt.Fprintln(c.ErrOrStderr(), "magpie: some of it lies in years without holiday data: plain weekdays were counted as working time there")
				}
				switch {
				case asJSON:
					return printLines(c.OutOrStdout(), rows)
				case asCSV:
					return statsCSV(c.OutOrStdout(), by, rows)
				}
				statsTable(c.OutOrStdout(), by, rows)
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&by, "by", "step", "step, person, version or month")
	c.Flags().StringVar(&since, "since", "", "only requests handed in since: 30d, 12w, 24h, or a day (2026-10-01)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line; times in seconds")
	c.Flags().BoolVar(&asCSV, "csv", false, "print CSV for a spreadsheet; times in seconds")
	return c
}

// sinceOf reads a span before now, or a day.
func sinceOf(text string, now time.Time, loc *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return t, nil
	}
	unit := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if unit == 0 || err != nil || n <= 0 || n > 100_000 {
		return time.Time{}, fmt.Errorf("--since %s: write 30d, 12w, 24h, or a day like 2026-10-01", text)
	}
	return now.Add(-time.Duration(n) * unit), nil
}

// unknownWorkflow: neither the files nor the database have it.
type unknownWorkflow struct {
	id    string
	known []string
}

func (e *unknownWorkflow) Error() string {
	return fmt.Sprintf("there is no workflow %q; there are: %s", e.id, strings.Join(e.known, ", "))
}

// gather counts the instances of a store. It reads a page after the other, each by itself, so that nothing waits for it.
func (c *counting) gather(ctx context.Context, s *store.Store, p *project, workflow string) ([]statsRow, error) {
	c.rows, c.people, c.versions = map[string]*statsRow{}, map[string]store.PersonItem{}, map[[2]string]store.Version{}
	c.worked = func(from, to time.Time) time.Duration { return to.Sub(from) }
	if cal, ok := p.calendar.(interface {
		Worked(from, to time.Time) time.Duration
	}); ok {
		c.worked = cal.Worked
	}
	var known []string
	steps := map[string][]workflows.NamedStep{}
	for _, prog := range p.programs {
		id := prog.Definition().ID
		known = append(known, id)
		if l, ok := prog.(workflows.StepLister); ok {
			steps[id] = l.Steps()
		}
	}
	versions, err := s.Versions(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		known = append(known, v.ID)
		c.versions[[2]string{v.ID, v.Hash}] = v
	}
	slices.Sort(known)
	if known = slices.Compact(known); workflow != "" && !slices.Contains(known, workflow) {
		return nil, &unknownWorkflow{workflow, known}
	}
	people, err := s.People(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range people {
		c.people[x.ID] = x
	}
	if err := s.EachInstance(ctx, store.TrailFilter{Workflow: workflow, Touched: c.since}, c.add); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	return c.result(steps), nil
}
