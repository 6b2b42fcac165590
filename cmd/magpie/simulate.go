package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows/workflowstest"
)

func simulateCommand() *cobra.Command {
	var path, as, when string
	var set []string
	var asJSON, today bool
	c := &cobra.Command{
		Use:   "simulate WORKFLOW --as PERSON --set FIELD=VALUE …",
		Short: "Say which path a request would take: every step, who, why, why skipped, deadlines",
		Long: `Simulate hands a request in and lets everybody who is asked agree, without storing or sending anything.
It says every step: who is asked and why, what is passed over and why, which ways are gone at a fork, who is
told, and what happens as time passes. People are those of test-people.yaml beside magpie.yaml, or the sample
company; with --today those of the database.`,
		Example: "  magpie simulate purchase --as li.lei --set item=服务器 --set amount=60000\n  magpie simulate purchase --as li.lei --set item=服务器 --set amount=60000 --today --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			usage := func(err error) error { return &usageError{c.CommandPath(), err} }
			form, err := formOf(set)
			if err != nil {
				return usage(err)
			}
			p, ps := loadProject(path, offline())
			if p == nil {
				return ps
			}
			prog, err := p.program(args[0])
			if err != nil {
				return usage(err)
			}
			if as == "" {
				return usage(errors.New("--as PERSON is missing: who asks?"))
			}
			if err := knownFields(p.sources[args[0]], form); err != nil {
				return usage(err)
			}
			o := p.testOptions()
			if today {
				known, err := p.today(c.Context())
				if err != nil {
					return err
				}
				if known == nil {
					return errors.New("--today: there is no database yet to read the people of")
				}
				o.People = known
			}
			if _, err := o.People.Person(c.Context(), as); err != nil {
				return usage(fmt.Errorf("--as %s: there is no such person", as))
			}
			now := time.Now()
			if when != "" {
				if now, err = time.ParseInLocation("2006-01-02 15:04", when, p.cfg.Server.Location); err != nil {
					return usage(fmt.Errorf("--at %s: write it as 2026-03-02 09:00", when))
				}
			}
			x, err := workflowstest.Simulate(prog, as, form, now, o)
			if err != nil {
				return err
			}
			if asJSON {
				return simulatedJSON(c.OutOrStdout(), args[0], x)
			}
			showPath(c.OutOrStdout(), x, p.cfg.Server.Location)
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&as, "as", "", "who asks (person id)")
	c.Flags().StringArrayVar(&set, "set", nil, "a field of the form, FIELD=VALUE; a cell is lines[0].qty=2, an end of a range leave.start=2026-03-02")
	c.Flags().StringVar(&when, "at", "", "when it is handed in, 2006-01-02 15:04; now without it")
	c.Flags().BoolVar(&today, "today", false, "with the people of the database, as they are today")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// formOf reads FIELD=VALUE.
func formOf(set []string) (map[string]event.Value, error) {
	form := map[string]event.Value{}
	for _, s := range set {
		k, v, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return nil, fmt.Errorf("--set %s: write it as FIELD=VALUE", s)
		}
		if err := workflowstest.Set(form, k, v); err != nil {
			return nil, fmt.Errorf("--set %s: %w", s, err)
		}
	}
	return form, nil
}

// knownFields refuses values for fields that the form does not have: with a misspelt field another path
// than the one meant would be shown.
func knownFields(src *config.Node, form map[string]event.Value) error {
	var ids []string
	for _, f := range src.Get("form").Items() {
		if id := f.Get("id"); id != nil {
			ids = append(ids, id.Text())
		}
	}
	for _, k := range slices.Sorted(maps.Keys(form)) {
		if !slices.Contains(ids, k) {
			return fmt.Errorf("--set %s: the form has no such field; there are: %s", k, strings.Join(ids, ", "))
		}
	}
	return nil
}
