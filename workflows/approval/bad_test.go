package approval_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/config"
	"magpie/workflows/approval"
)

// Every mistake has a file of its own, with the wanted line after "# " in its first line.
func TestBadDefinitions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	e := env(t)
	delete(e.Roles, "admin")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(src), "\n")
			want := strings.TrimPrefix(first, "# ")
			n, ps := config.Parse("flow.yaml", src)
			if !ps.Bad() {
				p, more := approval.Kind{}.Compile(n, e)
				ps = append(ps, more...)
				if (p == nil) != ps.Bad() {
					t.Errorf("a program together with errors, or neither")
				}
			}
			for _, p := range ps {
				if p.String() == want {
					return
				}
			}
			t.Errorf("want\n%s\ngot\n%v", want, ps)
		})
	}
}
