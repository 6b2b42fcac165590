package approval

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"magpie/config"
	"magpie/workflows"
)

var _ workflows.Differ = Kind{}

// Diff implements workflows.Differ.
func (Kind) Diff(old, changed workflows.Program) []workflows.Change {
	a, ok := old.(*Program)
	b, is := changed.(*Program)
	if !ok || !is || a.def.Hash == b.def.Hash {
		return nil
	}
	d := &differ{a: a, b: b, was: sourceOf(a), now: sourceOf(b)}
	d.steps()
	d.order()
	d.flat(workflows.AreaRules, "", "rules", d.was.Get("rules"), d.now.Get("rules"), nil)
	d.flat(workflows.AreaRules, "", "start", d.was.Get("start"), d.now.Get("start"), nil)
	d.fields()
	d.flat(workflows.AreaRules, "", "on", d.was.Get("on"), d.now.Get("on"), nil)
	for _, key := range []string{"name", "title", "description"} {
		d.flat(workflows.AreaWords, "", key, d.was.Get(key), d.now.Get(key), nil)
	}
	rank := map[string]int{
		workflows.AreaSteps: 1, workflows.AreaApprovers: 2, workflows.AreaConditions: 3, workflows.AreaRules: 4,
		workflows.AreaDeadlines: 5, workflows.AreaFields: 6, workflows.AreaWords: 7,
	}
	sort.SliceStable(d.out, func(i, j int) bool { return rank[d.out[i].Area] < rank[d.out[j].Area] })
	return d.out
}

// sourceOf is the file of a program; an empty one when it can't be read, which compiling has ruled out.
func sourceOf(p *Program) *config.Node {
	n, ps := config.Parse(p.def.ID, p.def.Source, config.NoVariables())
	if ps.Bad() {
		n, _ = config.Parse(p.def.ID, []byte("{}"))
	}
	return n
}

type differ struct {
	a, b     *Program
	was, now *config.Node
	out      []workflows.Change
}

func (d *differ) say(area, step, format string, args ...any) {
	d.out = append(d.out, workflows.Change{Area: area, Step: step, What: fmt.Sprintf(format, args...)})
}

// asks reports whether a step is one that people know by its name.
func (n *node) asks() bool { return n.kind == nodeApprove || n.kind == nodeCC }

// label is a step as people call it.
func (n *node) label() string {
	switch {
	case n.kind == nodeCC && n.name == n.id:
		return "the copy to " + strings.Join(n.to, ", ")
	case n.name != "" && n.name != n.id:
		return n.name + " (" + n.id + ")"
	}
	return n.id
}

func (d *differ) steps() {
	at, to := placesOf(d.a, d.was), placesOf(d.b, d.now)
	for _, n := range d.a.order {
		m := d.b.nodes[n.id]
		if n.asks() && (m == nil || m.kind != n.kind) {
			d.say(workflows.AreaSteps, n.id, "%s is removed: %s", n.label(), askedWords(n))
			d.last().Was = whoOf(n)
		}
	}
	for _, m := range d.b.order {
		n := d.a.nodes[m.id]
		if n == nil || n.kind != m.kind {
			if m.asks() {
				d.say(workflows.AreaSteps, m.id, "%s is added%s: %s", m.label(), when(d.b, m), askedWords(m))
				d.last().Now = whoOf(m)
			}
			continue
		}
		d.step(n, m, at[n.id], to[m.id])
	}
}

func (d *differ) last() *workflows.Change { return &d.out[len(d.out)-1] }

func whoOf(n *node) []string {
	if n.kind == nodeCC {
		return n.to
	}
	return n.by
}

func when(p *Program, n *node) string {
	if w := wayWords(p, n); w != "" {
		return " when " + w
	}
	return ""
}

// askedWords says who is asked, and how they decide.
func askedWords(n *node) string {
	if n.kind == nodeCC {
		return strings.Join(n.to, ", ") + " are told"
	}
	if n.sign {
		return strings.Join(n.by, ", ") + ", " + n.mode.words() + ", signed by hand"
	}
	return strings.Join(n.by, ", ") + ", " + n.mode.words()
}

// words says how several decide together.
func (m modeSpec) words() string {
	switch m.Kind {
	case modeAny:
		return "any one decides"
	case modeAll:
		return "all must agree"
	case modeSequence:
		return "all must agree, one after the other"
	case modeRatio:
		return fmt.Sprintf("%d%% must agree", m.N)
	case modeCount:
		return fmt.Sprintf("%d must agree", m.N)
	case modeWeight:
		var of []string
		for _, x := range m.Of {
			of = append(of, fmt.Sprintf("%s weighs %d", x.who, x.weight))
		}
		return fmt.Sprintf("those who agree must weigh more than %d (%s)", m.N, strings.Join(of, ", "))
	}
	return string(m.Kind)
}

// wayWords are the conditions under which a step is reached.
func wayWords(p *Program, n *node) string {
	c := &compiler{p: p}
	way := c.hurdles(n)
	text := c.words(way)
	if n.cond != nil {
		if text != "" {
			text += " and "
		}
		text += n.cond.String()
	}
	return text
}

func (d *differ) step(n, m *node, was, now *config.Node) {
	if n.name != m.name {
		d.say(workflows.AreaWords, m.id, "%s is now called %s", n.label(), m.name)
	}
	if a, b := wayWords(d.a, n), wayWords(d.b, m); a != b && n.asks() {
		d.say(workflows.AreaConditions, m.id, "%s is asked %s, until now %s", m.label(), orAlways(b), orAlways(a))
	}
	if a, b := whoOf(n), whoOf(m); !slices.Equal(a, b) {
		d.say(workflows.AreaApprovers, m.id, "%s: %s instead of %s", m.label(), strings.Join(b, ", "), strings.Join(a, ", "))
		d.last().Was, d.last().Now = a, b
	}
	if n.kind == nodeApprove && n.mode.words() != m.mode.words() {
		d.say(workflows.AreaApprovers, m.id, "%s: %s, until now %s", m.label(), m.mode.words(), n.mode.words())
	}
	if n.sign != m.sign {
		d.say(workflows.AreaApprovers, m.id, "%s: %s, until now %s", m.label(), signWords(m), signWords(n))
	}
	if a, b := n.timeWords(), m.timeWords(); !slices.Equal(a, b) {
		d.say(workflows.AreaDeadlines, m.id, "%s: %s, until now %s", m.label(), orNever(b), orNever(a))
	}
	if a, b := n.ifNobody, m.ifNobody; a != b {
		d.say(workflows.AreaRules, m.id, "%s: when nobody is found: %s, until now %s", m.label(), b, a)
	}
	if !n.asks() && len(n.arms) != len(m.arms) {
		d.say(workflows.AreaConditions, m.id, "a fork (%s) has %d ways, until now %d", m.id, len(m.arms), len(n.arms))
	}
	told := map[string]bool{"id": true, "name": true, "if": true, "approve.by": true, "approve.mode": true, "approve.sign": true, "remind": true, "timeout": true, "if_nobody": true, "cc": true}
	d.flat(workflows.AreaRules, m.id, m.label(), was, now, told)
}

// signWords says what agreeing takes at a step.
func signWords(n *node) string {
	if n.sign {
		return "who agrees signs by hand"
	}
	return "who agrees need not sign"
}

func orAlways(s string) string {
	if s == "" {
		return "always"
	}
	return "when " + s
}

func orNever(s []string) string {
	if len(s) == 0 {
		return "no deadline"
	}
	return strings.Join(s, "; ")
}

// placesOf finds the steps of a program in its file.
func placesOf(p *Program, root *config.Node) map[string]*config.Node {
	return (&compiler{p: p, root: root}).places()
}

// order tells when steps that stay come in another order.
func (d *differ) order() {
	common := func(p, other *Program) []string {
		var ids []string
		for _, n := range p.order {
			if m := other.nodes[n.id]; n.kind == nodeApprove && m != nil && m.kind == n.kind {
				ids = append(ids, n.id)
			}
		}
		return ids
	}
	if a, b := common(d.a, d.b), common(d.b, d.a); !slices.Equal(a, b) {
		d.say(workflows.AreaSteps, "", "the steps come in another order: %s, until now %s", strings.Join(b, ", "), strings.Join(a, ", "))
	}
}

// fields compares the form.
func (d *differ) fields() {
	byID := func(root *config.Node) (ids []string, at map[string]*config.Node) {
		at = map[string]*config.Node{}
		form := root.Get("form")
		if form == nil {
			return nil, at
		}
		for _, f := range form.Items() {
			if id := f.Get("id"); id != nil {
				ids = append(ids, id.Text())
				at[id.Text()] = f
			}
		}
		return ids, at
	}
	was, old := byID(d.was)
	now, fresh := byID(d.now)
	name := func(f *config.Node, id string) string {
		if l := f.Get("label"); l != nil {
			return l.Text() + " (" + id + ")"
		}
		return id
	}
	for _, id := range was {
		if fresh[id] == nil {
			d.say(workflows.AreaFields, "", "the field %s is removed", name(old[id], id))
		}
	}
	for _, id := range now {
		f := fresh[id]
		if old[id] == nil {
			must := ""
			if r := f.Get("required"); r != nil && r.Text() == "true" {
				must = ", and must be filled in"
			}
			d.say(workflows.AreaFields, "", "the field %s is added%s", name(f, id), must)
			continue
		}
		d.flat(workflows.AreaFields, "", "the field "+name(f, id), old[id], f, nil)
	}
}

// flat compares what is written, key by key. told are keys that were compared with more understanding.
func (d *differ) flat(area, step, name string, was, now *config.Node, told map[string]bool) {
	a, b := flatten(was), flatten(now)
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	all := make([]string, 0, len(keys))
	for k := range keys {
		all = append(all, k)
	}
	sort.Strings(all)
	for _, k := range all {
		if a[k] == b[k] || passes(k, told) {
			continue
		}
		what := name
		if k != "" {
			what += ": " + k
		}
		switch {
		case a[k] == "":
			d.say(area, step, "%s: now %s", what, b[k])
		case b[k] == "":
			d.say(area, step, "%s: no longer %s", what, a[k])
		default:
			d.say(area, step, "%s: %s instead of %s", what, b[k], a[k])
		}
	}
}

// passes reports whether a key, or one that it is below, was told already, or is another step's.
func passes(key string, told map[string]bool) bool {
	if told == nil {
		return false
	}
	for k := range told {
		if key == k || strings.HasPrefix(key, k+".") {
			return true
		}
	}
	head, _, _ := strings.Cut(key, ".")
	return head == "branch" || head == "parallel" || head == "inclusive"
}

// flatten writes a mapping as key.key → text, lists as one text.
func flatten(n *config.Node) map[string]string {
	out := map[string]string{}
	var walk func(n *config.Node, key string)
	walk = func(n *config.Node, key string) {
		switch {
		case n == nil || n.Kind() == config.Null:
		case n.Kind() == config.Map:
			for _, k := range n.Keys() {
				at := k
				if key != "" {
					at = key + "." + k
				}
				walk(n.Get(k), at)
			}
		default:
			out[key] = written(n)
		}
	}
	walk(n, "")
	return out
}

// written is a value in one line.
func written(n *config.Node) string {
	switch n.Kind() {
	case config.List:
		var parts []string
		for _, i := range n.Items() {
			parts = append(parts, written(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case config.Map:
		var parts []string
		for _, k := range n.Keys() {
			parts = append(parts, k+": "+written(n.Get(k)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Text()
}
