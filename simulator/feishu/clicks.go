package feishu

import (
	"encoding/json"

	"magpie/simulator"
)

// maxExpanded is the size of a card after expansion, for the update by token. Bytes.
const maxExpanded = 100 << 10

// updateByToken is POST /interactive/v1/card/update: a card changed after the answer to a click, through the
// click's token, at most twice within half an hour.
//
// Before the callback is answered a change does not last: the answer puts the old card back.
func updateByToken(q *request) (answer, *apiError) {
	var in struct {
		Token string                     `json:"token"`
		Card  map[string]json.RawMessage `json:"card"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	c := q.s.clicks[in.Token]
	switch {
	case c == nil:
		return nil, legacy(300020)
	case c.app != q.app:
		return nil, legacy(200310)
	case !c.until.After(q.now):
		return nil, legacy(300030)
	case c.uses == 0:
		return nil, legacy(300040)
	}
	m := q.s.byMsg[c.message]
	if m.Recalled {
		return nil, legacy(200000)
	}
	shared := cardHead([]byte(m.Content)).shared()
	_, toSome := in.Card["open_ids"]
	switch {
	case shared && toSome:
		return nil, legacy(200320)
	case !shared && !toSome:
		return nil, legacy(300090)
	}
	delete(in.Card, "open_ids")
	raw, _ := json.Marshal(in.Card)
	if len(raw) > maxExpanded {
		return nil, legacy(100000)
	}
	next := *m
	if was, is := cardHead([]byte(m.Content)), cardHead(raw); was.Schema == "2.0" && is.Schema != "2.0" {
		return nil, &apiError{status: 200, code: 200830, msg: "a card of schema V2 can not be changed to schema V1"}
	}
	if refusal := q.s.acceptCard(q.app, &next, string(raw)); refusal != nil {
		return nil, &apiError{status: 200, code: 11311, msg: refusal.msg}
	}
	c.uses--
	if m.pending > 0 && !c.answered && m.before == nil {
		old := m.Content
		m.before = &old
	}
	m.Content, m.Updated, m.Changed = next.Content, true, q.now
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: q.s.state.Chats[m.Chat].Members, Chat: m.Chat, Message: m.ID})
	return answer{}, nil
}
