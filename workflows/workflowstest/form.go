package workflowstest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"magpie/adapters/event"
	"magpie/config"
)

// FormOf reads the values of a form as YAML writes them: single values, lists of them, rows of a table as mappings,
// {start, end} of a range, and {file: NAME} for files, which are made up.
func FormOf(nodes map[string]*config.Node) (map[string]event.Value, config.Problems) {
	form := map[string]event.Value{}
	var ps config.Problems
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		v, more := valueOf(nodes[id])
		ps = append(ps, more...)
		form[id] = v
	}
	return form, ps
}

func valueOf(n *config.Node) (event.Value, config.Problems) {
	isMap := func(x *config.Node) bool { return x.Kind() == config.Map }
	isFile := func(x *config.Node) bool { return isMap(x) && x.Has("file") }
	switch {
	case isFile(n):
		f, ps := fileOf(n)
		return event.Files(f), ps
	case isMap(n):
		var r struct {
			Start string `yaml:"start"`
			End   string `yaml:"end"`
		}
		ps := n.Decode(&r)
		return event.List(r.Start, r.End), ps
	case n.Kind() == config.List && slices.ContainsFunc(n.Items(), isFile):
		v := event.Files()
		var ps config.Problems
		for _, x := range n.Items() {
			f, more := fileOf(x)
			v.Files, ps = append(v.Files, f), append(ps, more...)
		}
		return v, ps
	case n.Kind() == config.List && slices.ContainsFunc(n.Items(), isMap):
		v := event.Table()
		var ps config.Problems
		for _, x := range n.Items() {
			if !isMap(x) {
				ps = append(ps, x.Problem("is no row", "{column: value}"))
				continue
			}
			row := event.Row{}
			for _, k := range x.Keys() {
				var s string
				ps = append(ps, x.Get(k).Decode(&s)...)
				row[k] = event.Text(s)
			}
			v.Rows = append(v.Rows, row)
		}
		return v, ps
	case n.Kind() == config.List:
		var l []string
		ps := n.Decode(&l)
		return event.List(l...), ps
	}
	var s string
	ps := n.Decode(&s)
	return event.Text(s), ps
}

// fileOf makes a file up: of 1000 bytes, with the type of its ending.
func fileOf(n *config.Node) (event.File, config.Problems) {
	var f struct {
		File string `yaml:"file,required"`
	}
	ps := n.Decode(&f)
	return madeUp(f.File), ps
}

// Signature makes up a hand signature, as a page would have kept it: each is another one.
func (b *Bench) Signature() event.Value {
	b.signed++
	return event.Files(madeUp(fmt.Sprintf("签名%d.png", b.signed)))
}

func madeUp(name string) event.File {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	return event.File{ID: "test-" + id[:12], Name: name, Size: 1000, Sum: id, Type: map[string]string{
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf",
	}[strings.ToLower(path.Ext(name))]}
}

var (
	cellName = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9_]*)\[([0-9]{1,3})\]\.([a-zA-Z][a-zA-Z0-9_]*)$`)
	endName  = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9_]*)\.(start|end|file)$`)
)

// Set puts a value into a form by the name that people write: item, lines[0].qty, leave.start, contract.file.
func Set(form map[string]event.Value, name, value string) error {
	if m := cellName.FindStringSubmatch(name); m != nil {
		i, err := strconv.Atoi(m[2])
		if err != nil || i >= 200 {
			return errors.New("a table has at most 200 rows")
		}
		v := form[m[1]]
		v.Kind = event.ValueTable
		for len(v.Rows) <= i {
			v.Rows = append(v.Rows, event.Row{})
		}
		if _, twice := v.Rows[i][m[3]]; twice {
			return errors.New("the cell is given twice")
		}
		v.Rows[i][m[3]] = event.Text(value)
		form[m[1]] = v
		return nil
	}
	if m := endName.FindStringSubmatch(name); m != nil {
		v := form[m[1]]
		switch {
		case m[2] == "file":
			v.Kind, v.Files = event.ValueFiles, append(v.Files, madeUp(value))
		case len(v.List) != 2:
			v = event.List("", "")
			fallthrough
		default:
			v.List[map[string]int{"start": 0, "end": 1}[m[2]]] = value
		}
		form[m[1]] = v
		return nil
	}
	if _, twice := form[name]; twice {
		return fmt.Errorf("the field is given twice")
	}
	form[name] = event.Text(value)
	return nil
}

// BaseOf is the field that a name of Set is about.
func BaseOf(name string) string {
	base, _, _ := strings.Cut(name, "[")
	base, _, _ = strings.Cut(base, ".")
	return base
}
