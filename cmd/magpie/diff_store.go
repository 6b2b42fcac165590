package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// hasStore reports whether there is a database to read: a SQLite file that is there, or any server.
func hasStore(cfg *config.Config) bool {
	file := sqliteFile(cfg)
	if file == "" {
		return true
	}
	_, err := os.Stat(file)
	return err == nil
}

// openStore opens the database of a configuration for one command.
func openStore(ctx context.Context, cfg *config.Config, f func(*store.Store) error) (err error) {
	o := storeOf(cfg)
	o.Migrate = store.MigrateNever
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return f(s)
}

// versions compiles stored versions of flows, each once.
type versions struct {
	store *store.Store
	env   workflows.Env
	known map[string]workflows.Program // by id and hash
}

func (v *versions) of(ctx context.Context, id, hash string) (workflows.Program, error) {
	key := id + "@" + hash
	if p, ok := v.known[key]; ok {
		return p, nil
	}
	d, err := v.store.LoadDefinition(ctx, id, hash)
	if err != nil {
		return nil, err
	}
	p, _, ps := compileSource(key, d.Source, v.env)
	if p == nil {
		return nil, fmt.Errorf("version %.12s of %s: %w", hash, id, ps)
	}
	v.known[key] = p
	return p, nil
}

// runningDiff says what a new version means for the requests that run.
type runningDiff struct {
	Total     int          `json:"total"`
	Already   int          `json:"already"` // are on this version
	Untouched int          `json:"unaffected"`
	Fit       int          `json:"can_migrate"`
	Busy      int          `json:"busy"` // somebody is being looked up
	Blocked   int          `json:"blocked"`
	List      []runningOne `json:"list"`
}

type runningOne struct {
	Instance string   `json:"instance"`
	No       string   `json:"no"`
	Title    string   `json:"title"`
	How      string   `json:"how"` // unaffected, can_migrate, busy, blocked
	Why      []string `json:"why,omitempty"`
}

// page is how many instances are read at a time.
const page = 200

// each calls f for the running instances of a flow.
func (v *versions) each(ctx context.Context, id string, f func(workflows.Instance) error) error {
	for after := ""; ; {
		list, err := v.store.RunningOf(ctx, id, after, page)
		if err != nil {
			return err
		}
		for _, in := range list {
			if err := f(in); err != nil {
				return err
			}
			after = in.ID
		}
		if len(list) < page {
			return nil
		}
	}
}

func (v *versions) running(ctx context.Context, now workflows.Program) (*runningDiff, error) {
	out := &runningDiff{List: []runningOne{}}
	d := now.Definition()
	err := v.each(ctx, d.ID, func(in workflows.Instance) error {
		out.Total++
		if in.Hash == d.Hash {
			out.Already++
			return nil
		}
		one, err := v.fit(ctx, now, in, nil)
		if err != nil {
			return err
		}
		switch one.How {
		case "unaffected":
			out.Untouched++
		case "can_migrate":
			out.Fit++
		case "busy":
			out.Busy++
		default:
			out.Blocked++
		}
		out.List = append(out.List, one)
		return nil
	})
	return out, err
}

// fit says whether one instance can go on with a version.
func (v *versions) fit(ctx context.Context, now workflows.Program, in workflows.Instance, nodes map[string]string) (runningOne, error) {
	one := runningOne{Instance: in.ID, No: workflows.NumberEnd(in.ID), Title: in.Title, How: "blocked"}
	m, ok := now.(workflows.Migrator)
	if !ok {
		one.Why = []string{"flows of this kind can't be migrated"}
		return one, nil
	}
	old, err := v.of(ctx, in.Definition, in.Hash)
	if err != nil {
		one.Why = []string{err.Error()}
		return one, nil
	}
	fit, err := m.Fit(old, in, nodes)
	if err != nil {
		return one, err
	}
	switch {
	case len(fit.Blocked) > 0:
		one.Why = fit.Blocked
	case fit.Busy:
		one.How, one.Why = "busy", []string{"somebody is being looked up; try again in a moment"}
	case fit.Touched:
		one.How = "can_migrate"
	default:
		one.How = "unaffected"
	}
	return one, nil
}

func (r *runningDiff) show(w io.Writer, verbose bool) {
	fmt.Fprintf(w, "  %d running: %d unaffected, %d can migrate, %d blocked", r.Total, r.Untouched, r.Fit, r.Blocked)
	if r.Already > 0 {
		fmt.Fprintf(w, ", %d on this version already", r.Already)
	}
	if r.Busy > 0 {
		fmt.Fprintf(w, ", %d looking somebody up just now", r.Busy)
	}
	fmt.Fprintln(w)
	for _, x := range r.List {
		if verbose || x.How == "blocked" {
			fmt.Fprintf(w, "    %s %s: %s", x.No, x.Title, x.How)
			for _, why := range x.Why {
				fmt.Fprintf(w, "; %s", why)
			}
			fmt.Fprintln(w)
		}
	}
}

// replayDiff says what a new version would have made of recorded requests.
type replayDiff struct {
	Total  int           `json:"total"`
	Same   int           `json:"same"`
	Differ []replayedOne `json:"differ"`
	Not    []replayedOne `json:"not_replayed"`
}

type replayedOne struct {
	Instance string                 `json:"instance"`
	No       string                 `json:"no"`
	Title    string                 `json:"title"`
	What     []string               `json:"what,omitempty"`
	Why      string                 `json:"why,omitempty"` // why it can't be done again
	Was      *workflowstest.Outcome `json:"was,omitempty"`
	Now      *workflowstest.Outcome `json:"now,omitempty"`
}

func (v *versions) replay(ctx context.Context, now workflows.Program, window time.Duration, people *knownPeople) (*replayDiff, error) {
	out := &replayDiff{Differ: []replayedOne{}, Not: []replayedOne{}}
	o := workflowstest.Options{Calendar: v.env.Calendar, Location: v.env.Location}
	if people != nil {
		o.People = people
	}
	from, id := time.Now().Add(-window), now.Definition().ID
	for after := ""; ; {
		list, err := v.store.Since(ctx, id, from, after, page)
		if err != nil {
			return nil, err
		}
		for _, in := range list {
			after = in.ID
			if in.Status == workflows.StatusDraft || in.Status == workflows.StatusExpired {
				continue // never handed in
			}
			if err := v.again(ctx, out, now, in, o); err != nil {
				return nil, err
			}
		}
		if len(list) < page {
			return out, nil
		}
	}
}

func (v *versions) again(ctx context.Context, out *replayDiff, now workflows.Program, in workflows.Instance, o workflowstest.Options) error {
	out.Total++
	one := replayedOne{Instance: in.ID, No: workflows.NumberEnd(in.ID), Title: in.Title}
	old, err := v.of(ctx, in.Definition, in.Hash)
	if err != nil {
		one.Why = err.Error()
		out.Not = append(out.Not, one)
		return nil
	}
	trail, err := v.store.TrailOf(ctx, in.ID)
	if err != nil {
		return err
	}
	x, err := workflowstest.Replay(old, now, in, trail, o)
	switch {
	case err != nil:
		one.Why = err.Error()
		out.Not = append(out.Not, one)
	case len(x.Words) == 0:
		out.Same++
	default:
		one.What, one.Was, one.Now = x.Words, &x.Was, &x.Now
		out.Differ = append(out.Differ, one)
	}
	return nil
}

func (r *replayDiff) show(w io.Writer, verbose bool) {
	fmt.Fprintf(w, "  %d recorded: %d the same, %d otherwise, %d could not be done again\n", r.Total, r.Same, len(r.Differ), len(r.Not))
	for _, x := range r.Differ {
		fmt.Fprintf(w, "    %s %s\n", x.No, x.Title)
		for _, what := range x.What {
			fmt.Fprintf(w, "      %s\n", what)
		}
	}
	reasons := map[string]int{}
	var order []string
	for _, x := range r.Not {
		if verbose {
			fmt.Fprintf(w, "    %s %s: not done again: %s\n", x.No, x.Title, x.Why)
			continue
		}
		if reasons[x.Why]++; reasons[x.Why] == 1 {
			order = append(order, x.Why)
		}
	}
	for _, why := range order {
		fmt.Fprintf(w, "    %d not done again: %s\n", reasons[why], why)
	}
}
