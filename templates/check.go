package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/config"
)

// Checked is a template filled with one sample.
type Checked struct {
	Template string
	Sample   string // "open"
	File     string // of the sample, as problems show it
	Card     card.Card
}

// Check fills every template with every sample that any layer has for it, so that a template which
// replaces another is held against the views that the programs really make. Whoever calls it goes on
// and encodes the cards for the suites in use. A template without a sample is a
// warning.
func (s *Set) Check() ([]Checked, config.Problems) {
	var out []Checked
	var ps config.Problems
	for _, name := range s.Names() {
		t, found := s.byName[name], 0
		for _, l := range s.layers {
			files, err := fs.Glob(l.FS, path.Join("testdata", globQuote(name), "*.view.json"))
			if err != nil {
				ps = append(ps, config.Problem{File: l.Name, What: "samples can't be listed: " + err.Error()})
			}
			slices.Sort(files)
			for _, f := range files {
				found++
				c, problem := t.sample(l, f)
				if problem != nil {
					ps = append(ps, *problem)
					continue
				}
				out = append(out, Checked{Template: name, Sample: strings.TrimSuffix(path.Base(f), ".view.json"), File: l.Name + f, Card: c})
			}
		}
		if found == 0 {
			ps = append(ps, config.Problem{File: t.file, What: "the template has no sample", Want: "put one at testdata/" + name + "/….view.json, so that it can be checked", Severity: config.Warning})
		}
	}
	return out, ps
}

// sample fills the template with one file.
func (t *compiled) sample(l Layer, file string) (card.Card, *config.Problem) {
	b, err := readCapped(l.FS, file)
	if err != nil {
		return card.Card{}, &config.Problem{File: l.Name + file, What: "can't be read: " + err.Error()}
	}
	data, err := decodeView(b)
	if err != nil {
		return card.Card{}, &config.Problem{File: l.Name + file, What: err.Error()}
	}
	c, err := t.render(data)
	if err == nil {
		return c, nil
	}
	what := fmt.Sprintf(" (sample %s)", path.Base(file))
	var re *renderError
	if errors.As(err, &re) {
		p := re.problem
		p.What += what
		return card.Card{}, &p
	}
	return card.Card{}, &config.Problem{File: t.file, What: errors.Unwrap(err).Error() + what}
}

// globQuote keeps the signs of a name from being read as a pattern.
func globQuote(s string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(s)
}
