package workflowstest

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"magpie/workflows"
)

const minutes = "2006-01-02 15:04"

// expect compares how things stand with what was expected, at the end or on the way.
func (t *test) expect(e workflows.TestExpect, at string) error {
	x, err := t.b.Explain()
	if err != nil {
		return err
	}
	var path, skipped []string
	who := map[string][]string{}
	for _, s := range x.Steps {
		if s.State == "skipped" {
			skipped = append(skipped, s.ID)
			continue
		}
		path = append(path, s.ID)
		for _, seat := range s.Seats {
			if seat.State != "" && !slices.Contains(who[s.ID], seat.Person) {
				who[s.ID] = append(who[s.ID], seat.Person)
			}
		}
	}
	var open []string
	for _, k := range t.b.Open() {
		open = append(open, k.Person)
	}
	t.list(at+".path", "path", e.Path, path)
	t.list(at+".skipped", "skipped", e.Skipped, skipped)
	t.list(at+".open", "open", e.Open, open)
	t.list(at+".cc", "cc", e.CC, x.CC)
	for _, id := range slices.Sorted(maps.Keys(e.Approvers)) {
		want := e.Approvers[id]
		t.list(below(at+".approvers", id), "approvers."+id, &want, who[id])
	}
	t.word(at+".state", "state", e.State, string(x.Status))
	t.word(at+".title", "title", e.Title, x.Title)
	for _, id := range slices.Sorted(maps.Keys(e.Steps)) {
		t.step(below(at+".steps", id), id, e.Steps[id], x)
	}
	t.cards(at, e.Cards)
	t.trail(at, e.Trail)
	t.texts(at, e.Texts)
	t.kept(at, e, x)
	t.true()
	return nil
}

// kept compares the fields that a refused form must correct. A form that is refused unasked fails the test
// at its end: what follows would be about a request that was never made.
func (t *test) kept(at string, e workflows.TestExpect, x workflows.Explanation) {
	sort.Strings(x.Kept)
	kept := strings.Join(x.Kept, ", ")
	if e.Refused == "" && (kept == "" || at != "expect") {
		return
	}
	var want []string
	for f := range strings.SplitSeq(e.Refused, ",") {
		if f = strings.TrimSpace(f); f != "" {
			want = append(want, f)
		}
	}
	sort.Strings(want)
	if w := strings.Join(want, ", "); w != kept {
		t.fail(at+".refused", fmt.Sprintf("the form is refused for: %s", orNothing(kept)), orNothing(w))
	}
}

func (t *test) step(at, id string, want workflows.TestStep, x workflows.Explanation) {
	var s *workflows.ExplainedStep
	rounds := 0
	for i := range x.Steps {
		if x.Steps[i].ID == id {
			s = &x.Steps[i]
			rounds++
		}
	}
	if s == nil {
		t.fail(at, id+" was not reached", "")
		return
	}
	t.word(at+".state", "state", want.State, s.State)
	if want.Due != "" {
		due := "none"
		if !s.DueAt.IsZero() {
			due = s.DueAt.In(t.o.Location).Format(minutes)
		}
		t.word(at+".due", "due", want.Due, due)
	}
	if want.Rounds != 0 && want.Rounds != rounds {
		t.fail(at+".rounds", fmt.Sprintf("%s was reached %d times", id, rounds), fmt.Sprintf("want %d", want.Rounds))
	}
	if want.Why != "" {
		t.says(at+".why", "the reason", want.Why, s.Why)
	}
	for _, person := range slices.Sorted(maps.Keys(want.Seats)) {
		got := "no seat"
		for _, seat := range s.Seats {
			if seat.Person != person {
				continue
			}
			if got = string(seat.State); got == "" {
				got = "waiting"
			}
		}
		t.word(below(at+".seats", person), "the task of "+person, want.Seats[person], got)
	}
}

// cards compares single cards: initiator, "cc of PERSON", "STEP of PERSON".
func (t *test) cards(at string, want map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		slot, person := name, ""
		if what, who, ok := strings.Cut(name, " of "); ok {
			slot, person = what, who
			if what == "cc" {
				slot = "cc/" + who
			} else if k, ok := t.b.TaskOf(what, who); ok {
				slot = t.b.SlotOf(k)
			}
		}
		c, ok := t.b.Cards[slot]
		switch {
		case !ok && want[name] == "none":
		case !ok:
			var have []string
			for s, c := range t.b.Cards {
				have = append(have, s+" to "+c.To.Person)
			}
			sort.Strings(have)
			t.fail(below(at+".cards", name), "there is no such card; there are: "+strings.Join(have, ", "), want[name])
		case person != "" && c.To.Person != person:
			t.fail(below(at+".cards", name), "the card is "+c.To.Person+"'s", person)
		default:
			t.card(below(at+".cards", name), want[name], c)
		}
	}
}

// card compares a card's state, or looks for a text on it.
func (t *test) card(at, want string, c Shown) {
	status, _ := lookIn(c.View, "instance", "status").(string)
	state, _ := lookIn(c.View, "task", "state").(string)
	if want == status || state != "" && want == state {
		return
	}
	var texts []string
	gather(c.View, &texts)
	if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, want) }) {
		return
	}
	if state != "" {
		status = state
	}
	t.fail(at, fmt.Sprintf("it is %s, and says %s", status, strings.Join(texts, " | ")), "want "+want)
}

func lookIn(v map[string]any, path ...string) any {
	var at any = v
	for _, p := range path {
		m, _ := at.(map[string]any)
		at = m[p]
	}
	return at
}

// gather collects the texts of a view in a fixed order.
func gather(v any, into *[]string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			*into = append(*into, v)
		}
	case []any:
		for _, x := range v {
			gather(x, into)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			gather(v[k], into)
		}
	}
}

// trail wants entries in this order, others between; "no ENTRY" wants none.
func (t *test) trail(at string, want *[]string) {
	if want == nil {
		return
	}
	var kinds []string
	for _, e := range t.b.Trail {
		kinds = append(kinds, e.Kind)
	}
	from := 0
	for i, w := range *want {
		path := fmt.Sprintf("%s.trail[%d]", at, i)
		if not, ok := strings.CutPrefix(w, "no "); ok {
			if slices.Contains(kinds, not) {
				t.fail(path, not+" is in the trail: "+strings.Join(kinds, ", "), w)
			}
			continue
		}
		n := slices.Index(kinds[from:], w)
		if n < 0 {
			t.fail(path, fmt.Sprintf("the trail goes on with [%s]", strings.Join(kinds[from:], ", ")), "want "+w)
			return
		}
		from += n + 1
	}
}

func (t *test) texts(at string, want map[string]string) {
	for _, person := range slices.Sorted(maps.Keys(want)) {
		var got []string
		for _, x := range t.b.Texts {
			if x.To.Person == person {
				got = append(got, x.Text.Default)
			}
		}
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want[person]) }) {
			t.fail(below(at+".texts", person), fmt.Sprintf("the texts are %q", got), "want "+want[person])
		}
	}
}

// true holds whatever the test expects: every card shows how things stand, and nothing that is over can be
// pressed.
func (t *test) true() {
	for _, slot := range slices.Sorted(maps.Keys(t.b.Cards)) {
		c := t.b.Cards[slot]
		if got, _ := lookIn(c.View, "instance", "status").(string); got != "" && got != string(t.b.Inst.Status) {
			t.fail("", fmt.Sprintf("the card %s of %s still shows %s", slot, c.To.Person, got), "every card shows "+string(t.b.Inst.Status))
		}
		if key, is := strings.CutPrefix(slot, "task/"); is {
			k := t.b.Tasks[t.b.Inst.ID+"/"+key]
			if mine, _ := c.View["mine"].(bool); mine && k.ID != "" && k.State != workflows.TaskOpen {
				t.fail("", fmt.Sprintf("the card %s of %s asks for a decision, its task is %s", slot, c.To.Person, k.State), "a card without buttons")
			}
		}
	}
}

func (t *test) list(at, what string, want *[]string, got []string) {
	if want == nil || slices.Equal(*want, got) {
		return
	}
	t.fail(at, fmt.Sprintf("%s is [%s]", what, strings.Join(got, ", ")), fmt.Sprintf("want [%s]%s", strings.Join(*want, ", "), diff(*want, got)))
}

// below is the path of a key that may hold dots and spaces.
func below(path, key string) string { return path + "[" + strconv.Quote(key) + "]" }

func (t *test) word(at, key, want, got string) {
	if want != "" && want != got {
		t.fail(at, fmt.Sprintf("%s is %s", key, orNothing(got)), "want "+want)
	}
}

func (t *test) says(at, what, want, got string) {
	if !strings.Contains(got, want) {
		t.fail(at, fmt.Sprintf("%s says %s", what, orNothing(got)), "want "+want)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// diff names what is missing and what is too much.
func diff(want, got []string) string {
	var parts []string
	for _, w := range want {
		if !slices.Contains(got, w) {
			parts = append(parts, "-"+w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			parts = append(parts, "+"+g)
		}
	}
	if len(parts) == 0 {
		return " (another order)"
	}
	return " (" + strings.Join(parts, " ") + ")"
}
