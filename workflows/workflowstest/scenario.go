package workflowstest

import (
	"fmt"
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
//	wait 2 work days
//	leave han.meimei                              somebody leaves the company
//	role admin none | person:li.lei               a role changes
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
func Scenario(t T, kind workflows.Kind, name, src string) {
	t.Helper()
	_, files := ParseArchive(src)
	c := NewCompany()
	cal, err := workcal.New(workcal.Options{LunchStart: 12 * time.Hour, LunchEnd: 13*time.Hour + 30*time.Minute, Years: workcal.Shipped("cn")})
	if err != nil {
		t.Fatal(err)
	}
	r := &story{company: c, cal: cal, loc: workcal.Shanghai()}
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
	case "submit":
		values, by, ok := cutLast(rest, "by ")
		if !ok {
			return fmt.Errorf("by whom?")
		}
		return s.b.Press(by, "initiator", "submit", fields(values))
	case "press":
		return s.press(rest)
	case "wait":
		span, err := workcal.ParseSpan(rest)
		if err != nil {
			return err
		}
		return s.b.Advance(span.After(s.b.Now, s.cal, s.loc))
	case "leave":
		s.company.Leave(rest)
		return nil
	case "heirs", "joined": // heirs PERSON HEIR…: they have left and others take over; joined OLD NEW: the two are one
		who := strings.Fields(rest)
		if len(who) < 2 {
			return fmt.Errorf("who, and who after them?")
		}
		return s.b.Do(s.left(who[0], who[1:], word == "joined"))
	case "proxy":
		return s.proxy(rest)
	case "away":
		return s.away(rest)
	case "role":
		role, who, _ := strings.Cut(rest, " ")
		s.company.Roles[role] = strings.Fields(strings.TrimPrefix(who, "none"))
		return nil
	}
	return fmt.Errorf("%q is not known", word)
}

// left tells that somebody is no longer there, and who may take over.
func (s *story) left(person string, heirs []string, same bool) event.Event {
	b := &event.Directory{Person: person, Same: same}
	for _, id := range heirs {
		p := s.company.People[id]
		b.Heirs = append(b.Heirs, event.Person{ID: id, Name: p.Name, Title: p.Title, Active: p.Active})
	}
	return event.Event{ID: "left:" + person, Kind: event.KindPersonLeft, Connection: "magpie", Actor: event.Actor{Type: event.ActorSystem}, Body: b}
}

// press reads "approve at leader by han.meimei opinion=可以", "urge by li.lei", "approve slot=task/… by x".
func (s *story) press(rest string) error {
	head, tail, ok := strings.Cut(rest, " by ")
	if !ok {
		return fmt.Errorf("by whom?")
	}
	by, values, _ := strings.Cut(tail, " ")
	verb, where, _ := strings.Cut(head, " ")
	slot := "initiator"
	if step, ok := strings.CutPrefix(where, "at "); ok {
		task, found := s.b.TaskOf(step, by)
		if !found {
			if task, found = s.b.TaskOf(step, ""); !found {
				return fmt.Errorf("nobody was asked at %s", step)
			}
		}
		slot = s.b.SlotOf(task)
	} else if full, ok := strings.CutPrefix(where, "slot="); ok {
		slot = full
	}
	return s.b.Press(by, slot, verb, fields(values))
}

// fields reads "a=1 b=two words c=x": a value goes on until the next name.
func fields(text string) map[string]event.Value {
	form := map[string]event.Value{}
	name := ""
	for _, w := range strings.Fields(text) {
		if k, v, ok := strings.Cut(w, "="); ok && isName(k) {
			name = k
			form[name] = event.Text(v)
			continue
		}
		if name != "" {
			form[name] = event.Text(form[name].Text + " " + w)
		}
	}
	return form
}

func isName(s string) bool {
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
