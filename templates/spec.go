package templates

import (
	"fmt"
	"regexp"
	"strings"

	"magpie/adapters/card"
	"magpie/config"
)

// spec is a template file.
type spec struct {
	Title   text                       `yaml:"title,required"`
	Tone    word                       `yaml:"tone"`
	Status  text                       `yaml:"status"`
	Summary text                       `yaml:"summary,required"`
	Link    word                       `yaml:"link"`
	Sharing string                     `yaml:"sharing" jsonschema:"enum=per_person"`
	Body    []element                  `yaml:"body"`
	Actions []button                   `yaml:"actions"`
	Accept  map[string][]card.Severity `yaml:"accept_loss"`
	Ext     map[string]map[string]any  `yaml:"ext"`
}

// when is what everything that can be left out or repeated carries.
type when struct {
	If  *cond `yaml:"if"`
	For *loop `yaml:"for"`
}

func (w *when) head() *when { return w }

// element is one of the body: exactly one of its kinds is given.
type element struct {
	when
	Else     []element    `yaml:"else"`
	Fallback []element    `yaml:"fallback"`
	Group    []element    `yaml:"group"`
	Markdown *markdown    `yaml:"markdown"`
	Note     *text        `yaml:"note"`
	Divider  *bool        `yaml:"divider"`
	Fields   *list[item]  `yaml:"fields"`
	Table    *table       `yaml:"table"`
	People   *people      `yaml:"people"`
	Progress *progress    `yaml:"progress"`
	Image    *image       `yaml:"image"`
	Columns  *[]columnBox `yaml:"columns"`
	Collapse *collapse    `yaml:"collapse"`
	Form     *form        `yaml:"form"`
	Files    *files       `yaml:"files"`
	node     *config.Node
}

var elementKinds = []string{"group", "markdown", "note", "divider", "fields", "table", "people", "progress", "image", "columns", "collapse", "form", "files"}

// DecodeYAML reads a mapping with one kind, or the word divider.
func (e *element) DecodeYAML(n *config.Node) config.Problems {
	e.node = n
	if n.Kind() == config.Scalar && n.Text() == "divider" {
		yes := true
		e.Divider = &yes
		return nil
	}
	type plain element
	ps := n.Decode((*plain)(e))
	if n.Kind() != config.Map {
		return ps
	}
	var found []string
	for _, k := range elementKinds {
		if n.Has(k) {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 0 && len(ps) == 0:
		ps = append(ps, n.Problem("is no element", "give one of "+strings.Join(elementKinds, ", ")))
	case len(found) > 1:
		ps = append(ps, n.Key(found[1]).Problem(fmt.Sprintf("has both %s and %s", found[0], found[1]), "one kind an element: make two of it"))
	}
	if n.Has("else") && !n.Has("if") {
		ps = append(ps, n.Key("else").Problem("else without if", "add if, or take it out"))
	}
	if n.Has("group") && n.Has("fallback") {
		ps = append(ps, n.Key("fallback").Problem("a group has no fallback", "give it to its elements"))
	}
	return ps
}

type (
	item struct { // of fields
		when
		Label text  `yaml:"label,required"`
		Value text  `yaml:"value,required"`
		Short *cond `yaml:"short"`
	}
	table struct {
		Cols list[column] `yaml:"cols,required"`
		Rows list[row]    `yaml:"rows,required"`
	}
	column struct {
		when
		Name  word  `yaml:"name,required"`
		Label text  `yaml:"label,required"`
		Right *cond `yaml:"right"`
	}
	row struct {
		when
		Cells list[text] `yaml:"cells,required"`
	}
	people struct {
		Label   text         `yaml:"label"`
		Persons list[person] `yaml:"persons,required"`
	}
	person struct {
		when
		ID   word `yaml:"id"`
		Name word `yaml:"name,required"`
	}
	progress struct {
		Steps   list[step] `yaml:"steps,required"`
		Current value      `yaml:"current,required"`
	}
	step struct {
		when
		Name  text `yaml:"name,required"`
		State word `yaml:"state"`
		Note  text `yaml:"note"`
	}
	image struct {
		Key  word `yaml:"key"`
		URL  word `yaml:"url"`
		Desc text `yaml:"desc"`
	}
	columnBox struct {
		when
		Weight int       `yaml:"weight" jsonschema:"minimum=1,maximum=5"`
		Body   []element `yaml:"body,required"`
	}
	collapse struct {
		Title text      `yaml:"title,required"`
		Body  []element `yaml:"body,required"`
	}
	files struct {
		Label text  `yaml:"label,required"`
		Items value `yaml:"items,required" jsonschema_description:"a pipeline that gives the files of a view"`
	}
	form struct {
		ID      string      `yaml:"id,required"`
		Inputs  list[input] `yaml:"inputs,required"`
		Buttons []button    `yaml:"buttons,required"` // the first that is shown is the submit
		Problem text        `yaml:"problem"`
		Fold    text        `yaml:"fold"` // title of a form that is closed at first
		Live    *cond       `yaml:"live" jsonschema_description:"what is entered changes what is asked for: a page offers to look again"`
	}
	input struct {
		when
		Name        word         `yaml:"name,required"`
		Label       text         `yaml:"label,required"`
		Placeholder text         `yaml:"placeholder"`
		Kind        word         `yaml:"kind,required"`
		Required    *cond        `yaml:"required"`
		Options     list[option] `yaml:"options"`
		Default     word         `yaml:"default"`
		Max         int          `yaml:"max" jsonschema:"minimum=1"`
	}
	option struct {
		when
		Value word `yaml:"value,required"`
		Label text `yaml:"label,required"`
	}
	button struct {
		when
		Verb    word            `yaml:"verb"`
		URL     word            `yaml:"url"`
		Label   text            `yaml:"label,required"`
		Style   word            `yaml:"style"`
		Data    map[string]word `yaml:"data"`
		Confirm *confirm        `yaml:"confirm"`
		Bare    bool            `yaml:"bare"`
		node    *config.Node
	}
	confirm struct {
		Title text `yaml:"title,required"`
		Body  text `yaml:"body"`
	}
)

// DecodeYAML also checks that a button either acts or opens.
func (b *button) DecodeYAML(n *config.Node) config.Problems {
	b.node = n
	type plain button
	ps := n.Decode((*plain)(b))
	if n.Kind() == config.Map && n.Has("verb") == n.Has("url") {
		ps = append(ps, n.Problem("needs exactly one of verb and url", "verb comes back to us, url opens a page"))
	}
	return ps
}

// list is written out, or a pipeline that gives one.
type list[T any] struct {
	from  *value
	items []T
}

// DecodeYAML reads either.
func (l *list[T]) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() == config.Scalar {
		l.from = new(value)
		return l.from.DecodeYAML(n)
	}
	return n.Decode(&l.items)
}

// languages are the keys of a translated text and the tags they stand for on cards.
var languages = []struct{ key, tag string }{{"zh", "zh-CN"}, {"en", "en-US"}, {"ja", "ja-JP"}}

// text is a template in one or more languages; the first is Chinese.
type text struct{ langs []translation }

type translation struct {
	tag string
	src source
}

// markdown is a text whose values are escaped.
type markdown struct{ text }

// DecodeYAML reads a string, which is Chinese, or a mapping of languages.
func (t *text) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() != config.Map {
		var s string
		ps := n.Decode(&s)
		t.langs = []translation{{languages[0].tag, source{node: n, text: s}}}
		return ps
	}
	var ps config.Problems
	for _, l := range languages {
		v := n.Get(l.key)
		if v == nil {
			continue
		}
		var s string
		ps = append(ps, v.Decode(&s)...)
		t.langs = append(t.langs, translation{l.tag, source{node: v, text: s}})
	}
	known := []string{"zh", "en", "ja"}
	for _, k := range n.Keys() {
		if config.Nearest(k, known) != k {
			ps = append(ps, n.Key(k).Problem(fmt.Sprintf("language %q is not known", k), "one of zh, en, ja"))
		}
	}
	if !n.Has("zh") {
		ps = append(ps, n.Problem("the Chinese text is missing", "give zh: it is what everybody sees who has no translation"))
	}
	return ps
}

func (t *text) compile(c *compiler) (ps config.Problems) {
	for i := range t.langs {
		ps = append(ps, t.langs[i].src.compile(c, false)...)
	}
	return ps
}

func (m *markdown) compile(c *compiler) (ps config.Problems) {
	for i := range m.langs {
		ps = append(ps, m.langs[i].src.compile(c, true)...)
	}
	return ps
}

// word is a template in no language: a name, an address, a word of the card model.
type word struct{ src source }

// DecodeYAML reads a string.
func (w *word) DecodeYAML(n *config.Node) config.Problems {
	w.src.node = n
	return n.Decode(&w.src.text)
}

func (w *word) compile(c *compiler) config.Problems { return w.src.compile(c, false) }

// cond is a pipeline that is true or not.
type cond struct{ src source }

// DecodeYAML reads a pipeline without braces.
func (c *cond) DecodeYAML(n *config.Node) config.Problems {
	return c.src.pipeline(n, "{{if ", "}}1{{end}}")
}

func (c *cond) compile(k *compiler) config.Problems { return c.src.compile(k, false) }

// value is a pipeline that gives a value.
type value struct{ src source }

// DecodeYAML reads a pipeline without braces.
func (v *value) DecodeYAML(n *config.Node) config.Problems {
	return v.src.pipeline(n, `{{(index $ "_run").Put (`, `)}}`)
}

func (v *value) compile(c *compiler) config.Problems { return v.src.compile(c, false) }

// pipeline reads a scalar that stands between braces of our own.
func (s *source) pipeline(n *config.Node, before, after string) config.Problems {
	if ps := n.Decode(&s.text); len(ps) > 0 {
		return ps // and without a node there is nothing to compile
	}
	switch {
	case strings.Contains(s.text, "{{") || strings.Contains(s.text, "}}"):
		return config.Problems{n.Problem("is a pipeline and has braces", "write .name without {{ }}")}
	case strings.TrimSpace(s.text) == "":
		return config.Problems{n.Problem("is empty", "write a pipeline such as .name")}
	}
	s.node, s.before, s.after = n, before, after
	return nil
}

// loop is "item in PIPELINE" or "i, item in PIPELINE".
type loop struct {
	index, item string
	list        value
}

var loopForm = regexp.MustCompile(`^\s*(?:([a-z][a-z0-9_]*)\s*,\s*)?([a-z][a-z0-9_]*)\s+in\s+`)

// DecodeYAML reads it.
func (l *loop) DecodeYAML(n *config.Node) config.Problems {
	var s string
	if ps := n.Decode(&s); len(ps) > 0 {
		return ps
	}
	m := loopForm.FindStringSubmatch(s)
	if m == nil {
		return config.Problems{n.Problem(fmt.Sprintf("%q is no loop", s), "write: item in .list")}
	}
	l.index, l.item = m[1], m[2]
	ps := l.list.DecodeYAML(n)
	l.list.src.text = strings.Repeat(" ", len(m[0])) + s[len(m[0]):] // so that places stay right
	return ps
}

func (l *loop) compile(c *compiler) config.Problems { return l.list.compile(c) }
