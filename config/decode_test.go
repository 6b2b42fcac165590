package config_test

import (
	"strings"
	"testing"
	"time"

	"magpie/config"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	ID   string       `yaml:"id,required"`
	Mode string       `yaml:"mode" jsonschema:"enum=any,enum=all"`
	Next *config.Node `yaml:"next"`
}

type base struct {
	Name string `yaml:"name,required"`
}

type sample struct {
	base
	Base    base2             `yaml:"base"`
	Count   int               `yaml:"count" jsonschema:"minimum=1,maximum=9"`
	On      bool              `yaml:"on"`
	Amount  config.Decimal    `yaml:"amount"`
	Every   time.Duration     `yaml:"every"`
	Key     config.Secret     `yaml:"key"`
	To      []string          `yaml:"to,scalar"`
	List    []inner           `yaml:"list"`
	Labels  map[string]string `yaml:"labels"`
	Pointer *inner            `yaml:"pointer"`
	Any     any               `yaml:"any"`
}

type base2 struct{}

// parse reads and decodes, with a small environment.
func parse(t *testing.T, src string, into any) config.Problems {
	t.Helper()
	env := map[string]string{"NAME": "鹊桥", "EMPTY": "", "YAML": "a: [b]\nc: d", "PORT": "5"}
	n, ps := config.Parse("f.yaml", []byte(src), config.Env(func(k string) (string, bool) { v, ok := env[k]; return v, ok }))
	if n == nil {
		return ps
	}
	return append(ps, n.Decode(into)...)
}

func TestDecodePositions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"unknown key", "name: a\ncuont: 3\n", `f.yaml:2:1: cuont: unknown key "cuont"; did you mean count?`},
		{"after chinese", "name: {采购: 1}\n", `f.yaml:1:7: name: is a mapping; a single value is wanted here`},
		{"missing", "count: 3\n", `f.yaml:1:1: required key "name" is missing; give a text`},
		{"missing in list", "name: a\nlist:\n  - {id: x}\n  - {mode: any}\n", `f.yaml:4:5: list[1]: required key "id" is missing; give a text`},
		{"enum", "name: a\nlist: [{id: 中文, mode: al}]\n", `f.yaml:2:23: list[0].mode: "al" is not known here; did you mean all?`},
		{"range", "name: a\ncount: 10\n", `f.yaml:2:8: count: 10 is too large; at most 9`},
		{"octal", "name: a\ncount: 0123\n", `f.yaml:2:8: count: 0123 begins with a zero, which some readers take for octal; write 123, or put it in quotes where text is meant`},
		{"exponent", "name: a\namount: 1e3\n", `f.yaml:2:9: amount: 1e3 is a number in a form that readers disagree about; a number is wanted here in plain digits, like 1000`},
		{"yes", "name: a\non: yes\n", `f.yaml:2:5: on: "yes" is text, not a truth value, for us and for YAML 1.2; write true`},
		{"quoted number", "name: a\ncount: \"5\"\n", `f.yaml:2:8: count: "5" is text; write it without quotes`},
		{"no unit", "name: a\nevery: 30\n", `f.yaml:2:8: every: "30" has no unit; write a span such as 30m, 1h30m or 10s`},
		{"no list", "name: a\nlist: x\n", `f.yaml:2:7: list: is a single value; a list is wanted here: [x]`},
		{"variable", "name: a\nkey: ${NOPE}\n", `f.yaml:2:6: key: environment variable NOPE is not set; set it, or write ${NOPE:-default}`},
		{"secret file", "name: a\nkey: file:nope/x\n", `f.yaml:2:6: key: the secret's file can't be used: open nope/x: no such file or directory; file:PATH is relative to f.yaml`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, parse(t, c.src, new(sample)).Error()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDecodeValues(t *testing.T) {
	t.Parallel()
	var s sample
	ps := parse(t, `name: ${NAME}
count: "${PORT}"
on: true
amount: 300.10
every: 1h30m
key: 0123
to: $${x}${YAML}
list: [{id: 1, next: {deep: [1, 2]}}]
labels: {a: "b", c: 1e3}
pointer: {id: x}
any: {n: 1.50, s: "1", l: [true, ~]}
`, &s)
	if len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	if s.Name != "鹊桥" || s.Count != 5 || !s.On || s.Amount != "300.10" || s.Every != 90*time.Minute || s.Key.Reveal() != "0123" {
		t.Errorf("got %+v", s)
	}
	if d := cmp.Diff([]string{"${x}a: [b]\nc: d"}, s.To); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"a": "b", "c": "1e3"}, s.Labels); d != "" {
		t.Error(d)
	}
	if p := s.List[0].Next.At("deep[1].nothing").Problem("x", ""); p.Path != "list[0].next.deep[1]" || p.Line != 8 || p.Col != 33 {
		t.Errorf("got %v", p)
	}
	if strings.Contains(s.Key.String(), "0123") {
		t.Error("a secret shows")
	}
}
