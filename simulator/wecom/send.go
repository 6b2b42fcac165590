package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Limits of message/send.
//
// Source: WeCom developer documents, "Send app messages" (path 90236) and "Frequency limits" (path 90312),
// checked 2026-11.
const (
	maxUsers        = 1000
	maxParties      = 100
	maxTags         = 100
	codeLife        = 72 * time.Hour
	dupUsual        = 1800 // seconds
	dupMost         = 4 * 3600
	sendsPerAccount = 200 // persons written to by one app in a day, for each account
)

// sendMessage is POST /cgi-bin/message/send.
func sendMessage(q *request) (answer, *apiError) {
	s := q.s
	if refusal := q.agent(); refusal != nil {
		return nil, refusal
	}
	to, refusal := q.audience()
	if refusal != nil {
		return nil, refusal
	}
	m := &message{ID: secret(43) + "_" + secret(42), From: q.app.ID, Type: q.in.str("msgtype"), Created: q.now}
	if m.Content, refusal = q.content(channelApp, m); refusal != nil {
		return nil, refusal
	}
	out := answer{"invaliduser": strings.Join(to.badUsers, "|"), "invalidparty": strings.Join(to.badParties, "|"),
		"invalidtag": strings.Join(to.badTags, "|"), "unlicenseduser": "", "msgid": m.ID}
	if q.repeated() {
		// Accepted, and shown to nobody; nor is there anything that a code could change.
		s.warn("%s: a message was suppressed by the duplicate check", q.app.ID)
		return out, nil
	}
	if refusal := q.task(m); refusal != nil {
		return nil, refusal
	}
	day := s.quotas.day("sends "+q.app.ID, q.now)
	if day.n+len(to.persons) > s.accounts*sendsPerAccount {
		return nil, failf(45009, "the app's messages of the day are used up")
	}
	day.n += len(to.persons)
	q.remember()
	for _, person := range to.persons {
		if s.admit(q.app.ID, person, q.now) {
			m.To = append(m.To, person)
		}
	}
	if m.TaskID != "" {
		s.state.Tasks[q.app.ID+" "+m.TaskID] = m.ID
	}
	s.post(m)
	if updatable(m.Type, m.Content) {
		out["response_code"] = s.newCode(q.app, m)
	}
	return out, nil
}

// agent checks that the body speaks for the token's own app.
func (q *request) agent() *apiError {
	id, given := q.in.num("agentid")
	switch {
	case !given:
		return fail(41011)
	case id == q.app.AgentID:
		return nil
	}
	for _, a := range q.s.apps {
		if a.AgentID == id {
			return fail(301002)
		}
	}
	return fail(40056)
}

// recipients of one message.
type recipients struct {
	persons                       []string
	badUsers, badParties, badTags []string
}

// audience resolves touser, toparty and totag. Userids come back in lower case.
func (q *request) audience() (*recipients, *apiError) {
	users, parties, tags := split(q.in.str("touser")), split(q.in.str("toparty")), split(q.in.str("totag"))
	to := &recipients{badUsers: []string{}, badParties: []string{}, badTags: []string{}}
	switch {
	case len(users) > maxUsers:
		return nil, fail(40032)
	case len(parties) > maxParties:
		return nil, fail(82002)
	case len(tags) > maxTags:
		return nil, fail(82003)
	case len(users)+len(parties)+len(tags) == 0:
		return nil, fail(82001)
	case len(users) == 1 && users[0] == "@all":
		for _, p := range q.s.company.People {
			to.add(q.s, q.app, p.ID)
		}
		return to, nil
	}
	q.resolve(to, users, parties, tags)
	if len(to.persons) == 0 {
		return nil, fail(81013)
	}
	return to, nil
}

func (q *request) resolve(to *recipients, users, parties, tags []string) {
	for _, id := range users {
		person, found := q.s.personOf(id)
		if !found || !to.add(q.s, q.app, person) {
			to.badUsers = append(to.badUsers, strings.ToLower(id))
		}
	}
	for _, id := range parties {
		n, ok := integer(id)
		unit, there := q.s.partyOf(n)
		if !ok || !there {
			to.badParties = append(to.badParties, id)
			continue
		}
		for _, p := range q.s.inParty(unit, true) {
			to.add(q.s, q.app, p.ID)
		}
	}
	to.badTags = append(to.badTags, tags...) // this corp has no tags
}

// add puts a visible person on the list, once.
func (to *recipients) add(s *Server, a *app, person string) bool {
	if !s.visible(a, person) {
		return false
	}
	if !slices.Contains(to.persons, person) {
		to.persons = append(to.persons, person)
	}
	return true
}

func split(list string) []string {
	return slices.DeleteFunc(strings.Split(list, "|"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// dupKey is the body as the duplicate check sees it; "" when it was not asked for.
func (q *request) dupKey() string {
	if !q.in.flag("enable_duplicate_check") {
		return ""
	}
	sum := sha256.Sum256(q.body)
	return q.app.ID + " " + hex.EncodeToString(sum[:])
}

// repeated tells whether the same bytes were sent within the interval.
func (q *request) repeated() bool {
	key := q.dupKey()
	return key != "" && q.s.recent[key].After(q.now)
}

// remember keeps the body for the duplicate check.
func (q *request) remember() {
	key := q.dupKey()
	if key == "" {
		return
	}
	for k, until := range q.s.recent {
		if !until.After(q.now) {
			delete(q.s.recent, k)
		}
	}
	seconds, given := q.in.num("duplicate_check_interval")
	if !given || seconds <= 0 {
		seconds = dupUsual
	}
	q.s.recent[key] = q.now.Add(time.Duration(min(seconds, dupMost)) * time.Second)
}

// task checks a card's task_id, which no other message of the app may have had.
func (q *request) task(m *message) *apiError {
	if m.Type != "template_card" || m.TaskID == "" {
		return nil
	}
	if q.s.state.Tasks[q.app.ID+" "+m.TaskID] != "" {
		// The document only says that it must not repeat; the code is that of an illegal task_id.
		return failf(42014, "task_id is repeated")
	}
	return nil
}

// newCode hands out the right to one update of a message. Callers hold s.mu.
func (s *Server) newCode(a *app, m *message) string {
	now := s.now()
	for name, c := range s.state.Codes {
		if now.Sub(c.Until) > 24*time.Hour {
			delete(s.state.Codes, name)
		}
	}
	name := secret(43)
	s.state.Codes[name] = &responseCode{App: a.ID, Message: m.ID, Until: now.Add(codeLife)}
	s.touch()
	return name
}

// post adds a message and tells who can see it. Callers hold s.mu.
func (s *Server) post(m *message) {
	s.state.Messages = append(s.state.Messages, m)
	s.byMsg[m.ID] = m
	s.touch()
	if m.Chat != "" {
		s.publish(simulator.Notice{Type: "message", Persons: s.state.Chats[m.Chat].Members, Chat: m.Chat, Message: m.ID})
		return
	}
	for _, person := range s.seenBy(m) {
		s.publish(simulator.Notice{Type: "message", Persons: []string{person}, Chat: chatOf(m, person), Message: m.ID})
	}
}

// tellChanged tells who can see a message that it is another now. Callers hold s.mu.
func (s *Server) tellChanged(m *message, persons []string) {
	s.touch()
	for _, person := range persons {
		s.publish(simulator.Notice{Type: "update", Persons: []string{person}, Chat: chatOf(m, person), Message: m.ID})
	}
}

// seenBy lists who can see a message. Callers hold s.mu.
func (s *Server) seenBy(m *message) []string {
	switch {
	case m.Chat != "":
		c := s.state.Chats[m.Chat]
		if c == nil {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(c.Members), func(p string) bool { return slices.Contains(m.Missed, p) })
	case m.From != "":
		return m.To
	}
	return []string{m.Person}
}

// chatOf is the conversation that a person sees a message in.
func chatOf(m *message, person string) string {
	switch {
	case m.Chat != "":
		return m.Chat
	case m.From != "":
		return directChatID(m.From, person)
	}
	return directChatID(m.With, person)
}

// recallMessage is POST /cgi-bin/message/recall, for the app's own messages of the last 24 hours.
func recallMessage(q *request) (answer, *apiError) {
	m := q.s.byMsg[q.in.str("msgid")]
	switch {
	case !q.in.has("msgid"):
		return nil, failf(40058, "msgid is missing")
	case m == nil || m.From != q.app.ID || m.Chat != "":
		return nil, failf(40058, "msgid is not of this app")
	case q.now.Sub(m.Created) > 24*time.Hour:
		return nil, fail(42052)
	}
	m.Recalled = true
	q.s.tellChanged(m, q.s.seenBy(m))
	return nil, nil
}

// statistics is POST /cgi-bin/message/get_statistics: persons that each app has written to, in one day.
func statistics(q *request) (answer, *apiError) {
	kind, _ := q.in.num("time_type")
	if kind != 0 && kind != 1 {
		return nil, failf(40058, "time_type is 0 for today or 1 for yesterday")
	}
	day := q.now.In(zone).AddDate(0, 0, -kind).Format(time.DateOnly)
	rows := []map[string]any{}
	for _, a := range q.s.apps {
		count := 0
		for _, m := range q.s.state.Messages {
			if m.From == a.ID && m.Chat == "" && m.Created.In(zone).Format(time.DateOnly) == day {
				count += len(m.To)
			}
		}
		rows = append(rows, map[string]any{"agentid": a.AgentID, "app_name": a.Name, "count": count})
	}
	return answer{"statistics": rows}, nil
}

// cardOf is a message's card as JSON for a person: the message's own, or what an update made of it.
func (m *message) cardOf(person string) (card json.RawMessage, replace string) {
	card = m.Content
	if v := m.Views[person]; v != nil {
		if v.Card != nil {
			card = v.Card
		}
		replace = v.Replace
	}
	return card, replace
}

// view lays a message's card out for a person.
func (m *message) view(person string) *cardView {
	card, replace := m.cardOf(person)
	return viewCard(card, replace, m.Views[person] != nil)
}
