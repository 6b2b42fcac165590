package templates

import (
	"encoding/json"
	"slices"

	"magpie/adapters/card"
)

// render fills the template with a generic view, which it adds to.
func (t *compiled) render(data map[string]any) (card.Card, error) {
	r := &run{}
	data["_run"] = r
	c, err := r.card(t, data)
	if err != nil {
		return card.Card{}, t.place(err)
	}
	if err := c.Validate(); err != nil {
		return card.Card{}, t.place(err)
	}
	return c, nil
}

func (r *run) card(t *compiled, data map[string]any) (c card.Card, err error) {
	s := &t.spec
	c.Template, c.Sharing = t.name, card.Sharing(s.Sharing)
	if c.Title, err = r.line(&s.Title, data); err != nil {
		return c, err
	}
	if c.Status, err = r.line(&s.Status, data); err != nil {
		return c, err
	}
	if c.Summary, err = r.line(&s.Summary, data); err != nil {
		return c, err
	}
	tone, err := r.word(&s.Tone, data)
	if err != nil {
		return c, err
	}
	c.Tone = card.Tone(tone)
	if c.Link, err = r.word(&s.Link, data); err != nil {
		return c, err
	}
	if c.Body, err = r.elements(s.Body, data); err != nil {
		return c, err
	}
	if c.Actions, err = r.buttons(s.Actions, data); err != nil {
		return c, err
	}
	for platform, patch := range s.Ext {
		b, err := json.Marshal(patch)
		if err != nil {
			return c, err
		}
		if c.Ext == nil {
			c.Ext = map[string]json.RawMessage{}
		}
		c.Ext[platform] = b
	}
	c.Lang = cardLanguages(&c)
	return c, nil
}

// cardLanguages lists the languages that the title or the summary of a card has; nil when it is one.
func cardLanguages(c *card.Card) []string {
	tags := []string{languages[0].tag}
	for _, l := range languages[1:] {
		_, title := c.Title.I18n[l.tag]
		_, summary := c.Summary.I18n[l.tag]
		if title || summary {
			tags = append(tags, l.tag)
		}
	}
	if len(tags) == 1 {
		return nil
	}
	return tags
}

// elements fills a body. What has nothing to show is left out.
func (r *run) elements(es []element, data map[string]any) ([]card.Element, error) {
	var out []card.Element
	for i := range es {
		e := &es[i]
		scopes, err := r.scopes(e.For, data)
		if err != nil {
			return nil, err
		}
		for _, scope := range scopes {
			show, err := r.yes(e.If, scope, true)
			if err != nil {
				return nil, err
			}
			var more []card.Element
			switch {
			case !show:
				more, err = r.elements(e.Else, scope)
			case e.Group != nil:
				more, err = r.elements(e.Group, scope)
			default:
				more, err = r.element(e, scope)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// element fills one element that is no group: none or one comes out.
func (r *run) element(e *element, data map[string]any) ([]card.Element, error) {
	fallback, err := r.elements(e.Fallback, data)
	if err != nil {
		return nil, err
	}
	alt := card.Alt{Fallback: fallback}
	one := func(x card.Element, some bool, err error) ([]card.Element, error) {
		if err != nil || !some {
			return nil, err
		}
		return []card.Element{x}, nil
	}
	switch {
	case e.Markdown != nil:
		t, err := r.text(&e.Markdown.text, data)
		return one(&card.Markdown{Alt: alt, Text: t}, t.Default != "", err)
	case e.Note != nil:
		t, err := r.text(e.Note, data)
		return one(&card.Note{Alt: alt, Text: t}, t.Default != "", err)
	case e.Divider != nil:
		return one(&card.Divider{Alt: alt}, *e.Divider, nil)
	case e.Fields != nil:
		items, err := r.fields(e.Fields, data)
		return one(&card.Fields{Alt: alt, Items: items}, len(items) > 0, err)
	case e.Table != nil:
		t, err := r.table(e.Table, data)
		t.Alt = alt
		return one(&t, len(t.Cols) > 0 && len(t.Rows) > 0, err)
	case e.People != nil:
		label, err := r.line(&e.People.Label, data)
		if err != nil {
			return nil, err
		}
		persons, err := r.persons(&e.People.Persons, data)
		return one(&card.People{Alt: alt, Label: label, Persons: persons}, len(persons) > 0, err)
	case e.Progress != nil:
		p, err := r.progress(e.Progress, data)
		p.Alt = alt
		return one(&p, len(p.Steps) > 0, err)
	case e.Image != nil:
		p, err := r.image(e.Image, data)
		p.Alt = alt
		return one(&p, p.Key != "" || p.URL != "", err)
	case e.Columns != nil:
		boxes, err := r.columns(*e.Columns, data)
		return one(&card.Columns{Alt: alt, Items: boxes}, len(boxes) > 0, err)
	case e.Collapse != nil:
		title, err := r.line(&e.Collapse.Title, data)
		if err != nil {
			return nil, err
		}
		body, err := r.elements(e.Collapse.Body, data)
		return one(&card.Collapse{Alt: alt, Title: title, Body: body}, len(body) > 0, err)
	case e.Files != nil:
		f, err := r.files(e.Files, data)
		f.Alt = alt
		return one(&f, len(f.Items) > 0, err)
	case e.Form != nil:
		f, err := r.form(e.Form, data)
		f.Alt = alt
		return one(&f, len(f.Inputs) > 0 && !f.Submit.Label.IsZero(), err)
	}
	return nil, nil
}

func (r *run) columns(boxes []columnBox, data map[string]any) (out []card.ColumnBox, err error) {
	err = each(r, boxes, data, func(b *columnBox, d map[string]any) error {
		body, err := r.elements(b.Body, d)
		if len(body) > 0 {
			out = append(out, card.ColumnBox{Weight: b.Weight, Body: body})
		}
		return err
	})
	return out, err
}

func (r *run) image(p *image, data map[string]any) (out card.Image, err error) {
	if out.Key, err = r.word(&p.Key, data); err != nil {
		return out, err
	}
	if out.URL, err = r.word(&p.URL, data); err != nil {
		return out, err
	}
	out.Desc, err = r.line(&p.Desc, data)
	return out, err
}

// table fills columns and rows. A pipeline for rows gives lists of texts.
func (r *run) table(t *table, data map[string]any) (out card.Table, err error) {
	if t.Cols.from != nil {
		cols, err := r.objects(t.Cols.from, data)
		if err != nil {
			return out, err
		}
		for _, o := range cols {
			c := card.Column{}
			if c.Name, err = o.text("name", true); err != nil {
				return out, err
			}
			if c.Label, err = o.line("label", false); err != nil {
				return out, err
			}
			if c.Label.IsZero() {
				c.Label = card.T(c.Name)
			}
			if c.Right, err = o.yes("right"); err != nil {
				return out, err
			}
			out.Cols = append(out.Cols, c)
		}
	}
	err = each(r, t.Cols.items, data, func(c *column, d map[string]any) error {
		name, err := r.word(&c.Name, d)
		if err != nil {
			return err
		}
		label, err := r.line(&c.Label, d)
		if err != nil {
			return err
		}
		right, err := r.yes(c.Right, d, false)
		out.Cols = append(out.Cols, card.Column{Name: name, Label: label, Right: right})
		return err
	})
	if err != nil {
		return out, err
	}
	if t.Rows.from != nil {
		v, err := r.value(t.Rows.from, data)
		if err != nil {
			return out, err
		}
		rows := object{map[string]any{"rows": v}, &t.Rows.from.src, "the value", r}
		list, err := rows.list("rows")
		if err != nil {
			return out, err
		}
		for _, x := range list {
			cells, err := r.cells(object{map[string]any{"row": x}, &t.Rows.from.src, "a row", r})
			if err != nil {
				return out, err
			}
			out.Rows = append(out.Rows, cells)
		}
	}
	err = each(r, t.Rows.items, data, func(w *row, d map[string]any) error {
		var cells []card.Text
		if w.Cells.from != nil {
			v, err := r.value(w.Cells.from, d)
			if err != nil {
				return err
			}
			if cells, err = r.cells(object{map[string]any{"row": v}, &w.Cells.from.src, "the value", r}); err != nil {
				return err
			}
		}
		for i := range w.Cells.items {
			c, err := r.text(&w.Cells.items[i], d)
			if err != nil {
				return err
			}
			cells = append(cells, c)
		}
		out.Rows = append(out.Rows, cells)
		return nil
	})
	return out, err
}

// cells reads the texts of o's "row".
func (r *run) cells(o object) ([]card.Text, error) {
	if _, err := r.Tick(); err != nil {
		return nil, o.src.execError(err)
	}
	list, err := o.list("row")
	if err != nil {
		return nil, err
	}
	cells := make([]card.Text, len(list))
	for i, x := range list {
		s, err := plain(x)
		if err != nil {
			return nil, o.wrong("has a cell that is " + kindOf(x) + ", not a text")
		}
		if s, err = o.clip(s); err != nil {
			return nil, err
		}
		cells[i] = card.T(s)
	}
	return slices.Clip(cells), nil
}
