package feishu

import (
	"regexp"
	"strings"
)

// Rules for single values.

var elementID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

func text(c *checker, p place, v any) *cardError {
	if _, ok := v.(string); !ok {
		return p.bad(errJSON, v, "must be a string")
	}
	return nil
}

func boolean(c *checker, p place, v any) *cardError {
	if _, ok := v.(bool); !ok {
		return p.bad(errJSON, v, "must be a boolean")
	}
	return nil
}

func anything(*checker, place, any) *cardError { return nil }

func anObject(c *checker, p place, v any) *cardError {
	if _, ok := v.(map[string]any); !ok {
		return p.bad(errJSON, v, "must be an object")
	}
	return nil
}

// always demands one value.
func always(want any) rule {
	return func(c *checker, p place, v any) *cardError {
		if v != want {
			return p.bad(errJSON, v, "must be %v", want)
		}
		return nil
	}
}

func oneOf(legal ...string) rule {
	return func(c *checker, p place, v any) *cardError {
		s, ok := v.(string)
		for _, l := range legal {
			if ok && s == l {
				return nil
			}
		}
		return p.bad(errJSON, v, "must be one of [%s]", strings.Join(legal, " "))
	}
}

// between is a whole number in a range.
func between(low, high float64) rule {
	return func(c *checker, p place, v any) *cardError {
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) || n < low || n > high {
			return p.bad(errJSON, v, "must be an integer between %v and %v", low, high)
		}
		return nil
	}
}

func like(pattern, example string) rule {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(c *checker, p place, v any) *cardError {
		s, ok := v.(string)
		if !ok || !re.MatchString(s) {
			return p.bad(errJSON, v, "must be like %s", example)
		}
		return nil
	}
}

// either takes what any of the rules takes, and complains as the last does.
func either(rules ...rule) rule {
	return func(c *checker, p place, v any) (bad *cardError) {
		for _, r := range rules {
			if bad = r(c, p, v); bad == nil {
				return nil
			}
		}
		return bad
	}
}

func listOf(r rule, most int) rule {
	return func(c *checker, p place, v any) *cardError {
		list, ok := v.([]any)
		if !ok {
			return p.bad(errJSON, v, "must be an array")
		}
		if len(list) > most {
			return p.bad(errCount, len(list), "must not have more than %d items", most)
		}
		for i, e := range list {
			if bad := r(c, p.index(i, e), e); bad != nil {
				return bad
			}
		}
		return nil
	}
}

func object2(legal props) rule {
	return func(c *checker, p place, v any) *cardError { return c.object(p, v, legal) }
}

// mapOf is an object whose keys are free.
func mapOf(key func(string) bool, r rule) rule {
	return func(c *checker, p place, v any) *cardError {
		m, ok := v.(map[string]any)
		if !ok {
			return p.bad(errJSON, v, "must be an object")
		}
		for _, k := range sortedKeys(m) {
			if key != nil && !key(k) {
				return p.at(k).bad(errJSON, k, "unknown key %s", k)
			}
			if bad := r(c, p.at(k), m[k]); bad != nil {
				return bad
			}
		}
		return nil
	}
}

// unique remembers a name or an id of the whole card.
func uniqueName(c *checker, p place, v any) *cardError {
	s, ok := v.(string)
	switch {
	case !ok:
		return p.bad(errJSON, v, "must be a string")
	case s == "":
		return p.bad(errNoName, v, "the name of a component can not be empty")
	case c.names[s]:
		return p.bad(errJSON, s, "the name of a component must be unique in the card")
	}
	c.names[s] = true
	return nil
}

func uniqueID(c *checker, p place, v any) *cardError {
	s, ok := v.(string)
	switch {
	case !ok || !elementID.MatchString(s) || len(s) > maxElementID:
		return p.bad(errJSON, v, "element_id starts with a letter and has at most %d letters, digits and underscores", maxElementID)
	case c.ids[s]:
		return p.bad(errIDTwice, s, "element_id must be unique in the card")
	}
	c.ids[s] = true
	return nil
}

func imageKey(c *checker, p place, v any) *cardError {
	if s, ok := v.(string); !ok || !c.image(s) {
		return p.bad(errImage, v, "the image does not exist or belongs to another app")
	}
	return nil
}

func personID(c *checker, p place, v any) *cardError {
	if s, ok := v.(string); !ok || !c.person(s) {
		return p.bad(errPerson, v, "the person id is invalid")
	}
	return nil
}

// markdownText counts the tables in it: they share the limit with the table component.
func markdownText(c *checker, p place, v any) *cardError {
	s, ok := v.(string)
	if !ok {
		return p.bad(errJSON, v, "must be a string")
	}
	if c.tables += markdownTables(s); c.tables > maxTables {
		return p.bad(errCount, "table", "card table number over limit")
	}
	return nil
}

var tableRuler = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)

// markdownTables counts header lines followed by a ruler of dashes.
func markdownTables(s string) int {
	lines, n := strings.Split(s, "\n"), 0
	for i := 1; i < len(lines); i++ {
		if strings.Contains(lines[i], "|") && strings.Contains(lines[i-1], "|") && tableRuler.MatchString(lines[i]) {
			n++
		}
	}
	return n
}
