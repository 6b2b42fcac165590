package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

// functions are what authors may call, besides and, or, not, eq, ne, lt, le, gt, ge, len, index, slice:
//
//	has . "link"              a mapping has the key, or a list has the item
//	default "无" .reason      the value, or the first argument when it is empty
//	choose .x "a" "甲" "乙"   the text beside the case that equals .x; the last one where none does
//	name .initiator           the name of a person; of a list, the names joined by 、
//	mention .initiator        in markdown: the person addressed; elsewhere: @name
//	money .amount             1,234.50
//	number .n                 1,234.5
//	date .at, time .at, datetime .at   2026-08-01, 10:32, 2026-08-01 10:32, in the office's time zone
//	dur .span, dur .span "en" 1 小时 30 分钟, of nanoseconds or "1h30m"
//	join "、" .list, upper .s, lower .s, trim .s, truncate 20 .s
//	first .list, add 1 .n, print .a .b, printf "%s" .a
func functions(loc *time.Location) template.FuncMap {
	layout := func(l string) func(any) (string, error) {
		return func(v any) (string, error) { return formatTime(v, loc, l) }
	}
	return template.FuncMap{
		"has": has, "default": fallback, "choose": choose,
		"name": names, "mention": mention,
		"money": money, "number": number,
		"date": layout("2006-01-02"), "time": layout("15:04"), "datetime": layout("2006-01-02 15:04"),
		"dur": span, "join": join,
		"upper": strings.ToUpper, "lower": strings.ToLower, "trim": strings.TrimSpace, "truncate": truncate,
		"first": first, "add": func(a, b int64) int64 { return a + b },
		"print":  func(args ...any) (string, error) { return capped(fmt.Sprint(shown(args)...)) },
		"printf": func(f string, args ...any) (string, error) { return capped(fmt.Sprintf(f, shown(args)...)) },
	}
}

// maxPiece caps what one function makes, so that loops can't double a text without end.
const maxPiece = 64 << 10

func capped(s string) (string, error) {
	if len(s) > maxPiece {
		return "", errors.New("makes too long a text")
	}
	return s, nil
}

// shown lets print and printf see what a person would, not Go's form of it.
func shown(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if m, ok := a.(markup); ok {
			a = m.plain
		}
		out[i] = a
	}
	return out
}

func has(in any, key any) (bool, error) {
	switch in := in.(type) {
	case nil:
		return false, nil
	case map[string]any:
		k, ok := key.(string)
		_, found := in[k]
		return ok && found && !strings.HasPrefix(k, "_"), nil
	case []any:
		for _, x := range in {
			if scalar(x) && x == key {
				return true, nil
			}
		}
		return false, nil
	}
	return false, fmt.Errorf("has looks into mappings and lists, not into %s", kindOf(in))
}

// scalar reports whether a value can be compared.
func scalar(v any) bool {
	switch v.(type) {
	case string, bool, int64, int, json.Number:
		return true
	}
	return false
}

func fallback(or, v any) any {
	if truth, _ := template.IsTrue(v); truth {
		return v
	}
	return or
}

func choose(v any, cases ...any) (any, error) {
	if len(cases)%2 == 0 {
		return nil, errors.New("choose takes pairs of case and text, and a text for all others at the end")
	}
	for i := 0; i+1 < len(cases); i += 2 {
		if scalar(v) && fmt.Sprint(v) == fmt.Sprint(cases[i]) {
			return cases[i+1], nil
		}
	}
	return cases[len(cases)-1], nil
}

// names shows persons by name.
func names(v any) (string, error) {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["name"].(string); ok {
			return s, nil
		}
	case []any:
		list := make([]string, len(v))
		for i, p := range v {
			s, err := names(p)
			if err != nil {
				return "", err
			}
			list[i] = s
		}
		return strings.Join(list, "、"), nil
	}
	return "", fmt.Errorf("name takes a person (id, name) or a list of them, not %s", kindOf(v))
}

// digits is a number as text: sign, whole part, fraction.
func digits(v any) (sign, whole, fraction string, err error) {
	s := fmt.Sprint(v)
	switch v.(type) {
	case int64, int, json.Number, string:
	default:
		return "", "", "", fmt.Errorf("%s is no number", kindOf(v))
	}
	rest, negative := strings.CutPrefix(strings.TrimSpace(s), "-")
	if negative {
		sign = "-"
	}
	whole, fraction, _ = strings.Cut(rest, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" || len(rest) > 60 {
		return "", "", "", fmt.Errorf("%.40q is no number", s)
	}
	return sign, whole, fraction, nil
}

// grouped puts commas between thousands.
func grouped(whole string) string {
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// money shows at least two digits after the point, and never rounds.
func money(v any) (string, error) {
	sign, whole, fraction, err := digits(v)
	if err != nil {
		return "", err
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	return sign + grouped(whole) + "." + fraction, nil
}

func number(v any) (string, error) {
	sign, whole, fraction, err := digits(v)
	if err != nil || fraction == "" {
		return sign + grouped(whole), err
	}
	return sign + grouped(whole) + "." + fraction, nil
}

// formatTime shows an instant; a plain date stays as it is, and an empty or zero time is nothing.
func formatTime(v any, loc *time.Location, layout string) (string, error) {
	s, ok := v.(string)
	if !ok && v != nil {
		return "", fmt.Errorf("%s is no time", kindOf(v))
	}
	if s == "" {
		return "", nil
	}
	if d, err := time.Parse(time.DateOnly, s); err == nil {
		return d.Format(layout), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "", fmt.Errorf("%.40q is no time", s)
	}
	if t.IsZero() {
		return "", nil
	}
	return t.In(loc).Format(layout), nil
}

// span shows a duration in days, hours and minutes; under a minute in seconds.
func span(v any, lang ...string) (string, error) {
	var d time.Duration
	switch v := v.(type) {
	case int64:
		d = time.Duration(v)
	case string:
		var err error
		if d, err = time.ParseDuration(v); err != nil {
			return "", fmt.Errorf("%.40q is no duration", v)
		}
	default:
		return "", fmt.Errorf("%s is no duration", kindOf(v))
	}
	units := []string{"天", "小时", "分钟", "秒"}
	if len(lang) > 0 && lang[0] == "en" {
		units = []string{"d", "h", "min", "s"}
	}
	if d == math.MinInt64 {
		d++
	}
	sign := ""
	if d < 0 {
		d, sign = -d, "-"
	}
	var parts []string
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n := d / unit; n > 0 && (i < 3 || len(parts) == 0) {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+units[i])
			d -= n * unit
		}
	}
	if parts == nil {
		return "0 " + units[3], nil
	}
	return sign + strings.Join(parts, " "), nil
}

func join(separator string, list any) (string, error) {
	l, ok := list.([]any)
	if !ok {
		return "", fmt.Errorf("join takes a list, not %s", kindOf(list))
	}
	parts := make([]string, len(l))
	for i, x := range l {
		if !scalar(x) {
			return "", fmt.Errorf("join takes a list of texts; item %d is %s", i+1, kindOf(x))
		}
		parts[i] = fmt.Sprint(x)
	}
	return capped(strings.Join(parts, separator))
}

// truncate keeps n characters, the last of them … when something was cut.
func truncate(n int, s string) string {
	if n < 1 || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func first(list any) (any, error) {
	l, ok := list.([]any)
	if !ok || len(l) == 0 {
		return nil, fmt.Errorf("first takes a list with something in it, not %s", kindOf(list))
	}
	return l[0], nil
}

// kindOf names a value of a view in errors; never the value itself, which may be private.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "a mapping"
	case []any:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case string:
		return "a text"
	case bool:
		return "a truth value"
	case int64, int, json.Number:
		return "a number"
	}
	return fmt.Sprintf("a %T", v)
}
