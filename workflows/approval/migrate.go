package approval

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

var _ workflows.Migrator = (*Program)(nil)

// migrated: the instance goes on with another version of its flow. Steps that are called otherwise there keep
// their old names in it, so that its tasks and cards stay the ones that people have.
type migrated struct {
	From string            `json:"from"` // hashes
	To   string            `json:"to"`
	Map  map[string]string `json:"map,omitempty"` // id of a step in the old version → in the new one
}

func (*migrated) kind() string { return "migrated" }
func (f *migrated) apply(s *state, _ stamp, _ string) {
	for id, to := range s.Alias { // of an earlier migration: they lead on
		if next, ok := f.Map[to]; ok {
			s.Alias[id] = next
		}
	}
	for id, to := range f.Map {
		if id == to {
			continue
		}
		if s.Alias == nil {
			s.Alias = map[string]string{}
		}
		s.Alias[id] = to
	}
}

// under is the program as an instance sees it: with the steps that it knows by other names.
func (p *Program) under(alias map[string]string) *Program {
	if len(alias) == 0 {
		return p
	}
	q := *p
	q.nodes = maps.Clone(p.nodes)
	for id, to := range alias {
		if n, ok := p.nodes[to]; ok {
			same := *n
			same.id = id
			q.nodes[id] = &same
		}
	}
	return &q
}

// Fit implements workflows.Migrator.
func (p *Program) Fit(old workflows.Program, in workflows.Instance, nodes map[string]string) (workflows.Fit, error) {
	was, ok := old.(*Program)
	if !ok {
		return workflows.Fit{Blocked: []string{"the old version is of another kind"}}, nil
	}
	s, err := decodeState(in.State)
	if err != nil {
		return workflows.Fit{}, fmt.Errorf("fit %s: %w", in.ID, err)
	}
	f := &fitting{s: s, old: was.under(s.Alias), now: p.under(moreAlias(s.Alias, nodes)), nodes: nodes}
	f.judge()
	return f.out, nil
}

func moreAlias(alias, nodes map[string]string) map[string]string {
	s := &state{Alias: maps.Clone(alias)}
	(&migrated{Map: nodes}).apply(s, 0, "")
	return s.Alias
}

// fitting holds one instance against a version.
type fitting struct {
	s        *state
	old, now *Program
	nodes    map[string]string
	out      workflows.Fit
}

func (f *fitting) block(format string, args ...any) {
	f.out.Blocked = append(f.out.Blocked, fmt.Sprintf(format, args...))
}

func (f *fitting) judge() {
	if f.s.Status.Ended() {
		f.block("it has ended")
		return
	}
	for _, a := range f.s.Asks {
		if a.For != "cc" && a.For != "form" {
			f.out.Busy = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.nodes)) {
		if f.old.nodes[id] == nil {
			f.block("the plan names the step %s, which the old version does not have", id)
		} else if f.now.nodes[f.nodes[id]] == nil {
			f.block("the plan leads %s to %s, which the new version does not have", id, f.nodes[id])
		}
	}
	f.form()
	for i := range f.s.Runs {
		if r := &f.s.Runs[i]; r.State == runOpen || r.State == runAsking || r.State == runStuck || r.State == runSplit {
			f.run(r)
		}
	}
	f.touched()
}

// form checks that what was handed in is still what the form asks for.
func (f *fitting) form() {
	if f.s.Sent == 0 {
		return // it will be asked for again
	}
	reads := f.now.asked()
	for i := range f.now.fields {
		x := &f.now.fields[i]
		v, there := f.s.Form[x.id]
		was := f.old.byField[x.id]
		switch {
		case was != nil && was.typ != x.typ && there:
			f.block("the field %s is %s in the new version, and was handed in as %s", x.id, x.typ, was.typ)
		case x.required && v.empty() && reads[x.id]:
			f.block("the field %s, on which a step depends, was not handed in", x.id)
		}
	}
}

// run checks a step that is open.
func (f *fitting) run(r *run) {
	n, m := f.old.nodes[r.Node], f.now.nodes[r.Node]
	switch {
	case r.Node == nodeStart || r.Void > 0: // the form is with the initiator; or it counts no longer
	case m == nil:
		f.block("the step %s is open, and the new version does not have it; map it to another", r.Node)
	case n != nil && m.kind != n.kind:
		f.block("the step %s is open, and is something else in the new version", r.Node)
	case n != nil && !slices.Equal(f.arms(n), m.within):
		f.block("the step %s is open, and stands in another arm in the new version", r.Node)
	case n != nil && n.splits() && len(m.arms) != len(n.arms):
		f.block("the fork %s is open, and has %d ways instead of %d in the new version", r.Node, len(m.arms), len(n.arms))
	case r.State == runOpen && r.Mode != m.mode.Kind && len(r.Seats) > 1:
		f.block("at the step %s %s, in the new version %s", r.Node, modeSpec{Kind: r.Mode, N: need1(n)}.words(), m.mode.words())
	case r.State == runOpen && n != nil && n.mode.words() != m.mode.words() && len(r.Seats) > 1:
		f.block("at the step %s %s, in the new version %s", r.Node, n.mode.words(), m.mode.words())
	}
}

func need1(n *node) int {
	if n == nil {
		return 0
	}
	return n.mode.N
}

// arms are the arms around a step of the old version, by their names in the new one.
func (f *fitting) arms(n *node) []string {
	var out []string
	for _, w := range n.within {
		id, arm, _ := strings.Cut(w, "/")
		if to, ok := f.nodes[id]; ok {
			id = to
		}
		out = append(out, id+"/"+arm)
	}
	return out
}

// touched finds out whether anything that is still to come is different.
func (f *fitting) touched() {
	if f.s.Sent == 0 {
		f.out.Touched = !slices.Equal(f.formWords(f.old), f.formWords(f.now)) || !slices.Equal(f.rest(f.old), f.rest(f.now))
		return
	}
	f.out.Touched = !slices.Equal(f.rest(f.old), f.rest(f.now)) || len(f.out.Blocked) > 0
}

func (f *fitting) formWords(p *Program) []string {
	var out []string
	for i := range p.fields {
		x := &p.fields[i]
		out = append(out, fmt.Sprint(x.id, x.label, x.typ, x.required, x.min, x.max, x.options, x.placeholder))
	}
	return out
}

// rest describes the steps that are open or still to come.
func (f *fitting) rest(p *Program) []string {
	over := map[string]bool{}
	var out []string
	for i := range f.s.Runs {
		r := &f.s.Runs[i]
		over[r.Node] = true
		if r.State == runOpen || r.State == runAsking || r.State == runStuck {
			out = append(out, stepWords(p.nodes[r.Node]))
		}
	}
	for to, from := range reversed(f.s.Alias, f.nodes) {
		if over[from] {
			over[to] = true
		}
	}
	for _, id := range p.ahead(f.s, over) {
		out = append(out, stepWords(p.nodes[id]))
	}
	return append(out, p.same, p.self, strconv.FormatBool(p.withdraw))
}

func reversed(maps ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for from, to := range m {
			out[to] = from
		}
	}
	return out
}

// stepWords says all that matters of a step.
func stepWords(n *node) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(n.name, n.by, n.mode, n.veto, n.ifNobody, n.timeWords())
}

// Migrate implements workflows.Migrator.
func (p *Program) Migrate(old workflows.Program, in workflows.Instance, nodes map[string]string, now time.Time) (workflows.Outcome, error) {
	fit, err := p.Fit(old, in, nodes)
	switch {
	case err != nil:
		return workflows.Outcome{}, err
	case fit.Busy:
		return workflows.Outcome{}, workflows.Refuse("busy", "正在查找人员，请稍后再试")
	case len(fit.Blocked) > 0:
		return workflows.Outcome{}, workflows.Refuse("blocked", "%s", strings.Join(fit.Blocked, "; "))
	}
	s, err := take(in)
	if err != nil {
		return workflows.Outcome{}, fmt.Errorf("migrate %s: %w", in.ID, err)
	}
	d := &decider{p: p, in: in, ev: event.Event{Actor: event.Actor{Type: event.ActorSystem}}, now: now.UTC().Truncate(time.Millisecond), s: s}
	d.emit(&migrated{From: in.Hash, To: p.def.Hash, Map: nodes})
	d.p = p.under(s.Alias)
	return d.outcome(), nil
}
