package feishu

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/card"
)

// drawMarkdown turns the neutral subset into Feishu's dialect. names draws mentions as names. max is how
// many characters of what the reader sees may stay.
func drawMarkdown(src string, names bool, max int) (text string, cut bool) {
	w := mdWriter{names: names, left: max}
	for i, b := range card.ParseMarkdown(src) {
		if w.left <= 0 {
			w.cut = true
			break
		}
		if i > 0 {
			w.raw("\n\n")
		}
		w.block(b)
	}
	if w.cut {
		w.raw("…")
	}
	return w.b.String(), w.cut
}

// mdWriter writes Feishu's markdown.
type mdWriter struct {
	b     strings.Builder
	names bool
	left  int  // characters that may still be shown
	cut   bool // something was left out
}

func (w *mdWriter) raw(s string) { w.b.WriteString(s) }

func (w *mdWriter) block(b card.Block) {
	for i, line := range b.Lines {
		if w.left <= 0 {
			w.cut = true
			return
		}
		if i > 0 {
			w.raw("\n")
		}
		switch b.Kind {
		case card.BlockBullets:
			w.raw("- ")
		case card.BlockNumbers:
			w.raw(strconv.Itoa(b.Start+i) + ". ")
		case card.BlockQuote:
			w.raw("> ")
		}
		w.line(line)
	}
}

func (w *mdWriter) line(spans []card.Span) {
	for i, s := range spans {
		if w.left <= 0 {
			w.cut = true
			return
		}
		text, cut := cutText(s.Text, w.left)
		w.left -= utf8.RuneCountInString(text)
		if cut {
			text = strings.TrimSuffix(text, "…")
			w.cut = true
		}
		var next rune
		if i+1 < len(spans) {
			next, _ = utf8.DecodeRuneInString(spans[i+1].Text)
		}
		switch s.Kind {
		case card.SpanCode:
			w.raw(codeSpan(text))
		case card.SpanLink:
			w.styled(s, "["+escapeMD(oneLine(text))+"]("+safeURL(s.URL)+")", next)
		case card.SpanMention:
			if id := s.Ref; !w.names && isPersonID(id) {
				w.raw("<at id=" + id + "></at>")
			} else {
				w.styled(s, "@"+escapeMD(oneLine(text)), next)
			}
		default:
			w.styledText(s, text, next)
		}
	}
}

// styledText puts the marks of a style around a text without the blanks at its ends, where they would
// not count as marks.
func (w *mdWriter) styledText(s card.Span, text string, next rune) {
	if !s.Bold && !s.Italic && !s.Strike {
		w.raw(escapeMD(text))
		return
	}
	// A mark does not reach over a line break.
	for i, part := range strings.Split(text, "\n") {
		if i > 0 {
			w.raw("\n")
		}
		core := strings.TrimFunc(part, unicode.IsSpace)
		if core == "" {
			w.raw(part)
			continue
		}
		at := strings.Index(part, core)
		w.raw(part[:at])
		n := next
		if rest := part[at+len(core):]; rest != "" {
			n = ' '
		}
		w.styled(s, escapeMD(core), n)
		w.raw(part[at+len(core):])
	}
}

// styled writes what is markdown already, in a style. Marks count only if what is outside of them fits to
// what is inside: next to a punctuation mark inside, a letter outside needs a blank between.
func (w *mdWriter) styled(s card.Span, md string, next rune) {
	var mark string
	if s.Strike {
		mark += "~~"
	}
	if s.Bold {
		mark += "**"
	}
	if s.Italic {
		mark += "*"
	}
	if mark == "" || md == "" {
		w.raw(md)
		return
	}
	first, _ := utf8.DecodeRuneInString(md)
	last, _ := utf8.DecodeLastRuneInString(md)
	before, _ := utf8.DecodeLastRuneInString(w.b.String())
	if w.b.Len() > 0 && isWord(before) && !isWord(first) || before == '*' || before == '~' {
		w.raw(" ")
	}
	w.raw(mark + md + reverse(mark))
	if next != 0 && isWord(next) && !isWord(last) {
		w.raw(" ")
	}
}

// isWord reports what is neither a blank nor a punctuation mark for the rules of emphasis.
func isWord(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r)
}

// reverse mirrors a run of marks: "~~***" closes as "***~~".
func reverse(mark string) string {
	if rest, ok := strings.CutPrefix(mark, "~~"); ok {
		return rest + "~~"
	}
	return mark
}

// codeSpan quotes a text in as many backticks as it needs. Entities mean nothing inside, so a tag is
// broken by an invisible character instead.
func codeSpan(s string) string {
	s = oneLine(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '<' && i+1 < len(s) && (isLetter(s[i+1]) || s[i+1] == '/') {
			b.WriteString("\u200b")
		}
	}
	s = b.String()
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	if strings.TrimSpace(s) == "" {
		return s
	}
	return fence + s + fence
}

// urlEscapes are the characters of an address that would end it, or mean something, in markdown.
var urlEscapes = strings.NewReplacer(
	" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `"`, "%22", "'", "%27", `\`, "%5C", "`", "%60",
	"[", "%5B", "]", "%5D", "|", "%7C", "*", "%2A", "\n", "", "\r", "", "\t", "",
)

var entityLike = regexp.MustCompile(`&(#?[A-Za-z0-9]+);`)

// safeURL makes an address that stays one inside markdown.
func safeURL(u string) string {
	return entityLike.ReplaceAllString(urlEscapes.Replace(u), "&$1%3B")
}

var personID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// isPersonID reports what may stand in <at id=…>. "all" is everybody: nobody's account is called so.
func isPersonID(id string) bool { return personID.MatchString(id) && id != "all" }
