package card

import (
	"net/url"
	"strconv"
	"strings"
)

// BlockKind is the shape of a Block.
type BlockKind string

const (
	BlockParagraph BlockKind = "paragraph" // Lines follow each other
	BlockBullets   BlockKind = "bullets"   // each line is an item
	BlockNumbers   BlockKind = "numbers"   // each line is an item, counted from Start
	BlockQuote     BlockKind = "quote"     // Lines follow each other
)

// Block is one part of a Markdown text.
type Block struct {
	Kind  BlockKind
	Start int      // first number of BlockNumbers
	Lines [][]Span // never empty; a line may be
}

// SpanKind is what a Span is.
type SpanKind string

const (
	SpanText    SpanKind = "text"
	SpanCode    SpanKind = "code"
	SpanLink    SpanKind = "link"
	SpanMention SpanKind = "mention"
)

// Span is a run of text of one style. Text is plain: escapes are resolved, and it may hold line breaks
// (a person's text that was escaped). Encoders escape it for their own dialect.
type Span struct {
	Kind                 SpanKind
	Text                 string // of a mention: the name, without @
	Bold, Italic, Strike bool
	URL                  string // SpanLink: http or https, with a host
	Ref                  string // SpanMention: the account's id in the suite that the card goes to
}

// EscapeMarkdown makes any text stand for itself inside Markdown: ParseMarkdown of the result, at
// whatever place of a line, gives the text back exactly and never a link, mention or style.
// A line break is escaped too, so that a person's text can't start a block.
func EscapeMarkdown(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	digits := true // only digits so far: a dot would make a numbered list
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '\\', '`', '*', '~', '[', ']', '(', ')', '\n', '\r':
			b.WriteByte('\\')
		case ' ', '\t':
			if i == 0 || i == len(s)-1 {
				b.WriteByte('\\')
			}
		case '>', '-', '+':
			if i == 0 {
				b.WriteByte('\\')
			}
		case '.':
			if digits {
				b.WriteByte('\\')
			}
		}
		digits = digits && '0' <= c && c <= '9'
		b.WriteByte(c)
	}
	return b.String()
}

// ParseMarkdown reads the neutral subset described at Markdown. Every input is valid: what is not
// markup is text.
//
// Rules beyond those of the list there: a backslash before an ASCII punctuation mark, a space, a tab or a
// line break stands for that character (inside code too); emphasis does not cross lines; lists are flat;
// an address that is not http or https with a host makes no link; a mention's text starts with @. There
// are no headings, images, tables, HTML or automatic links.
func ParseMarkdown(s string) []Block {
	var out []Block
	for _, line := range logicalLines(s) {
		if strings.Trim(line, " \t") == "" {
			if n := len(out); n > 0 && out[n-1].Lines != nil {
				out = append(out, Block{}) // ends the block above
			}
			continue
		}
		kind, start, rest := blockOf(line)
		n := len(out)
		if n == 0 || out[n-1].Kind != kind {
			if n > 0 && out[n-1].Lines == nil {
				out = out[:n-1]
			}
			out = append(out, Block{Kind: kind, Start: start})
			n = len(out)
		}
		b := &out[n-1]
		b.Lines = append(b.Lines, parseSpans(rest))
	}
	if n := len(out); n > 0 && out[n-1].Lines == nil {
		out = out[:n-1]
	}
	return out
}

// logicalLines splits at line breaks that are not escaped, and drops an unescaped \r before one.
func logicalLines(s string) []string {
	var lines []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			end := i
			if end > start && s[end-1] == '\r' && !escaped(s[start:end-1]) {
				end--
			}
			lines = append(lines, s[start:end])
			start = i + 1
		}
	}
	return append(lines, s[start:])
}

// escaped reports whether what follows s is escaped: s ends in an odd number of backslashes.
func escaped(s string) bool {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// blockOf recognises the mark at the start of a line.
func blockOf(line string) (kind BlockKind, start int, rest string) {
	s := strings.TrimLeft(line, " ")
	if len(line)-len(s) > 3 || s == "" {
		return BlockParagraph, 0, line
	}
	switch c := s[0]; {
	case c == '>':
		return BlockQuote, 0, strings.TrimPrefix(s[1:], " ")
	case (c == '-' || c == '*' || c == '+') && len(s) > 1 && s[1] == ' ':
		return BlockBullets, 0, strings.TrimLeft(s[2:], " ")
	case '0' <= c && c <= '9':
		n := 1
		for n < len(s) && n < 9 && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		if n+1 < len(s) && (s[n] == '.' || s[n] == ')') && s[n+1] == ' ' {
			start, _ = strconv.Atoi(s[:n])
			return BlockNumbers, start, strings.TrimLeft(s[n+2:], " ")
		}
	}
	return BlockParagraph, 0, line
}

// token is a piece of a line: a finished span, or a delimiter that may turn out to be text.
type token struct {
	span  Span
	delim string // "**", "*", "~~"; "" for a span
	opens bool
	close int // index of the closing delimiter, when matched; -1 for a closing one; 0 for none
}

// parseSpans reads one line.
func parseSpans(s string) []Span {
	toks := tokenize(s)
	var open []int // indices of delimiters that wait for their end
	for i := range toks {
		t := &toks[i]
		if t.delim == "" {
			continue
		}
		match := -1
		for j := len(open) - 1; j >= 0; j-- {
			if toks[open[j]].delim == t.delim && open[j] != i-1 {
				match = j
				break
			}
		}
		switch {
		case match >= 0:
			toks[open[match]].close, t.close = i, -1
			open = open[:match]
		case t.opens && len(open) < 8:
			open = append(open, i)
		}
	}
	var out joiner
	var style Span
	for _, t := range toks {
		switch {
		case t.delim == "":
			t.span.Bold, t.span.Italic, t.span.Strike = style.Bold, style.Italic, style.Strike
			out.add(t.span)
		case t.close != 0:
			on := t.close > 0
			switch t.delim {
			case "**":
				style.Bold = on
			case "*":
				style.Italic = on
			case "~~":
				style.Strike = on
			}
		default:
			style.Kind, style.Text = SpanText, t.delim
			out.add(style)
		}
	}
	out.flush()
	return out.spans
}

// joiner collects spans and joins neighbouring texts of one style.
type joiner struct {
	spans []Span
	text  strings.Builder // of the run that is open
	style Span            // its style
}

func (j *joiner) add(s Span) {
	same := s.Bold == j.style.Bold && s.Italic == j.style.Italic && s.Strike == j.style.Strike
	if s.Kind != SpanText || !same {
		j.flush()
	}
	if s.Kind != SpanText {
		j.spans = append(j.spans, s)
		return
	}
	j.style = s
	j.text.WriteString(s.Text)
}

func (j *joiner) flush() {
	if j.text.Len() > 0 {
		j.style.Text = j.text.String()
		j.spans = append(j.spans, j.style)
		j.text.Reset()
	}
}

// tokenize splits a line into spans and delimiters.
func tokenize(s string) []token {
	var toks []token
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			toks = append(toks, token{span: Span{Kind: SpanText, Text: text.String()}})
			text.Reset()
		}
	}
	noCode := false // no closing backtick further on
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && escapable(s[i+1]):
			text.WriteByte(s[i+1])
			i += 2
			continue
		case c == '`' && !noCode:
			end := indexUnescaped(s[i+1:], '`')
			if end < 0 {
				noCode = true
				break
			}
			if end == 0 {
				break
			}
			flush()
			toks = append(toks, token{span: Span{Kind: SpanCode, Text: unescape(s[i+1 : i+1+end])}})
			i += end + 2
			continue
		case c == '[':
			if sp, n := parseLink(s[i:]); n > 0 {
				flush()
				toks = append(toks, token{span: sp})
				i += n
				continue
			}
		case c == '*':
			flush()
			n := 1
			for i+n < len(s) && s[i+n] == '*' {
				n++
			}
			opens := i+n < len(s) && s[i+n] != ' ' && s[i+n] != '\t'
			toks = appendStars(toks, n, opens)
			i += n
			continue
		case c == '~' && i+1 < len(s) && s[i+1] == '~':
			flush()
			toks = append(toks, token{delim: "~~", opens: true})
			i += 2
			continue
		}
		text.WriteByte(s[i])
		i++
	}
	flush()
	return toks
}

// appendStars splits a run of stars. Three are bold with italic inside, so that the end of a run closes
// what its start opened last. More than three are text.
func appendStars(toks []token, n int, opens bool) []token {
	bold, italic := token{delim: "**", opens: true}, token{delim: "*", opens: opens}
	switch n {
	case 1:
		return append(toks, italic)
	case 2:
		return append(toks, bold)
	case 3:
		for i := len(toks) - 1; i >= 0; i-- {
			switch toks[i].delim {
			case "*":
				return append(toks, italic, bold)
			case "**":
				return append(toks, bold, italic)
			}
		}
		return append(toks, bold, italic)
	}
	return append(toks, token{span: Span{Kind: SpanText, Text: strings.Repeat("*", n)}})
}

// parseLink reads [text](address) at the start of s; n is 0 when there is none.
func parseLink(s string) (sp Span, n int) {
	end := 1
	for ; end < len(s) && s[end] != ']'; end++ {
		if s[end] == '[' {
			return sp, 0
		}
		if s[end] == '\\' {
			end++
		}
	}
	if end+1 >= len(s) || s[end+1] != '(' {
		return sp, 0
	}
	stop := end + 2
	for ; stop < len(s) && s[stop] != ')'; stop++ {
		switch c := s[stop]; {
		case c == '\\':
			stop++
		case c <= ' ' || c == '(' || c == '<' || c == '>' || c == '"':
			return sp, 0
		}
	}
	if stop >= len(s) {
		return sp, 0
	}
	text, addr := unescape(s[1:end]), unescape(s[end+2:stop])
	if id, ok := strings.CutPrefix(addr, "person:"); ok {
		name, at := strings.CutPrefix(text, "@")
		if !at || name == "" || !validRef(id) {
			return sp, 0
		}
		return Span{Kind: SpanMention, Text: name, Ref: id}, stop + 1
	}
	if text == "" || !validURL(addr) {
		return sp, 0
	}
	return Span{Kind: SpanLink, Text: text, URL: addr}, stop + 1
}

// validURL accepts absolute http and https addresses with a host and without spaces or controls.
func validURL(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// validRef accepts what account ids of the suites are made of.
func validRef(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("_-.@:|", c) >= 0) {
			return false
		}
	}
	return true
}

func escapable(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
		c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

func indexUnescaped(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && escapable(s[i+1]) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
