package directory

import (
	"regexp"
	"strings"

	"magpie/adapters/event"
)

// values are what an account offers for a key, normalised.
func values(a event.Account, k Key) []string {
	var out []string
	switch k {
	case ByEmployeeNo:
		out = []string{strings.TrimSpace(a.EmployeeNo)}
	case ByEmail:
		out = []string{email(a.WorkEmail), email(a.Email)}
	case ByMobile:
		out = []string{mobile(a.Mobile)}
	}
	kept := out[:0]
	for _, v := range out {
		if v != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

func email(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// mobile keeps digits; a mainland number without country code gets one.
func mobile(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(digits) == 11 && digits[0] == '1' && !strings.HasPrefix(strings.TrimSpace(s), "+") {
		return "86" + digits
	}
	return digits
}

// readable is an account id that is a name in letters, not a number or a hash.
var readable = regexp.MustCompile(`^[A-Za-z]{2,20}([._-][A-Za-z]{1,20}){0,3}$`)

// personID makes a string fit for YAML: lower-case letters, digits, dot, dash and underscore.
func personID(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return ""
		}
	}
	return s
}
