package dingtalk

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"magpie/simulator"
)

// cardView is a card as one person sees it.
type cardView struct {
	text    string
	buttons []viewButton
	inputs  []viewInput
}

type viewButton struct {
	simulator.Button
	params map[string]string
}

type viewInput struct{ simulator.Input }

// dataFor is what a card shows to a person: the public data under their own.
func (c *card) dataFor(person string) map[string]string {
	out := maps.Clone(c.Data)
	maps.Copy(out, c.Private[person])
	return out
}

// view lays a card out for a person.
func (s *Server) view(c *card, person string) *cardView {
	v := &cardView{}
	t, data := s.templates[c.Template], c.dataFor(person)
	var lines []string
	for _, part := range t.Components {
		if !part.shown(data) {
			continue
		}
		f := func(text string) string { return fill(text, data) }
		switch kind := inputKinds[part.Type]; {
		case part.Type == "button":
			b := viewButton{Button: simulator.Button{ID: part.ID, Label: f(part.Text), Disabled: isTrue(f(string(part.Disabled))), Confirm: f(part.Confirm)}}
			if part.Action == "openLink" {
				b.URL = f(part.URL)
			} else {
				b.Submit = isTrue(f(string(part.Submits)))
				b.params = map[string]string{}
				for k, text := range part.Params {
					b.params[k] = f(text)
				}
			}
			v.buttons = append(v.buttons, b)
		case kind != "":
			v.inputs = append(v.inputs, inputOf(part, kind, f))
		case part.Type == "header":
			lines = append(lines, strings.TrimSpace(f(part.Text)+" "+f(part.Tag)))
		case part.Type == "markdown":
			lines = append(lines, plainMarkdown(f(part.Text)))
		case part.Type == "image":
			lines = append(lines, "[图片]")
		case part.Type == "text":
			lines = append(lines, f(part.Text))
		}
	}
	v.text = strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
	return v
}

func inputOf(part component, kind string, f func(string) string) viewInput {
	in := viewInput{simulator.Input{Name: part.Name, Label: f(part.Label), Kind: kind, Required: isTrue(f(string(part.Required))),
		Hint: f(part.Placeholder)}}
	if n, err := strconv.Atoi(f(string(part.MaxLength))); err == nil && n > 0 {
		in.Max = n
	}
	var options []struct{ Value, Text string }
	_ = json.Unmarshal([]byte(f(part.Options)), &options) // the variable's type was checked; odd entries are none
	for _, o := range options {
		in.Options = append(in.Options, simulator.Option{Value: o.Value, Label: orElse(o.Text, o.Value)})
	}
	switch value := f(part.Value); {
	case value == "":
	case kind == "bool":
		in.Value = isTrue(value)
	case kind == "multiselect":
		var list []string
		if json.Unmarshal([]byte(value), &list) == nil {
			in.Value = list
		}
	default:
		in.Value = value
	}
	return in
}

// find looks a button up by id, then by label.
func (v *cardView) find(name string) *viewButton {
	for i := range v.buttons {
		if v.buttons[i].ID == name {
			return &v.buttons[i]
		}
	}
	for i := range v.buttons {
		if v.buttons[i].Label == name {
			return &v.buttons[i]
		}
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
