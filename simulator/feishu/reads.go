package feishu

import (
	"sort"
	"strconv"
	"time"

	"magpie/simulator"
)

const (
	readLife    = 7 * 24 * time.Hour
	maxUrgent   = 200 // persons in one call, and unread urgent messages of one person
	paidUrgents = 100 // texts and phone calls that the tenant has paid for
)

// page cuts a list as every list API does: page_size, page_token, has_more. The token is the index to go on
// from.
func (q *request) page(list []any, usual, most int) (answer, *apiError) {
	size := usual
	if v := q.query.Get("page_size"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > most {
			return nil, badField("page_size", "page_size must be between 1 and "+strconv.Itoa(most))
		}
		size = n
	}
	from := 0
	if v := q.query.Get("page_token"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > len(list) {
			return nil, badField("page_token", "page_token is invalid")
		}
		from = n
	}
	to := min(from+size, len(list))
	items := make([]any, to-from)
	for i, x := range list[from:to] {
		if draw, ok := x.(func() any); ok {
			x = draw() // of thousands only those that are seen are drawn
		}
		items[i] = x
	}
	out := map[string]any{"items": items, "has_more": to < len(list)}
	if to < len(list) {
		out["page_token"] = strconv.Itoa(to)
	}
	return data(out), nil
}

// readUsers is GET /im/v1/messages/:id/read_users: who has read the bot's own message of the last week.
func readUsers(q *request) (answer, *apiError) {
	if q.query.Get("user_id_type") == "" {
		return nil, badField("user_id_type", "user_id_type is required, options: [open_id, union_id, user_id]")
	}
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	m, _, refusal := q.message(true)
	if refusal != nil {
		return nil, refusal
	}
	if q.now.Sub(m.Created) > readLife {
		return nil, fail(230033)
	}
	persons := make([]string, 0, len(m.ReadAt))
	for p := range m.ReadAt {
		persons = append(persons, p)
	}
	sort.Slice(persons, func(i, j int) bool {
		a, b := m.ReadAt[persons[i]], m.ReadAt[persons[j]]
		return a.Before(b) || a.Equal(b) && persons[i] < persons[j]
	})
	var list []any
	for _, p := range persons {
		list = append(list, map[string]any{"user_id_type": idType, "user_id": q.s.personID(q.app, idType, p),
			"timestamp": millis(m.ReadAt[p]), "tenant_key": q.s.state.TenantKey})
	}
	return q.page(list, 20, 100)
}

// urgentApp is PATCH /im/v1/messages/:id/urgent_app.
func urgentApp(q *request) (answer, *apiError) { return q.urgent(false) }

// urgentPaid is its twin by text message or phone call, which use up what the tenant has paid for.
func urgentPaid(q *request) (answer, *apiError) { return q.urgent(true) }

func (q *request) urgent(paid bool) (answer, *apiError) {
	if q.query.Get("user_id_type") == "" {
		return nil, badField("user_id_type", "user_id_type is required, options: [open_id, union_id, user_id]")
	}
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		UserIDs []string `json:"user_id_list"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if len(in.UserIDs) == 0 || len(in.UserIDs) > maxUrgent {
		return nil, badField("user_id_list", "the length of user_id_list must be between 1 and 200")
	}
	m, c, refusal := q.message(true)
	if refusal != nil {
		return nil, refusal
	}
	invalid, good := []string{}, []string{}
	for _, id := range in.UserIDs {
		if p, found, _ := q.s.personOf(q.app, idType, id); found && c.has(p) {
			good = append(good, p)
		} else {
			invalid = append(invalid, id)
		}
	}
	if len(good) == 0 {
		return nil, failf(230001, "all users are invalid")
	}
	for _, p := range good {
		if q.s.unreadUrgent(p) >= maxUrgent {
			return nil, fail(230023)
		}
	}
	if paid {
		if q.app.smsLeft < len(good) {
			return nil, fail(230024)
		}
		q.app.smsLeft -= len(good)
	}
	if m.Urgent == nil {
		m.Urgent = map[string]bool{}
	}
	for _, p := range good {
		_, read := m.ReadAt[p]
		m.Urgent[p] = !read
	}
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: good, Chat: c.ID, Message: m.ID, Text: "urgent"})
	return data(map[string]any{"invalid_user_id_list": invalid}), nil
}

func (s *Server) unreadUrgent(person string) int {
	n := 0
	for _, m := range s.state.Messages {
		if m.Urgent[person] {
			n++
		}
	}
	return n
}
