package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Decimal is a number kept digit for digit: "300.10". It has an optional minus, digits, and an optional
// fraction; no exponent. The zero value is "not given".
type Decimal string

var (
	decimalForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	intForm     = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+(\.[0-9]+)?$`)
	oddNumber   = regexp.MustCompile(`(?i)^[-+]?(0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|\.[0-9]+|\.inf|\.nan)$`)
)

// scalar decodes a single value into the plain types.
func (d *decoder) scalar(n *Node, v reflect.Value, f field) {
	s, ok := d.expand(n, f)
	if !ok {
		return
	}
	t := v.Type()
	switch {
	case t == secretType:
		if s, ok = d.secretFile(n, s, f); ok {
			v.Set(reflect.ValueOf(NewSecret(s)))
		}
	case t == durationType:
		if dur, ok := d.duration(n, s); ok {
			v.SetInt(int64(dur))
		}
	case t == decimalType:
		if d.number(n, s, decimalForm, "a number") {
			v.SetString(s)
		}
	case t.Kind() == reflect.String:
		v.SetString(s)
	case t.Kind() == reflect.Bool:
		if d.unquoted(n, s) && d.truth(n, s) {
			v.SetBool(s == "true")
		}
	case v.CanInt():
		if !d.number(n, s, intForm, "a whole number") {
			return
		}
		i, err := strconv.ParseInt(s, 10, t.Bits())
		if err != nil {
			d.fail(n, s+" is too large a number", "")
			return
		}
		v.SetInt(i)
	default:
		panic(fmt.Sprintf("config: can't decode into %s", t))
	}
}

// expand gives the text of a scalar with its variables replaced. Values from the environment are not
// shown in problems: they may be secret.
func (d *decoder) expand(n *Node, f field) (string, bool) {
	if n.kind != Scalar {
		d.fail(n, "is "+n.kind.String(), "a single value is wanted here")
		return "", false
	}
	s, mistakes := n.doc.expand(n.text)
	for _, m := range mistakes {
		d.fail(n, m.what, m.want)
	}
	if len(mistakes) > 0 {
		return "", false
	}
	if f.required && s == "" {
		d.fail(n, "is empty", "")
		return "", false
	}
	return s, true
}

// unquoted refuses "5" where 5 is meant. A value made by variables may stand in quotes.
func (d *decoder) unquoted(n *Node, s string) bool {
	if n.quoted && s == n.text {
		d.fail(n, fmt.Sprintf("%s is text", strconv.Quote(s)), "write it without quotes")
		return false
	}
	return true
}

// shown is how a scalar appears in a problem: as it is written in the file, never the variable's value.
func shown(n *Node) string {
	if s := n.text; len(s) <= 60 {
		return strconv.Quote(s)
	}
	return "this text"
}

// number checks the form of a number, with a clear word on what YAML 1.1 readers would make of it.
func (d *decoder) number(n *Node, s string, form *regexp.Regexp, want string) bool {
	switch {
	case form.MatchString(s):
		return d.unquoted(n, s)
	case s != n.text:
		d.fail(n, fmt.Sprintf("the value of %s is not %s", shown(n), want), "")
	case leadingZero.MatchString(s):
		d.fail(n, s+" begins with a zero, which some readers take for octal", "write "+withoutZeros(s)+", or put it in quotes where text is meant")
	case decimalForm.MatchString(s):
		d.fail(n, s+" has a fraction", want+" is wanted here")
	case oddNumber.MatchString(s):
		d.fail(n, s+" is a number in a form that readers disagree about", want+" is wanted here in plain digits, like "+plainDigits(s))
	default:
		d.fail(n, shown(n)+" is not "+want, "write plain digits")
	}
	return false
}

// withoutZeros takes the zeros away that a number begins with.
func withoutZeros(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign = "-"
	}
	s = strings.TrimLeft(s, "+-0")
	if s == "" || s[0] == '.' {
		s = "0" + s
	}
	return sign + s
}

// plainDigits guesses how an odd number would be written plainly.
func plainDigits(s string) string {
	s = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", ""))
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && x < 1e15 && x > -1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return "1500"
}

// truth checks for true or false.
func (d *decoder) truth(n *Node, s string) bool {
	switch strings.ToLower(s) {
	case "true", "false":
		if s == "true" || s == "false" {
			return true
		}
		d.fail(n, shown(n)+" is not a truth value", "write "+strings.ToLower(s))
	case "yes", "on", "y":
		d.fail(n, shown(n)+" is text, not a truth value, for us and for YAML 1.2", "write true")
	case "no", "off", "n":
		d.fail(n, shown(n)+" is text, not a truth value, for us and for YAML 1.2", "write false")
	default:
		d.fail(n, shown(n)+" is not a truth value", "write true or false")
	}
	return false
}

// duration reads a span of Go's form, never negative.
func (d *decoder) duration(n *Node, s string) (time.Duration, bool) {
	dur, err := time.ParseDuration(s)
	switch {
	case err == nil && dur < 0:
		d.fail(n, shown(n)+" is negative", "write a span such as 30m")
	case err == nil && s == "0", decimalForm.MatchString(s) && s != "0":
		d.fail(n, shown(n)+" has no unit", "write a span such as 30m, 1h30m or 10s")
	case err != nil:
		d.fail(n, shown(n)+" is not a span of time", "write a span such as 30m, 1h30m or 10s")
	default:
		return dur, true
	}
	return 0, false
}

// any decodes into what JSON has: numbers as json.Number, digit for digit.
func (d *decoder) any(n *Node) any {
	switch n.kind {
	case Map:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.key] = d.any(e.node)
		}
		return m
	case List:
		l := make([]any, len(n.items))
		for i, item := range n.items {
			l[i] = d.any(item)
		}
		return l
	case Null:
		return nil
	}
	s, ok := d.expand(n, field{})
	switch {
	case !ok:
		return nil
	case n.quoted:
		return s
	case s == "true", s == "false":
		return s == "true"
	case decimalForm.MatchString(s):
		return json.Number(s)
	}
	return s
}
