package templates

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/config"
)

// Set is all templates, by name. It is immutable and safe for concurrent use.
// It implements workflows.Renderer.
type Set struct {
	byName map[string]*compiled
	layers []Layer
}

// compiled is one template, ready to be filled.
type compiled struct {
	name string
	file string
	spec spec
}

// Layer is a folder of templates: approval.task.yaml is the template approval.task. Folders below it are
// read too, except testdata, whose samples Check uses: testdata/<template>/<sample>.view.json.
type Layer struct {
	Name string // how problems begin the file's name: "templates/"
	FS   fs.FS
}

//go:embed builtin/*.yaml builtin/testdata/*/*.view.json
var builtin embed.FS

// Builtin is the layer of the shipped templates.
func Builtin() Layer {
	sub, err := fs.Sub(builtin, "builtin")
	if err != nil {
		panic(err) // the name is right
	}
	return Layer{Name: "builtin:", FS: sub}
}

// Dir is the layer of an administrator's folder.
func Dir(dir string) Layer {
	return Layer{Name: strings.TrimRight(dir, `/\`) + string(filepath.Separator), FS: os.DirFS(dir)}
}

// Load reads layers; a template of a later layer replaces the one of that name. loc is the office's time
// zone, nil for Asia/Shanghai. Every mistake of every file is reported at once; the Set is nil exactly
// when one of them is an Error.
func Load(loc *time.Location, layers ...Layer) (*Set, config.Problems) {
	if loc == nil {
		loc = time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	s := &Set{byName: map[string]*compiled{}, layers: layers}
	c := newCompiler(loc)
	var ps config.Problems
	for _, l := range layers {
		files, more := l.files()
		ps = append(ps, more...)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			t, more := l.load(c, name, files[name])
			ps = append(ps, more...)
			if t != nil {
				s.byName[name] = t
			}
		}
	}
	ps.Sort()
	if ps.Bad() {
		return nil, ps
	}
	return s, ps
}

// files maps template names to paths.
func (l Layer) files() (map[string]string, config.Problems) {
	files := map[string]string{}
	var ps config.Problems
	err := fs.WalkDir(l.FS, ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && p != "." && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".")):
			return fs.SkipDir
		case e.IsDir(), strings.HasPrefix(e.Name(), "."):
			return nil
		}
		ext := path.Ext(p)
		if ext != ".yaml" && ext != ".yml" {
			return nil
		}
		name := strings.TrimSuffix(e.Name(), ext)
		if other, dup := files[name]; dup {
			ps = append(ps, config.Problem{File: l.Name + p, What: fmt.Sprintf("template %s is in %s too", name, other), Want: "one file a template"})
			return nil
		}
		files[name] = p
		return nil
	})
	if err != nil {
		ps = append(ps, config.Problem{File: l.Name, What: "can't be read: " + err.Error()})
	}
	return files, ps
}

// load reads, decodes and compiles one file.
func (l Layer) load(c *compiler, name, file string) (*compiled, config.Problems) {
	src, err := readCapped(l.FS, file)
	if err != nil {
		return nil, config.Problems{{File: l.Name + file, What: "can't be read: " + err.Error()}}
	}
	n, ps := config.Parse(l.Name+file, src, config.NoVariables())
	if n == nil {
		return nil, ps
	}
	if n.Kind() == config.Null {
		return nil, append(ps, n.Problem("the file is empty", "a template has at least title and summary"))
	}
	t := &compiled{name: name, file: l.Name + file}
	ps = append(ps, n.Decode(&t.spec)...)
	ps = append(ps, c.all(reflect.ValueOf(&t.spec))...)
	if !ps.Bad() {
		ps = append(ps, t.static()...)
	}
	return t, ps
}

// readCapped reads at most a little over what Parse accepts.
func readCapped(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, config.MaxFileBytes+1))
}

// Names lists the templates.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }

// AcceptedLosses says which losses the author of a template accepts, by suite. The map must not be changed.
func (s *Set) AcceptedLosses(name string) map[string][]card.Severity {
	if t := s.byName[name]; t != nil {
		return t.spec.Accept
	}
	return nil
}

// ErrUnknown says that no template has the name.
var ErrUnknown = errors.New("no such template")

// Render fills a template. The view is any value that marshals to a JSON object; the template sees the
// JSON. The card has no slot, revision or tokens yet, and persons carry only ID and Name. Errors:
// ErrUnknown; otherwise the place in the template and what is wrong there.
func (s *Set) Render(name string, view any) (card.Card, error) {
	t := s.byName[name]
	if t == nil {
		return card.Card{}, fmt.Errorf("render %s: %w", name, ErrUnknown)
	}
	data, err := generic(view)
	if err != nil {
		return card.Card{}, fmt.Errorf("render %s: %w", name, err)
	}
	c, err := t.render(data)
	if err != nil {
		return card.Card{}, fmt.Errorf("render %s: %w", name, err)
	}
	return c, nil
}
