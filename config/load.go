package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Load reads magpie.yaml, sets the defaults, checks what belongs together, and computes the Revision.
// Every mistake is reported at once. The Config is nil exactly when one of them is an Error; warnings
// come together with a Config. Suites are not known here: see CheckSuites.
func Load(path string, opts ...Option) (*Config, Problems) {
	n, ps := ParseFile(path, opts...)
	if n == nil {
		return nil, ps
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, append(ps, n.Problem("the folder of the file is not known: "+err.Error(), ""))
	}
	l := &loader{root: n, dir: dir, problems: ps}
	l.decode()
	c := l.config()
	if !l.problems.Bad() {
		if c.Revision, err = revision(c, n.Source()); err != nil {
			l.add(Problem{File: path, What: "can't read what it names: " + err.Error()})
		}
	}
	l.problems.Sort()
	if l.problems.Bad() {
		return nil, l.problems
	}
	return c, l.problems
}

// ParseFile reads a file and parses it.
func ParseFile(path string, opts ...Option) (*Node, Problems) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, Problems{{File: path, What: "can't be read: " + reason(err)}}
	case !info.Mode().IsRegular():
		return nil, Problems{{File: path, What: "is no regular file"}}
	case info.Size() > MaxFileBytes:
		return nil, Problems{{File: path, What: fmt.Sprintf("the file has %d bytes", info.Size()), Want: "at most 1 MiB is read: split it"}}
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, Problems{{File: path, What: "can't be read: " + reason(err)}}
	}
	return Parse(path, src, opts...)
}

// reason is an error without the path, which the problem names already.
func reason(err error) string {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// loader carries one Load.
type loader struct {
	root     *Node
	dir      string
	file     file
	heads    []envelope
	problems Problems
}

func (l *loader) add(p ...Problem) { l.problems = append(l.problems, p...) }

// decode fills the file shape over its defaults.
func (l *loader) decode() {
	l.file = file{
		Server:   serverFile{Addr: ":8080"},
		Store:    storeFile{Driver: "sqlite"},
		People:   peopleFile{LinkBy: []string{"employee_no", "email", "mobile"}, Sync: 30 * time.Minute, Leavers: "manager"},
		Calendar: calendarFile{Country: "cn", Workday: clocks{9 * time.Hour, 18 * time.Hour}, Lunch: clocks{12 * time.Hour, 13*time.Hour + 30*time.Minute}},
	}
	if l.root.kind != Null {
		l.add(l.root.Decode(&l.file)...)
	}
	if l.file.Server.Timezone.loc == nil {
		loc, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			loc = time.FixedZone("Asia/Shanghai", 8*60*60) // a machine without zone data; China has no daylight saving
		}
		l.file.Server.Timezone = zone{"Asia/Shanghai", loc}
	}
	if l.file.Store.Driver == "sqlite" && l.file.Store.DSN.IsZero() {
		l.file.Store.DSN = NewSecret("magpie.db")
	}
	for _, c := range l.file.Connections {
		var e envelope
		if c.node != nil { // an empty one was reported
			l.add(c.node.head(&e)...)
		}
		l.heads = append(l.heads, e)
	}
}

// head decodes the keys that every connection has and leaves the others to the adapter.
func (n *Node) head(e *envelope) Problems {
	part := *n
	if n.kind == Map {
		part.entries = nil
		for _, x := range n.entries {
			if x.key == "id" || x.key == "suite" || x.key == "transport" {
				part.entries = append(part.entries, x)
			}
		}
	}
	return part.Decode(e)
}

// config checks what belongs together and makes the result.
func (l *loader) config() *Config {
	f := &l.file
	c := &Config{
		Server:    Server{Addr: string(f.Server.Addr), PublicURL: string(f.Server.PublicURL), Timezone: f.Server.Timezone.name, Location: f.Server.Timezone.loc},
		Store:     Store{Driver: f.Store.Driver, DSN: f.Store.DSN},
		People:    People{LinkBy: f.People.LinkBy, Roles: map[string][]string{}, OnCall: map[string]OnCall{}, Node: l.root.At("people"), Sync: f.People.Sync, Leavers: f.People.Leavers},
		Limits:    map[string]Limits{},
		Audit:     Audit{Tell: f.Audit.Tell},
		Dir:       l.dir,
		Workflows: filepath.Join(l.dir, "workflows"),
	}
	l.store(c)
	l.connections(c)
	l.people(c)
	l.onCall(c)
	l.calendar(c)
	l.folders(c)
	l.audit(c)
	for id, lim := range f.Limits {
		if !slices.ContainsFunc(l.heads, func(e envelope) bool { return e.ID == id }) {
			ids := make([]string, len(l.heads))
			for i, e := range l.heads {
				ids[i] = e.ID
			}
			l.add(l.root.Get("limits").Key(id).Problem(fmt.Sprintf("no connection is called %q", id), oneOf(id, ids)))
		}
		c.Limits[id] = Limits(lim)
	}
	return c
}

func (l *loader) store(c *Config) {
	n := l.root.At("store")
	switch {
	case c.Store.Driver == "mysql" && !slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Path == "store.driver" }) && n.At("dsn").kind != Scalar:
		l.add(n.Problem(`required key "dsn" is missing`, "mysql needs one: user:password@tcp(host:3306)/magpie"))
	case c.Store.Driver == "sqlite":
		if path := c.Store.DSN.Reveal(); !filepath.IsAbs(path) {
			c.Store.DSN = NewSecret(filepath.Join(l.dir, path))
		}
	}
}

var connectionID = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

func (l *loader) connections(c *Config) {
	first := map[string]int{}
	for i, e := range l.heads {
		n := l.file.Connections[i].node
		if n == nil {
			continue
		}
		if e.ID != "" {
			at := n.At("id")
			if !connectionID.MatchString(e.ID) {
				l.add(at.Problem(fmt.Sprintf("%q can't be a connection's id", e.ID), "lower-case letters, digits and hyphens, at most 40"))
			}
			if line, dup := first[e.ID]; dup {
				l.add(at.Problem(fmt.Sprintf("connection %q is given twice", e.ID), fmt.Sprintf("it is on line %d already", line)))
			} else {
				first[e.ID] = at.line
			}
		}
		c.Connections = append(c.Connections, Connection{ID: e.ID, Suite: e.Suite, Transport: e.Transport, Settings: n})
	}
	if len(l.heads) > 0 && c.Server.PublicURL == "" && !l.problems.Bad() {
		l.add(l.root.At("server").Warn("public_url is not set", "without it cards have no links, and vendors can't call back"))
	}
}

// CheckSuites reports connections whose suite is not one of those that this program speaks.
func (c *Config) CheckSuites(known []string) Problems {
	var ps Problems
	for _, k := range c.Connections {
		if !slices.Contains(known, k.Suite) {
			ps = append(ps, k.Settings.At("suite").Problem(fmt.Sprintf("suite %q is not known", k.Suite), oneOf(k.Suite, known)))
		}
	}
	return ps
}

func (l *loader) folders(c *Config) {
	if l.file.Workflows != "" {
		c.Workflows = l.below(l.file.Workflows)
	}
	if l.file.Templates != "" {
		c.Templates = l.below(l.file.Templates)
	}
	for key, path := range map[string]string{"workflows": c.Workflows, "templates": c.Templates} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			if key == "workflows" && l.file.Workflows == "" {
				l.add(l.root.Warn("there is no folder workflows beside the file", "make one, or name it under workflows"))
				continue
			}
			l.add(l.root.At(key).Problem("there is no folder "+path, "relative paths start at the folder of "+filepath.Base(l.root.File())))
		}
	}
}

// below resolves a path against the folder of the file.
func (l *loader) below(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.dir, filepath.FromSlash(strings.TrimSuffix(path, "/")))
}
