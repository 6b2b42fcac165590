package approval

import (
	"fmt"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// Job titles and groups are named as the suites have them, and a name with a slip in it finds nobody: that is
// said for each of a list, and what there is that was probably meant.

// named warns of job titles, groups and bounds of chains that nobody goes by today.
func (l *peopleLint) named(by []string, at *config.Node) {
	for i, text := range by {
		one := at
		if at.Kind() == config.List {
			one = at.At(fmt.Sprintf("[%d]", i))
		}
		l.name(text, one)
	}
}

// name is named for one selector.
func (l *peopleLint) name(text string, at *config.Node) {
	s, err := selector.Parse(text)
	if err != nil {
		return
	}
	if what, want := l.vain(s); what != "" {
		l.c.warnAt(at, what, want)
	}
	if s.Until == "" {
		return
	}
	b, err := selector.Parse(s.Until)
	if err != nil {
		return
	}
	if what, want := l.vain(b); what != "" {
		l.c.warnAt(at, what+": the chain goes up to the top", want)
	} else if ids, ok := l.find([]string{s.Until}, ""); ok && len(ids) == 0 {
		l.c.warnAt(at, fmt.Sprintf("today %s finds nobody: the chain goes up to the top", s.Until), "a bound that finds somebody")
	} else if ok && s.About() && l.beyond(text) {
		l.c.warnAt(at, fmt.Sprintf("%s is above nobody who may start this flow: the chain goes up to the top", s.Until), "a bound in the line of those who ask")
	}
}

// meant is what may have been meant where all of a list finds nobody.
func (l *peopleLint) meant(by []string) string {
	for _, text := range by {
		if s, err := selector.Parse(text); err == nil {
			if _, want := l.vain(s); want != "" {
				return want
			}
		}
	}
	return "a selector that finds somebody"
}

// vain says that nobody goes by the title or group of a selector today.
func (l *peopleLint) vain(s selector.Selector) (what, want string) {
	return selector.Vain(l.ctx, l.people, s)
}

// beyond reports whether a chain ends at the top whoever asks, though there is somebody above them.
func (l *peopleLint) beyond(text string) bool {
	above := false
	for _, id := range l.who {
		ans, err := l.people.Resolve(l.ctx, workflows.Lookup{ID: "lint", Selectors: []string{text}, Initiator: id})
		if err != nil || len(ans.Short) == 0 {
			return false
		}
		above = above || len(ans.Persons) > 0
	}
	return above
}
