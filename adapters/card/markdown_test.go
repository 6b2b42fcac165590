package card

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// hostile draws text from the pieces that markup is made of, mixed with ordinary characters.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"*", "**", "***", "~~", "~", "`", "[", "]", "(", ")", "](", "[@", "person:ou_1", "http://a.b", "https://e.vil/x", "\\",
		"\n", "\r", "\r\n", " ", "   ", "\t", "> ", "- ", "* ", "+ ", "1. ", "2) ", "12", "#", "<at id=all></at>", "_", "中", "a", "\x00", "\xff", "!",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

// literal fails unless the spans are text only, without style, and returns it.
func literal(t interface {
	Fatalf(string, ...any)
}, bs []Block) string {
	var out strings.Builder
	for _, b := range bs {
		if b.Kind != BlockParagraph {
			t.Fatalf("escaped text made a %s", b.Kind)
		}
		for _, l := range b.Lines {
			for _, s := range l {
				if s.Kind != SpanText || s.Bold || s.Italic || s.Strike {
					t.Fatalf("escaped text made %+v", s)
				}
				out.WriteString(s.Text)
			}
		}
	}
	return out.String()
}

func TestEscapedTextComesBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(hostile(), rapid.String()).Draw(t, "s")
		bs := ParseMarkdown(EscapeMarkdown(s))
		if len(bs) > 1 {
			t.Fatalf("%q became %d blocks", s, len(bs))
		}
		if got := literal(t, bs); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}

// Whatever template text stands around it, escaped text makes no link, mention, code or block of its own.
func TestEscapedTextIsInertInsideATemplate(t *testing.T) {
	t.Parallel()
	frames := []string{"**%**", "*%*", "~~%~~", "- %", "1. %", "> %", "[急]%", "(%)", "%%", "1%", "a\n%\nb", "%: [x](https://ok.example/%)", "[@%](person:ou_9)"}
	rapid.Check(t, func(t *rapid.T) {
		frame := rapid.SampledFrom(frames).Draw(t, "frame")
		inner := strings.ReplaceAll(frame, "%", EscapeMarkdown(hostile().Draw(t, "s")))
		for _, b := range ParseMarkdown(inner) {
			for _, l := range b.Lines {
				for _, s := range l {
					switch {
					case s.Kind == SpanCode,
						s.Kind == SpanLink && !strings.HasPrefix(s.URL, "https://ok.example/"),
						s.Kind == SpanMention && s.Ref != "ou_9":
						t.Fatalf("%q made %+v", inner, s)
					}
				}
			}
		}
	})
}

func TestParseMarkdown(t *testing.T) {
	t.Parallel()
	text := func(s string) Span { return Span{Kind: SpanText, Text: s} }
	para := func(ls ...[]Span) []Block { return []Block{{Kind: BlockParagraph, Lines: ls}} }
	for name, c := range map[string]struct {
		in   string
		want []Block
	}{
		"nothing":            {"", nil},
		"spaces":             {" \n\t\n", nil},
		"plain":              {"你好", para([]Span{text("你好")})},
		"two lines":          {"a\nb", para([]Span{text("a")}, []Span{text("b")})},
		"crlf":               {"a\r\nb", para([]Span{text("a")}, []Span{text("b")})},
		"two paragraphs":     {"a\n\n\nb", append(para([]Span{text("a")}), para([]Span{text("b")})...)},
		"bold":               {"a **b** c", para([]Span{text("a "), {Kind: SpanText, Text: "b", Bold: true}, text(" c")})},
		"italic":             {"*b*", para([]Span{{Kind: SpanText, Text: "b", Italic: true}})},
		"strike":             {"~~b~~", para([]Span{{Kind: SpanText, Text: "b", Strike: true}})},
		"bold italic":        {"***b***", para([]Span{{Kind: SpanText, Text: "b", Bold: true, Italic: true}})},
		"italic in bold":     {"**a *b* c**", para([]Span{{Kind: SpanText, Text: "a ", Bold: true}, {Kind: SpanText, Text: "b", Bold: true, Italic: true}, {Kind: SpanText, Text: " c", Bold: true}})},
		"bold at its end":    {"*a **b***", para([]Span{{Kind: SpanText, Text: "a ", Italic: true}, {Kind: SpanText, Text: "b", Bold: true, Italic: true}})},
		"unclosed":           {"**a", para([]Span{text("**a")})},
		"empty bold":         {"****", para([]Span{text("****")})},
		"a product":          {"2 * 3 * 4", para([]Span{text("2 * 3 * 4")})},
		"crossed":            {"**a ~~b** c~~", para([]Span{{Kind: SpanText, Text: "a ~~b", Bold: true}, text(" c~~")})},
		"code":               {"`a*b*\\`c`", para([]Span{{Kind: SpanCode, Text: "a*b*`c"}})},
		"lone tick":          {"a ` b", para([]Span{text("a ` b")})},
		"link":               {"[看](https://a.cn/x?y=1)", para([]Span{{Kind: SpanLink, Text: "看", URL: "https://a.cn/x?y=1"}})},
		"bold link":          {"**[看](http://a.cn)**", para([]Span{{Kind: SpanLink, Text: "看", URL: "http://a.cn", Bold: true}})},
		"javascript":         {"[x](javascript:alert)", para([]Span{text("[x](javascript:alert)")})},
		"no host":            {"[x](https:///y)", para([]Span{text("[x](https:///y)")})},
		"space in address":   {"[x](https://a b)", para([]Span{text("[x](https://a b)")})},
		"tag in address":     {"[x](https://a/<at>)", para([]Span{text("[x](https://a/<at>)")})},
		"mention":            {"[@李雷](person:ou_1)", para([]Span{{Kind: SpanMention, Text: "李雷", Ref: "ou_1"}})},
		"mention without at": {"[李雷](person:ou_1)", para([]Span{text("[李雷](person:ou_1)")})},
		"mention, bad ref":   {"[@x](person:a/b)", para([]Span{text("[@x](person:a/b)")})},
		"bullets":            {"- a\n* b", []Block{{Kind: BlockBullets, Lines: [][]Span{{text("a")}, {text("b")}}}}},
		"numbers":            {"3. a\n4) b", []Block{{Kind: BlockNumbers, Start: 3, Lines: [][]Span{{text("a")}, {text("b")}}}}},
		"quote":              {"> a\n>b", []Block{{Kind: BlockQuote, Lines: [][]Span{{text("a")}, {text("b")}}}}},
		"list after text":    {"x:\n- a", append(para([]Span{text("x:")}), Block{Kind: BlockBullets, Lines: [][]Span{{text("a")}}})},
		"version, no list":   {"1.5 元", para([]Span{text("1.5 元")})},
		"escaped break":      {"- a\\\nb", []Block{{Kind: BlockBullets, Lines: [][]Span{{text("a\nb")}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, ParseMarkdown(c.in)); d != "" {
				t.Errorf("%q: -want +got\n%s", c.in, d)
			}
		})
	}
}

func FuzzParseMarkdown(f *testing.F) {
	for _, s := range []string{"", "**a** [b](https://c.d)", "- a\n\n> b", "[@x](person:y)\\", "`\\`", "***a**b*", "~~~~", "1. \n2) x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, b := range ParseMarkdown(s) {
			if b.Kind == "" || len(b.Lines) == 0 {
				t.Fatalf("%q: empty block %+v", s, b)
			}
			for _, l := range b.Lines {
				for _, sp := range l {
					if sp.Text == "" {
						t.Fatalf("%q: empty span %+v", s, sp)
					}
					if sp.Kind == SpanLink && !validURL(sp.URL) || sp.Kind == SpanMention && !validRef(sp.Ref) {
						t.Fatalf("%q: bad target %+v", s, sp)
					}
				}
			}
		}
		if got := literal(t, ParseMarkdown(EscapeMarkdown(s))); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}
