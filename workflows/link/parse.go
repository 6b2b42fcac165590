package link

import (
	"strings"
	"unicode"

	"magpie/adapters/event"
)

type wish int

const (
	nothing wish = iota
	wantCode
	useCode
	stayHere
)

// words are what each wish begins with, in lower case.
var words = map[string]wish{
	"绑定": wantCode, "绑定账号": wantCode, "bind": wantCode,
	"在这里收": stayHere, "以后在这里收": stayHere, "在这里收卡片": stayHere, "卡片在这里收": stayHere, "here": stayHere,
}

// parse tells what a message to the bot asks for, and the digits that came with it. A message that goes on with
// anything else is not for us.
func parse(ev event.Event, names []string) (w wish, code string) {
	text := ""
	switch b := ev.Body.(type) {
	case *event.Message:
		if ev.Kind != event.KindMessage || ev.Conv == nil || !ev.Conv.ToBot {
			return nothing, ""
		}
		text = b.Text
	case *event.Command:
		text = b.Name + " " + b.Args
	default:
		return nothing, ""
	}
	if len(text) > 200 {
		return nothing, ""
	}
	return parseText(text, names)
}

func parseText(text string, names []string) (w wish, code string) {
	text = strings.ToLower(strings.TrimSpace(strings.Map(narrow, text)))
	for _, n := range names {
		rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "@"), strings.ToLower(n))
		if ok && (rest == "" || strings.HasPrefix(rest, " ")) {
			text = strings.TrimSpace(rest)
		}
	}
	text = strings.TrimRight(strings.TrimPrefix(text, "/"), "。.!！ ")
	if w := words[text]; w != nothing {
		return w, ""
	}
	i := strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' })
	if i < 0 {
		return nothing, ""
	}
	if words[strings.TrimRight(text[:i], " :：")] != wantCode {
		return nothing, ""
	}
	var digits strings.Builder
	for _, r := range text[i:] {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r != ' ' && r != '-':
			return nothing, ""
		}
	}
	return useCode, digits.String()
}

// narrow turns what a Chinese keyboard makes of digits and spaces into plain ones.
func narrow(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case unicode.IsSpace(r):
		return ' '
	case r == '＠':
		return '@'
	}
	return r
}

// Reserved reports whether a word is one that the desk answers before any flow is asked.
func Reserved(word string) bool {
	w, _ := parseText(word, nil)
	return w != nothing
}
