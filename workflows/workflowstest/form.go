package workflowstest

import (
	"encoding/json"
	"maps"
	"slices"

	"magpie/adapters/event"
	"magpie/config"
)

// FormOf reads the values of a form as YAML writes them: a scalar, a list, or rows of a table, which travel as
// their JSON.
func FormOf(nodes map[string]*config.Node) (map[string]event.Value, config.Problems) {
	form := map[string]event.Value{}
	var ps config.Problems
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		n := nodes[id]
		if n.Kind() == config.List && !slices.ContainsFunc(n.Items(), func(x *config.Node) bool { return x.Kind() == config.Map || x.Kind() == config.List }) {
			var l []string
			ps = append(ps, n.Decode(&l)...)
			form[id] = event.List(l...)
			continue
		}
		if n.Kind() == config.List || n.Kind() == config.Map {
			var any any
			ps = append(ps, n.Decode(&any)...)
			text, err := json.Marshal(any)
			if err != nil {
				ps = append(ps, n.Problem(err.Error(), "texts and numbers"))
				continue
			}
			form[id] = event.Text(string(text))
			continue
		}
		var s string
		ps = append(ps, n.Decode(&s)...)
		form[id] = event.Text(s)
	}
	return form, ps
}
