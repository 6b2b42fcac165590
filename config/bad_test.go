package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"magpie/config"

	"github.com/google/go-cmp/cmp"
)

// badEnv is the environment of the bad files.
func badEnv(name string) (string, bool) {
	v, ok := map[string]string{"INJECT": "x\nstore: {driver: mysql}"}[name]
	return v, ok
}

// TestBadFiles loads each file under testdata/bad. The comment lines at its head are the problems that
// are wanted, without the file's name: "# line:col: path: what; want". go test -update writes them, and
// the diff is for reading.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs(filepath.Join("testdata", "bad"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range badFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			_, ps := config.Load(file, config.Env(badEnv))
			if !ps.Bad() {
				t.Error("the file is accepted")
			}
			var got []string
			for _, p := range ps {
				line := strings.TrimPrefix(p.String(), file+":")
				got = append(got, strings.ReplaceAll(line, dir+string(filepath.Separator), ""))
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, rest := wanted(string(src))
			if *update {
				shift := len(got) - len(want)
				if shift == 0 {
					var b strings.Builder
					for _, g := range got {
						b.WriteString("# " + g + "\n")
					}
					if err := os.WriteFile(file, []byte(b.String()+rest), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				// The lines move: make room, and run again.
				if err := os.WriteFile(file, []byte(strings.Repeat("# ?\n", len(got))+rest), 0o644); err != nil {
					t.Fatal(err)
				}
				t.Error("run again with -update")
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func badFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// wanted splits a file into the problems it wants and the rest.
func wanted(src string) (want []string, rest string) {
	for {
		line, after, found := strings.Cut(src, "\n")
		w, comment := strings.CutPrefix(line, "# ")
		if !comment || !found {
			return want, src
		}
		want, src = append(want, w), after
	}
}

var (
	index   = regexp.MustCompile(`\[\d+\]`)
	problem = regexp.MustCompile(`^\d+:\d+: (?:([^ ]+): )?(.*)$`)
)

// TestBadFilesCoverTheSchema asks for a bad file for each key of magpie.yaml, an unknown key in each
// mapping, and each required key missing.
func TestBadFilesCoverTheSchema(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{} // "path what", as far as it matters
	for _, file := range badFiles(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := wanted(string(src))
		for _, w := range want {
			m := problem.FindStringSubmatch(w)
			if m == nil {
				t.Errorf("%s: %q is no problem with a place", file, w)
				continue
			}
			path := index.ReplaceAllString(m[1], "[]")
			parts := strings.Split(path, ".")
			if len(parts) > 1 && (parts[0] == "limits" || parts[0] == "people" && (parts[1] == "roles" || parts[1] == "oncall") && len(parts) > 2) {
				parts[len(parts)-len(parts)+1+strings.Count(parts[0], "people")] = "*"
				path = strings.Join(parts, ".")
			}
			switch {
			case strings.HasPrefix(m[2], "unknown key"):
				seen["unknown in "+strings.Join(parts[:len(parts)-1], ".")] = true
			case strings.HasPrefix(m[2], "required key"):
				name, _, _ := strings.Cut(strings.TrimPrefix(m[2], `required key "`), `"`)
				seen["missing "+join(path, name)] = true
			default:
				seen["wrong "+path] = true
			}
		}
	}
	var schema map[string]any
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	var missing []string
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		if ref, ok := s["$ref"].(string); ok {
			s = schema["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		need := func(what string) {
			if !seen[what] {
				missing = append(missing, what)
			}
		}
		if path != "" && s["properties"] == nil {
			need("wrong " + path)
		}
		if list, ok := s["items"].(map[string]any); ok && list["properties"] != nil {
			walk(path+"[]", list)
		}
		switch more := s["additionalProperties"].(type) {
		case map[string]any:
			walk(join(path, "*"), more)
		case bool:
			if !more {
				need("unknown in " + path)
			}
		}
		required, _ := s["required"].([]any)
		for _, r := range required {
			need("missing " + join(path, r.(string)))
		}
		keys, _ := s["properties"].(map[string]any)
		for k, v := range keys {
			walk(join(path, k), v.(map[string]any))
		}
	}
	walk("", schema)
	slices.Sort(missing)
	for _, m := range missing {
		t.Errorf("no file under testdata/bad has: %s", m)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
