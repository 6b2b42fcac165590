package dingtalk

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/card"
)

// lineBreak is how a line ends inside a paragraph of DingTalk's markdown.
const lineBreak = "  \n"

// drawMarkdown turns the neutral subset into DingTalk's: paragraphs, bold, italic, links, quotes and lists.
// mentions says that there was one, lossy that something was drawn plainer.
// Source: DingTalk Open Platform, "Robot message types", markdown, checked 2026-08.
func drawMarkdown(src string) (md string, mentions, lossy bool) {
	var blocks []string
	for _, b := range card.ParseMarkdown(src) {
		lines := make([]string, len(b.Lines))
		for i, spans := range b.Lines {
			var w strings.Builder
			switch b.Kind {
			case card.BlockBullets:
				w.WriteString("- ")
			case card.BlockNumbers:
				w.WriteString(strconv.Itoa(b.Start+i) + ". ")
			case card.BlockQuote:
				w.WriteString("> ")
			}
			for _, s := range spans {
				mentions = mentions || s.Kind == card.SpanMention
				lossy = lossy || s.Strike || s.Kind == card.SpanCode
				w.WriteString(drawSpan(s))
			}
			lines[i] = w.String()
		}
		sep := lineBreak
		if b.Kind == card.BlockBullets || b.Kind == card.BlockNumbers {
			sep = "\n"
		}
		blocks = append(blocks, strings.Join(lines, sep))
	}
	return strings.Join(blocks, "\n\n"), mentions, lossy
}

func drawSpan(s card.Span) string {
	switch s.Kind {
	case card.SpanLink:
		return styled(s, "["+escapeMD(oneLine(s.Text))+"]("+safeURL(s.URL)+")")
	case card.SpanMention:
		return styled(s, "@"+escapeMD(oneLine(s.Text)))
	}
	parts := strings.Split(strings.ReplaceAll(s.Text, "\r", ""), "\n")
	for i, p := range parts {
		core := strings.TrimFunc(p, unicode.IsSpace)
		if core == "" {
			continue
		}
		at := strings.Index(p, core)
		parts[i] = p[:at] + styled(s, escapeMD(core)) + p[at+len(core):]
	}
	return strings.Join(parts, lineBreak)
}

func styled(s card.Span, md string) string {
	switch {
	case s.Kind == card.SpanCode:
		return md
	case s.Bold:
		return "**" + md + "**"
	case s.Italic:
		return "*" + md + "*"
	}
	return md
}

// escapeMD makes a text of one line stand for itself inside markdown.
func escapeMD(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	digits := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '\\', '`', '*', '[', ']', '<', '~':
			b.WriteByte('\\')
		case '_':
			if !isWordByte(s, i-1) || !isWordByte(s, i+1) {
				b.WriteByte('\\')
			}
		case '#', '>', '-', '+':
			if strings.TrimSpace(s[:i]) == "" {
				b.WriteByte('\\')
			}
		case '.', ')':
			if digits && i > 0 {
				b.WriteByte('\\')
			}
		}
		digits = digits && (c >= '0' && c <= '9' || c == ' ')
		b.WriteByte(c)
	}
	return b.String()
}

// isWordByte reports a letter, a digit or a part of a character that is not ASCII.
func isWordByte(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= utf8.RuneSelf || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// urlEscapes are the characters of an address that would end it in markdown.
var urlEscapes = strings.NewReplacer(
	" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `"`, "%22", `\`, "%5C", "`", "%60",
	"[", "%5B", "]", "%5D", "*", "%2A", "\n", "", "\r", "", "\t", "",
)

func safeURL(u string) string { return urlEscapes.Replace(u) }

// oneLine puts a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cutBytes shortens a text to at most n bytes, whole characters, with a mark at its end.
func cutBytes(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	const mark = "…"
	n = max(0, n-len(mark))
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	for n > 0 && s[n-1] == '\\' { // not between an escape and what it escapes
		n--
	}
	return s[:n] + mark, true
}

// splitBytes cuts a text into pieces of at most n bytes, at ends of lines where it can.
func splitBytes(s string, n int) []string {
	var out []string
	for len(s) > n {
		at := strings.LastIndexByte(s[:n], '\n') + 1
		if at < n/4 {
			at = n
			for at > 0 && !utf8.RuneStart(s[at]) {
				at--
			}
			for at > 1 && s[at-1] == '\\' {
				at--
			}
		}
		out = append(out, s[:at])
		s = s[at:]
	}
	return append(out, s)
}
