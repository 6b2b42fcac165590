package approval

import (
	"fmt"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// View is what the approval.* templates see. Its shape is told in templates/builtin/README.md.
type View struct {
	Definition ViewDefinition `json:"definition"`
	Instance   ViewInstance   `json:"instance"`
	Initiator  ViewInitiator  `json:"initiator"`
	Fields     []ViewField    `json:"fields"`
	Tables     []ViewTable    `json:"tables,omitempty"`
	Files      []ViewFiles    `json:"files,omitempty"`
	Steps      []ViewStep     `json:"steps"`
	Current    int            `json:"current"`
	Actions    []string       `json:"actions"`
	Mine       bool           `json:"mine"`
	Ended      bool           `json:"ended"`
	Reason     string         `json:"reason"`
	EndedAt    time.Time      `json:"ended_at,omitzero"`
	Task       *ViewTask      `json:"task,omitempty"`
	Form       *ViewForm      `json:"form,omitempty"`
	More       *ViewMore      `json:"more,omitempty"`
	Edit       *ViewForm      `json:"edit,omitempty"` // inputs of a decision that may change the form, the opinion among them
	Sign       bool           `json:"sign,omitempty"` // agreeing takes a hand signature: it has a form of its own
	Returned   *ViewReturned  `json:"returned,omitempty"`
	Comments   []ViewComment  `json:"comments,omitempty"` // the newest, oldest first
	Revoke     *ViewRevoke    `json:"revoke,omitempty"`
	Tasks      []ViewOption   `json:"tasks,omitempty"` // that an administrator can hand to somebody else
	Ahead      []ViewStep     `json:"ahead,omitempty"` // of a form: who would be asked if it were handed in, see Foresee
	look       *outlook
}

// ViewDefinition names the flow.
type ViewDefinition struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ViewInstance is the request.
type ViewInstance struct {
	ID          string           `json:"id"`
	No          string           `json:"no"` // what people quote; "" for a draft
	Title       string           `json:"title"`
	Status      workflows.Status `json:"status"`
	StatusLabel string           `json:"status_label"`
	CreatedAt   time.Time        `json:"created_at"`
}

// ViewInitiator is who asks.
type ViewInitiator struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Dept string `json:"dept"`
}

// ViewPerson is somebody named.
type ViewPerson struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ViewField is one filled field, formatted.
type ViewField struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

// ViewStep is one step of the progress.
type ViewStep struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	State card.StepState `json:"state"`
	Note  string         `json:"note"`
}

// ViewTask is the task that a card is about.
type ViewTask struct {
	ID        string              `json:"id"`
	Node      string              `json:"node"`
	Name      string              `json:"name"`
	State     workflows.TaskState `json:"state"`
	DecidedBy *ViewPerson         `json:"decided_by,omitempty"`
	DecidedAt time.Time           `json:"decided_at,omitzero"`
	Reason    string              `json:"reason"`
	ModeLabel string              `json:"mode_label"`
	DueAt     time.Time           `json:"due_at,omitzero"`
	Lender    *ViewPerson         `json:"lender,omitempty"` // whom an open task comes back to
	Advice    *ViewAdvice         `json:"advice,omitempty"`
}

// ViewAdvice is what somebody said whom the task had been given to for a while.
type ViewAdvice struct {
	By     ViewPerson          `json:"by"`
	State  workflows.TaskState `json:"state"` // approved, rejected or abstained
	Reason string              `json:"reason"`
}

// ViewComment is what somebody said without deciding.
type ViewComment struct {
	By   ViewPerson   `json:"by"`
	At   time.Time    `json:"at"`
	Text string       `json:"text"`
	To   []ViewPerson `json:"to"` // those mentioned
}

// ViewMore is the form 更多操作 of a task.
type ViewMore struct {
	Verbs []string     `json:"verbs"`           // at least one
	Who   bool         `json:"who"`             // some of them name persons
	Steps []ViewOption `json:"steps,omitempty"` // that can be named; none: the input is left out
	Then  bool         `json:"then"`            // what follows a return may be chosen
}

// ViewForm is the form of a draft.
type ViewForm struct {
	Inputs  []ViewInput `json:"inputs"`
	Problem string      `json:"problem"`        // of the last submit
	Live    bool        `json:"live,omitempty"` // what is entered changes what is asked for or computed
}

// ViewInput is one field to fill in.
type ViewInput struct {
	Name        string         `json:"name"`
	Label       string         `json:"label"`
	Kind        card.InputKind `json:"kind"`
	Required    bool           `json:"required"`
	Placeholder string         `json:"placeholder"`
	Options     []ViewOption   `json:"options,omitempty"`
	Default     *event.Value   `json:"default,omitempty"`
	Max         int            `json:"max,omitempty"`

	Columns  []ViewInput `json:"columns,omitempty"` // of a table
	Min      int         `json:"min,omitempty"`
	Accept   []string    `json:"accept,omitempty"` // of files
	Images   bool        `json:"images,omitempty"`
	MaxBytes int64       `json:"max_bytes,omitempty"`
}

// ViewOption is a choice.
type ViewOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// shown is one card of the instance as it is now. Its view is made when it is wanted.
type shown struct {
	slot     string
	person   string
	template string
	once     bool                    // not worth sending when it never was
	may      func(field string) bool // which fields its reader may see; nil: all
	view     func(base View) View
}

// cards says which cards there are; what is on them is drawn when they leave.
func (d *decider) cards() {
	for _, c := range d.shown() {
		to := workflows.To{Person: c.person}
		if c.slot == slotInitiator {
			to.Connection = d.s.From // where they asked for it
		}
		d.effect(workflows.ShowCard{Slot: c.slot, To: to, Once: c.once})
	}
}

// Card gives one card of an instance as it is now. It implements workflows.Projector.
func (p *Program) Card(in workflows.Instance, slot string, now time.Time) (template string, view any, ok bool, err error) {
	s, err := decodeState(in.State)
	if err != nil {
		return "", nil, false, fmt.Errorf("card %s of %s: %w", slot, in.ID, err)
	}
	d := &decider{p: p.under(s.Alias), in: in, s: s, now: now}
	if slot == slotAdmin && s.Sent != 0 {
		return "approval.admin", d.adminView(), true, nil
	}
	for _, c := range d.shown() {
		if c.slot == slot {
			return c.template, c.view(d.view(c.may)), true, nil
		}
	}
	return "", nil, false, nil
}

// shown lists every card of the instance.
func (d *decider) shown() []shown {
	if d.s.Draft != nil && d.s.Draft.Hidden || d.s.Why == "not_allowed" {
		return nil
	}
	own := shown{slot: slotInitiator, person: d.s.By, template: "approval.initiator", view: d.ownView}
	if d.s.Sent == 0 || d.s.atStart() != nil {
		own.template = "approval.form"
	}
	out := []shown{own}
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		for k := range r.Seats {
			out = d.taskCards(out, r, &r.Seats[k])
		}
	}
	for _, id := range d.s.CC {
		out = append(out, shown{slot: slotCC(id), person: id, template: "approval.cc", may: d.unseen(id).not(), view: func(v View) View {
			v.More = d.onlyComment()
			return v
		}})
	}
	return out
}

// ownView is the initiator's: the form while it is a draft, then the record.
func (d *decider) ownView(v View) View {
	switch {
	case d.s.Sent == 0:
		v.Form = d.form()
		if !d.s.Status.Ended() {
			v.Actions, v.Mine, v.look = []string{"submit", "cancel"}, true, d.foresight()
		}
	case d.s.Status == workflows.StatusRunning:
		v.Mine, v.More = true, d.onlyComment()
		if r := d.s.atStart(); r != nil {
			v.Form, v.Actions, v.look = d.form(), append(v.Actions, "submit"), d.foresight()
			v.Returned, v.Instance.StatusLabel = d.sentBackTo(r), textRevise
		}
		if d.waiting() {
			v.Actions = append(v.Actions, "urge")
		}
		if d.p.withdraw {
			v.Actions = append(v.Actions, "withdraw")
		}
	case d.mayRevoke() == nil:
		v.Mine, v.Actions = true, []string{"revoke"}
	}
	return v
}

// waiting reports whether somebody is asked now.
func (d *decider) waiting() bool {
	for i := range d.s.Runs {
		for k := range d.s.Runs[i].Seats {
			if d.s.Runs[i].Node != nodeStart && d.s.Runs[i].Seats[k].State == workflows.TaskOpen {
				return true
			}
		}
	}
	return false
}

// view is what all cards have in common. may says which fields the reader may see, nil all of them.
func (d *decider) view(may func(field string) bool) View {
	s := d.s
	v := View{
		Definition: ViewDefinition{ID: d.p.def.ID, Name: d.p.def.Name},
		Instance:   ViewInstance{ID: d.in.ID, No: s.No, Title: s.Title, Status: s.Status, StatusLabel: statusWords[s.Status], CreatedAt: s.Begun.time()},
		Initiator:  ViewInitiator{ID: s.By, Name: s.name(s.By), Dept: s.People[s.By].Dept},
		Fields:     []ViewField{}, Actions: []string{}, Ended: s.Status.Ended(), Reason: s.Reason, EndedAt: s.Ended.time(),
	}
	if v.Instance.Title == "" && s.Erased != 0 {
		v.Instance.Title = workflows.TextErased
	}
	if v.Instance.Title == "" {
		v.Instance.Title = d.p.def.Name
	}
	if s.Why == "canceled" {
		v.Instance.StatusLabel = textCanceled
	}
	v.Instance.Title = d.titleSeen(v.Instance.Title, may)
	d.drawFields(&v, s.Form, may)
	if s.Parent != nil {
		v.Fields = append(v.Fields, ViewField{Label: textParent, Value: s.Parent.Title})
	}
	v.Steps, v.Current = d.p.progress(s, d.now)
	v.Comments = d.newest()
	return v
}

// short fields may stand side by side.
func (f *field) short() bool {
	switch f.typ {
	case typeText, typeLongText, typeMultiSelect, typePersons, typeRange, typeDepartment:
		return false
	}
	return !f.capitals
}

// note says who did what at a step, and who is waited for.
func (p *Program) note(s *state, r *run, now time.Time) string {
	if r.Node == nodeStart && r.State == runOpen {
		return fmt.Sprintf(textRevising, s.name(s.By))
	}
	switch r.State {
	case runAsking:
		return textFinding
	case runStuck:
		return textStuck
	case runSkipped:
		if r.Why == "nobody" {
			return textSkipNobody
		}
		return textSkipIf
	}
	var parts, open []string
	guess := false
	for i := range r.Seats {
		x := &r.Seats[i]
		word := verdictWords[x.State]
		switch {
		case x.Gone:
		case x.State == workflows.TaskOpen:
			open = append(open, s.who(x))
			guess = guess || x.Guess
		case x.State == workflows.TaskSuspended:
			parts = append(parts, fmt.Sprintf(textWaitsAdded, s.who(x)))
		case word == "":
		case x.Auto == autoSame:
			parts = append(parts, s.name(x.Person)+" "+textAutoSame)
		case x.Auto == autoSelf:
			parts = append(parts, s.name(x.Person)+" "+textAutoSelf)
		case x.Auto == autoTimeout:
			parts = append(parts, s.name(x.Person)+" "+clockText(x.Closed.time(), now, p.loc)+" "+x.Reason)
		default:
			by := s.name(x.By)
			if x.For != "" && x.By == x.Person {
				by = s.who(x)
			}
			parts = append(parts, fmt.Sprintf(textDecided, by, clockText(x.Closed.time(), now, p.loc), word))
		}
	}
	if len(open) > 0 {
		wait := fmt.Sprintf(textWaitsFor, strings.Join(open, "、"))
		if guess {
			wait += textGuessed
		}
		parts = append(parts, wait)
	}
	if len(parts) == 0 {
		switch {
		case r.State == runCanceled:
			return textCanceledRun
		case r.Why == "nobody":
			return fmt.Sprintf(textNobody, p.nodes[r.Node].name)
		}
	}
	return strings.Join(parts, "；")
}
