package approval

import (
	"fmt"

	"magpie/workflows"
)

var _ workflows.Printer = (*Program)(nil)

// Sheet gives a request for a print. It implements workflows.Printer.
func (p *Program) Sheet(in workflows.Instance, person string) (workflows.Sheet, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return workflows.Sheet{}, fmt.Errorf("print %s: %w", in.ID, err)
	}
	d := &decider{p: p.under(s.Alias), in: in, s: s, now: in.UpdatedAt}
	var hidden secrecy
	title := s.Title
	if person != "" {
		hidden = d.unseen(person)
		title = d.titleFor(person)
	}
	out := workflows.Sheet{
		Flow: p.def.Name, No: s.No, Title: title, Status: statusText(s.Status),
		Initiator: s.name(s.By), Dept: s.People[s.By].Dept, Sent: s.Sent.time(), Ended: s.Ended.time(),
	}
	if s.Why == "canceled" {
		out.Status = inBoth(textCanceled, "Canceled")
	}
	switch {
	case out.Title == "" && s.Erased != 0:
		out.Title = workflows.TextErased
	case out.Title == "":
		out.Title = p.def.Name
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if hidden != nil && hidden(f.id) {
			continue
		}
		v := s.Form[f.id]
		line := workflows.SheetField{Label: f.label, Value: f.show(v, d.p.loc, s.name)}
		switch {
		case line.Value == "" && s.Erased != 0 && f.personal() && s.Sent != 0:
			line.Value = workflows.TextErased
		case line.Value == "":
			continue
		case f.yuan():
			line.Capitals, _ = Capitals(v.T)
		}
		out.Fields = append(out.Fields, line)
	}
	return out, nil
}
