package feishu

import (
	"slices"
	"sort"
	"time"

	"magpie/simulator"
)

const (
	maxNewMembers = 50
	chatUUIDLife  = 10 * time.Hour
)

// createChat is POST /im/v1/chats. The same uuid within ten hours is the same group.
func createChat(q *request) (answer, *apiError) {
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		OwnerID     string   `json:"owner_id"`
		UserIDs     []string `json:"user_id_list"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if len(in.UserIDs) > maxNewMembers {
		return nil, badField("user_id_list", "the max len is 50")
	}
	uuid := q.query.Get("uuid")
	if len(uuid) > maxUUID {
		return nil, badField("uuid", "the max len is 50")
	}
	key := q.app.ID + " " + uuid + " " + in.OwnerID
	for _, c := range q.s.state.Chats {
		if uuid != "" && c.Key == key && q.now.Sub(c.Created) < chatUUIDLife {
			return data(q.chatView(c, idType)), nil
		}
	}
	c := &chat{ID: "oc_" + random(32), Type: "group", Name: in.Name, Description: in.Description, Bots: []string{q.app.ID}, Members: []string{}, Created: q.now}
	if uuid != "" {
		c.Key = key
	}
	ids := in.UserIDs
	if in.OwnerID != "" {
		owner, refusal := q.s.find(q.app, idType, in.OwnerID)
		if refusal != nil {
			return nil, refusal
		}
		c.Owner = owner
		ids = append([]string{in.OwnerID}, ids...)
	}
	for _, id := range ids {
		person, refusal := q.s.find(q.app, idType, id)
		if refusal != nil {
			return nil, refusal
		}
		if !q.s.available(q.app, person) {
			return nil, fail(232024)
		}
		if !c.has(person) {
			c.Members = append(c.Members, person)
		}
	}
	q.s.state.Chats[c.ID] = c
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID})
	return data(q.chatView(c, idType)), nil
}

// group finds the chat in the path, which the bot must be in.
func (q *request) group() (*chat, *apiError) {
	c := q.s.state.Chats[q.path("id")]
	switch {
	case c == nil || !c.hasBot(q.app):
		return nil, fail(232011)
	case c.Dissolved:
		return nil, fail(232009)
	}
	return c, nil
}

func (q *request) chatView(c *chat, idType string) map[string]any {
	out := map[string]any{"chat_id": c.ID, "avatar": "", "name": c.Name, "description": c.Description, "owner_id_type": idType,
		"chat_mode": c.Type, "chat_type": "private", "external": false, "tenant_key": q.s.state.TenantKey, "chat_status": "normal",
		"user_count": len(c.Members), "bot_count": len(c.Bots)}
	if c.Owner != "" {
		out["owner_id"] = q.s.personID(q.app, idType, c.Owner)
	}
	return out
}

// listChats is GET /im/v1/chats: the groups the bot is in.
func listChats(q *request) (answer, *apiError) {
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	var in []*chat
	for _, c := range q.s.state.Chats {
		if c.Type == "group" && !c.Dissolved && c.hasBot(q.app) {
			in = append(in, c)
		}
	}
	sort.Slice(in, func(i, j int) bool { return in[i].ID < in[j].ID })
	var list []any
	for _, c := range in {
		list = append(list, q.chatView(c, idType))
	}
	return q.page(list, 20, 100)
}

// getChat is GET /im/v1/chats/:id.
func getChat(q *request) (answer, *apiError) {
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.group()
	if refusal != nil {
		return nil, refusal
	}
	return data(q.chatView(c, idType)), nil
}

// updateChat is PUT /im/v1/chats/:id, for a group that the bot owns.
func updateChat(q *request) (answer, *apiError) {
	c, refusal := q.group()
	if refusal != nil {
		return nil, refusal
	}
	var in struct{ Name, Description *string }
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if c.Owner != "" {
		return nil, failf(230001, "only the owner can change the group")
	}
	if in.Name != nil {
		c.Name = *in.Name
	}
	if in.Description != nil {
		c.Description = *in.Description
	}
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID})
	return data(struct{}{}), nil
}

// dissolveChat is DELETE /im/v1/chats/:id, for a group that the bot owns.
func dissolveChat(q *request) (answer, *apiError) {
	c, refusal := q.group()
	if refusal != nil {
		return nil, refusal
	}
	if c.Owner != "" || c.Type != "group" {
		return nil, failf(230001, "only the owner can dissolve the group")
	}
	c.Dissolved = true
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID})
	return data(struct{}{}), nil
}

// memberIDs reads the ids to add or remove: good ones as persons, the rest as they came.
func (q *request) memberIDs() (c *chat, persons, unknown []string, refusal *apiError) {
	idType, refusal := q.idType("member_id_type")
	if refusal != nil {
		return nil, nil, nil, refusal
	}
	if c, refusal = q.group(); refusal != nil {
		return nil, nil, nil, refusal
	}
	var in struct {
		IDs []string `json:"id_list"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, nil, nil, refusal
	}
	if len(in.IDs) == 0 || len(in.IDs) > maxNewMembers {
		return nil, nil, nil, badField("id_list", "the length of id_list must be between 1 and 50")
	}
	unknown = []string{}
	for _, id := range in.IDs {
		person, found, crossApp := q.s.personOf(q.app, idType, id)
		if crossApp {
			return nil, nil, nil, fail(99992361)
		}
		if found {
			persons = append(persons, person)
		} else {
			unknown = append(unknown, id)
		}
	}
	return c, persons, unknown, nil
}

// addMembers is POST /im/v1/chats/:id/members. succeed_type 0 refuses everything when somebody cannot see the
// app, 1 and 2 add the others.
func addMembers(q *request) (answer, *apiError) {
	c, persons, unknown, refusal := q.memberIDs()
	if refusal != nil {
		return nil, refusal
	}
	idType, _ := q.idType("member_id_type")
	invalid := []string{}
	persons = slices.DeleteFunc(persons, func(p string) bool {
		if !q.s.available(q.app, p) {
			invalid = append(invalid, q.s.personID(q.app, idType, p))
			return true
		}
		return c.has(p)
	})
	if len(invalid) > 0 && (q.query.Get("succeed_type") == "" || q.query.Get("succeed_type") == "0") {
		return nil, fail(232024)
	}
	c.Members = append(c.Members, persons...)
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID})
	return data(map[string]any{"invalid_id_list": invalid, "not_existed_id_list": unknown, "pending_approval_id_list": []string{}}), nil
}

// dropMembers is DELETE /im/v1/chats/:id/members.
func dropMembers(q *request) (answer, *apiError) {
	c, persons, unknown, refusal := q.memberIDs()
	if refusal != nil {
		return nil, refusal
	}
	before := slices.Clone(c.Members)
	c.Members = slices.DeleteFunc(c.Members, func(p string) bool { return slices.Contains(persons, p) })
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: before, Chat: c.ID})
	return data(map[string]any{"invalid_id_list": unknown}), nil
}

// listMembers is GET /im/v1/chats/:id/members: persons, not bots.
func listMembers(q *request) (answer, *apiError) {
	idType, refusal := q.idType("member_id_type")
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.group()
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	for _, id := range c.Members {
		p, _ := q.s.company.Person(id)
		list = append(list, map[string]any{"member_id_type": idType, "member_id": q.s.personID(q.app, idType, id), "name": p.Name,
			"tenant_key": q.s.state.TenantKey})
	}
	out, refusal := q.page(list, 20, 100)
	if refusal == nil {
		out["data"].(map[string]any)["member_total"] = len(c.Members)
	}
	return out, refusal
}

// isInChat is GET /im/v1/chats/:id/members/is_in_chat: about the bot itself.
func isInChat(q *request) (answer, *apiError) {
	c := q.s.state.Chats[q.path("id")]
	return data(map[string]bool{"is_in_chat": c != nil && !c.Dissolved && c.hasBot(q.app)}), nil
}
