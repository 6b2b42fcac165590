package workflowstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/workflows"
)

func (s *story) expect(line string) error {
	b := s.b
	no := false
	if rest, ok := strings.CutPrefix(line, "no "); ok {
		no, line = true, rest
	}
	word, rest, _ := strings.Cut(line, " ")
	if r := b.Refusal; r != nil && word != "refused" {
		return fmt.Errorf("the line before was refused (%s): %s", r.Code, r.Message.Default)
	}
	switch word {
	case "status":
		return same("status", string(b.Inst.Status), rest)
	case "title":
		return same("title", b.Inst.Title, rest)
	case "card":
		return s.card(rest, no)
	case "task":
		return s.task(rest)
	case "open":
		var got []string
		for _, t := range b.Open() {
			got = append(got, t.Node+" of "+t.Person)
		}
		return same("open", strings.Join(got, ", "), strings.TrimPrefix(rest, "nothing"))
	case "refused":
		code, text, _ := strings.Cut(rest, " ")
		if b.Refusal == nil {
			return fmt.Errorf("it was accepted")
		}
		defer func() { b.Refusal = nil }()
		if !strings.Contains(b.Refusal.Message.Default, text) {
			return fmt.Errorf("the refusal says %q", b.Refusal.Message.Default)
		}
		return same("refusal", b.Refusal.Code, code)
	case "alone": // of a batch: what wants a decision of its own
		return same("alone", strings.Join(b.Left, ", "), strings.TrimPrefix(rest, "nothing"))
	case "toast":
		if b.Toast == nil {
			return fmt.Errorf("there was no toast")
		}
		if !strings.Contains(b.Toast.Text.Default, rest) {
			return fmt.Errorf("the toast says %q", b.Toast.Text.Default)
		}
		return nil
	case "text":
		return s.text(rest, no)
	case "timer":
		return s.timer(rest, no)
	case "trail":
		if found := slices.ContainsFunc(b.Trail, func(e workflows.Entry) bool { return e.Kind == rest }); found == no {
			var kinds []string
			for _, e := range b.Trail {
				kinds = append(kinds, e.Kind)
			}
			return fmt.Errorf("the trail is %s", strings.Join(kinds, ", "))
		}
		return nil
	case "told":
		return s.told(rest, no)
	case "time":
		return s.time(rest, no)
	case "why":
		return s.why(rest, no)
	case "urge":
		n := 0
		for _, u := range b.Urges {
			if u.To.Person == strings.TrimPrefix(rest, "to ") {
				n++
			}
		}
		if (n > 0) == no {
			return fmt.Errorf("%d urges", n)
		}
		return nil
	}
	return fmt.Errorf("%q is not known", word)
}

// why reads "leader by initiator.manager": a step's last pass, and a part of why it is as it is.
func (s *story) why(line string, no bool) error {
	x, err := s.b.Explain()
	if err != nil {
		return err
	}
	id, text, _ := strings.Cut(line, " ")
	for _, st := range slices.Backward(x.Steps) {
		if st.ID == id {
			if strings.Contains(st.Why, text) == no {
				return fmt.Errorf("%s: %s", st.State, st.Why)
			}
			return nil
		}
	}
	return fmt.Errorf("the step was not reached")
}

func same(what, got, want string) error {
	if got != want {
		return fmt.Errorf("%s is %q", what, got)
	}
	return nil
}

// card compares a card's view: slot=…, then status, state, template, actions, by, reason, current, or says and a text.
func (s *story) card(line string, no bool) error {
	line, says, saying := strings.Cut(line, " says ")
	words := strings.Fields(line)
	if len(words) == 0 || !strings.HasPrefix(words[0], "slot=") {
		return fmt.Errorf("which slot?")
	}
	slot := strings.TrimPrefix(words[0], "slot=")
	c, ok := s.b.Cards[slot]
	if no && !saying {
		if ok {
			return fmt.Errorf("there is one")
		}
		return nil
	}
	if !ok {
		var slots []string
		for k := range s.b.Cards {
			slots = append(slots, k)
		}
		slices.Sort(slots)
		return fmt.Errorf("there is none; only %s", strings.Join(slots, ", "))
	}
	raw, err := json.MarshalIndent(c.View, "", " ")
	if err != nil {
		return err
	}
	if saying && strings.Contains(unescape(string(raw)), says) == no {
		return fmt.Errorf("it says\n%s", unescape(string(raw)))
	}
	for _, w := range words[1:] {
		key, want, _ := strings.Cut(w, "=")
		got, err := s.fact(c, key)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %q", key, got)
		}
	}
	return nil
}

// fact reads one thing of a card.
func (s *story) fact(c Shown, key string) (string, error) {
	at := func(path ...string) string {
		var v any = c.View
		for _, p := range path {
			m, ok := v.(map[string]any)
			if !ok {
				return ""
			}
			v = m[p]
		}
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	switch key {
	case "template":
		return c.Template, nil
	case "to":
		return c.To.Person, nil
	case "status":
		return at("instance", "status"), nil
	case "state":
		return at("task", "state"), nil
	case "by":
		return at("task", "decided_by", "id"), nil
	case "mine", "ended", "current", "reason":
		return at(key), nil
	case "actions":
		var all []string
		list, _ := c.View["actions"].([]any)
		for _, a := range list {
			all = append(all, fmt.Sprint(a))
		}
		return strings.Join(all, ","), nil
	}
	return "", fmt.Errorf("%q of a card is not known", key)
}

func unescape(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\n`, "\n", `\"`, `"`).Replace(s)
}

// task reads "leader of han.meimei approved".
func (s *story) task(line string) error {
	w := strings.Fields(line)
	if len(w) != 4 || w[1] != "of" {
		return fmt.Errorf("expect task STEP of PERSON STATE")
	}
	t, ok := s.b.TaskOf(w[0], w[2])
	if !ok {
		return fmt.Errorf("there is no such task")
	}
	return same("its state", string(t.State), w[3])
}

// text reads "to li.lei 催你处理".
func (s *story) text(line string, no bool) error {
	w := strings.SplitN(line, " ", 3)
	if len(w) < 2 || w[0] != "to" {
		return fmt.Errorf("expect text to PERSON …")
	}
	part := ""
	if len(w) == 3 {
		part = w[2]
	}
	var got []string
	for _, x := range s.b.Texts {
		who := x.To.Person
		if who == "" {
			who = "group"
		}
		if who == w[1] {
			got = append(got, x.Text.Default)
		}
	}
	if slices.ContainsFunc(got, func(x string) bool { return strings.Contains(x, part) }) == no {
		return fmt.Errorf("the texts are %q", got)
	}
	return nil
}

// timer reads "NAME at TIME", or "NAME" alone.
func (s *story) timer(line string, no bool) error {
	name, at, timed := strings.Cut(line, " at ")
	t, ok := s.b.Timers[name]
	if ok == no {
		var all []string
		for n, x := range s.b.Timers {
			all = append(all, n+" at "+x.At.In(s.loc).Format("2006-01-02 15:04"))
		}
		slices.Sort(all)
		return fmt.Errorf("the timers are %s", strings.Join(all, ", "))
	}
	if !timed || no {
		return nil
	}
	want, err := time.ParseInLocation("2006-01-02 15:04", at, s.loc)
	if err != nil {
		return err
	}
	if !t.At.Equal(want) {
		return fmt.Errorf("it is at %s", t.At.In(s.loc).Format("2006-01-02 15:04"))
	}
	return nil
}

// told looks for a text in the timeline.
func (s *story) told(text string, no bool) error {
	p, ok := s.b.Program.(workflows.Teller)
	if !ok {
		return fmt.Errorf("the kind has no timeline")
	}
	lines, err := p.Tell(s.b.Inst, s.b.Trail)
	if err != nil {
		return err
	}
	var all []string
	for _, l := range lines {
		all = append(all, strings.TrimSpace(l.Who+" "+l.What.Default+" "+l.Note))
	}
	if strings.Contains(strings.Join(all, "\n"), text) == no {
		return fmt.Errorf("the timeline is\n%s", strings.Join(all, "\n"))
	}
	return nil
}
