package config_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"magpie/config"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite docs/schema/magpie.json")

// compileSchema reads a schema as an editor would.
func compileSchema(t *testing.T, src []byte) *jsonschema.Schema {
	t.Helper()
	var doc any
	if err := json.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// decodeAny reads YAML as an editor would: without our rules.
func decodeAny(t *testing.T, file string) any {
	t.Helper()
	n, ps := config.ParseFile(file, config.NoVariables())
	if n == nil {
		t.Fatal(ps.Error())
	}
	var v any
	if ps := n.Decode(&v); len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	return v
}

func TestSchema(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "docs", "schema", "magpie.json")
	got := config.Schema()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
	if err := compileSchema(t, got).Validate(decodeAny(t, "example/magpie.yaml")); err != nil {
		t.Errorf("the example does not fit the schema: %v", err)
	}
}

func TestSchemaRefusesWhatDecodeRefuses(t *testing.T) {
	t.Parallel()
	s := compileSchema(t, config.Schema())
	for _, src := range []string{
		"sever: {}", "server: {addr: 8080}", "server: {addr: x}", "server: {public_url: 'ftp://x'}", "store: {driver: oracle}", "connections: {}",
		"connections: [{id: a}]", "connections: [{id: A B, suite: x}]", "people: {link_by: [name]}", "people: {sync: soon}", "people: {roles: {a: []}}",
		"calendar: {workday: 9-18}", "limits: {a: {per_minute: 0}}", "limits: {a: {per_hour: 1}}", "workflows: [a]",
	} {
		n, ps := config.Parse("f.yaml", []byte(src))
		if n == nil {
			t.Fatal(ps.Error())
		}
		var v any
		if ps := n.Decode(&v); len(ps) > 0 {
			t.Fatal(ps.Error())
		}
		if s.Validate(v) == nil {
			t.Errorf("the schema accepts %s", src)
		}
		if _, ps := config.Load(write(t, t.TempDir(), "magpie.yaml", src)); !ps.Bad() {
			t.Errorf("Load accepts %s", src)
		}
	}
}

// tree holds itself, and a type that describes itself.
type tree struct {
	Name  string         `yaml:"name,required" jsonschema_description:"What it is called."`
	Kids  []tree         `yaml:"kids"`
	Leaf  *leafSpec      `yaml:"leaf"`
	Every time.Duration  `yaml:"every"`
	Size  int            `yaml:"size" jsonschema:"minimum=1,maximum=9"`
	Price config.Decimal `yaml:"price"`
	Tags  []string       `yaml:"tags,scalar" jsonschema:"enum=a,enum=b"`
	Share share          `yaml:"share"`
	Key   config.Secret  `yaml:"key"`
	Free  *config.Node   `yaml:"free"`
}

type leafSpec struct {
	Kids []tree     `yaml:"kids"`
	Next []leafSpec `yaml:"next"`
}

type share string

func (s *share) DecodeYAML(n *config.Node) config.Problems { *s = share(n.Text()); return nil }
func (s *share) JSONSchema() *config.JSONSchema {
	return &config.JSONSchema{Type: "string", Pattern: "^[0-9]+%$"}
}

func TestSchemaFor(t *testing.T) {
	t.Parallel()
	s := compileSchema(t, config.SchemaFor("tree", &tree{}))
	check := func(src string, good bool) {
		t.Helper()
		var v any
		if err := json.Unmarshal([]byte(src), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); (err == nil) != good {
			t.Errorf("%s: %v", src, err)
		}
	}
	check(`{"name":"x","kids":[{"name":"y","leaf":{"next":[{"kids":[{"name":"z"}]}]}}],"tags":"a","share":"60%","free":{"any":1},"price":1.5,"every":"1h30m","size":9}`, true)
	check(`{"name":"x","size":"${N}","tags":["a","b"],"every":"${T}"}`, true)
	check(`{}`, false)
	check(`{"name":"x","kids":[{}]}`, false)
	check(`{"name":"x","leaf":{"next":[{"kids":[{}]}]}}`, false)
	check(`{"name":"x","tags":["c"]}`, false)
	check(`{"name":"x","share":"60"}`, false)
	check(`{"name":"x","size":10}`, false)
	check(`{"name":"x","every":"soon"}`, false)
}
