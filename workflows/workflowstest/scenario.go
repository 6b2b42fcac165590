package workflowstest

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// Section is one file of a txtar archive: "-- name --" and what follows.
type Section struct {
	Name string
	Body string
	Line int // of its first line in the archive, from 1
}

// ParseArchive reads a txtar archive. What stands before the first file is its comment.
func ParseArchive(src string) (comment string, files []Section) {
	for i, line := range strings.SplitAfter(src, "\n") {
		text := strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(name, " --") {
			files = append(files, Section{Name: strings.TrimSuffix(name, " --"), Line: i + 2})
			continue
		}
		if len(files) == 0 {
			comment += line
			continue
		}
		files[len(files)-1].Body += line
	}
	return comment, files
}

// T is what a Scenario needs of a *testing.T.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Scenario runs a txtar file: a workflow ("flow.yaml") and a story ("story"), one line a step:
//
//	# a remark
//	2026-03-02 09:00                              the clock; timers on the way fire
//	at 10:32 press approve at leader by han.meimei opinion=可以
//	say 采购 键盘 by li.lei                          in group: say … by li.lei in group
//	submit item=键盘 amount=300 by li.lei
//	press withdraw by li.lei                      a button of the initiator's card
//	approve at leader by han.meimei opinion=可以       any verb of `do:` alone
//	approve at legal by han.meimei sign=yes           with a hand signature
//	transfer at leader by han.meimei who=zhang.wei opinion=出差
//	return at finance by wang.fang step=leader then=back opinion=重新看
//	resubmit amount=200 by li.lei                 the form again: the rest stays
//	forecast amount=300 says 直属主管：韩梅梅 → 财务审核：条件不成立    what the form says when that much is filled in
//	forecast says 直属主管：韩梅梅                   what stands on the initiator's card
//	comment by li.lei opinion=请快一点 who=han.meimei
//	terminate by ops.admin opinion=重复
//	wait 2 work days
//	leave han.meimei                              somebody leaves the company
//	left han.meimei                               … and what waits for them is handed on; left A B C: to B or C
//	person li.lei manager=sun.li dept=市场部         somebody is different from now on
//	role admin none | person:li.lei               a role changes
//	group 评审委员会 none | li.lei zhao.min           a group of a suite changes
//	expect status approved
//	expect title 李雷的采购申请：键盘 ¥300
//	expect card slot=initiator status=approved template=approval.initiator actions=urge,withdraw
//	expect card slot=task/leader/1/0 state=superseded by=wang.fang
//	expect no card slot=cc/chen.jie
//	expect card slot=initiator says 韩梅梅 10:32 已同意      somewhere in the view
//	expect task leader of han.meimei approved
//	expect open leader of han.meimei, finance of wang.fang
//	expect refused already_decided 韩梅梅 10:32 已同意        of the line before
//	expect toast 已同意
//	expect text to li.lei 催你处理
//	expect no text to li.lei
//	expect timer remind/leader/1/0 at 2026-03-02 14:30
//	expect trail voted
//	expect why finance form.amount >= 5000         somewhere in why the step was entered, or not
//	expect told 修改了金额                          somewhere in the timeline
//	expect time leader passed 65h30m working 2h30m   what statistics count of the last pass through a step,
//	expect time leader of han.meimei approved 1h     and of a person's last task there
func Scenario(t T, kind workflows.Kind, name, src string) {
	t.Helper()
	_, files := ParseArchive(src)
	c := NewCompany()
	cal, err := workcal.New(workcal.Options{LunchStart: 12 * time.Hour, LunchEnd: 13*time.Hour + 30*time.Minute, Years: workcal.Shipped("cn")})
	if err != nil {
		t.Fatal(err)
	}
	r := &story{kind: kind, company: c, cal: cal, loc: workcal.Shanghai()}
	for _, f := range files {
		switch f.Name {
		case "flow.yaml":
			n, ps := config.Parse("flow.yaml", []byte(f.Body))
			if ps.Bad() {
				t.Fatal(ps)
			}
			p, ps := kind.Compile(n, workflows.Env{Roles: c.Roles, Calendar: cal})
			if ps.Bad() {
				t.Fatal(ps)
			}
			r.b = New(p, c, time.Date(2026, 3, 2, 9, 0, 0, 0, r.loc))
		case "story":
			if r.b == nil {
				t.Fatal("flow.yaml must come before story")
			}
			for i, line := range strings.Split(f.Body, "\n") {
				line = strings.TrimSpace(line)
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				if err := r.line(line); err != nil {
					t.Fatalf("%s:%d: %s\n\t%v", name, f.Line+i, line, err)
				}
			}
		default:
			t.Fatalf("%s: unknown file %q", name, f.Name)
		}
	}
}

// story is a running scenario.
type story struct {
	kind    workflows.Kind
	b       *Bench
	company *Company
	cal     *workcal.Calendar
	loc     *time.Location
}

func (s *story) line(line string) error {
	if t, err := time.ParseInLocation("2006-01-02 15:04", line, s.loc); err == nil {
		if len(s.b.Trail) == 0 {
			s.b.Now = t.UTC() // nothing has happened yet
		}
		return s.b.Advance(t)
	}
	if rest, ok := strings.CutPrefix(line, "at "); ok {
		clock, rest, _ := strings.Cut(rest, " ")
		c, err := time.Parse("15:04", clock)
		if err != nil {
			return err
		}
		y, m, d := s.b.Now.In(s.loc).Date()
		if err := s.b.Advance(time.Date(y, m, d, c.Hour(), c.Minute(), 0, 0, s.loc)); err != nil {
			return err
		}
		line = rest
	}
	word, rest, _ := strings.Cut(line, " ")
	if word == "expect" {
		return s.expect(rest)
	}
	if s.b.Refusal != nil {
		s.b.Refusal = nil
	}
	switch word {
	case "say":
		text, by, _ := cutLast(rest, " by ")
		by, where, group := strings.Cut(by, " in ")
		in := event.ConvDirect
		if group && where == "group" {
			in = event.ConvGroup
		}
		return s.b.Do(s.b.Message(by, text, in))
	case "submit", "resubmit":
		values, by, ok := cutLast(rest, "by ")
		if !ok {
			return fmt.Errorf("by whom?")
		}
		in := fields(values)
		if word == "resubmit" {
			in = s.b.entered(slotInitiator)
			maps.Copy(in, fields(values))
		}
		return s.b.Press(by, slotInitiator, "submit", in)
	case "press":
		return s.press(rest)
	case "batch":
		return s.batch(rest)
	case "forecast":
		return s.forecast(rest)
	case "wait":
		span, err := workcal.ParseSpan(rest)
		if err != nil {
			return err
		}
		return s.b.Advance(span.After(s.b.Now, s.cal, s.loc))
	case "leave":
		s.company.Leave(rest)
		return nil
	case "left":
		who := strings.Fields(rest)
		if len(who) == 0 {
			return fmt.Errorf("who?")
		}
		s.company.Leave(who[0])
		return s.b.Leaves(who[0], who[1:], false)
	case "person":
		return s.person(rest)
	case "heirs", "joined": // heirs PERSON HEIR…: they have left and others take over; joined OLD NEW: the two are one
		who := strings.Fields(rest)
		if len(who) < 2 {
			return fmt.Errorf("who, and who after them?")
		}
		return s.b.Leaves(who[0], who[1:], word == "joined")
	case "proxy":
		return s.proxy(rest)
	case "away":
		return s.away(rest)
	case "role":
		role, who, _ := strings.Cut(rest, " ")
		s.company.Roles[role] = strings.Fields(strings.TrimPrefix(who, "none"))
		return nil
	case "group":
		name, who, _ := strings.Cut(rest, " ")
		s.company.Groups[name] = strings.Fields(strings.TrimPrefix(who, "none"))
		return nil
	}
	for _, a := range workflows.Acts() {
		if a.Verb == word {
			return s.press(line)
		}
	}
	return fmt.Errorf("%q is not known", word)
}

// person reads "li.lei manager=sun.li dept=市场部 title=… left=true lead=true".
func (s *story) person(rest string) error {
	id, values, _ := strings.Cut(rest, " ")
	var o workflows.TestPerson
	for key, v := range fields(values) {
		text, is := v.Text, v.Text == "true"
		switch key {
		case "name":
			o.Name = &text
		case "manager":
			o.Manager = &text
		case "dept":
			o.Dept = &text
		case "title":
			o.Title = &text
		case "lead":
			o.Lead = &is
		case "left":
			o.Left = &is
		default:
			return fmt.Errorf("%q of a person is not known", key)
		}
	}
	with, err := s.company.With(workflows.TestCast{People: map[string]workflows.TestPerson{id: o}})
	if err != nil {
		return err
	}
	*s.company = *with.(*Company)
	return nil
}

// press reads "approve at leader by han.meimei opinion=可以", "urge by li.lei", "approve slot=task/… by x".
func (s *story) press(rest string) error {
	head, tail, ok := strings.Cut(rest, " by ")
	if !ok {
		return fmt.Errorf("by whom?")
	}
	by, values, _ := strings.Cut(tail, " ")
	verb, where, _ := strings.Cut(head, " ")
	if full, ok := strings.CutPrefix(where, "slot="); ok {
		return s.b.Press(by, full, verb, s.signed(verb, fields(values)))
	}
	kind := workflows.Act{Verb: verb, Own: where == ""}
	for _, a := range workflows.Acts() {
		if a.Verb == verb {
			kind = a
		}
	}
	step, _ := strings.CutPrefix(where, "at ")
	slot, err := s.b.place(kind, step, by, true)
	if err != nil {
		return err
	}
	return s.b.Press(by, slot, verb, s.signed(verb, fields(values)))
}

// signed makes a hand signature of sign=yes.
func (s *story) signed(verb string, form map[string]event.Value) map[string]event.Value {
	if form["sign"].Text == "yes" && verb == "approve" {
		delete(form, "sign")
		form[workflows.SignatureInput] = s.b.Signature()
	}
	return form
}

// batch reads "approve by han.meimei", "reject by han.meimei steps=leader,boss opinion=太贵了".
func (s *story) batch(rest string) error {
	verb, tail, ok := strings.Cut(rest, " by ")
	if !ok {
		return fmt.Errorf("by whom?")
	}
	by, values, _ := strings.Cut(tail, " ")
	in := fields(values)
	var steps []string
	if v := in["steps"].Text; v != "" {
		steps = strings.Split(v, ",")
	}
	return s.b.Batch(by, verb, in["opinion"].Text, steps)
}

// fields reads "a=1 b=two words c=x": a value goes on until the next name. who and step are lists: who=a,b.
func fields(text string) map[string]event.Value {
	form := map[string]event.Value{}
	var names []string
	texts := map[string]string{}
	for _, w := range strings.Fields(text) {
		if k, v, ok := strings.Cut(w, "="); ok && isName(k) {
			names = append(names, k)
			texts[k] = v
		} else if n := len(names); n > 0 {
			texts[names[n-1]] += " " + w
		}
	}
	for _, k := range names {
		if k == "who" || k == "step" || strings.HasPrefix(k, "chosen_") {
			form[k] = event.List(strings.FieldsFunc(texts[k], func(r rune) bool { return r == ',' || r == ' ' })...)
			continue
		}
		delete(form, k) // what is said last counts
		if err := Set(form, k, texts[k]); err != nil {
			form[k] = event.Text(texts[k])
		}
	}
	return form
}

func isName(s string) bool {
	s = BaseOf(s)
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
