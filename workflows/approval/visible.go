package approval

import (
	"strings"
	"unicode"
)

// invisible are characters that take no room or none that can be seen, and join nothing: a text of them looks
// empty, and one with them inside looks like another. Joiners (U+200C, U+200D) and variation selectors are not
// among them: emoji and some scripts need those beside visible characters.
func invisible(r rune) bool {
	switch r {
	case '\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u180e', '\u200b', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return r >= '\u2060' && r <= '\u206f' || r >= 0xe0000 && r <= 0xe007f
}

// seen returns the text, or "" when nothing in it can be seen.
func seen(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) }) {
		return s
	}
	return ""
}
