package workflowstest

import (
	"cmp"
	"fmt"
	"sort"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
)

// Preview is one card of a flow as it would be shown.
type Preview struct {
	Moment   string // "form", "task", "initiator.approved", …: what stands behind the dot in magpie render purchase.task
	Template string
	View     any
}

// Previews runs a flow through its ways to end and keeps one card of each template at each: the form, what
// approvers and the initiator see while it runs, and how the cards end. The form is filled in as the first of
// the file's tests that hands one in, or with sample values; once more with the longest texts it takes.
func Previews(root *config.Node, p workflows.Program, now time.Time, o Options) ([]Preview, error) {
	c := &previews{seen: map[string]bool{}}
	b := New(p, o.People, now)
	by := anybody(o.People)
	form, starter := firstForm(root)
	if starter != "" {
		by = starter
	}
	cmds := p.Commands()
	if len(cmds) == 0 {
		return nil, nil
	}
	if err := b.Say(by, cmds[0]); err != nil {
		return nil, err
	}
	c.take("form", b)
	inputs := inputsOf(b)
	if form == nil {
		form = map[string]event.Value{}
		for _, in := range inputs {
			form[in.name] = in.sample(now, by)
		}
	}
	long := map[string]event.Value{}
	for name, v := range form {
		long[name] = v
	}
	for _, in := range inputs {
		if v, ok := in.longest(); ok {
			long[in.name] = v
		}
	}
	for _, way := range []struct {
		suffix, verb string
		form         map[string]event.Value
	}{{"", "approve", form}, {"", "reject", form}, {"", "withdraw", form}, {"", "return", form}, {".long", "approve", long}} {
		if err := c.way(p, now, o, by, way.suffix, way.verb, way.form); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

type previews struct {
	out  []Preview
	seen map[string]bool
}

// way hands the form in and ends the instance one way.
func (c *previews) way(p workflows.Program, now time.Time, o Options, by, suffix, verb string, form map[string]event.Value) error {
	b := New(p, o.People, now)
	if err := b.Begin(by, form); err != nil {
		return err
	}
	if b.Inst.Status == workflows.StatusDraft {
		return nil // the sample values do not fit; the form's card was seen
	}
	c.take(suffix, b)
	for range maxSimulated {
		open := b.Open()
		if len(open) == 0 {
			break
		}
		person, slot := open[0].Person, b.SlotOf(open[0])
		var values map[string]event.Value
		switch verb {
		case "approve":
			values = map[string]event.Value{workflows.SignatureInput: b.Signature()}
		case "withdraw":
			person, slot = b.Inst.Initiator, "initiator"
		case "reject":
			values = map[string]event.Value{"opinion": event.Text("理由写在这里")}
		case "return":
			values = map[string]event.Value{"opinion": event.Text("理由写在这里"), "step": event.List("start")}
		}
		if err := b.Press(person, slot, verb, values); err != nil {
			return err
		}
		if b.Refusal != nil {
			return nil // this way is closed by the flow's rules
		}
		if verb == "return" {
			c.take(".returned", b)
			return nil
		}
		if b.Inst.Status.Ended() {
			break
		}
	}
	if b.Inst.Status.Ended() {
		c.take("."+string(b.Inst.Status)+suffix, b)
	}
	return nil
}

// take keeps the first card of each template.
func (c *previews) take(suffix string, b *Bench) {
	slots := make([]string, 0, len(b.Cards))
	for s := range b.Cards {
		slots = append(slots, s)
	}
	sort.Strings(slots)
	for _, s := range slots {
		shown := b.Cards[s]
		_, moment, _ := strings.Cut(shown.Template, ".")
		if suffix != "form" {
			moment += suffix
		}
		if !c.seen[moment] {
			c.seen[moment] = true
			c.out = append(c.out, Preview{Moment: moment, Template: shown.Template, View: shown.View})
		}
	}
}

// firstForm is the form of the first test that is not about refused forms.
func firstForm(root *config.Node) (map[string]event.Value, string) {
	list := root.Get("tests")
	if list == nil {
		return nil, ""
	}
	var specs []workflows.TestSpec
	if list.Decode(&specs).Bad() {
		return nil, ""
	}
	for _, s := range specs {
		if s.Expect.Refused != "" {
			continue
		}
		if form, ps := FormOf(s.Start.Form); !ps.Bad() {
			return form, s.Start.By
		}
	}
	return nil, ""
}

func anybody(people workflows.People) string {
	if c, ok := people.(interface{ Anybody() string }); ok {
		return c.Anybody()
	}
	return "li.lei"
}

// input is one field of the form as its card shows it.
type input struct {
	name, kind string
	options    []string
	max        int
	columns    []input
	accept     string
}

func inputsOf(b *Bench) []input {
	var out []input
	for _, shown := range b.Cards {
		form, _ := shown.View["form"].(map[string]any)
		list, _ := form["inputs"].([]any)
		for _, raw := range list {
			in := inputOf(raw)
			out = append(out, in)
		}
	}
	return out
}

// inputOf reads one input of a view.
func inputOf(raw any) input {
	m, _ := raw.(map[string]any)
	in := input{name: fmt.Sprint(m["name"]), kind: fmt.Sprint(m["kind"])}
	if n, ok := m["max"].(float64); ok {
		in.max = int(n)
	}
	opts, _ := m["options"].([]any)
	for _, o := range opts {
		if om, ok := o.(map[string]any); ok {
			in.options = append(in.options, fmt.Sprint(om["value"]))
		}
	}
	columns, _ := m["columns"].([]any)
	for _, c := range columns {
		in.columns = append(in.columns, inputOf(c))
	}
	if m["images"] == true {
		in.accept = "png"
	} else if ends, _ := m["accept"].([]any); len(ends) > 0 {
		in.accept = fmt.Sprint(ends[0])
	}
	return in
}

func (in input) sample(now time.Time, by string) event.Value {
	switch card.InputKind(in.kind) {
	case card.InputNumber:
		return event.Text("1")
	case card.InputSelect:
		if len(in.options) > 0 {
			return event.Text(in.options[0])
		}
	case card.InputMultiSelect:
		return event.List(in.options...)
	case card.InputPerson, card.InputPeople:
		return event.List(by)
	case card.InputDate:
		return event.Value{Kind: event.ValueDate, Text: now.AddDate(0, 0, 7).Format("2006-01-02")}
	case card.InputDateTime:
		return event.Value{Kind: event.ValueDateTime, Text: now.AddDate(0, 0, 7).Format(time.RFC3339)}
	case card.InputBool:
		return event.Bool(true)
	case card.InputTable:
		row := event.Row{}
		for _, c := range in.columns {
			if c.kind != string(card.InputOutput) {
				row[c.name] = c.sample(now, by)
			}
		}
		return event.Table(row)
	case card.InputFile:
		return event.Files(madeUp("示例." + cmp.Or(in.accept, "pdf")))
	case card.InputDepartment:
		return event.Text("研发部")
	case card.InputNote, card.InputOutput:
		return event.Value{}
	}
	return event.Text("示例内容")
}

func (in input) longest() (event.Value, bool) {
	switch card.InputKind(in.kind) {
	case card.InputText, card.InputLongText:
		n := in.max
		if n <= 0 {
			n = 1000
		}
		return event.Text(strings.Repeat("长文本", n/3+1)[:n/3*9]), true
	}
	return event.Value{}, false
}
