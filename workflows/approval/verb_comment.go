package approval

import (
	"fmt"
	"slices"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	maxMentioned = 20
	maxComments  = 20 // kept in the state; the trail has them all
	shownNewest  = 3  // on a card
)

// verbComment says something without deciding: 评论. Whoever has to do with the request may: the initiator, those who
// were asked at any time, those who were told. Those mentioned see the request from then on.
var verbComment = &verb{
	name: "comment", who: maxMentioned, late: true,
	judge: func(_ *decider, e *errand) *workflows.Refusal {
		if e.opinion == "" {
			return workflows.Refuse("invalid_form", textNoComment)
		}
		return nil
	},
	do: func(d *decider, e *errand) { d.comment(e.by, e.opinion, e.who) },
}

// comment records what somebody said, and tells those mentioned and those who are waited for.
func (d *decider) comment(by, text string, mentioned []string) {
	f := &commented{N: d.s.Comments + 1, To: mentioned}
	f.p.Text = text
	d.emitBy(f, by)
	say := func(person, words string) {
		d.effect(workflows.SendText{
			Key: fmt.Sprintf("comment/%d/%s", f.N, person), To: workflows.To{Person: person},
			Text: card.T(fmt.Sprintf(words, d.s.name(by), d.titleFor(person), oneLine(text, 200))),
		})
	}
	var fresh []string
	for _, id := range mentioned {
		if id == by {
			continue
		}
		say(id, textMentioned)
		if !d.concerned(id) {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) > 0 {
		d.emit(&told{Persons: fresh})
		d.listTold("", fresh)
	}
	heard := append(slices.Clone(mentioned), by)
	for _, id := range d.waitedFor() {
		if !slices.Contains(heard, id) {
			say(id, textCommentedOn)
			heard = append(heard, id)
		}
	}
	d.say(card.ToastSuccess, textCommentSent)
}

// waitedFor are the initiator and those who are asked now, each once.
func (d *decider) waitedFor() []string {
	out := []string{d.s.By}
	for i := range d.s.Runs {
		for k := range d.s.Runs[i].Seats {
			if x := &d.s.Runs[i].Seats[k]; x.State == workflows.TaskOpen && !slices.Contains(out, x.Person) {
				out = append(out, x.Person)
			}
		}
	}
	return out
}

// concerned reports whether somebody has a card of the request.
func (d *decider) concerned(person string) bool {
	return slices.ContainsFunc(d.shown(), func(c shown) bool { return c.person == person })
}

// pressComment takes a comment from a card that is nobody's task: the initiator's, or that of somebody who was told.
func (d *decider) pressComment(a *event.Action) *workflows.Refusal {
	if a.Verb == "more" {
		var no *workflows.Refusal
		if a, no = unfold(a); no != nil {
			return no
		}
	}
	switch {
	case a.Verb != verbComment.name:
		return workflows.Refuse("unknown_action", textUnknown)
	case d.s.Status != workflows.StatusRunning:
		return d.over("")
	}
	e, no := d.errand(verbComment, place{}, 0, a)
	if no != nil {
		return no
	}
	return d.run(verbComment, e)
}

// only is the form of a card whose reader can do nothing but comment.
func (d *decider) onlyComment() *ViewMore {
	if d.s.Status != workflows.StatusRunning {
		return nil
	}
	return &ViewMore{Verbs: []string{"comment"}, Who: true}
}

// remark is a comment in the state.
type remark struct {
	By   string   `json:"b"`
	At   stamp    `json:"a"`
	Text string   `json:"t,omitempty"`
	To   []string `json:"o,omitempty"`
}

// commented: somebody said something.
type commented struct {
	N  int      `json:"n"`
	To []string `json:"to,omitempty"` // those mentioned
	p  struct {
		Text string `json:"text,omitempty"`
	}
}

func (*commented) kind() string  { return "commented" }
func (f *commented) secret() any { return &f.p }
func (f *commented) apply(s *state, at stamp, actor string) {
	s.Comments = f.N
	s.Remarks = append(s.Remarks, remark{By: actor, At: at, Text: f.p.Text, To: f.To})
	if over := len(s.Remarks) - maxComments; over > 0 {
		s.Remarks = slices.Delete(s.Remarks, 0, over)
	}
}

// newest are the comments that a card shows, the last one at the end.
func (d *decider) newest() []ViewComment {
	var out []ViewComment
	for _, x := range d.s.Remarks[max(0, len(d.s.Remarks)-shownNewest):] {
		c := ViewComment{By: ViewPerson{ID: x.By, Name: d.s.name(x.By)}, At: x.At.time(), Text: x.Text, To: []ViewPerson{}}
		for _, id := range x.To {
			c.To = append(c.To, ViewPerson{ID: id, Name: d.s.name(id)})
		}
		out = append(out, c)
	}
	return out
}
