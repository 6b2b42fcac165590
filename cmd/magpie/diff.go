package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/selector"
	"magpie/workflows/workcal"
)

func diffCommand() *cobra.Command {
	var path, replay string
	var asJSON, verbose bool
	c := &cobra.Command{
		Use:   "diff OLD-DIR NEW-DIR",
		Short: "Say what changes for people between two folders of workflows, and for the requests that run",
		Long: `Diff compares the workflow files of two folders and says in words what changes for people, the weightiest first:
steps, approvers (by name where the people are known), conditions, rules, deadlines, fields, words.

Requests that run stay on the version they began with. Diff says how many of them the change would not touch, how
many could be moved to the new version (magpie migrate-instances), and which could not and why. With --replay
what people did in the recorded requests of that time is done again with the new version, with the people whom the
directory named then, and those that would have gone another way are listed. Nothing is changed.`,
		Example: "  magpie diff /etc/magpie/workflows ./workflows\n  magpie diff workflows.old workflows --replay 30d --verbose",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			window, err := windowOf(replay)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			d, err := newDiffing(c.Context(), path, args[0], args[1])
			if err != nil {
				return err
			}
			out, err := d.run(c.Context(), window)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), out)
			}
			showDiff(c.OutOrStdout(), out, verbose, window > 0)
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&replay, "replay", "", "also do the recorded requests of so long again: 30d, 12h")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the requests one by one")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// windowOf reads 30d, 12h or 90m; "" is none.
func windowOf(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 3660 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("--replay %s: write it as 30d or 12h", s)
}

// diffing is two folders of workflows and what is known beside them.
type diffing struct {
	project  *project // nil: no configuration
	old, now *folder
	env      workflows.Env
	people   *knownPeople
}

// folder is the flows of one folder, compiled.
type folder struct {
	programs map[string]workflows.Program
	order    []string
}

func newDiffing(ctx context.Context, path, old, now string) (*diffing, error) {
	d := &diffing{env: workflows.Env{Location: workcal.Shanghai()}}
	if _, err := os.Stat(path); err == nil {
		p, ps := loadSettings(path)
		if p == nil {
			return nil, ps
		}
		d.project, d.env = p, p.env
		if d.people, err = p.today(ctx); err != nil {
			return nil, err
		}
	} else if cal, ps := workcal.FromConfig(config.Calendar{Country: "cn"}, d.env.Location); !ps.Bad() {
		d.env.Calendar = cal
	}
	var err error
	if d.old, err = readFolder(old, d.env); err != nil {
		return nil, err
	}
	d.now, err = readFolder(now, d.env)
	return d, err
}

// loadSettings reads a configuration without its workflows and templates: the folders that are compared stand in
// for them.
func loadSettings(path string) (*project, config.Problems) {
	cfg, ps := config.Load(path)
	if cfg == nil {
		return nil, ps
	}
	p := &project{cfg: cfg, sources: map[string]*config.Node{}}
	ps = append(ps, p.loadCalendar(path, time.Now)...)
	ps = append(ps, p.loadTestPeople()...)
	if ps.Bad() {
		return nil, ps
	}
	return p, ps
}

// readFolder compiles every *.yaml of a folder. Every mistake is in the error.
func readFolder(dir string, env workflows.Env) (*folder, error) {
	if i, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, errors.Unwrap(err))
	} else if !i.IsDir() {
		return nil, fmt.Errorf("%s is a file; a folder of workflows is wanted", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	f := &folder{programs: map[string]workflows.Program{}}
	var bad config.Problems
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, _, ps := compileSource(shown(file), src, env)
		if p == nil {
			bad = append(bad, ps...)
			continue
		}
		id := p.Definition().ID
		if _, twice := f.programs[id]; !twice {
			f.order = append(f.order, id)
		}
		f.programs[id] = p
	}
	if bad.Bad() {
		return nil, bad
	}
	slices.Sort(f.order)
	return f, nil
}

// diffReport is all that diff says.
type diffReport struct {
	Added   []string   `json:"added"`   // ids of flows
	Removed []string   `json:"removed"` // their running requests go on with the version they began with
	Flows   []flowDiff `json:"flows"`   // those that change
	Same    int        `json:"same"`
}

// flowDiff is one flow that changes.
type flowDiff struct {
	Workflow string             `json:"workflow"`
	Name     string             `json:"name"`
	Changes  []workflows.Change `json:"changes"`
	Running  *runningDiff       `json:"running,omitempty"` // nil: no database
	Replay   *replayDiff        `json:"replay,omitempty"`
}

func (d *diffing) run(ctx context.Context, window time.Duration) (diffReport, error) {
	out := diffReport{Added: []string{}, Removed: []string{}, Flows: []flowDiff{}}
	for _, id := range d.old.order {
		if d.now.programs[id] == nil {
			out.Removed = append(out.Removed, id)
		}
	}
	for _, id := range d.now.order {
		a, b := d.old.programs[id], d.now.programs[id]
		switch {
		case a == nil:
			out.Added = append(out.Added, id)
		case a.Definition().Hash == b.Definition().Hash:
			out.Same++
		default:
			out.Flows = append(out.Flows, flowDiff{Workflow: id, Name: b.Definition().Name, Changes: d.changes(ctx, a, b)})
		}
	}
	if d.project == nil || !hasStore(d.project.cfg) {
		if window > 0 {
			return out, errors.New("--replay: there is no database with recorded requests; -c names its configuration")
		}
		return out, nil
	}
	return out, openStore(ctx, d.project.cfg, func(s *store.Store) error {
		v := &versions{store: s, env: d.env, known: map[string]workflows.Program{}}
		for i := range out.Flows {
			f := &out.Flows[i]
			now := d.now.programs[f.Workflow]
			var err error
			if f.Running, err = v.running(ctx, now); err != nil {
				return err
			}
			if window > 0 {
				if f.Replay, err = v.replay(ctx, now, window, d.people); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// changes lists what changes, with the names of those whom selectors mean today.
func (d *diffing) changes(ctx context.Context, a, b workflows.Program) []workflows.Change {
	out := []workflows.Change{}
	for _, k := range kinds {
		if differ, ok := k.(workflows.Differ); ok && k.Name() == b.Definition().Kind {
			out = append(out, differ.Diff(a, b)...)
		}
	}
	for i := range out {
		if names := d.names(ctx, out[i].Was); names != "" {
			out[i].What += "; until now " + names
		}
		if names := d.names(ctx, out[i].Now); names != "" {
			out[i].What += "; today " + names
		}
	}
	return out
}

// names are whom selectors mean today; "" where that depends on the request, or nobody is known.
func (d *diffing) names(ctx context.Context, by []string) string {
	if d.people == nil || len(by) == 0 {
		return ""
	}
	for _, t := range by {
		s, err := selector.Parse(t)
		if err != nil || s.About() || s.Field() != "" || s.Kind == selector.Chosen {
			return ""
		}
	}
	found, err := d.people.Resolve(ctx, workflows.Lookup{ID: "diff", Selectors: by})
	if err != nil {
		return ""
	}
	if len(found.Persons) == 0 {
		return "nobody"
	}
	const shown = 5
	var names []string
	for i, p := range found.Persons {
		if i == shown {
			names = append(names, fmt.Sprintf("%d others", len(found.Persons)-shown))
			break
		}
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// showDiff prints it for people.
func showDiff(w io.Writer, r diffReport, verbose, replayed bool) {
	for _, id := range r.Added {
		fmt.Fprintf(w, "%s: a new workflow\n", id)
	}
	for _, id := range r.Removed {
		fmt.Fprintf(w, "%s: the workflow is removed; requests that run go on with the version they began with\n", id)
	}
	for _, f := range r.Flows {
		fmt.Fprintf(w, "%s (%s)\n", f.Name, f.Workflow)
		if len(f.Changes) == 0 {
			fmt.Fprintln(w, "  nothing changes for people")
		}
		for _, x := range f.Changes {
			fmt.Fprintf(w, "  %s: %s\n", x.Area, x.What)
		}
		if f.Running != nil {
			f.Running.show(w, verbose)
		}
		if replayed && f.Replay != nil {
			f.Replay.show(w, verbose)
		}
	}
	if len(r.Added)+len(r.Removed)+len(r.Flows) == 0 {
		fmt.Fprintf(w, "nothing changes: %d workflows\n", r.Same)
	}
}
