package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// Who would be asked is found out by handing the form in and letting everybody agree, on a copy of the state that is
// thrown away: a rehearsal. It is decided by what decides a real request, step by step; only what people press comes
// from here. What depends on fields that are not filled in yet is gone both ways, one rehearsal each, and what comes out
// the same each time is certain.

// Bounds of a forecast.
const (
	maxRehearsals = 64   // ways that the open questions of a form may combine to
	maxRehearsed  = 3000 // answers and decisions, of all rehearsals together
	maxAhead      = 30   // lines of it
)

// outlook is what the view of a form needs to tell what is ahead. It belongs to one view.
type outlook struct {
	p      *Program
	in     workflows.Instance
	now    time.Time
	form   map[string]value    // what can be relied on
	open   map[string][]string // fields that can't → labels of what has to be filled in
	blank  map[string]bool     // fields that were left empty and may be
	known  bool                // who the initiator is
	again  bool                // it was handed in before
	budget int
}

var _ workflows.Foreseer = View{}

// Foresee implements workflows.Foreseer.
func (v View) Foresee(ask func(workflows.Lookup) (event.Lookup, error)) any {
	if v.look != nil {
		v.Ahead = v.look.ahead(ask)
	}
	return v
}

// foresight is what the view of a draft needs; nil where there is none.
func (d *decider) foresight() *outlook {
	if d.s.Draft == nil {
		return nil
	}
	return d.outlook(d.held(), d.s.Draft.Problems != nil || d.s.Sent != 0)
}

// outlook is what can be told of the form with the values that it holds. Where nothing was entered yet, whatever is
// empty is still to come.
func (d *decider) outlook(values map[string]value, touched bool) *outlook {
	j := d.p.judge(d.entered(values), nil, nil, d.s.starter())
	d.among(&j, nil)
	o := &outlook{
		p: d.p, in: d.in, now: d.now, form: map[string]value{}, open: map[string][]string{}, blank: map[string]bool{},
		known: d.s.Known, again: d.s.Sent != 0,
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		v := j.values[f.id]
		why := o.missing(f.when.Fields())
		switch {
		case f.typ == typeNote || len(why) == 0 && j.hidden[f.id]:
			continue
		case f.formula != nil:
			if why = append(why, o.missing(f.formula.Fields())...); len(why) == 0 && j.problems[f.id] != "" {
				why = []string{f.label}
			}
		case j.problems[f.id] != "", v.empty() && (!touched || len(o.missing(f.must.Fields())) > 0):
			if len(why) == 0 {
				why = []string{f.label}
			}
		case v.empty():
			o.blank[f.id] = f.typ != typeBool
		}
		if len(why) > 0 {
			o.open[f.id] = why
		} else if !v.empty() {
			o.form[f.id] = v
		}
	}
	return o
}

// missing are the labels of what has to be filled in before fields can be relied on.
func (o *outlook) missing(fields []string) []string {
	var out []string
	for _, id := range fields {
		out = union(out, o.open[id])
	}
	return out
}

// ahead tells the steps.
func (o *outlook) ahead(ask func(workflows.Lookup) (event.Lookup, error)) []ViewStep {
	if !o.known {
		return []ViewStep{{Name: textNoForecast, Note: textSubmitAnyway}}
	}
	if o.again && len(o.open) > 0 { // whether anything has changed decides who agrees again
		return []ViewStep{{Name: textAheadAll, Note: untilFilled(o.all())}}
	}
	o.budget = maxRehearsed
	answers := map[string]event.Lookup{}
	asks := func(l workflows.Lookup) (event.Lookup, error) {
		key := l.ID + "\x00" + workflows.RecordKey(l.Initiator, l.Selectors)
		if a, ok := answers[key]; ok {
			return a, nil
		}
		a, err := ask(l)
		if err == nil {
			answers[key] = a
		}
		return a, err
	}
	var all []*rehearsal
	plans := [][]bool{nil}
	for len(plans) > 0 && len(all) < maxRehearsals && o.budget > 0 {
		plan := plans[len(plans)-1]
		plans = plans[:len(plans)-1]
		r, err := o.rehearse(plan, asks)
		if err != nil {
			return []ViewStep{{Name: textNoForecast, Note: textSubmitAnyway}}
		}
		if all = append(all, r); len(r.asked) >= maxRehearsals { // each needs one at least
			return short(o.tell(all, true))
		}
		for i := len(plan); i < len(r.asked); i++ {
			next := make([]bool, i+1)
			for k := range i {
				next[k] = r.asked[k].yes
			}
			next[i] = true
			plans = append(plans, next)
		}
	}
	return short(o.tell(all, len(plans) > 0))
}

// all are the labels of everything that is still to be filled in.
func (o *outlook) all() []string {
	var ids []string
	for i := range o.p.fields {
		ids = append(ids, o.p.fields[i].id)
	}
	return o.missing(ids)
}

// short leaves out what no card has room for.
func short(steps []ViewStep) []ViewStep {
	if left := len(steps) - maxAhead; left > 0 {
		steps = append(steps[:maxAhead:maxAhead], ViewStep{Name: fmt.Sprintf(textAheadMore, left)})
	}
	return steps
}

// untilFilled says that something is known when fields are filled in.
func untilFilled(labels []string) string { return fmt.Sprintf(textAheadOpen, quoted(labels)) }

// quoted lists names, the first three of them.
func quoted(names []string) string {
	more := ""
	if len(names) > 3 {
		names, more = names[:3], "等"
	}
	return "「" + strings.Join(names, "」「") + "」" + more
}

// dependsOnForm reports whether who is asked depends on what is filled in.
func (p *Program) dependsOnForm() bool {
	return len(p.asked()) > 0 || slices.ContainsFunc(p.order, func(n *node) bool { return len(n.readsPeople()) > 0 })
}

// readsPeople are the fields that say who is meant at a step.
func (n *node) readsPeople() []string {
	all := append(slices.Clone(n.by), n.to...)
	for _, x := range n.mode.Of {
		all = append(all, x.who)
	}
	return fieldsIn(append(all, n.ifNobody))
}

// fieldsIn are the fields that selectors read.
func fieldsIn(selectors []string) []string {
	var out []string
	for _, s := range selectors {
		if x, err := selector.Parse(s); err == nil && x.Field() != "" {
			out = append(out, x.Field())
		}
	}
	return out
}

// What people read of it.
const (
	textNoForecast   = "暂时无法预览"
	textSubmitAnyway = "不影响提交"
	textAheadAll     = "审批流程"
	textAheadRest    = "其余步骤"
	textAheadMore    = "另有 %d 步"
	textAheadFill    = "填写"
	textAheadOpen    = textAheadFill + "%s后确定"
	textAheadIf      = "%s；是否需要，填写%s后确定"
	textAheadSkip    = "条件不成立"
	textAheadBlank   = "（%s未填写）"
	textAheadReject  = "找不到审批人，申请会被拒绝"
	textAheadStuck   = "暂时找不到审批人"
	textAheadElse    = "找不到原定审批人，由%s处理"
	textAheadSelf    = "%s（发起人本人的由上级审批）"
	textAheadNotSelf = "%s（发起人本人不审批）"
	textAheadDue     = "%s，限 %s"
	textAheadBefore  = "%s，截至%s"
	textAheadDoubt   = "%s；在%s同意过就不再询问"
	textAheadDoubtBy = "%s；填写%s后可能不再询问"
	textAheadBeside  = "（同时进行）%s"
	textAheadMode    = "%s（%s）"
	textAheadRatio   = "比例会签，%d%% 同意即通过"
	textAheadCount   = "票签，%d 人同意即通过"
	textAheadFlow    = "发起子流程，等它通过"
	textAheadFlowOff = "发起子流程，不等它结束"
	textAheadCC      = "抄送"
	textAheadMany    = "%s等 %d 人"
	textAheadNone    = "无需审批"
	textAheadPasses  = "提交后直接通过"
)
