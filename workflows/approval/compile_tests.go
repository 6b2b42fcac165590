package approval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// tests checks that what the tests name exists. Running them is workflowstest's.
func (c *compiler) tests(ts []workflows.TestSpec) {
	names := map[string]bool{}
	for i, t := range ts {
		path := fmt.Sprintf("tests[%d]", i)
		if names[t.Name] {
			c.fail(path+".name", fmt.Sprintf("a test is named %q already", t.Name), "another name")
		}
		names[t.Name] = true
		c.testForm(path+".start.form", t.Start.Form)
		if t.Start.At != "" {
			c.testTime(path+".start.at", t.Start.At)
		}
		for k, d := range t.Do {
			c.testDo(d, fmt.Sprintf("%s.do[%d]", path, k))
		}
		c.testExpect(t.Expect, path+".expect")
	}
}

// testForm checks that fields are those of the form.
func (c *compiler) testForm(path string, form map[string]*config.Node) {
	for _, id := range slices.Sorted(maps.Keys(form)) {
		if _, ok := c.p.byField[id]; !ok {
			c.ps = append(c.ps, c.root.At(path).Key(id).Problem("the form has no field "+id, c.nearField(id)))
		}
	}
}

func (c *compiler) nearField(id string) string {
	if best := config.Nearest(id, slices.Sorted(maps.Keys(c.p.byField))); best != "" {
		return "did you mean " + best + "?"
	}
	return "a field of the form"
}

func (c *compiler) testTime(path, text string) {
	if _, err := time.ParseInLocation("2006-01-02 15:04", text, c.p.loc); err != nil {
		c.fail(path, fmt.Sprintf("%q is not a time", text), "2026-03-02 09:00")
	}
}

// testStep checks that there is such an approval step.
func (c *compiler) testStep(id, path string) {
	if n, ok := c.p.nodes[id]; !ok || n.kind != nodeApprove {
		c.fail(path, fmt.Sprintf("there is no approval step %s", id), near(id, c.p))
	}
}

func (c *compiler) testDo(d workflows.TestDo, path string) {
	kind, act, ok := d.Deed()
	if !ok {
		var verbs []string
		for _, a := range workflows.Acts() {
			verbs = append(verbs, a.Verb)
		}
		c.fail(path, fmt.Sprintf("%d things at once", len(c.root.At(path).Keys())), "one of "+strings.Join(verbs, ", ")+", left, expect or wait")
		return
	}
	switch {
	case act != nil:
		c.testAct(kind, *act, path+"."+kind.Verb)
	case d.Expect != nil:
		c.testExpect(*d.Expect, path+".expect")
	case d.Wait != "":
		if _, err := workcal.ParseSpan(d.Wait); err != nil {
			what, want, _ := strings.Cut(err.Error(), "; ")
			c.fail(path+".wait", what, want)
		}
	}
}

// testAct checks that an act has what it needs, and nothing that it would not look at.
func (c *compiler) testAct(kind workflows.Act, a workflows.TestAct, path string) {
	at := c.root.At(path)
	misplaced := func(key string, given, takes bool) {
		if given && !takes {
			c.ps = append(c.ps, at.Key(key).Problem(fmt.Sprintf("%s takes no %s", kind.Verb, key), "remove it"))
		}
	}
	misplaced("verb", a.Verb != "", kind.Verb == "press" || kind.Several)
	misplaced("step", a.Step != "", !kind.Own && !kind.Admin && !kind.Several)
	misplaced("steps", len(a.Steps) > 0, kind.Several)
	misplaced("alone", len(a.Alone) > 0, kind.Several)
	misplaced("who", len(a.Who) > 0, kind.Who)
	misplaced("to", len(a.To) > 0, kind.To)
	misplaced("then", a.Then != "", kind.To)
	misplaced("form", len(a.Form) > 0, kind.Form)
	misplaced("sign", a.Sign, kind.Sign)
	if n := c.p.nodes[a.Step]; a.Sign && kind.Verb == "approve" && n != nil && !n.sign {
		c.ps = append(c.ps, at.Key("sign").Problem(fmt.Sprintf("nobody signs at %s", a.Step), "remove it, or approve: {by: …, sign: true} at the step"))
	}
	switch {
	case kind.Verb == "press" && a.Verb == "":
		c.fail(path, "which button?", "verb: approve")
	case kind.Several && a.Verb != "approve" && a.Verb != "reject":
		c.fail(path, fmt.Sprintf("%q can't be done to several at once", a.Verb), "verb: approve or verb: reject")
	case a.Step != "":
		c.testStep(a.Step, path+".step")
	case !kind.Own && !kind.Admin && !kind.Any:
		c.fail(path, kind.Verb+" needs the step", "step: "+c.anyStep())
	}
	if a.By == "" && !kind.Own {
		c.fail(path, "who does it?", "by: a person id")
	}
	if kind.Verb == "press" {
		return // a button may have inputs of its own
	}
	c.testForm(path+".form", a.Form)
	for _, x := range []struct {
		key string
		ids []string
	}{{"steps", a.Steps}, {"alone", a.Alone}} {
		for i, id := range x.ids {
			where := path + "." + x.key
			if at.Get(x.key).Kind() == config.List {
				where = fmt.Sprintf("%s[%d]", where, i)
			}
			c.testStep(id, where)
		}
	}
	for i, id := range a.To {
		if id == "start" || a.Refused != "" {
			continue
		}
		to := path + ".to"
		if at.Get("to").Kind() == config.List {
			to = fmt.Sprintf("%s[%d]", to, i)
		}
		c.testStep(id, to)
	}
}

// anyStep is an approval step to give as an example.
func (c *compiler) anyStep() string {
	for _, n := range c.p.order {
		if n.kind == nodeApprove {
			return n.id
		}
	}
	return "leader"
}

func (c *compiler) testExpect(e workflows.TestExpect, path string) {
	list := func(key string, ids *[]string) {
		if ids != nil {
			for k, id := range *ids {
				c.testStep(id, fmt.Sprintf("%s.%s[%d]", path, key, k))
			}
		}
	}
	list("path", e.Path)
	list("skipped", e.Skipped)
	for _, id := range slices.Sorted(maps.Keys(e.Approvers)) {
		c.testStep(id, path+".approvers")
	}
	for _, id := range slices.Sorted(maps.Keys(e.Steps)) {
		c.testStep(id, path+".steps")
		if due := e.Steps[id].Due; due != "" && due != "none" {
			c.testTime(path+".steps."+id+".due", due)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Cards)) {
		step, _, ok := strings.Cut(name, " of ")
		switch {
		case name == slotInitiator, ok && step == "cc":
		case ok:
			c.testStep(step, path+".cards")
		default:
			c.ps = append(c.ps, c.root.At(path+".cards").Key(name).Problem(fmt.Sprintf("%q names no card", name), "initiator, cc of PERSON or "+c.anyStep()+" of PERSON"))
		}
	}
	if s := workflows.Status(e.State); s != "" && statusWords[s] == "" {
		c.fail(path+".state", fmt.Sprintf("%q is not a state", e.State), "running, approved, rejected, withdrawn, revoked, draft, expired or terminated")
	}
}
