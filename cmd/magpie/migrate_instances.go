package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/engine"
	"magpie/workflows/roster"
)

// migrationPlan is what --plan names.
type migrationPlan struct {
	Workflow string            `yaml:"workflow" json:"workflow"`
	From     []string          `yaml:"from,scalar" json:"from,omitempty"` // beginnings of versions; empty: all
	Map      map[string]string `yaml:"map" json:"map,omitempty"`          // step of the old version → of the new one
}

func migrateInstancesCommand() *cobra.Command {
	var path, to, plan string
	var only []string
	var apply, asJSON bool
	c := &cobra.Command{
		Use:   "migrate-instances --to WORKFLOW",
		Short: "Move running requests to the version of their workflow that is in force",
		Long: `Running requests stay on the version they began with. This moves them to the one in force: each is checked (every
open step is there, its rule fits, the fields that decide were handed in), the report says what can be moved and
what can't and why, and only with --apply it is done: one transaction each, guarded by the revision, with a line in
the trail. What was moved is left alone the next time, so that it can be stopped and started again; a running
server sends the cards anew.

The plan is a YAML file: workflow, from (beginnings of old versions; all without it), and map (step of the old
version: step of the new one; a step that is not in it keeps its id).`,
		Example: "  magpie migrate-instances --to purchase\n  magpie migrate-instances --to purchase --plan plan.yaml --apply",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			pl, ps := readPlan(plan)
			if ps.Bad() {
				return ps
			}
			switch {
			case to == "" && pl.Workflow == "":
				return &usageError{c.CommandPath(), errors.New("--to WORKFLOW is missing: which workflow?")}
			case to == "":
				to = pl.Workflow
			case pl.Workflow != "" && pl.Workflow != to:
				return &usageError{c.CommandPath(), fmt.Errorf("--to %s, but the plan is for %s", to, pl.Workflow)}
			}
			p, ps := loadProject(path, offline())
			if p == nil {
				return ps
			}
			prog, err := p.program(to)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return openStore(c.Context(), p.cfg, func(s *store.Store) error {
				m := &migrating{p: p, store: s, to: prog, plan: pl, only: only}
				out, err := m.run(c.Context(), apply)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), out)
				}
				for _, x := range out.List {
					fmt.Fprintf(c.OutOrStdout(), "%s %s: %s\n", x.No, x.Title, strings.Join(append([]string{x.How}, x.Why...), "; "))
				}
				fmt.Fprintf(c.OutOrStdout(), "%d running: %d moved, %d can be moved, %d on this version already, %d busy, %d blocked\n",
					out.Total, out.Moved, out.Can, out.Already, out.Busy, out.Blocked)
				if !apply && out.Can > 0 {
					fmt.Fprintln(c.OutOrStdout(), "nothing was changed; --apply moves them")
				}
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&to, "to", "", "the workflow whose version in force they are moved to")
	c.Flags().StringVar(&plan, "plan", "", "a YAML file with the map of steps")
	c.Flags().StringSliceVar(&only, "instance", nil, "only these requests, by id or by the end of their number")
	c.Flags().BoolVar(&apply, "apply", false, "do it")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func readPlan(file string) (migrationPlan, config.Problems) {
	var pl migrationPlan
	if file == "" {
		return pl, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return pl, config.Problems{{File: file, What: "can't be read: " + err.Error(), Want: "a plan: {workflow: purchase, map: {old: new}}"}}
	}
	n, ps := config.Parse(shown(file), src, config.NoVariables())
	if !ps.Bad() {
		ps = append(ps, n.Decode(&pl)...)
	}
	return pl, ps
}

// migrationReport is what came of it.
type migrationReport struct {
	Workflow string       `json:"workflow"`
	Version  string       `json:"version"`
	Total    int          `json:"total"`
	Moved    int          `json:"moved"`
	Can      int          `json:"can_migrate"`
	Already  int          `json:"already"`
	Busy     int          `json:"busy"`
	Blocked  int          `json:"blocked"`
	List     []runningOne `json:"list"`
}

// migrating is one run of the command.
type migrating struct {
	p     *project
	store *store.Store
	to    workflows.Program
	plan  migrationPlan
	only  []string
}

func (m *migrating) run(ctx context.Context, apply bool) (migrationReport, error) {
	d := m.to.Definition()
	out := migrationReport{Workflow: d.ID, Version: d.Hash, List: []runningOne{}}
	v := &versions{store: m.store, env: m.p.env, known: map[string]workflows.Program{}}
	var e *engine.Engine
	if apply {
		if err := m.store.PutDefinition(ctx, d); err != nil {
			return out, err
		}
		var err error
		if e, err = m.engine(ctx); err != nil {
			return out, err
		}
	}
	err := v.each(ctx, d.ID, func(in workflows.Instance) error {
		if !m.wanted(in) {
			return nil
		}
		out.Total++
		if in.Hash == d.Hash {
			out.Already++
			return nil
		}
		one, err := v.fit(ctx, m.to, in, m.plan.Map)
		if err != nil {
			return err
		}
		if apply && (one.How == "can_migrate" || one.How == "unaffected") {
			one.How, one.Why, err = m.move(ctx, e, in)
			if err != nil {
				return err
			}
		}
		switch one.How {
		case "moved":
			out.Moved++
		case "busy":
			out.Busy++
		case "blocked":
			out.Blocked++
		default:
			out.Can++
		}
		out.List = append(out.List, one)
		return nil
	})
	return out, err
}

// wanted reports whether the plan and the flags are about an instance.
func (m *migrating) wanted(in workflows.Instance) bool {
	if len(m.plan.From) > 0 && !slices.ContainsFunc(m.plan.From, func(h string) bool { return strings.HasPrefix(in.Hash, h) }) {
		return false
	}
	return len(m.only) == 0 || slices.ContainsFunc(m.only, func(id string) bool {
		_, end, cut := strings.Cut(id, "-")
		if !cut {
			end = id
		}
		return in.ID == id || workflows.NumberEnd(in.ID) == strings.ToUpper(end)
	})
}

// move moves one; what was decided meanwhile is judged again.
func (m *migrating) move(ctx context.Context, e *engine.Engine, in workflows.Instance) (how string, why []string, err error) {
	_, err = e.Migrate(ctx, in.ID, m.to, m.plan.Map)
	var no *workflows.Refusal
	switch {
	case errors.As(err, &no) && no.Code == "busy":
		return "busy", []string{no.Message.Default}, nil
	case errors.As(err, &no):
		return "blocked", []string{no.Message.Default}, nil
	case err != nil:
		return "", nil, fmt.Errorf("move %s: %w; what was moved before stays moved, start it again", in.ID, err)
	}
	return "moved", nil, nil
}

// engine writes like the server's does; cards leave when a server runs.
func (m *migrating) engine(ctx context.Context) (*engine.Engine, error) {
	key, err := m.store.Setting(ctx, signingKey)
	if err != nil {
		return nil, fmt.Errorf("no server has run on this database yet: %w", err)
	}
	rt, err := m.p.runtime()
	if err != nil {
		return nil, err
	}
	suites := map[string]string{}
	var order []string
	for _, c := range m.p.cfg.Connections {
		suites[c.ID] = c.Suite
		order = append(order, c.ID)
	}
	people := roster.New(roster.Options{Source: m.store, Roles: m.p.configured().roles, Duties: m.p.configured().duties, Order: func() []string { return order }})
	return engine.New(engine.Options{
		Store: m.store, People: people, Key: key,
		Runtime: func() *engine.Runtime { return rt }, Platform: func(id string) string { return suites[id] },
	})
}
