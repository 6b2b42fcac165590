package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"magpie/adapters/card"
)

// markup is a value that has a form of its own in markdown.
type markup struct{ md, plain string }

var accountID = regexp.MustCompile(`^[A-Za-z0-9_.@:|-]{1,128}$`)

// mention addresses a person in markdown. Somebody without a usable id is named only.
func mention(v any) (markup, error) {
	name, err := names(v)
	if err != nil {
		return markup{}, err
	}
	p, _ := v.(map[string]any)
	id, _ := p["id"].(string)
	plain := "@" + clean(name)
	if !accountID.MatchString(id) || name == "" {
		return markup{md: card.EscapeMarkdown(plain), plain: plain}, nil
	}
	return markup{md: "[@" + card.EscapeMarkdown(clean(name)) + "](person:" + id + ")", plain: plain}, nil
}

// printPlain ends every pipeline of a plain text.
func printPlain(v any) (string, error) {
	if m, ok := v.(markup); ok {
		return m.plain, nil
	}
	s, err := plain(v)
	return clean(s), err
}

// printMarkdown ends every pipeline of a markdown text: what a value holds stands for itself.
func printMarkdown(v any) (string, error) {
	if m, ok := v.(markup); ok {
		return m.md, nil
	}
	s, err := plain(v)
	return card.EscapeMarkdown(clean(s)), err
}

// plain shows a scalar. Lists and mappings have no form for people.
func plain(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int64, int, json.Number:
		return fmt.Sprint(v), nil
	case nil:
		return "", errors.New(`is null; use default "…"`)
	}
	return "", fmt.Errorf("prints %s; use a loop, join or name", kindOf(v))
}

// clean drops what has no business on a card: control characters, and those that turn the direction of
// writing, by which a text could pretend to be another.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if !strings.ContainsFunc(s, unwanted) {
		return strings.ToValidUTF8(s, "�")
	}
	return strings.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

func unwanted(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0xfeff
}
