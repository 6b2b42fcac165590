package templates

import (
	"encoding/json"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

func (r *run) fields(l *list[item], data map[string]any) (out []card.Field, err error) {
	if l.from != nil {
		list, err := r.objects(l.from, data)
		for _, o := range list {
			var f card.Field
			if f.Label, err = o.line("label", true); err != nil {
				return nil, err
			}
			value, err := o.text("value", true)
			if err != nil {
				return nil, err
			}
			f.Value = card.T(value)
			if f.Short, err = o.yes("short"); err != nil {
				return nil, err
			}
			out = append(out, f)
		}
		return out, err
	}
	err = each(r, l.items, data, func(f *item, d map[string]any) error {
		label, err := r.line(&f.Label, d)
		if err != nil {
			return err
		}
		value, err := r.text(&f.Value, d)
		if err != nil {
			return err
		}
		short, err := r.yes(f.Short, d, false)
		out = append(out, card.Field{Label: label, Value: value, Short: short})
		return err
	})
	return out, err
}

func (r *run) persons(l *list[person], data map[string]any) (out []card.Person, err error) {
	if l.from != nil {
		list, err := r.objects(l.from, data)
		for _, o := range list {
			var p card.Person
			if p.ID, err = o.text("id", false); err != nil {
				return nil, err
			}
			name, err := o.line("name", true)
			if err != nil {
				return nil, err
			}
			p.Name = name.Default
			out = append(out, p)
		}
		return out, err
	}
	err = each(r, l.items, data, func(p *person, d map[string]any) error {
		id, err := r.word(&p.ID, d)
		if err != nil {
			return err
		}
		name, err := r.word(&p.Name, d)
		out = append(out, card.Person{ID: id, Name: oneLine(name)})
		return err
	})
	return out, err
}

func (r *run) progress(p *progress, data map[string]any) (out card.Progress, err error) {
	if out.Steps, err = r.steps(&p.Steps, data); err != nil {
		return out, err
	}
	v, err := r.value(&p.Current, data)
	if err != nil {
		return out, err
	}
	switch v := v.(type) {
	case int64:
		out.Current = int(max(min(v, int64(len(out.Steps))), -1))
	case int:
		out.Current = max(min(v, len(out.Steps)), -1)
	default:
		return out, &renderError{p.Current.src.problem("is "+kindOf(v), "a whole number is wanted here", len(p.Current.src.before))}
	}
	return out, nil
}

func (r *run) steps(l *list[step], data map[string]any) (out []card.Step, err error) {
	if l.from != nil {
		list, err := r.objects(l.from, data)
		for _, o := range list {
			var s card.Step
			if s.Name, err = o.line("name", true); err != nil {
				return nil, err
			}
			if s.Note, err = o.line("note", false); err != nil {
				return nil, err
			}
			state, err := o.text("state", false)
			if err != nil {
				return nil, err
			}
			s.State = card.StepState(state)
			out = append(out, s)
		}
		return out, err
	}
	err = each(r, l.items, data, func(s *step, d map[string]any) error {
		name, err := r.line(&s.Name, d)
		if err != nil {
			return err
		}
		note, err := r.line(&s.Note, d)
		if err != nil {
			return err
		}
		state, err := r.word(&s.State, d)
		out = append(out, card.Step{Name: name, Note: note, State: card.StepState(state)})
		return err
	})
	return out, err
}

// form fills a form. The first button that is shown submits; without one the form is left out.
func (r *run) form(f *form, data map[string]any) (out card.Form, err error) {
	out.ID = f.ID
	if out.Problem, err = r.text(&f.Problem, data); err != nil {
		return out, err
	}
	if out.Fold, err = r.text(&f.Fold, data); err != nil {
		return out, err
	}
	if out.Inputs, err = r.inputs(&f.Inputs, data); err != nil {
		return out, err
	}
	if out.Live, err = r.yes(f.Live, data, false); err != nil {
		return out, err
	}
	buttons, err := r.buttons(f.Buttons, data)
	if len(buttons) > 0 {
		out.Submit, out.Others = buttons[0], buttons[1:]
	}
	if len(out.Others) == 0 {
		out.Others = nil
	}
	return out, err
}

func (r *run) inputs(l *list[input], data map[string]any) (out []card.Input, err error) {
	if l.from != nil {
		list, err := r.objects(l.from, data)
		for _, o := range list {
			in, err := r.inputOf(o)
			if err != nil {
				return nil, err
			}
			out = append(out, in)
		}
		return out, err
	}
	err = each(r, l.items, data, func(p *input, d map[string]any) error {
		in, err := r.input(p, d)
		out = append(out, in)
		return err
	})
	return out, err
}

// files reads files that the view has.
func (r *run) files(f *files, data map[string]any) (out card.Files, err error) {
	if out.Label, err = r.line(&f.Label, data); err != nil {
		return out, err
	}
	list, err := r.objects(&f.Items, data)
	for _, o := range list {
		b, err := json.Marshal(o.m)
		var x event.File
		if err == nil {
			err = json.Unmarshal(b, &x)
		}
		if err != nil || x.Name == "" {
			return out, o.wrong("is no file")
		}
		if x.Name, err = o.clip(x.Name); err != nil {
			return out, err
		}
		out.Items = append(out.Items, x)
	}
	return out, err
}

// inputOf reads an input that the view defines.
func (r *run) inputOf(o object) (in card.Input, err error) {
	if in.Name, err = o.text("name", true); err != nil {
		return in, err
	}
	if in.Label, err = o.line("label", false); err != nil {
		return in, err
	}
	if in.Label.IsZero() {
		in.Label = card.T(in.Name)
	}
	if in.Placeholder, err = o.line("placeholder", false); err != nil {
		return in, err
	}
	kind, err := o.text("kind", true)
	if err != nil {
		return in, err
	}
	in.Kind = card.InputKind(kind)
	if in.Required, err = o.yes("required"); err != nil {
		return in, err
	}
	options, err := o.list("options")
	if err != nil {
		return in, err
	}
	for _, x := range options {
		m, ok := x.(map[string]any)
		if !ok {
			return in, o.wrong("has an option that is " + kindOf(x) + ", not a mapping of value and label")
		}
		p := object{m, o.src, o.at + " has an option that", r}
		var opt card.Option
		if opt.Value, err = p.text("value", true); err != nil {
			return in, err
		}
		if opt.Label, err = p.line("label", false); err != nil {
			return in, err
		}
		if opt.Label.IsZero() {
			opt.Label = card.T(opt.Value)
		}
		in.Options = append(in.Options, opt)
	}
	switch v := o.m["max"].(type) {
	case nil:
	case int64:
		in.Max = int(max(min(v, maxTextRunes), 0))
	default:
		return in, o.wrong(`"max" is ` + kindOf(v) + ", not a whole number")
	}
	if err := r.inputExtras(o, &in); err != nil {
		return in, err
	}
	if d, ok := o.m["default"]; ok && d != nil {
		b, err := json.Marshal(d)
		if err == nil {
			err = json.Unmarshal(b, &in.Default)
		}
		if err != nil {
			return in, o.wrong(`has a default that is no value of a form`)
		}
		if in.Default.Text, err = o.clip(in.Default.Text); err != nil {
			return in, err
		}
	}
	return in, nil
}

// inputExtras reads what only tables and files have.
func (r *run) inputExtras(o object, in *card.Input) error {
	columns, err := o.list("columns")
	if err != nil {
		return err
	}
	for _, x := range columns {
		m, ok := x.(map[string]any)
		if !ok {
			return o.wrong("has a column that is " + kindOf(x) + ", not a mapping of name and kind")
		}
		if _, err := r.Tick(); err != nil {
			return o.src.execError(err)
		}
		col, err := r.inputOf(object{m, o.src, o.at + " has a column that", r})
		if err != nil {
			return err
		}
		in.Columns = append(in.Columns, col)
	}
	b, err := json.Marshal(map[string]any{"min": o.m["min"], "accept": o.m["accept"], "images": o.m["images"], "max_bytes": o.m["max_bytes"]})
	if err == nil {
		err = json.Unmarshal(b, in)
	}
	if err != nil {
		return o.wrong("has a min, accept, images or max_bytes that is of another kind")
	}
	in.Min = max(min(in.Min, maxTextRunes), 0)
	return nil
}

// input fills an input that the template defines.
func (r *run) input(p *input, data map[string]any) (in card.Input, err error) {
	if in.Name, err = r.word(&p.Name, data); err != nil {
		return in, err
	}
	if in.Label, err = r.line(&p.Label, data); err != nil {
		return in, err
	}
	if in.Placeholder, err = r.line(&p.Placeholder, data); err != nil {
		return in, err
	}
	kind, err := r.word(&p.Kind, data)
	if err != nil {
		return in, err
	}
	in.Kind, in.Max = card.InputKind(kind), p.Max
	if in.Required, err = r.yes(p.Required, data, false); err != nil {
		return in, err
	}
	if p.Options.from != nil {
		list, err := r.value(p.Options.from, data)
		if err != nil {
			return in, err
		}
		o := object{map[string]any{"name": in.Name, "kind": kind, "options": list}, &p.Options.from.src, "the value", r}
		full, err := r.inputOf(o)
		if err != nil {
			return in, err
		}
		in.Options = full.Options
	}
	err = each(r, p.Options.items, data, func(q *option, d map[string]any) error {
		value, err := r.word(&q.Value, d)
		if err != nil {
			return err
		}
		label, err := r.line(&q.Label, d)
		in.Options = append(in.Options, card.Option{Value: value, Label: label})
		return err
	})
	if err != nil {
		return in, err
	}
	s, err := r.word(&p.Default, data)
	if err != nil || s == "" {
		return in, err
	}
	switch in.Kind {
	case card.InputBool:
		in.Default.Kind, in.Default.Bool = "bool", s == "true"
	case card.InputNumber, card.InputDate, card.InputDateTime:
		in.Default.Kind = "number"
		if in.Kind != card.InputNumber {
			in.Default.Kind = "date"
		}
		if in.Kind == card.InputDateTime {
			in.Default.Kind = "datetime"
		}
		in.Default.Text = s
	case card.InputMultiSelect:
		in.Default.Kind, in.Default.List = "list", []string{s}
	default:
		in.Default.Kind, in.Default.Text = "text", s
	}
	return in, nil
}

func (r *run) buttons(bs []button, data map[string]any) (out []card.Button, err error) {
	err = each(r, bs, data, func(p *button, d map[string]any) error {
		b, err := r.button(p, d)
		out = append(out, b)
		return err
	})
	return out, err
}

func (r *run) button(p *button, data map[string]any) (b card.Button, err error) {
	if b.Verb, err = r.word(&p.Verb, data); err != nil {
		return b, err
	}
	if b.URL, err = r.word(&p.URL, data); err != nil {
		return b, err
	}
	if b.Label, err = r.line(&p.Label, data); err != nil {
		return b, err
	}
	style, err := r.word(&p.Style, data)
	if err != nil {
		return b, err
	}
	b.Style = card.Style(style)
	for k, w := range p.Data {
		s, err := r.word(&w, data)
		if err != nil {
			return b, err
		}
		if b.Data == nil {
			b.Data = map[string]string{}
		}
		b.Data[k] = s
	}
	b.Bare = p.Bare
	if p.Confirm == nil {
		return b, nil
	}
	b.Confirm = &card.Confirm{}
	if b.Confirm.Title, err = r.line(&p.Confirm.Title, data); err != nil {
		return b, err
	}
	b.Confirm.Body, err = r.text(&p.Confirm.Body, data)
	return b, err
}
