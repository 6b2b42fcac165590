package approval

import (
	"fmt"
	"regexp"
	"strings"

	"magpie/config"
)

var (
	unknownField = regexp.MustCompile(`has no field (\w+)`)
	unknownStep  = regexp.MustCompile(`there is no (?:\w+ )?step `)
	namedField   = regexp.MustCompile(`\bform\.(\w+)`)
	stepPlace    = regexp.MustCompile(`^steps\[.*\](?:\.id)?$`)
)

// causes leaves out what only follows from another mistake. A field whose type is not known makes every condition on
// it wrong, and a step without an id every test that names it; whoever mends the one mends the others, and
// looks for them in vain until then.
func causes(src *config.Node, ps config.Problems) config.Problems {
	var s spec
	first := src.Decode(&s)
	at, around := map[string]bool{}, map[string]bool{}
	told := map[config.Problem]bool{}
	for _, x := range first {
		told[x] = true
		if x.Severity == config.Error {
			at[x.Path], around[parentOf(x.Path)] = true, true
		}
	}
	wrong := map[string]bool{}
	stepLost := false
	for _, x := range ps {
		if x.Severity == config.Error {
			wrong[x.Path] = true
			stepLost = stepLost || stepPlace.MatchString(x.Path)
		}
	}
	lost, known, unnamed := map[string]bool{}, map[string]bool{}, false
	var vague []string // the paths of fields whose type is not known
	for i, f := range s.Form {
		path := fmt.Sprintf("form[%d]", i)
		switch named := fieldForm.MatchString(f.ID); {
		case !named:
			unnamed = true
		case wrong[path+".id"], wrong[path+".type"], (at[path] || around[path]) && f.Type == "":
			lost[f.ID] = true
		default:
			known[f.ID] = true
		}
		if at[path+".type"] {
			vague = append(vague, path+".")
		}
	}
	follows := func(x config.Problem) bool {
		if told[x] || x.Severity != config.Error {
			return false
		}
		if at[x.Path] || around[x.Path] {
			return true
		}
		for _, p := range vague {
			if strings.HasPrefix(x.Path, p) {
				return true
			}
		}
		if m := unknownField.FindStringSubmatch(x.What); m != nil {
			return lost[m[1]] || unnamed && !known[m[1]]
		}
		if unknownStep.MatchString(x.What) {
			return stepLost
		}
		for _, m := range namedField.FindAllStringSubmatch(src.At(x.Path).Text(), -1) {
			if lost[m[1]] {
				return true
			}
		}
		return false
	}
	var out config.Problems
	for _, x := range ps {
		if !follows(x) {
			out = append(out, x)
		}
	}
	if !out.Bad() { // never a good file out of a bad one
		return ps
	}
	return out
}

// parentOf is the path of what holds a key or an item.
func parentOf(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}
