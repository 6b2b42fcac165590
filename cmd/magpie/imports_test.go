package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What each package may import of this module; "x/" is everything below x, "x" just x. What is not listed
// is not allowed. The longest matching row counts. Tests may import more, but never across the line
// between simulator and adapters.
var allowed = map[string][]string{
	"adapters/event":       {},
	"adapters/card":        {"adapters/event"},
	"config":               {},
	"adapters":             {"adapters/event", "adapters/card", "config"},
	"adapters/":            {"adapters", "adapters/event", "adapters/card", "config", "adapters/internal/"},
	"adapters/dingtalk/":   {"adapters", "adapters/event", "adapters/card", "config", "adapters/internal/", "adapters/dingtalk"},
	"adapters/feishu/":     {"adapters", "adapters/event", "adapters/card", "config", "adapters/internal/", "adapters/feishu"},
	"adapters/wecom/":      {"adapters", "adapters/event", "adapters/card", "config", "adapters/internal/", "adapters/wecom"},
	"workflows":            {"adapters/event", "adapters/card", "config"},
	"workflows/":           {"workflows", "workflows/cond", "workflows/selector", "workflows/workcal", "adapters/event", "adapters/card", "config"},
	"templates":            {"adapters/card", "adapters/event", "config", "templates/builtin"},
	"templates/builtin":    {},
	"store":                {"adapters", "adapters/event", "adapters/card", "workflows", "config", "store/migrations"},
	"store/":               {"adapters", "adapters/event", "adapters/card", "workflows", "config", "store", "store/migrations"},
	"web":                  {"adapters", "adapters/event", "adapters/card", "workflows", "templates", "config"},
	"web/":                 {"adapters", "adapters/event", "adapters/card", "workflows", "templates", "config", "web"},
	"simulator":            {"config", "simulator/internal/"},
	"simulator/":           {"simulator", "config", "simulator/internal/"},
	"simulator/playground": {"simulator", "config", "simulator/playground/feishucard", "simulator/playground/dingtalkcard", "simulator/playground/wecomcard"},
	"cmd/":                 {"*"},
	"bench":                {"*"},
}

// Third-party packages that live in one place only.
var confined = map[string][]string{
	"gorm.io/":                         {"store", "bench"},
	"modernc.org/sqlite":               {"store", "bench"},
	"github.com/libtnb/sqlite":         {"store"},
	"github.com/go-sql-driver/mysql":   {"store", "bench"},
	"github.com/pressly/goose":         {"store"},
	"github.com/goccy/go-yaml":         {"config"},
	"github.com/larksuite/oapi-sdk-go": {"adapters/feishu"},
	"github.com/silenceper/wechat":     {"adapters/wecom"},
	"github.com/open-dingtalk/":        {"adapters/dingtalk/stream"},
	"github.com/gin-gonic/gin":         {"cmd/magpie", "web"},
	"github.com/spf13/cobra":           {"cmd/magpie"},
	"github.com/expr-lang/expr":        {"workflows/cond"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		files++
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		test := strings.HasSuffix(p, "_test.go")
		for _, s := range f.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			if why := refuse(pkg, imp, test); why != "" {
				t.Errorf("%s imports %s: %s", rel, imp, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("looked at %d files only: the walk is wrong", files)
	}
}

// refuse says why a package may not import another, "" when it may.
func refuse(pkg, imp string, test bool) string {
	ours, internal := strings.CutPrefix(imp, "magpie/")
	if !internal {
		for prefix, homes := range confined {
			if !test && strings.HasPrefix(imp, prefix) && !within(pkg, homes) {
				return "it belongs into " + strings.Join(homes, ", ") + " only"
			}
		}
		return ""
	}
	if ours == pkg || test && strings.HasSuffix(pkg, "_test") {
		return ""
	}
	across := func(a, b string) bool { return strings.HasPrefix(a, "simulator") && strings.HasPrefix(b, "adapters") }
	if across(pkg, ours) || across(ours, pkg) {
		return "the simulator and the adapters share no code"
	}
	if test {
		return ""
	}
	row, best := []string(nil), -1
	for k, v := range allowed {
		if (k == pkg || strings.HasSuffix(k, "/") && strings.HasPrefix(pkg, k)) && len(k) > best {
			row, best = v, len(k)
		}
	}
	if best < 0 {
		return "package " + pkg + " is not in the table"
	}
	for _, a := range row {
		if a == "*" || a == ours || strings.HasSuffix(a, "/") && strings.HasPrefix(ours, a) {
			return ""
		}
	}
	return "not in the table of allowed imports"
}

func within(pkg string, homes []string) bool {
	for _, h := range homes {
		if pkg == h || strings.HasPrefix(pkg, h+"/") {
			return true
		}
	}
	return false
}

// The table itself must be able to refuse.
func TestImportsRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imp string
		test     bool
	}{
		{"adapters/event", "magpie/config", false},
		{"adapters/feishu", "magpie/adapters/webhook", false},
		{"adapters/feishu", "magpie/simulator", true},
		{"simulator/feishu", "magpie/adapters/event", true},
		{"workflows/approval", "magpie/workflows/engine", false},
		{"workflows/approval", "gorm.io/gorm", false},
		{"store", "magpie/workflows/engine", false},
		{"newfolder", "magpie/config", false},
	} {
		if refuse(c.pkg, c.imp, c.test) == "" {
			t.Errorf("%s may import %s (test: %v)", c.pkg, c.imp, c.test)
		}
	}
	if why := refuse("workflows/approval", "magpie/workflows/cond", false); why != "" {
		t.Errorf("approval may not import cond: %s", why)
	}
}
