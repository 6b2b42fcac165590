package approval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/workflows"
)

// ViewReturned tells of a return: to whoever has the request back, and to those whose task it closed.
type ViewReturned struct {
	By     ViewPerson `json:"by"`
	At     time.Time  `json:"at"`
	To     string     `json:"to"` // names of the steps
	Reason string     `json:"reason"`
}

func (d *decider) viewTurn(t turn) *ViewReturned {
	return &ViewReturned{By: ViewPerson{ID: t.By, Name: d.s.name(t.By)}, At: t.At.time(), To: d.p.names(t.To), Reason: t.Reason}
}

// sentBackTo is the return that led to a pass, nil when none did.
func (d *decider) sentBackTo(r *run) *ViewReturned {
	for i := len(d.s.Turns) - 1; i >= 0; i-- {
		if t := d.s.Turns[i]; slices.Contains(t.To, r.Node) && r.At >= t.At && d.s.rounds(r.Node) == r.Round {
			return d.viewTurn(t)
		}
	}
	return nil
}

// voidView says on a card what closed its task.
func (d *decider) voidView(v *View, r *run) {
	t := d.s.Turns[r.Void-1]
	v.Returned = d.viewTurn(t)
	v.Task.DecidedBy = &v.Returned.By
	v.Task.DecidedAt = v.Returned.At
}

// names lists steps as people call them.
func (p *Program) names(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if out[i] = id; p.nodes[id] != nil {
			out[i] = p.nodes[id].name
		}
	}
	return strings.Join(out, "、")
}

// sentBack words a return.
func (t teller) sentBack(f *returned) workflows.Told {
	line := says(card.Warning, "在「%s」退回到「%s」", "returned the request from “%s” to “%s”", t.node(f.Node), t.p.names(f.To))
	if f.Why == "rejected" {
		line = says(card.Warning, "「%s」未通过，按流程退回到「%s」", "“%s” was refused: back to “%s”, as the flow says", t.node(f.Node), t.p.names(f.To))
		return line
	}
	if f.Then == thenBack {
		line.What.Default += "，之后回到「" + t.node(f.Node) + "」"
		line.What.I18n["en-US"] += ", then here once more"
	}
	line.Note = f.p.Reason
	return line
}

// revised words what was changed in the form, old and new.
func (t teller) revised(f *resubmitted) workflows.Told {
	line := says(card.Info, "重新提交，没有修改", "submitted again without a change")
	if len(f.Changed) == 0 {
		return line
	}
	now := map[string]value{}
	maps.Copy(now, f.Form)
	maps.Copy(now, f.p.Form)
	var names, what []string
	for _, id := range f.Changed {
		x := t.p.byField[id]
		if x == nil {
			continue
		}
		if t.p.hidesAny(id) {
			continue // whoever reads this may be somebody from whom it is hidden
		}
		names = append(names, x.label)
		was, is := x.show(f.p.Old[id], t.p.loc, t.names.name), x.show(now[id], t.p.loc, t.names.name)
		if was == "" && is == "" {
			continue // erased
		}
		what = append(what, fmt.Sprintf("%s：%s → %s", x.label, orNone(oneLine(was, 100)), orNone(oneLine(is, 100))))
	}
	if len(names) == 0 {
		return says(card.Info, "修改后重新提交", "changed it and submitted again")
	}
	line = says(card.Info, "修改了%s，重新提交", "changed %s and submitted again", strings.Join(names, "、"))
	line.Note = strings.Join(what, "\n")
	return line
}

func orNone(s string) string {
	if s == "" {
		return "（空）"
	}
	return s
}
