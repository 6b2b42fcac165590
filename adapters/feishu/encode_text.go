package feishu

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/card"
)

// obj is a piece of card JSON. encoding/json writes its keys in order, so that the same card is the
// same bytes.
type obj map[string]any

// lang is one language of a card.
type lang struct {
	code string // ours: "en-US"
	key  string // Feishu's: "en_us"
}

// langKeys are Feishu's names of languages. Source: "Card callback communication", toast i18n.
var langKeys = map[string]string{
	"zh": "zh_cn", "zh-cn": "zh_cn", "zh-hans": "zh_cn", "zh-hk": "zh_hk", "zh-tw": "zh_tw", "zh-hant": "zh_tw",
	"en": "en_us", "en-us": "en_us", "ja": "ja_jp", "ja-jp": "ja_jp", "id": "id_id", "id-id": "id_id",
	"vi": "vi_vn", "vi-vn": "vi_vn", "th": "th_th", "th-th": "th_th", "pt": "pt_br", "pt-br": "pt_br",
	"es": "es_es", "es-es": "es_es", "ko": "ko_kr", "ko-kr": "ko_kr", "de": "de_de", "de-de": "de_de",
	"fr": "fr_fr", "fr-fr": "fr_fr", "it": "it_it", "it-it": "it_it", "ru": "ru_ru", "ru-ru": "ru_ru", "ms": "ms_my", "ms-my": "ms_my",
}

// langKey gives Feishu's name of a language, "" for one that it does not know.
func langKey(code string) string {
	return langKeys[strings.ToLower(strings.ReplaceAll(code, "_", "-"))]
}

// words are the few words of our own on a card.
type words struct{ more, cut, rest, page, picture, number, colon, sep, at string }

var (
	wordsZH = words{more: "查看详情", cut: "…", rest: "（其余内容请看详情）", page: "去页面填写", picture: "图片", number: "请输入数字", colon: "：", sep: "、", at: "@"}
	wordsEN = words{more: "View details", cut: "…", rest: "(more on the details page)", page: "Fill in on the page", picture: "Picture", number: "Enter a number", colon: ": ", sep: ", ", at: "@"}
)

func wordsIn(code string) words {
	if strings.HasPrefix(strings.ToLower(code), "en") {
		return wordsEN
	}
	return wordsZH
}

// each calls render for every language of the card and gives the first one's text, and the others' by
// Feishu's keys; nil when they are all the same.
func (e *encoder) each(render func(code string, w words) string) (string, obj) {
	first := render(e.langs[0].code, wordsIn(e.langs[0].code))
	if len(e.langs) == 1 {
		return first, nil
	}
	i18n := obj{e.langs[0].key: first}
	differ := false
	for _, l := range e.langs[1:] {
		s := render(l.code, wordsIn(l.code))
		i18n[l.key] = s
		differ = differ || s != first
	}
	if !differ {
		return first, nil
	}
	return first, i18n
}

// localized makes an object that holds text in all languages.
func (e *encoder) localized(base obj, render func(code string, w words) string) obj {
	text, i18n := e.each(render)
	base["content"] = text
	if i18n != nil {
		base["i18n_content"] = i18n
	}
	return base
}

// plain makes a plain_text object, cut at max characters; nothing in it is markup.
func (e *encoder) plain(path, element string, t card.Text, max int) obj {
	was := false
	o := e.localized(obj{"tag": "plain_text"}, func(code string, _ words) string {
		s, cut := cutText(oneLine(t.In(code)), max)
		was = was || cut
		return s
	})
	if was {
		e.lose(path, element, "text cut at "+strconv.Itoa(max)+" characters", card.Content)
	}
	return o
}

// markdown makes a markdown element.
func (e *encoder) markdown(render func(code string, w words) string) obj {
	return e.localized(obj{"tag": "markdown"}, render)
}

// cutText shortens a text to max characters; the last one then is an ellipsis.
func cutText(s string, max int) (string, bool) {
	if max <= 0 || len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s, false
	}
	n := 0
	for i := range s {
		if n == max-1 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…", true
		}
		n++
	}
	return s, false
}

// oneLine makes control characters harmless where a text has one line: titles, buttons, options.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || isBidi(r):
			return -1
		}
		return r
	}, s)
}

// isBidi reports characters that turn the direction of what follows: a name must not rearrange a card.
func isBidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// dropHidden takes out control characters but for line breaks and tabs, and what turns the direction.
func dropHidden(s string) string {
	hidden := func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) || isBidi(r) }
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, s)
}

// escapeMD makes a text stand for itself in Feishu's markdown, at whatever place of a line: HTML entities
// are Feishu's own way. Line breaks stay.
// Source: Feishu Open Platform, "Rich text (Markdown)", JSON 2.0, escaping of special characters.
func escapeMD(s string) string {
	s = dropHidden(s) // first: what stands beside a mark decides whether it is one
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	entity := func(c byte) { b.WriteString("&#" + strconv.Itoa(int(c)) + ";") }
	start := true   // nothing but blanks in this line so far
	digits := false // nothing but digits in this line so far
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			b.WriteRune(r)
			start, digits = false, false
			i += n
			continue
		}
		i++
		switch {
		case c == '\n':
			b.WriteByte(c)
			start, digits = true, false
			continue
		case (c == ' ' || c == '\t') && start:
			b.WriteString("\u00a0") // four blanks would make a block of code
			continue
		case c == '\t':
			b.WriteByte(' ')
		case strings.IndexByte("<>*_~`[]\\$|", c) >= 0:
			entity(c)
		case c == '&' && i < len(s) && (s[i] == '#' || isLetter(s[i])):
			entity(c)
		case c == '#' && start, c == '=' && start:
			entity(c)
		case (c == '-' || c == '+') && start && (i == len(s) || strings.IndexByte(" \t\n-", s[i]) >= 0):
			entity(c)
		case (c == '.' || c == ')') && digits && (i == len(s) || strings.IndexByte(" \t\n", s[i]) >= 0):
			entity(c)
		case c == '.' && i >= 4 && strings.EqualFold(s[i-4:i-1], "www"):
			entity(c) // would become a link
		case c == ':' && (strings.HasPrefix(s[i:], "//") || isEmoji(s[i:])):
			entity(c) // would become a link, or a picture
		default:
			b.WriteByte(c)
		}
		digits = c >= '0' && c <= '9' && (digits || start)
		start = false
	}
	return b.String()
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// isEmoji reports whether what follows a colon completes :NAME:.
func isEmoji(s string) bool {
	for i := 0; i < len(s) && i <= 40; i++ {
		c := s[i]
		switch {
		case c == ':':
			return i > 0
		case !(isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+'):
			return false
		}
	}
	return false
}
