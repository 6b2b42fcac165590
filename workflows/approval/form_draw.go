package approval

import (
	"fmt"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// ViewTable is a table of the form as handed in.
type ViewTable struct {
	Label  string       `json:"label"`
	Cols   []ViewColumn `json:"cols"`
	Rows   [][]string   `json:"rows"`
	Totals []ViewField  `json:"totals,omitempty"`
}

// ViewColumn is a column of it.
type ViewColumn struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Right bool   `json:"right"`
}

// ViewFiles are the files of a field.
type ViewFiles struct {
	Label string       `json:"label"`
	Items []event.File `json:"items"`
}

// drawFields puts the form as handed in on a card. may says which fields its reader may see, nil all.
func (d *decider) drawFields(v *View, values map[string]value, may func(id string) bool) {
	for i := range d.p.fields {
		f := &d.p.fields[i]
		held := values[f.id]
		if held.empty() || may != nil && !may(f.id) {
			continue
		}
		switch {
		case f.typ == typeTable:
			v.Tables = append(v.Tables, f.drawTable(held, d.p.loc))
		case f.files():
			v.Files = append(v.Files, ViewFiles{Label: f.label, Items: held.F})
		default:
			if text := f.shown(held, d.p.loc, d.s.name); text != "" {
				v.Fields = append(v.Fields, ViewField{Label: f.label, Value: text, Short: f.short()})
			}
		}
	}
}

// shown is the value as it stands on cards by itself.
func (f *field) shown(v value, loc *time.Location, names func(string) string) string {
	text := f.show(v, loc, names)
	if f.capitals {
		if c, ok := Capitals(v.T); ok {
			text += "（" + c + "）"
		}
	}
	return text
}

func (f *field) drawTable(v value, loc *time.Location) ViewTable {
	t := ViewTable{Label: f.label, Totals: f.totals(v)}
	for i := range f.columns {
		c := &f.columns[i]
		t.Cols = append(t.Cols, ViewColumn{Name: c.id, Label: c.label, Right: c.typ == typeNumber || c.typ == typeMoney})
	}
	for _, r := range v.R {
		row := make([]string, len(f.columns))
		for i := range f.columns {
			c := &f.columns[i]
			row[i] = c.show(r[c.id], loc, func(id string) string { return id })
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// form is the draft as inputs, filled with what was entered.
func (d *decider) form() *ViewForm {
	if d.s.Draft == nil {
		return &ViewForm{Inputs: []ViewInput{}}
	}
	return d.inputs(d.held(), d.s.Draft.Problems, nil)
}

// held is what the fields of a draft hold.
func (d *decider) held() map[string]value {
	if d.s.Draft.Problems == nil && d.s.Sent == 0 {
		return d.defaults(d.s.Draft.Values)
	}
	return d.s.Draft.Values
}

// inputs draws the fields that may be filled in (nil: all that are asked for) with what they hold. What is
// computed stands among them, to be read.
func (d *decider) inputs(values map[string]value, problems map[string]string, may func(id string) bool) *ViewForm {
	out := &ViewForm{Inputs: []ViewInput{}, Live: may == nil && d.p.dependsOnForm()}
	j := d.p.judge(d.entered(values), values, nil, d.s.starter())
	for i := range d.p.fields {
		f := &d.p.fields[i]
		out.Live = out.Live || f.when != nil || f.must != nil || f.formula != nil || len(f.columns) > 0
		if j.hidden[f.id] || may != nil && !may(f.id) {
			continue
		}
		v := values[f.id]
		if f.formula != nil {
			v = j.values[f.id]
		} else if f.typ == typeTable {
			v = withComputed(f, v, j.values[f.id])
		}
		out.Inputs = append(out.Inputs, d.fieldInputs(f, v, f.required || truth(f.must, d.known(j), false))...)
	}
	out.Problem = strings.Join(d.p.lines(problems), "\n")
	return out
}

// withComputed takes the computed cells from a table that was judged. Both leave out empty rows.
func withComputed(f *field, entered, judged value) value {
	if len(entered.R) != len(judged.R) {
		return entered
	}
	return judged
}

// entered turns values back into what hands them in.
func (d *decider) entered(values map[string]value) map[string]event.Value {
	in := map[string]event.Value{}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		v := values[f.id]
		switch {
		case v.empty() || f.formula != nil:
		default:
			in[f.id] = f.input(v, d.p.loc)
		}
	}
	return in
}

// fieldInputs are the inputs of one field: two of a range, one of all others.
func (d *decider) fieldInputs(f *field, v value, required bool) []ViewInput {
	in := ViewInput{Name: f.id, Label: f.label, Kind: f.inputKind(), Required: required, Placeholder: f.placeholder}
	for _, o := range f.options {
		in.Options = append(in.Options, ViewOption(o))
	}
	switch {
	case f.formula != nil:
		if text := f.shown(v, d.p.loc, d.s.name); text != "" {
			t := event.Text(text)
			in.Default = &t
		}
		return []ViewInput{in}
	case f.typ == typeNote:
		return []ViewInput{in}
	case f.typ == typeRange:
		from, to := in, in
		from.Name, to.Name = f.id+suffixFrom, f.id+suffixTo
		from.Label, to.Label = fmt.Sprintf(textFrom, f.label), fmt.Sprintf(textTo, f.label)
		if len(v.L) == 2 {
			from.Default, to.Default = d.endInput(f, v.L[0]), d.endInput(f, v.L[1])
		}
		return []ViewInput{from, to}
	case f.typ == typeTable:
		in.Min, in.Max = f.rowsMin, f.rowsMax
		for i := range f.columns {
			c := &f.columns[i]
			col := ViewInput{Name: c.id, Label: c.label, Kind: c.inputKind(), Required: c.required, Placeholder: c.placeholder}
			for _, o := range c.options {
				col.Options = append(col.Options, ViewOption(o))
			}
			if c.private() {
				col.Max = c.maxRunes()
			}
			in.Columns = append(in.Columns, col)
		}
		if !v.empty() {
			t := f.tableInput(v, d.p.loc)
			in.Default = &t
		}
		return []ViewInput{in}
	}
	if x := f.input(v, d.p.loc); x.Kind != "" {
		in.Default = &x
	}
	switch {
	case f.private():
		in.Max = f.maxRunes()
	case f.files():
		in.Max, in.Accept, in.MaxBytes, in.Images = f.maxFiles(), f.accept, f.maxBytes, f.typ == typeImage
	case f.max != nil && (f.typ == typeMultiSelect || f.typ == typePersons):
		in.Max = int(*f.max / 1_000_000)
	}
	d.offer(f, v, &in)
	return []ViewInput{in}
}

func (d *decider) endInput(f *field, s string) *event.Value {
	if s == "" {
		return nil
	}
	v := f.end().input(value{T: s}, d.p.loc)
	if v.Kind == "" {
		return nil
	}
	return &v
}

// defaults adds what fields hold at first and depends on the initiator or on the fields above. It is added when the
// form is drawn: who the initiator is was not known when it was begun.
func (d *decider) defaults(values map[string]value) map[string]value {
	out := make(map[string]value, len(values))
	for id, v := range values {
		out[id] = v
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		switch _, there := out[f.id]; {
		case there:
		case f.self && f.typ == typePerson:
			out[f.id] = value{T: d.s.By}
		case f.self:
			out[f.id] = value{L: []string{d.s.By}}
		case f.fill != nil && d.s.Known:
			known := d.known(d.p.judge(d.entered(out), out, nil, d.s.starter()))
			if got, err := f.fill.Eval(known, nil); err == nil && got.Text != "" {
				if v, problem := f.parse(event.Text(got.Text), d.p.loc); problem == "" && !v.empty() {
					out[f.id] = v
				}
			}
		}
	}
	return out
}

var _ workflows.Drafter = (*Program)(nil)

// Draft implements workflows.Drafter: the form of a draft, with what a person has entered so far.
func (p *Program) Draft(in workflows.Instance, slot, person string, form map[string]event.Value, now time.Time) (string, any, bool, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return "", nil, false, fmt.Errorf("draft %s of %s: %w", slot, in.ID, err)
	}
	if slot != slotInitiator || s.Status.Ended() || s.Draft == nil || s.Draft.Hidden || s.By != person {
		return "", nil, false, nil
	}
	j := p.judge(form, nil, nil, s.starter())
	s.Draft = &draft{Values: j.values, Problems: map[string]string{}}
	d := &decider{p: p, in: in, s: s, now: now}
	for _, c := range d.shown() {
		if c.slot == slot {
			return c.template, c.view(d.view(c.may)), true, nil
		}
	}
	return "", nil, false, nil
}

// Files implements workflows.FileKeeper: the files that a person who sees the instance may open.
func (p *Program) Files(in workflows.Instance, person string) ([]event.File, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", in.ID, err)
	}
	var out []event.File
	unseen := (&decider{p: p, in: in, s: s}).unseen(person)
	add := func(values map[string]value) {
		for i := range p.fields {
			if id := p.fields[i].id; !unseen(id) {
				out = append(out, values[id].F...)
			}
		}
	}
	add(s.Form)
	if s.Draft != nil && s.By == person {
		add(s.Draft.Values)
	}
	return append(out, s.signatures()...), nil
}
