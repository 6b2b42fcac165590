package approval_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// aheadStep is a line of a forecast.
type aheadStep struct{ ID, Name, State, Note string }

// aheadOn reads the forecast off a view.
func aheadOn(t fataler, view any) []aheadStep {
	t.Helper()
	raw, err := json.Marshal(view)
	must(t, err)
	var v struct{ Ahead []aheadStep }
	must(t, json.Unmarshal(raw, &v))
	return v.Ahead
}

// drafted is the forecast with what was entered so far.
func drafted(t fataler, b *workflowstest.Bench, form map[string]event.Value) []aheadStep {
	t.Helper()
	_, view, ok, err := b.Program.(workflows.Drafter).Draft(b.Inst, "initiator", b.Inst.Initiator, form, b.Now)
	must(t, err)
	if !ok {
		t.Fatal("the form can't be drafted")
	}
	return aheadOn(t, view.(workflows.Foreseer).Foresee(func(l workflows.Lookup) (event.Lookup, error) { return b.People.Resolve(context.Background(), l) }))
}

var proxyWords = regexp.MustCompile(`（代[^）]*）`)

// asksWho are the persons who are asked by a line, without those whom it says are not.
func asksWho(c *workflowstest.Company, s aheadStep) []string {
	note := proxyWords.ReplaceAllString(s.Note, "")
	var out []string
	for _, id := range c.Order {
		name := c.People[id].Name
		if i := strings.Index(note, name); i >= 0 && !strings.HasPrefix(note[i+len(name):], "（已审批过") && !strings.HasPrefix(note[i+len(name):], "（发起人即") {
			out = append(out, id)
		}
	}
	return out
}

// went is what became of a request: who was asked and told at each step, and the order of the steps that asked.
type went struct {
	asked, told map[string][]string
	order       []string
	seen        map[string]bool // steps that the flow came to
}

func wentBy(t fataler, b *workflowstest.Bench) went {
	w := went{map[string][]string{}, map[string][]string{}, nil, map[string]bool{}}
	for _, e := range b.Trail {
		var f struct {
			Node, Seat string
			Persons    []string
			Seats      []struct{ ID, Person string }
		}
		must(t, json.Unmarshal(e.Data, &f))
		switch e.Kind {
		case "opened":
			k := b.Tasks[b.Inst.ID+"/"+f.Node+"/1/"+f.Seat]
			if !slices.Contains(w.asked[f.Node], k.Person) {
				w.asked[f.Node] = append(w.asked[f.Node], k.Person)
			}
			if !slices.Contains(w.order, f.Node) {
				w.order = append(w.order, f.Node)
			}
		case "told":
			w.told[f.Node] = append(w.told[f.Node], f.Persons...)
		case "entered", "skipped", "closed":
			w.seen[f.Node] = true
		}
	}
	return w
}

// allAgree hands the form in and has everybody agree who is asked, in any order.
func allAgree(t *rapid.T, p workflows.Program, c *workflowstest.Company, by string, form map[string]event.Value) *workflowstest.Bench {
	b := workflowstest.New(p, c, time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Begin(by, form))
	for range 200 {
		open := b.Open()
		if len(open) == 0 {
			return b
		}
		k := rapid.SampledFrom(open).Draw(t, "next")
		must(t, b.Press(k.Person, b.SlotOf(k), "approve", map[string]event.Value{workflows.SignatureInput: b.Signature()}))
		if b.Refusal != nil {
			t.Fatalf("%s can't agree: %v", k.ID, b.Refusal)
		}
	}
	t.Fatal("it does not end")
	return nil
}

// choose picks the approvers that the form asks for with what is filled in; where it need not be, mostly.
func choose(t *rapid.T, b *workflowstest.Bench, form map[string]event.Value) {
	_, view, _, err := b.Program.(workflows.Drafter).Draft(b.Inst, "initiator", b.Inst.Initiator, form, b.Now)
	must(t, err)
	for _, in := range view.(approval.View).Form.Inputs {
		if !strings.HasPrefix(in.Name, "chosen_") || !in.Required && rapid.IntRange(0, 3).Draw(t, "nobody chosen") == 0 {
			continue
		}
		who := rapid.SampledFrom([]string{"zhang.wei", "sun.li", "chen.jie", "wang.fang"}).Draw(t, in.Name) // of the board
		if form[in.Name] = event.Text(who); in.Kind == card.InputMultiSelect || in.Kind == card.InputPeople {
			form[in.Name] = event.List(who)
		}
	}
}

// comesTrue holds a forecast against what became of the request.
func comesTrue(t *rapid.T, c *workflowstest.Company, lines []aheadStep, b *workflowstest.Bench) {
	fail := func(format string, args ...any) {
		var said []string
		for _, s := range lines {
			said = append(said, fmt.Sprintf("%s %s %q", s.ID, s.State, s.Note))
		}
		t.Fatalf("%s\nforetold:\n\t%s\nasked: %v", fmt.Sprintf(format, args...), strings.Join(said, "\n\t"), wentBy(t, b).asked)
	}
	w := wentBy(t, b)
	open := func(s aheadStep) bool {
		return strings.Contains(s.Note, "填写「") && strings.HasSuffix(s.Note, "后确定")
	}
	line := map[string]aheadStep{}
	var order []string
	stuck, rejected, rest, unsure, vague := false, false, false, false, false
	for _, s := range lines {
		rest = rest || s.ID == "" && s.Name == "其余步骤"
		if s.ID == "" {
			continue
		}
		line[s.ID] = s
		unsure = unsure || open(s)
		stuck = stuck || strings.Contains(s.Note, "暂时找不到审批人")
		vague = vague || open(s) && b.Inst.Status == workflows.StatusRunning // nobody, and nobody who stands in
		rejected = rejected || strings.Contains(s.Note, "找不到审批人，申请会被拒绝")
		got := slices.Sorted(slices.Values(append(slices.Clone(w.asked[s.ID]), w.told[s.ID]...)))
		want := slices.Sorted(slices.Values(asksWho(c, s)))
		maybe := strings.Contains(s.Note, "同意过就不再询问") || strings.Contains(s.Note, "后可能不再询问") || strings.Contains(s.Note, "；是否需要，")
		switch {
		case b.Inst.Status == workflows.StatusRejected && strings.ContainsAny(s.ID[:1], "pqrijkl"): // another arm ends it, sooner or later
		case maybe:
			for _, id := range got {
				if !slices.Contains(want, id) {
					fail("%s was asked at %s", id, s.ID)
				}
			}
		case open(s):
		default:
			if !slices.Equal(got, want) && !(vague && len(got) == 0) {
				fail("asked or told at %s: %v, foretold %v", s.ID, got, want)
			}
			if len(got) > 0 && s.State == "skipped" || len(got) == 0 && s.State == "" && !open(s) && !stuck && !vague {
				fail("%s: asked %v", s.ID, got)
			}
		}
		if len(w.asked[s.ID]) > 0 {
			order = append(order, s.ID)
		}
	}
	for _, id := range w.order {
		if _, ok := line[id]; !ok && !rest && b.Inst.Status != workflows.StatusRejected {
			fail("%s asked, and was not foretold", id)
		}
	}
	if strings.Count(string(b.Program.Definition().Source), "parallel")+strings.Count(string(b.Program.Definition().Source), "inclusive") == 0 && !slices.Equal(order, w.order) && !rest {
		fail("the order was %v", w.order)
	}
	if ended := b.Inst.Status; !unsure && !rest {
		if rejected != (ended == workflows.StatusRejected) || stuck && ended.Ended() && !rejected || !stuck && !rejected && ended != workflows.StatusApproved {
			fail("it is %s", ended)
		}
	}
}

// When everybody agrees and nothing changes in the directory, what becomes of a request is what its form has said. What
// the form has said before it was filled in is true of it however it is filled in then.
func TestForecastComesTrue(t *testing.T) {
	t.Parallel()
	e := env(t)
	rapid.Check(t, func(t *rapid.T) {
		p := program(t, drawFlow(t), e)
		c := workflowstest.NewCompany()
		if rapid.IntRange(0, 3).Draw(t, "no admin") == 0 {
			c.Roles["admin"] = nil
		}
		for range rapid.IntRange(0, 3).Draw(t, "proxies") {
			two := rapid.SliceOfNDistinct(rapid.SampledFrom(c.Order), 2, 2, rapid.ID[string]).Draw(t, "proxy")
			c.Proxies = append(c.Proxies, workflows.Proxy{
				ID: fmt.Sprint("px", len(c.Proxies)), Of: two[0], To: two[1], From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
				Max: rapid.SampledFrom([]string{"", "60"}).Draw(t, "max"),
			})
		}
		by := rapid.SampledFrom(c.Order).Draw(t, "by")
		draft := workflowstest.New(p, c, time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, draft.Say(by, "走"))
		before, trail := string(draft.Inst.State), len(draft.Trail)
		form := map[string]event.Value{"item": event.Text("x")}
		for _, v := range []struct{ id, kind string }{{"amount", rapid.SampledFrom([]string{"", "1", "50", "100"}).Draw(t, "amount")}, {"who", rapid.SampledFrom([]string{"", "sun.li", "zhao.min", by}).Draw(t, "who")}} {
			if v.kind != "" {
				form[v.id] = event.Text(v.kind)
			}
		}
		choose(t, draft, form)
		first := aheadOn(t, draft.Cards["initiator"].View)
		whole := drafted(t, draft, form)
		// Something wrong in a field is as good as nothing.
		wrong := maps.Clone(form)
		wrong["amount"] = event.Text("十")
		part := drafted(t, draft, wrong)
		if string(draft.Inst.State) != before || len(draft.Trail) != trail {
			t.Fatal("telling what is ahead has changed something")
		}
		if len(first) == 0 || len(whole) == 0 || slices.ContainsFunc(whole, func(s aheadStep) bool { return strings.Contains(s.Note, "后确定") || s.Name == "其余步骤" }) {
			t.Fatalf("the form is filled in, and says %v; before it %v", whole, first)
		}
		b := allAgree(t, p, c, by, form)
		comesTrue(t, c, whole, b)
		comesTrue(t, c, first, b)
		if form["amount"].Text != "" {
			comesTrue(t, c, part, b)
		}
	})
}

// wide is a flow of many steps each of which depends on something else that is not filled in, or on whom many people
// decide.
func wide(cond func(i int) string, by string) string {
	var b strings.Builder
	b.WriteString(largeHead)
	for i := range 498 {
		fmt.Fprintf(&b, "  - {id: s%d%s, approve: {by: %s, mode: all}}\n", i, cond(i), by)
	}
	return b.String()
}

// The largest flows are told of within bounds: what is beyond them is said, not guessed.
func TestForecastOfLargeFlows(t *testing.T) {
	t.Parallel()
	e := env(t)
	for name, x := range map[string]struct {
		src, last, note string
	}{
		"all asked":      {wide(func(int) string { return "" }, "role:ceo"), "另有 468 步", ""},
		"many asked":     {wide(func(int) string { return "" }, "role:board"), "另有 468 步", ""},
		"many questions": {wide(func(i int) string { return fmt.Sprintf(", if: form.amount > %d", i) }, "role:ceo"), "其余步骤", "填写「金额」后确定"},
		"one question":   {wide(func(int) string { return ", if: form.amount > 1" }, "role:ceo"), "另有 468 步", ""},
	} {
		b := workflowstest.New(program(t, x.src, e), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, b.Say("li.lei", "走"))
		lines := aheadOn(t, b.Cards["initiator"].View)
		if n := len(lines); n == 0 || n > 31 || lines[n-1].Name != x.last || lines[n-1].Note != x.note {
			t.Errorf("%s: %d lines: %v", name, len(lines), lines)
		}
	}
}

// BenchmarkForecast is what a form costs that says who would be asked.
func BenchmarkForecast(b *testing.B) {
	e := env(b)
	for name, src := range map[string]string{
		"three": largeHead + "  - {id: a, approve: {by: initiator.manager}}\n  - {id: b, if: form.amount > 5, approve: {by: role:finance, mode: all}}\n  - {id: c, if: form.amount > 50, approve: {by: role:ceo}}\n",
		"all":   wide(func(int) string { return "" }, "role:ceo"), "many": wide(func(i int) string { return fmt.Sprintf(", if: form.amount > %d", i) }, "role:board"),
	} {
		b.Run(name, func(b *testing.B) {
			x := workflowstest.New(program(b, src, e), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
			must(b, x.Say("li.lei", "走"))
			for b.Loop() {
				_, view, _, err := x.Program.(workflows.Projector).Card(x.Inst, "initiator", x.Now)
				must(b, err)
				view.(workflows.Foreseer).Foresee(func(l workflows.Lookup) (event.Lookup, error) { return x.People.Resolve(context.Background(), l) })
			}
		})
	}
}
