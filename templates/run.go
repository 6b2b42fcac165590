package templates

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"text/template"
	"unicode/utf8"

	"magpie/adapters/card"
)

// What one card may cost. A text beyond its cap is cut; a card beyond its caps is an error.
const (
	maxTextRunes = 20_000
	maxCardBytes = 512 << 10
	maxRounds    = 10_000
)

// run is the filling of one card. Templates reach it as _run.
type run struct {
	rounds int
	bytes  int
	got    any
}

// Tick is called in every round of every loop.
func (r *run) Tick() (string, error) {
	if r.rounds++; r.rounds > maxRounds {
		return "", fmt.Errorf("loops more than %d times", maxRounds)
	}
	return "", nil
}

// Put takes the value of a pipeline.
func (r *run) Put(v any) string {
	r.got = v
	return ""
}

// limited collects a text up to a cap and swallows the rest.
type limited struct{ strings.Builder }

func (l *limited) Write(b []byte) (int, error) {
	const most = maxTextRunes * utf8.UTFMax
	l.Builder.Write(b[:min(len(b), most-l.Len())])
	return len(b), nil
}

// fill executes one source.
func (r *run) fill(s *source, data map[string]any) (string, error) {
	out := s.text
	if !s.fixed {
		if s.tmpl == nil {
			return "", nil // not given
		}
		var quick bool
		if out, quick = s.quick(data); !quick {
			var w limited
			if err := s.tmpl.Execute(&w, data); err != nil {
				return "", s.execError(err)
			}
			out = w.String()
		}
	}
	if len(out) > maxTextRunes {
		out = strings.ToValidUTF8(out, "") // the cap may have split a character
	}
	out = truncate(maxTextRunes, out)
	if r.bytes += len(out); r.bytes > maxCardBytes {
		return "", &renderError{s.problem("the card is too large", fmt.Sprintf("at most %d KiB of text", maxCardBytes>>10), 0)}
	}
	return out, nil
}

// text fills a text; a translation that is the same as the Chinese, or empty, is left out.
func (r *run) text(t *text, data map[string]any) (card.Text, error) {
	var out card.Text
	for i := range t.langs {
		s, err := r.fill(&t.langs[i].src, data)
		if err != nil {
			return card.Text{}, err
		}
		s = trim(s)
		switch {
		case i == 0:
			out.Default = s
		case s != "" && s != out.Default && out.Default != "":
			if out.I18n == nil {
				out.I18n = map[string]string{}
			}
			out.I18n[t.langs[i].tag] = s
		}
	}
	return out, nil
}

// trim takes the space around a text away, but not one that a backslash makes part of the text.
func trim(s string) string {
	t := strings.TrimRight(s, " \t\n")
	if n := len(t) - len(strings.TrimRight(t, `\`)); n%2 == 1 && len(t) < len(s) {
		t = s[:len(t)+1]
	}
	return strings.TrimLeft(t, " \t\n")
}

// line fills a text that stands on one line: titles, labels, buttons.
func (r *run) line(t *text, data map[string]any) (card.Text, error) {
	out, err := r.text(t, data)
	out.Default = oneLine(out.Default)
	for k, s := range out.I18n {
		out.I18n[k] = oneLine(s)
	}
	return out, err
}

func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// word fills a word.
func (r *run) word(w *word, data map[string]any) (string, error) {
	s, err := r.fill(&w.src, data)
	return strings.TrimSpace(s), err
}

// yes evaluates a condition; none given is or.
func (r *run) yes(c *cond, data map[string]any, or bool) (bool, error) {
	if c == nil {
		return or, nil
	}
	if v, ok := lookup(data, c.src.path); ok {
		truth, _ := template.IsTrue(v)
		return truth, nil
	}
	s, err := r.fill(&c.src, data)
	return s != "", err
}

// value evaluates a pipeline.
func (r *run) value(v *value, data map[string]any) (any, error) {
	if got, ok := lookup(data, v.src.path); ok {
		return got, nil
	}
	r.got = nil
	_, err := r.fill(&v.src, data)
	return r.got, err
}

// scopes gives the data for each round of a loop; without a loop it is the data as they are.
func (r *run) scopes(l *loop, data map[string]any) ([]map[string]any, error) {
	if l == nil {
		return []map[string]any{data}, nil
	}
	v, err := r.value(&l.list, data)
	if err != nil {
		return nil, err
	}
	items, ok := v.([]any)
	if !ok && v != nil {
		return nil, &renderError{l.list.src.problem("is "+kindOf(v), "a loop needs a list", len(l.list.src.before))}
	}
	out := make([]map[string]any, len(items))
	for i, item := range items {
		if _, err := r.Tick(); err != nil {
			return nil, l.list.src.execError(err)
		}
		inner := make(map[string]any, len(data)+2)
		maps.Copy(inner, data)
		inner[l.item] = item
		if l.index != "" {
			inner[l.index] = int64(i)
		}
		out[i] = inner
	}
	return out, nil
}

// each calls f for every round of every item whose condition holds.
func each[T any, P interface {
	*T
	head() *when
}](r *run, items []T, data map[string]any, f func(P, map[string]any) error) error {
	for i := range items {
		p := P(&items[i])
		scopes, err := r.scopes(p.head().For, data)
		if err != nil {
			return err
		}
		for _, scope := range scopes {
			show, err := r.yes(p.head().If, scope, true)
			if err != nil {
				return err
			}
			if show {
				if err := f(p, scope); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// object is a mapping of the view that stands for something written out.
type object struct {
	m   map[string]any
	src *source
	at  string
	r   *run
}

// objects evaluates a pipeline that stands for a list of mappings.
func (r *run) objects(v *value, data map[string]any) ([]object, error) {
	got, err := r.value(v, data)
	if err != nil || got == nil {
		return nil, err
	}
	items, ok := got.([]any)
	if m, one := got.(map[string]any); one {
		items, ok = []any{m}, true
	}
	if !ok {
		return nil, &renderError{v.src.problem("is "+kindOf(got), "a list is wanted here", len(v.src.before))}
	}
	out := make([]object, len(items))
	for i, x := range items {
		if _, err := r.Tick(); err != nil {
			return nil, v.src.execError(err)
		}
		m, ok := x.(map[string]any)
		if !ok {
			return nil, &renderError{v.src.problem(fmt.Sprintf("item %d is %s", i+1, kindOf(x)), "a mapping is wanted here", len(v.src.before))}
		}
		out[i] = object{m, &v.src, fmt.Sprintf("item %d", i+1), r}
	}
	return out, nil
}

// text reads a text of the mapping; one that is missing is empty unless it is required.
func (o object) text(key string, required bool) (string, error) {
	v, ok := o.m[key]
	if !ok || v == nil {
		if required {
			return "", o.wrong(fmt.Sprintf("lacks %q", key))
		}
		return "", nil
	}
	s, err := plain(v)
	if err != nil {
		return "", o.wrong(fmt.Sprintf("%q is %s, not a text", key, kindOf(v)))
	}
	return o.clip(s)
}

// clip cleans and caps a text, and counts it.
func (o object) clip(s string) (string, error) {
	s = truncate(maxTextRunes, clean(s))
	if o.r.bytes += len(s); o.r.bytes > maxCardBytes {
		return "", o.wrong("makes the card too large")
	}
	return s, nil
}

// line reads a text that stands on one line.
func (o object) line(key string, required bool) (card.Text, error) {
	s, err := o.text(key, required)
	return card.T(oneLine(s)), err
}

// yes reads a truth value.
func (o object) yes(key string) (bool, error) {
	switch v := o.m[key].(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	default:
		return false, o.wrong(fmt.Sprintf("%q is %s, not a truth value", key, kindOf(v)))
	}
}

// list reads a list.
func (o object) list(key string) ([]any, error) {
	switch v := o.m[key].(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	default:
		return nil, o.wrong(fmt.Sprintf("%q is %s, not a list", key, kindOf(v)))
	}
}

func (o object) wrong(what string) error {
	return &renderError{o.src.problem(o.at+" "+what, "", len(o.src.before))}
}

// place gives an error that has no place yet the one of a template.
func (t *compiled) place(err error) error {
	var re *renderError
	if errors.As(err, &re) {
		return err
	}
	return fmt.Errorf("%s: %w", t.file, err)
}
