package approval

import (
	"fmt"
	"slices"

	"magpie/config"
)

// rightsSpec is field → read, edit or hidden, for the approvers of a step.
type rightsSpec struct {
	fields []string // in the order of the file
	rights map[string]string
}

var rightWords = []string{rightRead, rightEdit, rightHidden}

// DecodeYAML reads a mapping of fields to what may be done with them.
func (r *rightsSpec) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() != config.Map {
		return config.Problems{n.Problem("is not a mapping of fields", "{amount: edit, note: hidden}")}
	}
	var ps config.Problems
	r.rights = map[string]string{}
	for _, id := range n.Keys() {
		right := n.Get(id).Text()
		if !slices.Contains(rightWords, right) {
			want := "read, edit or hidden"
			if near := config.Nearest(right, rightWords); near != "" {
				want = "did you mean " + near + "?"
			}
			ps = append(ps, n.Get(id).Problem(fmt.Sprintf("%q is not what one may do with a field", right), want))
		}
		r.fields = append(r.fields, id)
		r.rights[id] = right
	}
	return ps
}

// JSONSchema describes the rights.
func (*rightsSpec) JSONSchema() *config.JSONSchema {
	return &config.JSONSchema{Type: "object", AdditionalProperties: &config.JSONSchema{Type: "string", Enum: []any{rightRead, rightEdit, rightHidden}}}
}

// rights checks that the fields are there. A field that nobody can change where it is decided over is no use hidden
// from everybody who decides.
func (c *compiler) rights(n *node, r *rightsSpec, path string) {
	if r == nil {
		return
	}
	n.rights = map[string]string{}
	for _, id := range r.fields {
		if _, ok := c.p.byField[id]; !ok {
			want := "a field of the form"
			var ids []string
			for i := range c.p.fields {
				ids = append(ids, c.p.fields[i].id)
			}
			if near := config.Nearest(id, ids); near != "" {
				want = "did you mean " + near + "?"
			}
			c.ps = append(c.ps, c.root.At(path+".approve.fields").Key(id).Problem("the form has no field "+id, want))
			continue
		}
		if f := c.p.byField[id]; r.rights[id] == rightEdit && (f.formula != nil || f.typ == typeNote) {
			c.ps = append(c.ps, c.root.At(path+".approve.fields").Key(id).Problem(fmt.Sprintf("the field %s is not filled in, so nobody can change it", id), "read or hidden"))
			continue
		}
		if r.rights[id] != rightRead {
			n.rights[id] = r.rights[id]
		}
	}
	n.alone = n.alone || n.edits()
}
