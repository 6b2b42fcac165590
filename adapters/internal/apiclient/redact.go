package apiclient

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// tokenLike is what the suites' tokens look like, and parameters that carry one.
var tokenLike = regexp.MustCompile(`\b[tuac]-[A-Za-z0-9._-]{8,}|(?i)\b(access_token|app_secret|secret|token|corpsecret|ticket|authorization)("?\s*[:=]\s*"?(?:Bearer\s+)?)[^\s"'&,;)\]}]{4,}`)

// Redact makes a vendor's text fit to be shown: the secrets given, and whatever looks like a token, are
// replaced; control characters become spaces; at most 300 characters stay.
func Redact(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "<secret>")
		}
	}
	text = tokenLike.ReplaceAllStringFunc(text, func(m string) string {
		if i := strings.IndexAny(m, ":="); i >= 0 {
			return m[:i+1] + "<secret>"
		}
		return "<secret>"
	})
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > 300 {
		text = string([]rune(text)[:299]) + "…"
	}
	return strings.TrimSpace(text)
}
