package approval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/selector"
)

var _ workflows.Linter = Kind{}

// Lint implements workflows.Linter.
func (Kind) Lint(ctx context.Context, src *config.Node, p workflows.Program, people workflows.People, everyone []string) config.Problems {
	prog, ok := p.(*Program)
	if !ok {
		return nil
	}
	l := &peopleLint{ctx: ctx, p: prog, people: people, c: &compiler{root: src, p: prog}}
	l.starters(everyone)
	l.offers()
	at := l.c.places()
	for _, n := range prog.order {
		switch n.kind {
		case nodeApprove:
			l.step(n, at[n.id])
			if n.timeout != nil {
				l.named(n.timeout.To, at[n.id].At("timeout.to"))
			}
			for _, x := range n.mode.Of {
				l.name(x.who, at[n.id].At("approve.mode.of").Key(x.who))
			}
		case nodeCC:
			l.nobody(n.to, at[n.id].At("cc.to"), fmt.Sprintf("step %s tells nobody", n.id))
		}
	}
	if n := prog.nodes[nodeRevoke]; n != nil {
		l.nobody(n.by, src.At("rules.revoke.approve.by"), "nobody decides on withdrawing after the approval")
	}
	l.c.ps.Sort()
	return l.c.ps
}

type peopleLint struct {
	ctx    context.Context
	p      *Program
	people workflows.People
	c      *compiler
	who    []string // who may start it
}

// find is who a list of selectors means for an initiator; ok is false when it could not be looked up, or
// depends on what will be entered.
func (l *peopleLint) find(by []string, initiator string) (ids []string, ok bool) {
	ans, err := l.people.Resolve(l.ctx, workflows.Lookup{ID: "lint", Selectors: by, Initiator: initiator})
	if err != nil {
		return nil, false
	}
	for _, p := range ans.Persons {
		if p.Active {
			ids = append(ids, p.ID)
		}
	}
	return ids, true
}

// readsForm reports whether whom a selector means is written into the form.
func readsForm(by []string) bool {
	return slices.ContainsFunc(by, func(t string) bool {
		s, err := selector.Parse(t)
		return err != nil || s.Field() != "" || s.Kind == selector.Chosen
	})
}

// asks reports whether whom a selector means depends on who starts the flow.
func asks(by []string) bool {
	return slices.ContainsFunc(by, func(t string) bool {
		s, err := selector.Parse(t)
		return err == nil && s.About()
	})
}

func (l *peopleLint) starters(everyone []string) {
	l.who = everyone
	if len(l.p.who) == 0 {
		return
	}
	may, ok := l.find(l.p.who, "")
	if !ok || asks(l.p.who) {
		return
	}
	if l.who = may; len(may) == 0 {
		l.c.warnAt(l.c.root.At("start.who"), "today nobody may start this flow", l.meant(l.p.who))
		return
	}
	l.named(l.p.who, l.c.root.At("start.who"))
}

// step warns of a step that nobody, or too few, can decide, and of people who would decide about themselves.
func (l *peopleLint) step(n *node, at *config.Node) {
	by := at.At("approve.by")
	if readsForm(n.by) {
		l.named(n.by, by)
		return
	}
	initiators := l.who
	if !asks(n.by) {
		initiators = []string{""}
	}
	var none, few, alone []string
	most := 0
	for _, id := range initiators {
		ids, ok := l.find(n.by, id)
		if !ok {
			return
		}
		if most = max(most, len(ids)); len(ids) == 0 {
			none = append(none, id)
		} else if n.mode.Kind == modeCount && len(ids) < n.mode.N {
			few = append(few, id)
		}
		for _, who := range l.who {
			if (id == "" || id == who) && l.p.self == "ask" && slices.Contains(ids, who) && (len(ids) == 1 || n.mode.Kind == modeAny) {
				alone = append(alone, who)
			}
		}
	}
	switch {
	case len(none) > 0 && len(none) == len(initiators):
		l.c.warnAt(by, fmt.Sprintf("step %s: today %s finds nobody: %s", n.id, strings.Join(n.by, ", "), l.then(n)), l.meant(n.by))
	case len(none) > 0 && (n.ifNobody == "skip" || n.ifNobody == "reject"):
		l.c.warnAt(by, fmt.Sprintf("step %s: for %s %s finds nobody: %s", n.id, some(none), strings.Join(n.by, ", "), l.then(n)), "if_nobody: admin")
	}
	if len(none) == 0 || len(none) < len(initiators) {
		l.named(n.by, by)
	}
	if len(none)+len(few) > 0 && n.ifNobody != "skip" && n.ifNobody != "reject" {
		if ids, ok := l.find([]string{n.ifNobody}, ""); ok && len(ids) == 0 {
			l.fallback(n, at)
		}
	}
	if len(few) > 0 {
		l.c.warnAt(at.At("approve.mode"), fmt.Sprintf("step %s: %d must agree, but today only %d can be asked: %s", n.id, n.mode.N, most, l.then(n)), fmt.Sprintf("count: %d, or more people", max(1, most)))
	}
	if len(alone) > 0 {
		l.c.warnAt(by, fmt.Sprintf("step %s: %s can decide alone about their own request", n.id, some(alone)), "rules: {initiator_is_approver: manager}")
	}
}

func (l *peopleLint) then(n *node) string {
	switch n.ifNobody {
	case "skip":
		return "the step is passed over"
	case "reject":
		return "the request is rejected"
	}
	return n.ifNobody + " is asked instead"
}

// fallback warns where nobody stands in.
func (l *peopleLint) fallback(n *node, at *config.Node) {
	if at.Get("if_nobody") != nil {
		at = at.At("if_nobody")
	}
	l.c.warnAt(at, fmt.Sprintf("step %s: when nobody is found %s is asked, and that is nobody today: the request would wait", n.id, n.ifNobody), "define the role under people.roles, or if_nobody: person:ID")
}

// nobody warns of selectors that find nobody whoever starts the flow.
func (l *peopleLint) nobody(by []string, at *config.Node, what string) {
	if !readsForm(by) && !asks(by) {
		if ids, ok := l.find(by, ""); ok && len(ids) == 0 {
			l.c.warnAt(at, what+": today "+strings.Join(by, ", ")+" finds nobody", l.meant(by))
			return
		}
	}
	l.named(by, at)
}

// some names a few of many.
func some(ids []string) string {
	const shown = 3
	if len(ids) <= shown {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(ids[:shown], ", "), len(ids)-shown)
}
