package wecomcard

import (
	"regexp"
	"strings"
)

// line is one line of a text. Kind is p, h, quote, item or blank; Level is a heading's.
type line struct {
	Kind   string
	Level  int
	Pieces []piece
}

// piece is a run of characters that look alike.
type piece struct {
	Text string
	Bold bool
	Code bool
	Ink  string // info, comment, warning, gray, highlight
	URL  string
	At   bool
}

func (l line) plain() string {
	var out strings.Builder
	for _, p := range l.Pieces {
		out.WriteString(p.Text)
	}
	return strings.TrimSpace(out.String())
}

// textLines are the lines of a text message, whose only tag is a link.
func textLines(text string) []line {
	return lines(text, func(s string) line { return line{Kind: "p", Pieces: anchors(s)} })
}

func lines(text string, read func(string) line) []line {
	var out []line
	for _, s := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if len(out) == maxRows {
			return append(out, line{Kind: "p", Pieces: []piece{{Text: "…"}}})
		}
		out = append(out, read(s))
	}
	return out
}

var anchor = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*["']?([^"'>\s]*)["']?[^>]*>([^<]*)</a>`)

// anchors finds the links in a line.
func anchors(s string) []piece {
	var out []piece
	for s != "" {
		m := anchor.FindStringSubmatchIndex(s)
		if m == nil {
			return append(out, piece{Text: s})
		}
		if m[0] > 0 {
			out = append(out, piece{Text: s[:m[0]]})
		}
		address := s[m[2]:m[3]]
		out = append(out, piece{Text: firstOf(s[m[4]:m[5]], address), URL: webURL(address)})
		s = s[m[1]:]
	}
	return out
}

var block = regexp.MustCompile(`(?is)<div(?:\s+class\s*=\s*["']?([a-z]*)["']?)?[^>]*>(.*?)</div>|<br\s*/?>`)

// cardLines are the lines of a textcard, whose tags are br and div with a colour.
func cardLines(text string) []line {
	var out []line
	add := func(s, ink string) {
		for _, one := range strings.Split(s, "\n") {
			if strings.TrimSpace(one) != "" && len(out) < maxRows {
				out = append(out, line{Kind: "p", Pieces: []piece{{Text: one, Ink: ink}}})
			}
		}
	}
	for {
		m := block.FindStringSubmatchIndex(text)
		if m == nil {
			add(text, "")
			return out
		}
		add(text[:m[0]], "")
		if m[4] >= 0 {
			ink := ""
			if m[2] >= 0 {
				ink = inks[strings.ToLower(text[m[2]:m[3]])]
			}
			add(text[m[4]:m[5]], ink)
		}
		text = text[m[1]:]
	}
}

// inks are the colours that texts may name.
var inks = map[string]string{"info": "info", "comment": "comment", "warning": "warning", "gray": "comment", "highlight": "warning"}

var (
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*)$`)
	bullet  = regexp.MustCompile(`^\s*(?:[-*+]|\d{1,3}\.)\s+(.*)$`)
	inline  = regexp.MustCompile("(?i)\\*\\*(.+?)\\*\\*|`([^`]+)`|\\[([^\\]]*)\\]\\(([^)\\s]*)\\)|<font\\s+color\\s*=\\s*[\"']?([a-z]+)[\"']?\\s*>(.*?)</font>|<@([A-Za-z0-9._-]{1,64}|all)>")
)

// markdown reads the subset that WeCom shows: headings, bold, links, code, quotes, three colours; the second
// version has lists besides, and no colours.
func (b *builder) markdown(text string, second bool) []line {
	return lines(text, func(s string) line {
		if m := heading.FindStringSubmatch(s); m != nil {
			return line{Kind: "h", Level: len(m[1]), Pieces: b.pieces(m[2], piece{})}
		}
		if rest, quoted := strings.CutPrefix(strings.TrimLeft(s, " "), ">"); quoted {
			return line{Kind: "quote", Pieces: b.pieces(strings.TrimPrefix(rest, " "), piece{})}
		}
		if m := bullet.FindStringSubmatch(s); second && m != nil {
			return line{Kind: "item", Pieces: b.pieces(m[1], piece{})}
		}
		if strings.TrimSpace(s) == "" {
			return line{Kind: "blank"}
		}
		return line{Kind: "p", Pieces: b.pieces(s, piece{})}
	})
}

// pieces reads one line; as is how it looks already.
func (b *builder) pieces(s string, as piece) []piece {
	var out []piece
	add := func(p piece) {
		if p.Text != "" {
			out = append(out, p)
		}
	}
	plain := func(s string) { p := as; p.Text = s; add(p) }
	for s != "" {
		m := inline.FindStringSubmatchIndex(s)
		if m == nil {
			plain(s)
			return out
		}
		plain(s[:m[0]])
		part := func(i int) string { return s[m[2*i]:m[2*i+1]] }
		p := as
		switch {
		case m[2] >= 0: // bold, which may hold the others
			p.Bold = true
			out = append(out, b.pieces(part(1), p)...)
		case m[4] >= 0:
			p.Code, p.Text = true, part(2)
			add(p)
		case m[6] >= 0:
			p.Text, p.URL = firstOf(part(3), part(4)), webURL(part(4))
			add(p)
		case m[10] >= 0:
			p.Ink = inks[strings.ToLower(part(5))]
			out = append(out, b.pieces(part(6), p)...)
		default:
			p.At, p.Text = true, "@"+b.called(part(7))
			add(p)
		}
		s = s[m[1]:]
	}
	return out
}

func (b *builder) called(userid string) string {
	if userid == "all" {
		return "所有人"
	}
	if b.o.Who != nil {
		if p, ok := b.o.Who(userid); ok {
			return p.Name
		}
	}
	return userid
}
