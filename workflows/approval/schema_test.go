package approval_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"magpie/config"
	"magpie/workflows/approval"
)

var update = flag.Bool("update", false, "rewrite docs/schema/workflow.json")

// The schema is the one in the docs, and the sample workflows are valid by it.
func TestSchema(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "schema", "workflow.json")
	got := approval.Schema()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run with -update and look at the difference:\n%s", diff)
	}
	var doc any
	if err := json.Unmarshal(got, &doc); err != nil {
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
	files, err := filepath.Glob("../../cmd/magpie/sample/workflows/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, f := range append(files, "testdata/bad/mode_both.yaml", "testdata/bad/unknown_key.yaml", "testdata/bad/wrong_kind.yaml") {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n, ps := config.Parse(f, src)
		if ps.Bad() {
			t.Fatal(ps)
		}
		var v any
		if ps := n.Decode(&v); ps.Bad() {
			t.Fatal(ps)
		}
		bad := filepath.Base(filepath.Dir(f)) == "bad"
		if err := s.Validate(v); (err != nil) != bad {
			t.Errorf("%s: %v", f, err)
		}
	}
}
