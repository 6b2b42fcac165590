package feishu

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Limits of card JSON 2.0.
//
// Source: Feishu Open Platform, "Card JSON 2.0 structure" and the pages of the single components, checked
// 2026-11. The 200 counts everything that has a tag.
const (
	maxTags      = 200
	maxTables    = 5
	maxColumns   = 50
	maxNesting   = 5
	maxElementID = 20
	maxJSONDepth = 40 // deeper than any legal card, shallow enough to walk
)

// cardError is the server's complaint about a card, wrapped into 230099 for messages.
type cardError struct {
	code  int
	path  string
	msg   string
	value string
}

func (e *cardError) Error() string {
	text := fmt.Sprintf("Failed to create card content, ext=ErrCode: %d; ", e.code)
	if e.path != "" {
		text += "ErrPath: " + e.path + "; "
	}
	text += "ErrMsg: " + e.msg + "; "
	if e.value != "" {
		text += "ErrorValue: " + e.value + "; "
	}
	return text
}

func (e *cardError) apiError() *apiError {
	out := fail(230099)
	out.msg = e.Error()
	return out
}

// Codes inside 230099.
const (
	errCount   = 11310  // too many of something
	errPerson  = 100290 // nobody has this id
	errNoName  = 200530 // a component in a form without a name
	errImage   = 200570
	errJSON    = 200621 // shape: unknown property, wrong type, value not among the legal ones
	errTmpl    = 200380 // no such template
	errTag     = 200861 // not a component of 2.0, or not in this place
	errRows    = 200914 // rows of a table
	errIDTwice = 300301
)

// checkCard checks the content of an interactive message. warnings are about what is legal but unwise.
func (s *Server) checkCard(a *app, raw []byte) (warnings []string, bad *cardError) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, &cardError{code: errJSON, path: "ROOT", msg: "the card is not JSON: " + err.Error()}
	}
	root, isObject := v.(map[string]any)
	if !isObject {
		return nil, &cardError{code: errJSON, path: "ROOT", msg: "the card is not an object"}
	}
	if depth(v) > maxJSONDepth {
		return nil, &cardError{code: errJSON, path: "ROOT", msg: "the card is nested too deep"}
	}
	switch root["type"] {
	case "template", "card":
		return nil, &cardError{code: errTmpl, path: "ROOT -> data", msg: "the template or card entity does not exist"}
	}
	switch root["schema"] {
	case "2.0":
	case nil, "1.0":
		return nil, checkV1(root)
	default:
		return nil, &cardError{code: errJSON, path: "ROOT -> schema", msg: "unknown schema", value: show(root["schema"])}
	}
	c := &checker{
		image:  func(key string) bool { return s.state.Images[key] == a.ID },
		person: func(id string) bool { return s.hasPerson(a, id) },
		names:  map[string]bool{}, ids: map[string]bool{},
	}
	bad = c.object(place{path: "ROOT"}, v, rootProps)
	return c.warnings, bad
}

func (s *Server) hasPerson(a *app, id string) bool {
	for _, kind := range []string{"open_id", "user_id", "union_id"} {
		if _, found, _ := s.personOf(a, kind, id); found {
			return true
		}
	}
	return false
}

// checkV1 is what the old structure, which ignores what it does not know, still insists on.
func checkV1(root map[string]any) *cardError {
	for _, key := range []string{"config", "header", "card_link", "i18n_elements"} {
		if _, isObject := root[key].(map[string]any); root[key] != nil && !isObject {
			return &cardError{code: errJSON, path: "ROOT -> " + key, msg: "must be an object"}
		}
	}
	if _, isList := root["elements"].([]any); root["elements"] != nil && !isList {
		return &cardError{code: errJSON, path: "ROOT -> elements", msg: "must be an array"}
	}
	list, _ := root["elements"].([]any)
	for i, e := range list {
		element, _ := e.(map[string]any)
		if tag, _ := element["tag"].(string); tag == "" {
			return &cardError{code: errJSON, path: fmt.Sprintf("ROOT -> elements -> [%d]", i), msg: "element has no tag"}
		}
	}
	return nil
}

// place is where in the card a value stands.
type place struct {
	path  string
	level int    // containers around it
	in    string // innermost container that has a rule of its own: form, collapsible_panel, ...
	form  *formState
}

type formState struct{ submits int }

func (p place) at(key string) place { p.path += " -> " + key; return p }

func (p place) index(i int, v any) place {
	p.path += fmt.Sprintf(" -> [%d]", i)
	if m, _ := v.(map[string]any); m != nil {
		if tag, _ := m["tag"].(string); tag != "" {
			p.path += "(tag: " + tag + ")"
		}
	}
	return p
}

// rule checks one value.
type rule func(c *checker, p place, v any) *cardError

// props are the legal properties of an object; a rule under "!name" is for a property that must be there.
type props map[string]rule

// checker walks one card.
type checker struct {
	image    func(key string) bool
	person   func(id string) bool
	tags     int
	tables   int
	names    map[string]bool
	ids      map[string]bool
	warnings []string
}

func (p place) bad(code int, v any, format string, args ...any) *cardError {
	return &cardError{code: code, path: p.path, msg: fmt.Sprintf(format, args...), value: show(v)}
}

// show is a value, short, for a message.
func show(v any) string {
	if v == nil {
		return ""
	}
	text, isText := v.(string)
	if !isText {
		raw, _ := json.Marshal(v)
		text = string(raw)
	}
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// object checks every property in alphabetical order, so that the first complaint is always the same one.
func (c *checker) object(p place, v any, legal props) *cardError {
	m, isObject := v.(map[string]any)
	if !isObject {
		return p.bad(errJSON, v, "must be an object")
	}
	if _, tagged := m["tag"]; tagged {
		if c.tags++; c.tags > maxTags {
			return p.bad(errCount, "element", "card element number over limit")
		}
	}
	for _, key := range sortedKeys(legal) {
		name, must := strings.CutPrefix(key, "!")
		if _, there := m[name]; must && !there {
			return p.bad(errJSON, name, "property %s is required", name)
		}
	}
	for _, key := range sortedKeys(m) {
		check := legal[key]
		if check == nil {
			check = legal["!"+key]
		}
		if check == nil {
			return p.at(key).bad(errJSON, key, "unknown property %s", key)
		}
		if bad := check(c, p.at(key), m[key]); bad != nil {
			return bad
		}
	}
	return nil
}

// elements checks a list of components.
func (c *checker) elements(p place, v any) *cardError {
	list, isList := v.([]any)
	if !isList {
		return p.bad(errJSON, v, "must be an array")
	}
	for i, e := range list {
		if bad := c.element(p.index(i, e), e); bad != nil {
			return bad
		}
	}
	return nil
}

// element checks one component: its tag, its place, its properties and what no property says alone.
func (c *checker) element(p place, v any) *cardError {
	m, isObject := v.(map[string]any)
	if !isObject {
		return p.bad(errJSON, v, "must be an object")
	}
	tag, _ := m["tag"].(string)
	if tag == "" {
		return p.bad(errJSON, m["tag"], "element has no tag")
	}
	kind, known := components[tag]
	if !known {
		return p.bad(errTag, "unsupported tag "+tag, "cards of schema V2 no longer support this capability")
	}
	if bad := c.placed(p, tag, kind); bad != nil {
		return bad
	}
	if p.form != nil && kind.interactive {
		if name, _ := m["name"].(string); name == "" {
			return p.bad(errNoName, tag, "the name of a component in a form can not be empty")
		}
		if m["form_action_type"] == "submit" {
			p.form.submits++
		}
	}
	inner := p
	if kind.container {
		inner.level++
		inner.in = tag
	}
	if tag == "form" {
		inner.form = &formState{}
	}
	if bad := c.object(inner, v, kind.props); bad != nil {
		return bad
	}
	if tag == "form" && inner.form.submits == 0 {
		return p.bad(errJSON, tag, "a form needs a button with form_action_type submit")
	}
	if kind.extra != nil {
		return kind.extra(c, inner, m)
	}
	return nil
}

// placed checks whether a component may stand where it does.
func (c *checker) placed(p place, tag string, kind component) *cardError {
	misplaced := func(why string) *cardError {
		return p.bad(errTag, tag, "%s %s", tag, why)
	}
	if kind.rootOnly && p.level > 0 {
		return misplaced("can only be placed at the root of the card")
	}
	if tag == "chart" && p.form != nil {
		return misplaced("can not be placed in a form")
	}
	if kind.container && p.level >= maxNesting {
		return misplaced(fmt.Sprintf("is nested deeper than %d levels", maxNesting))
	}
	if tag == "table" {
		if c.tables++; c.tables > maxTables {
			return p.bad(errCount, "table", "card table number over limit")
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	case []any:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	}
	return deepest + 1
}
