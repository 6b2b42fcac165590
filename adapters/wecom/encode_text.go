package wecom

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/card"
)

// words are the few words of our own on a card.
type words struct {
	more, others, about, act, fill, ended, elsewhere, lines, people, yes, no string
	open, shut, colon, sep                                                   string
	tone                                                                     map[card.Tone]string
}

var (
	wordsZH = words{
		more: "查看详情", others: "更多操作", about: "说明", act: "操作", fill: "去页面填写", ended: "已处理", elsewhere: "「%s」无法在卡片上完成，请联系管理员开通网页",
		lines: "明细：共 %d 行", people: "人员", yes: "是", no: "否", open: "［图］", shut: "", colon: "：", sep: "、",
		tone: map[card.Tone]string{card.Info: "提示", card.Success: "成功", card.Warning: "注意", card.Danger: "警告"},
	}
	wordsEN = words{
		more: "Details", others: "More", about: "About", act: "Act", fill: "Fill in", ended: "Done", elsewhere: "\"%s\" needs a page; ask your administrator",
		lines: "%d rows of details", people: "Who", yes: "Yes", no: "No", open: "[picture] ", shut: "", colon: ": ", sep: ", ",
		tone: map[card.Tone]string{card.Info: "Info", card.Success: "Success", card.Warning: "Attention", card.Danger: "Alert"},
	}
)

func wordsIn(code string) words {
	if strings.HasPrefix(strings.ToLower(code), "en") {
		return wordsEN
	}
	return wordsZH
}

// cutText shortens a text to max characters; the last one then is an ellipsis.
func cutText(s string, max int) (string, bool) {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
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

// cutBytes shortens a text to max bytes; it then ends in an ellipsis, never in half a character.
func cutBytes(s string, max int) (string, bool) {
	if len(s) <= max {
		return s, false
	}
	end := max - len("…")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimRightFunc(s[:end], unicode.IsSpace) + "…", true
}

// clean leaves out what must not travel: what JSON could only write with a \u escape, which WeCom refuses, and
// what turns the direction of the text after it. What only looks like an escape gets another backslash. Line
// breaks stay.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return -1
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.ReplaceAll(s, `\u`, "＼u")
}

// oneLine is clean, on one line.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(clean(s), "\n", " "))
}

// goodURL gives an address that WeCom takes, "" for any other.
func goodURL(s string) string {
	if s == "" || len(s) > maxURL || clean(s) != s || strings.ContainsAny(s, " \n\"<>\\") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}
