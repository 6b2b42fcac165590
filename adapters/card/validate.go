package card

import (
	"fmt"
	"strings"
)

// Limits of names. They are ours, small enough for every suite; sizes of content are each suite's own.
const (
	maxName  = 64  // verbs, input names, form ids, column names, keys of button data
	maxSlot  = 200 // of a slot id
	maxDepth = 5   // bodies inside bodies
)

// Mistake is one thing that is wrong with a card.
type Mistake struct {
	Path string // "body[2].inputs[0].name"
	What string // "is used twice"
}

// String is "path: what".
func (m Mistake) String() string { return m.Path + ": " + m.What }

// Mistakes are all things wrong with a card, in its order.
type Mistakes []Mistake

// Error joins them by semicolons.
func (ms Mistakes) Error() string {
	s := make([]string, len(ms))
	for i, m := range ms {
		s[i] = m.String()
	}
	return strings.Join(s, "; ")
}

// Validate checks the structure, never a suite's limits, and reports every mistake at once as Mistakes.
// That a card with actions has a Link is a rule too, but only Warnings tells it: until there are pages
// to open, a card without one is sent all the same.
func (c *Card) Validate() error {
	v := &validator{inputs: map[string]bool{}, forms: map[string]bool{}}
	v.text("title", c.Title, true)
	v.text("status", c.Status, false)
	v.text("summary", c.Summary, true)
	if len(c.Slot) > maxSlot {
		v.add("slot", "is longer than %d bytes", maxSlot)
	}
	if c.Rev < 0 {
		v.add("rev", "is negative")
	}
	switch c.Tone {
	case Neutral, Info, Success, Warning, Danger:
	default:
		v.add("tone", "%q is none of info, success, warning, danger", c.Tone)
	}
	switch c.Sharing {
	case Shared, PerPerson:
	default:
		v.add("sharing", "%q is not per_person", c.Sharing)
	}
	if c.Link != "" && !validURL(c.Link) {
		v.add("link", "is not an http or https address")
	}
	for i, l := range c.Lang {
		if l == "" {
			v.add(fmt.Sprintf("lang[%d]", i), "is empty")
		}
	}
	v.elements("body", c.Body, 0)
	v.buttons("actions", c.Actions)
	if len(v.found) == 0 {
		return nil
	}
	return v.found
}

// Warnings tells what a card should have but may lack: a Link as soon as there is any action, so that
// a suite which can't draw the action can lead to it.
func (c *Card) Warnings() []Mistake {
	var ws []Mistake
	if c.Link == "" && len(c.Choices()) > 0 {
		ws = append(ws, Mistake{"link", "is missing, though the card has actions: where they can't be drawn, nothing leads to them"})
	}
	return ws
}

type validator struct {
	found         Mistakes
	inputs, forms map[string]bool
}

func (v *validator) add(path, format string, args ...any) {
	v.found = append(v.found, Mistake{path, fmt.Sprintf(format, args...)})
}

func (v *validator) text(path string, t Text, required bool) {
	if required && strings.TrimSpace(t.Default) == "" {
		v.add(path, "is required")
	}
	if !required && t.Default == "" && len(t.I18n) > 0 {
		v.add(path, "has translations but no text")
	}
}

// name checks an identifier: letters, digits, underscore; a verb may have dots and hyphens too.
func (v *validator) name(path, s string, verb bool) bool {
	switch {
	case s == "":
		v.add(path, "is required")
		return false
	case len(s) > maxName:
		v.add(path, "is longer than %d characters", maxName)
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || verb && (c == '.' || c == '-')) {
			v.add(path, "%q has characters other than letters, digits and underscore", s)
			return false
		}
	}
	return true
}

// elements checks a body. depth 0 is the card's own: only there may forms and tables stand.
func (v *validator) elements(path string, es []Element, depth int) {
	if depth > maxDepth {
		v.add(path, "is nested deeper than %d", maxDepth)
		return
	}
	for i, e := range es {
		p := fmt.Sprintf("%s[%d]", path, i)
		if isNil(e) {
			v.add(p, "is empty")
			continue
		}
		v.element(p, e, depth)
		if alt := FallbackOf(e); len(alt) > 0 {
			// A replacement may ask for the same inputs as what it replaces, so it has names of its own.
			w := &validator{inputs: map[string]bool{}, forms: map[string]bool{}}
			if strings.Count(path, ".fallback") >= maxDepth {
				v.add(p+".fallback", "is nested deeper than %d", maxDepth)
				continue
			}
			w.elements(p+".fallback", alt, depth)
			v.found = append(v.found, w.found...)
		}
	}
}
