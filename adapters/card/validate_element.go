package card

import (
	"fmt"
	"reflect"

	"magpie/adapters/event"
)

func isNil(e Element) bool {
	if e == nil {
		return true
	}
	v := reflect.ValueOf(e)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (v *validator) element(p string, e Element, depth int) {
	switch e := e.(type) {
	case *Markdown:
		v.text(p+".text", e.Text, true)
	case *Note:
		v.text(p+".text", e.Text, true)
	case *Divider:
	case *Fields:
		if len(e.Items) == 0 {
			v.add(p+".items", "is empty")
		}
		for i, f := range e.Items {
			v.text(fmt.Sprintf("%s.items[%d].label", p, i), f.Label, true)
		}
	case *Image:
		switch {
		case (e.Key == "") == (e.URL == ""):
			v.add(p, "needs exactly one of key and url")
		case e.URL != "" && !validURL(e.URL):
			v.add(p+".url", "is not an http or https address")
		}
	case *Table:
		v.table(p, e, depth)
	case *Columns:
		if len(e.Items) == 0 {
			v.add(p+".items", "is empty")
		}
		for i, b := range e.Items {
			q := fmt.Sprintf("%s.items[%d]", p, i)
			if b.Weight < 0 || b.Weight > 5 {
				v.add(q+".weight", "is not between 1 and 5")
			}
			v.elements(q+".body", b.Body, depth+1)
		}
	case *People:
		for i, q := range e.Persons {
			if q.Name == "" && q.Ref.IsZero() {
				v.add(fmt.Sprintf("%s.persons[%d]", p, i), "has neither name nor ref")
			}
		}
	case *Progress:
		v.progress(p, e)
	case *Collapse:
		v.text(p+".title", e.Title, true)
		v.elements(p+".body", e.Body, depth+1)
	case *Form:
		v.form(p, e, depth)
	case *Files:
		v.text(p+".label", e.Label, true)
		for i, f := range e.Items {
			if f.Name == "" {
				v.add(fmt.Sprintf("%s.items[%d].name", p, i), "is required")
			}
		}
	}
}

func (v *validator) table(p string, e *Table, depth int) {
	if depth > 0 {
		v.add(p, "is a table inside another element; tables stand at the root")
	}
	if len(e.Cols) == 0 {
		v.add(p+".cols", "is empty")
	}
	seen := map[string]bool{}
	for i, c := range e.Cols {
		q := fmt.Sprintf("%s.cols[%d].name", p, i)
		if v.name(q, c.Name, false) && seen[c.Name] {
			v.add(q, "%q is used twice", c.Name)
		}
		seen[c.Name] = true
	}
	for i, r := range e.Rows {
		if len(r) != len(e.Cols) {
			v.add(fmt.Sprintf("%s.rows[%d]", p, i), "has %d cells for %d columns", len(r), len(e.Cols))
		}
	}
}

func (v *validator) progress(p string, e *Progress) {
	if len(e.Steps) == 0 {
		v.add(p+".steps", "is empty")
	}
	if e.Current < -1 || e.Current > len(e.Steps) {
		v.add(p+".current", "%d is not between -1 and %d", e.Current, len(e.Steps))
	}
	for i, s := range e.Steps {
		v.text(fmt.Sprintf("%s.steps[%d].name", p, i), s.Name, true)
		switch s.State {
		case StepTodo, StepActive, StepDone, StepFailed, StepSkipped:
		default:
			v.add(fmt.Sprintf("%s.steps[%d].state", p, i), "%q is none of active, done, failed, skipped", s.State)
		}
	}
}

func (v *validator) form(p string, e *Form, depth int) {
	if depth > 0 {
		v.add(p, "is a form inside another element; forms stand at the root")
	}
	if v.name(p+".id", e.ID, false) && v.forms[e.ID] {
		v.add(p+".id", "%q is used twice", e.ID)
	}
	v.forms[e.ID] = true
	v.text(p+".fold", e.Fold, false)
	if len(e.Inputs) == 0 {
		v.add(p+".inputs", "is empty")
	}
	for i, in := range e.Inputs {
		v.input(fmt.Sprintf("%s.inputs[%d]", p, i), in)
	}
	for i, b := range append([]Button{e.Submit}, e.Others...) {
		q := p + ".submit"
		if i > 0 {
			q = fmt.Sprintf("%s.others[%d]", p, i-1)
		}
		v.button(q, b)
		if b.URL != "" {
			v.add(q+".url", "a submit acts, it opens nothing")
		}
	}
}

// valueOf says which kind of value an input holds.
var valueOf = map[InputKind]event.ValueKind{
	InputText: event.ValueText, InputLongText: event.ValueText, InputNumber: event.ValueNumber,
	InputSelect: event.ValueText, InputMultiSelect: event.ValueList, InputPerson: event.ValuePeople,
	InputPeople: event.ValuePeople, InputDate: event.ValueDate, InputDateTime: event.ValueDateTime,
	InputBool: event.ValueBool, InputDepartment: event.ValueText, InputTable: event.ValueTable, InputFile: event.ValueFiles, InputSignature: event.ValueFiles,
	InputNote: "", InputOutput: event.ValueText,
}

func (v *validator) input(p string, in Input) {
	if v.name(p+".name", in.Name, false) && v.inputs[in.Name] {
		v.add(p+".name", "%q is used twice", in.Name)
	}
	v.inputs[in.Name] = true
	v.text(p+".label", in.Label, true)
	want, known := valueOf[in.Kind]
	if !known {
		v.add(p+".kind", "%q is not a kind of input", in.Kind)
	}
	if known && in.Default.Kind != "" && in.Default.Kind != want {
		v.add(p+".default", "is a %s; a %s input holds a %s", in.Default.Kind, in.Kind, want)
	}
	if in.Max < 0 {
		v.add(p+".max", "is negative")
	}
	v.columns(p, in)
	choice := in.Kind == InputSelect || in.Kind == InputMultiSelect
	switch {
	case choice && len(in.Options) == 0:
		v.add(p+".options", "is empty")
	case !choice && known && len(in.Options) > 0:
		v.add(p+".options", "belong to select and multiselect only")
	}
	seen := map[string]bool{}
	for i, o := range in.Options {
		q := fmt.Sprintf("%s.options[%d]", p, i)
		if o.Value == "" {
			v.add(q+".value", "is required")
		} else if seen[o.Value] {
			v.add(q+".value", "%q is used twice", o.Value)
		}
		seen[o.Value] = true
		v.text(q+".label", o.Label, true)
	}
}

// columns checks what the rows of a table ask for. Their names are those of the table alone.
func (v *validator) columns(p string, in Input) {
	switch {
	case in.Kind == InputTable && len(in.Columns) == 0:
		v.add(p+".columns", "is empty")
	case in.Kind != InputTable && len(in.Columns) > 0:
		v.add(p+".columns", "belong to a table only")
	}
	w := &validator{inputs: map[string]bool{}}
	for i, c := range in.Columns {
		q := fmt.Sprintf("%s.columns[%d]", p, i)
		switch c.Kind {
		case InputTable, InputFile, InputSignature, InputPerson, InputPeople, InputDepartment, InputNote:
			v.add(q+".kind", "a %s can't stand in a table", c.Kind)
		default:
			w.input(q, c)
		}
	}
	v.found = append(v.found, w.found...)
}

func (v *validator) buttons(p string, bs []Button) {
	for i, b := range bs {
		v.button(fmt.Sprintf("%s[%d]", p, i), b)
	}
}

func (v *validator) button(p string, b Button) {
	v.text(p+".label", b.Label, true)
	switch {
	case (b.Verb == "") == (b.URL == ""):
		v.add(p, "needs exactly one of verb and url")
	case b.Verb != "":
		v.name(p+".verb", b.Verb, true)
	case !validURL(b.URL):
		v.add(p+".url", "is not an http or https address")
	}
	if b.Page != "" && !validURL(b.Page) {
		v.add(p+".page", "is not an http or https address")
	}
	switch b.Style {
	case StyleDefault, StylePrimary, StyleDanger:
	default:
		v.add(p+".style", "%q is none of primary, danger", b.Style)
	}
	for _, k := range sortedKeys(b.Data) {
		v.name(p+".data", k, true)
	}
	if b.Confirm != nil && b.Confirm.Title.IsZero() && b.Confirm.Body.IsZero() {
		v.add(p+".confirm", "asks nothing")
	}
}
