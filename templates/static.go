package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/config"
)

// static checks what is known before there is a view: words of the card model that are written out,
// names, and what may stand inside what.
func (t *compiled) static() config.Problems {
	k := &checker{forms: map[string]bool{}, inputs: map[string]bool{}}
	k.oneOf(&t.spec.Tone, "info", "success", "warning", "danger")
	k.elements(t.spec.Body, 0)
	k.buttons(t.spec.Actions)
	return k.problems
}

type checker struct {
	problems      config.Problems
	forms, inputs map[string]bool
}

func (k *checker) add(p config.Problem) { k.problems = append(k.problems, p) }

// written gives a word that has no template in it.
func written(w *word) (string, bool) {
	s := strings.TrimSpace(w.src.text)
	return s, w.src.node != nil && w.src.fixed && s != ""
}

func (k *checker) oneOf(w *word, list ...string) {
	s, ok := written(w)
	if !ok || slices.Contains(list, s) {
		return
	}
	want := "one of " + strings.Join(list, ", ")
	if best := config.Nearest(s, list); best != "" {
		want = "did you mean " + best + "?"
	}
	k.add(w.src.node.Problem(fmt.Sprintf("%q is not known here", s), want))
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	verbName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

func (k *checker) name(w *word, form *regexp.Regexp, want string) {
	if s, ok := written(w); ok && !form.MatchString(s) {
		k.add(w.src.node.Problem(fmt.Sprintf("%q can't be a name", s), want))
	}
}

func (k *checker) elements(es []element, depth int) {
	for i := range es {
		e := &es[i]
		k.elements(e.Else, depth)
		k.elements(e.Group, depth)
		alt := checker{forms: map[string]bool{}, inputs: map[string]bool{}}
		alt.elements(e.Fallback, depth) // it may ask for the same inputs as what it replaces
		k.problems = append(k.problems, alt.problems...)
		if depth > 0 && (e.Form != nil || e.Table != nil) {
			k.add(e.node.Problem("stands inside another element", "forms and tables stand in the body itself"))
		}
		switch {
		case e.Columns != nil:
			for _, b := range *e.Columns {
				k.elements(b.Body, depth+1)
			}
		case e.Collapse != nil:
			k.elements(e.Collapse.Body, depth+1)
		case e.Table != nil:
			k.table(e.Table)
		case e.Progress != nil:
			for i := range e.Progress.Steps.items {
				k.oneOf(&e.Progress.Steps.items[i].State, "active", "done", "failed", "skipped")
			}
		case e.Image != nil && (e.Image.Key.src.node == nil) == (e.Image.URL.src.node == nil):
			k.add(e.node.Problem("an image needs exactly one of key and url", ""))
		case e.Form != nil:
			k.form(e)
		}
	}
}

func (k *checker) table(t *table) {
	fixed := t.Cols.from == nil
	for i := range t.Cols.items {
		c := &t.Cols.items[i]
		k.name(&c.Name, plainName, "letters, digits and underscore")
		fixed = fixed && c.If == nil && c.For == nil
	}
	for _, row := range t.Rows.items {
		if n := len(row.Cells.items); fixed && row.Cells.from == nil && n != len(t.Cols.items) && n > 0 {
			node := row.Cells.items[0].langs[0].src.node
			k.add(node.Problem(fmt.Sprintf("the row has %d cells", n), fmt.Sprintf("there are %d columns", len(t.Cols.items))))
		}
	}
}

func (k *checker) form(e *element) {
	f := e.Form
	switch {
	case !plainName.MatchString(f.ID):
		k.add(e.node.At("form.id").Problem(fmt.Sprintf("%q can't be a form's id", f.ID), "letters, digits and underscore"))
	case k.forms[f.ID] && e.If == nil:
		k.add(e.node.At("form.id").Problem(fmt.Sprintf("form %q is given twice", f.ID), "one id a form"))
	}
	k.forms[f.ID] = true
	kinds := []string{string(card.InputText), string(card.InputLongText), string(card.InputNumber), string(card.InputSelect), string(card.InputMultiSelect),
		string(card.InputPerson), string(card.InputPeople), string(card.InputDate), string(card.InputDateTime), string(card.InputBool),
		string(card.InputDepartment), string(card.InputTable), string(card.InputFile), string(card.InputSignature), string(card.InputNote), string(card.InputOutput)}
	for i := range f.Inputs.items {
		in := &f.Inputs.items[i]
		k.name(&in.Name, plainName, "letters, digits and underscore")
		k.oneOf(&in.Kind, kinds...)
		if s, ok := written(&in.Name); ok && in.If == nil && in.For == nil && e.If == nil {
			if k.inputs[s] {
				k.add(in.Name.src.node.Problem(fmt.Sprintf("input %q is given twice", s), "names are unique on a card"))
			}
			k.inputs[s] = true
		}
	}
	k.buttons(f.Buttons)
	for i := range f.Buttons {
		if n := f.Buttons[i].node; n != nil && n.Has("url") {
			k.add(n.Key("url").Problem("a button of a form opens nothing", "give it a verb, or put it under actions"))
		}
	}
}

func (k *checker) buttons(bs []button) {
	for i := range bs {
		k.name(&bs[i].Verb, verbName, "letters, digits, underscore, dot and hyphen")
		k.oneOf(&bs[i].Style, "primary", "danger")
	}
}
