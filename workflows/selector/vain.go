package selector

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"magpie/config"
	"magpie/workflows"
)

// Vain says that nobody goes by the job title or the group that a selector names, and what was probably meant; ""
// when somebody does, when the selector names neither, or when people can't be looked up.
func Vain(ctx context.Context, people workflows.People, s Selector) (what, want string) {
	kind, name := Title, s.Name
	switch {
	case s.Kind == Title || s.Kind == DeptTitle:
	case s.Kind == Dept && s.Part == Titled:
		name = s.Title
	case s.Kind == Group:
		kind = Group
	default:
		return "", ""
	}
	ans, err := people.Resolve(ctx, workflows.Lookup{ID: "vain", Selectors: []string{string(kind) + ":" + name}})
	if err != nil || len(ans.Persons) > 0 {
		return "", ""
	}
	names := namesOf(ctx, people, kind)
	what = fmt.Sprintf("today nobody has the job title %s", name)
	if kind == Group {
		what = fmt.Sprintf("today nobody is in a group %s", name)
		if slices.Contains(names, name) {
			return what, "ask for somebody to be put into it"
		}
	}
	if near := config.Nearest(name, names); near != "" {
		return what, "did you mean " + string(kind) + ":" + near + "?"
	}
	const few = 8
	switch {
	case len(names) > 0 && len(names) <= few:
		return what, "one of " + strings.Join(names, ", ")
	case kind == Group:
		return what, "a user group, role or tag of one of the suites"
	}
	return what, "a job title that somebody has"
}

// namesOf are the job titles or groups that there are.
func namesOf(ctx context.Context, people workflows.People, kind Kind) []string {
	n, ok := people.(workflows.Namer)
	if !ok {
		return nil
	}
	names, err := n.Names(ctx, string(kind))
	if err != nil {
		return nil
	}
	return names
}
