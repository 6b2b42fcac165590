package wecom

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// updateCard is POST /cgi-bin/message/update_template_card: a code allows one successful update of one
// message, for some or all who got it.
//
// Source: WeCom developer documents, "Update template cards" (path 94888), checked 2026-11. That a card which
// was replaced by one without any callback can't be changed again follows from the rule which cards can be.
func updateCard(q *request) (answer, *apiError) {
	s := q.s
	if refusal := q.agent(); refusal != nil {
		return nil, refusal
	}
	c := s.state.Codes[q.in.str("response_code")]
	switch {
	case c == nil || c.Used || !c.Until.After(q.now):
		return nil, fail(60140)
	case c.App != q.app.ID:
		return nil, fail(42015)
	}
	m := s.byMsg[c.Message]
	if m == nil || m.Recalled {
		return nil, fail(60140)
	}
	next, refusal := q.replacement(m)
	if refusal != nil {
		return nil, refusal
	}
	to, refusal := q.updated(m)
	if refusal != nil {
		return nil, refusal
	}
	changed := s.replaceFor(m, to.persons, next)
	if len(changed) == 0 {
		return nil, failf(60140, "the card can't be changed any more")
	}
	for _, person := range to.persons {
		if !slices.Contains(changed, person) {
			to.badUsers = append(to.badUsers, strings.ToLower(s.userID(person)))
		}
	}
	c.Used = true
	s.tellChanged(m, changed)
	return answer{"invaliduser": to.badUsers}, nil
}

// replacement reads the button's new name or the new card, one of the two.
func (q *request) replacement(m *message) (*view, *apiError) {
	button, toButton := q.in.obj("button")
	card, toCard := q.in.obj("template_card")
	switch {
	case toButton == toCard:
		return nil, failf(40058, "either button or template_card")
	case toButton:
		name := button.str("replace_name")
		if name == "" {
			return nil, failf(40058, "button.replace_name is empty")
		}
		return &view{Replace: name}, nil
	}
	if card.has("task_id") {
		q.s.warn("%s: task_id can't be changed, it is passed over", q.path)
		delete(card.fields, "task_id")
	}
	if refusal := q.checkCard(card); refusal != nil {
		return nil, refusal
	}
	return &view{Card: card.marshal()}, nil
}

// updated lists who the update is for among those who got the message.
func (q *request) updated(m *message) (*recipients, *apiError) {
	users, parties, tags := q.in.strs("userids"), q.in.strs("partyids"), q.in.strs("tagids")
	to := &recipients{badUsers: []string{}}
	switch {
	case len(users) > maxUsers:
		return nil, fail(40032)
	case len(parties) > maxParties:
		return nil, fail(82002)
	case len(tags) > maxTags:
		return nil, fail(82003)
	}
	if q.in.flag("atall") {
		to.persons = slices.Clone(m.To)
		return to, nil
	}
	if len(users)+len(parties)+len(tags) == 0 {
		// What the real one does without any recipient is not documented.
		return nil, fail(82101)
	}
	named := &recipients{badUsers: []string{}}
	q.resolve(named, users, parties, tags)
	to.badUsers = named.badUsers
	for _, person := range named.persons {
		if slices.Contains(m.To, person) {
			to.persons = append(to.persons, person)
		} else {
			to.badUsers = append(to.badUsers, strings.ToLower(q.s.userID(person)))
		}
	}
	if len(to.persons) == 0 {
		return nil, fail(82102)
	}
	return to, nil
}

// replaceFor changes a card for some persons, and returns for whom it could be. Callers hold s.mu.
func (s *Server) replaceFor(m *message, persons []string, next *view) []string {
	var changed []string
	for _, person := range persons {
		card, _ := m.cardOf(person)
		if !updatable(m.Type, card) || next.Replace != "" && !hasButtons(card) {
			continue
		}
		if m.Views == nil {
			m.Views = map[string]*view{}
		}
		v := &view{Card: next.Card, Replace: next.Replace}
		if next.Replace != "" && m.Views[person] != nil {
			v.Card = m.Views[person].Card
		}
		m.Views[person] = v
		changed = append(changed, person)
	}
	return changed
}

// hasButtons tells whether a card is of a kind whose buttons can be greyed.
func hasButtons(card json.RawMessage) bool {
	o, err := parseObject(card)
	return err == nil && interactive[o.str("card_type")]
}

// itoa is a number as XML and lists write it.
func itoa(n int) string { return strconv.Itoa(n) }
