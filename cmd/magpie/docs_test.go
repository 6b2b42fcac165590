package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"magpie/config"
	"magpie/workflows"
)

// manuals are all files of words for people, by path from the top.
func manuals(t *testing.T) map[string]string {
	t.Helper()
	top := filepath.Join("..", "..")
	out := map[string]string{}
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(p) != ".md" {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, p)
		out[filepath.ToSlash(rel)] = string(src)
		return err
	})
	if err != nil || len(out) < 8 {
		t.Fatalf("%d manuals: %v", len(out), err)
	}
	return out
}

var (
	mdLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdTitle = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	mdFence = regexp.MustCompile("(?ms)^[ ]*```(\\w*)\n(.*?)^[ ]*```")
	notWord = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names of a file's headings, as the usual renderers make them.
func anchors(md string) map[string]bool {
	out := map[string]bool{}
	for _, m := range mdTitle.FindAllStringSubmatch(mdFence.ReplaceAllString(md, ""), -1) {
		s := notWord.ReplaceAllString(strings.ToLower(m[1]), "")
		out[strings.ReplaceAll(strings.TrimSpace(s), " ", "-")] = true
	}
	return out
}

func TestLinksOfManualsResolve(t *testing.T) {
	t.Parallel()
	all := manuals(t)
	checked := 0
	for file, md := range all {
		for _, m := range mdLink.FindAllStringSubmatch(mdFence.ReplaceAllString(md, ""), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: link %s: %v", file, m[1], err)
				continue
			}
			if u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "person" || u.Scheme == "mailto" || u.Path == "url" {
				continue
			}
			checked++
			to := file
			if u.Path != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(file), u.Path))
				if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(to))); err != nil {
					t.Errorf("%s: link %s leads nowhere", file, m[1])
					continue
				}
			}
			if u.Fragment != "" && !anchors(all[to])[u.Fragment] {
				t.Errorf("%s: link %s: %s has no such heading", file, m[1], to)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d links were found", checked)
	}
}

// Whatever a manual shows as a whole workflow compiles without an error, in a project that has the roles
// of the sample.
func TestWorkflowsOfManualsCompile(t *testing.T) {
	t.Parallel()
	env := workflows.Env{Roles: map[string][]string{"finance": {"person:wang.fang"}, "ceo": {"person:zhang.wei"}, "admin": {"person:chen.jie"}}}
	found := map[string]int{}
	for file, md := range manuals(t) {
		for _, m := range mdFence.FindAllStringSubmatch(md, -1) {
			if m[1] != "yaml" || !strings.HasPrefix(m[2], "kind: approval\n") {
				continue
			}
			found[file]++
			prog, _, ps := compileSource(file, []byte(m[2]), env)
			for _, p := range ps {
				if p.Severity != config.Warning {
					t.Error(p)
				}
			}
			if prog == nil {
				t.Errorf("%s: the workflow\n%s\ndoes not compile", file, m[2])
			}
		}
	}
	if found["README.md"] == 0 || found["docs/workflows.md"] == 0 {
		t.Errorf("whole workflows were found in %v only", found)
	}
}

// What a manual shows as a configuration is one.
func TestConfigurationsOfManualsLoad(t *testing.T) {
	t.Parallel()
	found := 0
	for file, md := range manuals(t) {
		for _, m := range mdFence.FindAllStringSubmatch(md, -1) {
			if m[1] != "yaml" || !strings.Contains("\n"+strings.ReplaceAll(m[2], "\n   ", "\n"), "\nserver:") {
				continue
			}
			found++
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "workflows"), 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "magpie.yaml")
			if err := os.WriteFile(path, []byte(m[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			p, ps := loadProject(path, offline(), config.Env(func(string) (string, bool) { return "value", true }))
			if p == nil {
				t.Errorf("%s: the configuration\n%s\n%v", file, m[2], ps)
			}
		}
	}
	if found < 2 {
		t.Errorf("only %d configurations were found", found)
	}
}

// What the manual shows as a template is one, and draws.
func TestTemplateOfTheManualDraws(t *testing.T) {
	t.Parallel()
	md := manuals(t)["docs/cards.md"]
	found := 0
	for _, m := range mdFence.FindAllStringSubmatch(md, -1) {
		name, rest, ok := strings.Cut(strings.TrimPrefix(m[2], "# templates/"), ".yaml")
		if m[1] != "yaml" || !ok || !strings.HasPrefix(m[2], "# templates/") || rest == "" {
			continue
		}
		found++
		dir := t.TempDir()
		if err := prepareData(dir, false, nil); err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(filepath.Join(dir, "magpie.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{"magpie.yaml": string(src) + "\ntemplates: templates/\n", "templates/" + name + ".yaml": m[2]} {
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, ps := loadProject(filepath.Join(dir, "magpie.yaml"), offline())
		if p == nil {
			t.Fatal(ps)
		}
		losses, ps := drawAll(p)
		losses = slices.DeleteFunc(losses, func(l cardLoss) bool { return l.Accepted })
		if ps.Bad() || len(losses) > 0 {
			t.Errorf("the template %s of the manual: %v %v", name, ps, losses)
		}
	}
	if found != 1 {
		t.Errorf("%d templates were found", found)
	}
}
