package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/config"
	"magpie/templates"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/desk"
	"magpie/workflows/engine"
	"magpie/workflows/help"
	"magpie/workflows/link"
	"magpie/workflows/selector"
	"magpie/workflows/workcal"
)

// botName is what the bot calls itself.
const botName = "鹊桥"

// project is everything that the files say, compiled: one immutable value.
type project struct {
	cfg         *config.Config
	connections []*adapters.Connection
	programs    []workflows.Program
	templates   *templates.Set
	calendar    workflows.Calendar
	env         workflows.Env
	duties      map[string]selector.Duty
	sources     map[string]*config.Node // of the programs, by id
	testPeople  workflows.People
}

// loadProject reads magpie.yaml and all that it names, and returns every mistake at once. The project is
// nil when one of them is an error.
func loadProject(path string, env adapters.Env, opts ...config.Option) (*project, config.Problems) {
	cfg, ps := config.Load(path, opts...)
	if cfg == nil {
		return nil, ps
	}
	p := &project{cfg: cfg, sources: map[string]*config.Node{}}
	ps = append(ps, p.connect(env)...)
	ps = append(ps, p.loadCalendar(path, env.Now)...)
	ps = append(ps, p.loadTemplates()...)
	ps = append(ps, p.loadWorkflows()...)
	ps = append(ps, p.loadTestPeople()...)
	ps.Sort()
	if ps.Bad() {
		return nil, ps
	}
	return p, ps
}

// connect makes the platform of each connection; nothing is called yet.
func (p *project) connect(env adapters.Env) config.Problems {
	ps := p.cfg.CheckSuites(slices.Sorted(maps.Keys(platforms)))
	for _, c := range p.cfg.Connections {
		f, ok := platforms[c.Suite]
		if !ok {
			continue
		}
		conn, err := adapters.Open(c, f, env)
		if err != nil {
			ps = append(ps, asProblems(err, c.Settings)...)
			continue
		}
		p.connections = append(p.connections, conn)
		if p.cfg.Server.PublicURL != "" && conn.Capabilities().Login && !conn.Logins() {
			ps = append(ps, c.Settings.Warn("whoever has a link to a page of this connection opens it: the suite is not asked who they are",
				fmt.Sprintf("login: true, once the app may lead people back to %s/m/login/%s (docs/pages.md)", strings.TrimRight(p.cfg.Server.PublicURL, "/"), conn.ID)))
		}
	}
	return ps
}

func asProblems(err error, at *config.Node) config.Problems {
	var ps config.Problems
	if errors.As(err, &ps) {
		return ps
	}
	return config.Problems{at.Problem(err.Error(), "")}
}

// loadCalendar makes the calendar, and tells of years that it does not know. now nil is the clock.
func (p *project) loadCalendar(file string, now func() time.Time) config.Problems {
	if now == nil {
		now = time.Now
	}
	cal, ps := workcal.FromConfig(p.cfg.Calendar, p.cfg.Server.Location)
	if cal != nil {
		p.calendar = cal
		if p.cfg.Calendar.Country != "none" {
			ps = append(ps, unknownYears(cal, file, cal.Location(), now())...)
		}
	}
	p.duties = dutiesOf(p.cfg)
	p.env = workflows.Env{Roles: rolesOf(p.cfg), OnCall: append([]string{}, slices.Sorted(maps.Keys(p.duties))...), Location: p.cfg.Server.Location, Calendar: p.calendar}
	return ps
}

func (p *project) loadTemplates() config.Problems {
	layers := []templates.Layer{templates.Builtin()}
	if p.cfg.Templates != "" {
		layers = append(layers, templates.Dir(p.cfg.Templates))
	}
	var ps config.Problems
	p.templates, ps = templates.Load(p.cfg.Server.Location, layers...)
	return ps
}

// loadWorkflows compiles every *.yaml of the folder.
func (p *project) loadWorkflows() config.Problems {
	if p.cfg.Workflows == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(p.cfg.Workflows, "*.y*ml"))
	if err != nil {
		return config.Problems{{File: p.cfg.Workflows, What: err.Error()}}
	}
	slices.Sort(files)
	var ps config.Problems
	where := map[string]string{}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			ps = append(ps, config.Problem{File: f, What: err.Error()})
			continue
		}
		prog, node, more := compileSource(shown(f), src, p.env)
		ps = append(ps, more...)
		if prog == nil {
			continue
		}
		id := prog.Definition().ID
		if first, twice := where[id]; twice {
			ps = append(ps, config.Problem{File: shown(f), What: fmt.Sprintf("the id %q is taken by %s", id, first), Want: "give every flow an id of its own"})
			continue
		}
		where[id] = shown(f)
		for _, w := range prog.Commands() {
			at := node.At("start.commands")
			switch {
			case link.Reserved(w):
				ps = append(ps, at.Warn(fmt.Sprintf("the command %q never starts this flow: it is what people write to link their accounts", w), "another word"))
			case desk.Reserved(w):
				ps = append(ps, at.Problem(fmt.Sprintf("the command %q is reserved: it is what people write to decide, or to see their approvals", w), "another word"))
			}
		}
		p.sources[id] = node
		p.programs = append(p.programs, prog)
	}
	if !ps.Bad() { // one that does not compile is not missing
		ps = append(ps, approval.CheckStarts(p.programs)...)
	}
	if len(p.connections) > 0 && len(files) == 0 {
		ps = append(ps, config.Problem{File: p.cfg.Workflows, What: "there are no workflows (*.yaml) in this folder", Severity: config.Warning})
	}
	return ps
}

// shown is a path as people typed it: relative to where they are, when it is below.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// compileSource compiles one workflow file by its kind. The node is where its tests stand.
func compileSource(file string, src []byte, env workflows.Env) (workflows.Program, *config.Node, config.Problems) {
	// No variables: a version is its source, whatever the environment of the process.
	n, ps := config.Parse(file, src, config.NoVariables())
	if ps.Bad() {
		return nil, nil, ps
	}
	kind := n.Get("kind")
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name()
		if kind != nil && k.Name() == kind.Text() {
			prog, more := k.Compile(n, env)
			if more.Bad() {
				prog = nil
			}
			return prog, n, append(ps, more...)
		}
	}
	want := "one of " + strings.Join(names, ", ")
	if kind == nil {
		return nil, nil, append(ps, n.Problem("kind is missing", want))
	}
	return nil, nil, append(ps, kind.Problem(fmt.Sprintf("kind %q is not known", kind.Text()), want))
}

// rolesOf are the configured roles as selectors: a bare id is a person.
func rolesOf(cfg *config.Config) map[string][]string {
	out := make(map[string][]string, len(cfg.People.Roles))
	for name, who := range cfg.People.Roles {
		list := make([]string, len(who))
		for i, w := range who {
			if !strings.Contains(w, ":") {
				w = "person:" + w
			}
			list[i] = w
		}
		out[name] = list
	}
	return out
}

// dutiesOf are the configured duty rosters.
func dutiesOf(cfg *config.Config) map[string]selector.Duty {
	out := make(map[string]selector.Duty, len(cfg.People.OnCall))
	for name, o := range cfg.People.OnCall {
		d := selector.Duty{Persons: o.Persons, Every: selector.Turn{N: o.Every, Unit: selector.TurnUnit(o.Unit)}, From: o.From}
		for _, c := range o.Covers {
			d.Covers = append(d.Covers, selector.Cover(c))
		}
		out[name] = d
	}
	return out
}

// configured are the roles and duty rosters of the project as a roster asks for them.
func (p *project) configured() named {
	return named{func() map[string][]string { return p.env.Roles }, func() map[string]selector.Duty { return p.duties }}
}

// runtime puts what the engine needs together.
func (p *project) runtime() (*engine.Runtime, error) {
	all := append(slices.Clone(p.programs), desk.Program{})
	return engine.NewRuntime(all, p.templates, help.New(botName, p.programs), func(d workflows.Definition) (workflows.Program, error) {
		if d.ID == desk.ProgramID {
			return desk.Program{}, nil
		}
		prog, _, ps := compileSource(d.ID+"@"+d.Hash, d.Source, p.env)
		if prog == nil {
			return nil, ps
		}
		return prog, nil
	})
}

// program finds a flow by its id.
func (p *project) program(id string) (workflows.Program, error) {
	ids := make([]string, len(p.programs))
	for i, prog := range p.programs {
		if ids[i] = prog.Definition().ID; ids[i] == id {
			return prog, nil
		}
	}
	return nil, fmt.Errorf("there is no workflow %q; there are: %s", id, strings.Join(ids, ", "))
}

// offline is the environment of commands that call nobody.
func offline() adapters.Env {
	return adapters.Env{HTTP: &http.Client{Timeout: 10 * time.Second}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}
