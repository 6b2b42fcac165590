package dingtalk

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"slices"

	"magpie/simulator"
)

const maxNewMembers = 999 // of a scene group at once

// part reads one file of a multipart body.
func (q *request) part(name string) ([]byte, *apiError) {
	_, params, err := mime.ParseMediaType(q.http.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, badField("the body is not multipart/form-data")
	}
	parts := multipart.NewReader(bytes.NewReader(q.body), params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			return nil, badField("there is no field %s", name)
		}
		if p.FormName() == name {
			raw, err := io.ReadAll(p)
			if err != nil {
				return nil, badField("the field %s is cut off", name)
			}
			return raw, nil
		}
	}
}

// sceneGroup finds a group that the app itself made.
func (q *request) sceneGroup(id string) (*chat, *apiError) {
	c, refusal := q.group(id)
	if refusal == nil && c.Maker != q.app.ID {
		refusal = refuse("group.notSceneGroup", "the group was not made by this app")
	}
	return c, refusal
}

// users reads user ids as persons; every one of them must exist.
func (q *request) users(ids []string) ([]string, *apiError) {
	var out []string
	for _, id := range ids {
		person, there := q.s.byUser[id]
		if !there {
			return nil, refuse("staffId.notExisted", "the user %q does not exist", id)
		}
		if !slices.Contains(out, person) {
			out = append(out, person)
		}
	}
	return out, nil
}

// createSceneGroup is POST /v1.0/im/sceneGroup/create, with the old host's way of writing names. uuid makes a
// repetition answer with the same group.
func createSceneGroup(q *request) (answer, *apiError) {
	var in struct {
		Title      string   `json:"title"`
		TemplateID string   `json:"template_id"`
		Owner      string   `json:"owner_user_id"`
		Users      nameList `json:"user_ids"`
		UUID       string   `json:"uuid"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	switch {
	case in.Title == "":
		return nil, badParam("title", "title is required")
	case in.TemplateID == "":
		return nil, badParam("template_id", "template_id is required")
	case in.Owner == "":
		return nil, badParam("owner_user_id", "owner_user_id is required")
	case len(in.Users) > maxNewMembers:
		return nil, refuse("too.many.people", "more than 999 members")
	}
	members, refusal := q.users(append([]string{in.Owner}, in.Users...))
	if refusal != nil {
		return nil, refusal
	}
	for _, c := range q.s.state.Chats {
		if in.UUID != "" && c.Maker == q.app.ID && c.UUID == in.UUID {
			return answer{"open_conversation_id": c.ID, "chat_id": q.s.oldChatID(c.ID)}, nil
		}
	}
	c := &chat{ID: conversation(q.s.state.CorpID, "made", randomUUID()), Type: chatGroup, Name: in.Title, Owner: members[0], Members: members,
		Bots: []string{q.app.ID}, Maker: q.app.ID, Template: in.TemplateID, UUID: in.UUID, Created: q.now}
	q.s.state.Chats[c.ID] = c
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: members, Chat: c.ID})
	return answer{"open_conversation_id": c.ID, "chat_id": q.s.oldChatID(c.ID)}, nil
}

// addMembers is POST /v1.0/im/sceneGroup/member/add.
func addMembers(q *request) (answer, *apiError) { return changeMembers(q, true) }

// dropMembers is POST /v1.0/im/sceneGroup/member/delete.
func dropMembers(q *request) (answer, *apiError) { return changeMembers(q, false) }

func changeMembers(q *request, add bool) (answer, *apiError) {
	var in struct {
		ID    string   `json:"open_conversation_id"`
		Users nameList `json:"user_ids"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	c, refusal := q.sceneGroup(in.ID)
	if refusal != nil {
		return nil, refusal
	}
	people, refusal := q.users(in.Users)
	if refusal != nil {
		return nil, refusal
	}
	if len(people) == 0 || len(people) > maxNewMembers {
		return nil, badParam("user_ids", "user_ids is required")
	}
	before := slices.Clone(c.Members)
	var changed []string
	for _, p := range people {
		switch {
		case add && !c.has(p):
			c.Members = append(c.Members, p)
			changed = append(changed, p)
		case !add && c.has(p):
			c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == p })
			changed = append(changed, p)
		}
	}
	if len(changed) > 0 {
		name := "chat_add_member"
		if !add {
			name = "chat_remove_member"
		}
		data := q.s.chatEvent(c, c.Owner)
		users, unions := []string{}, []string{}
		for _, p := range changed {
			users, unions = append(users, q.s.userID(p)), append(unions, q.s.unionID(p))
		}
		data["userId"], data["unionId"] = users, unions
		q.s.emit(q.app, name, data)
		q.s.touch()
		q.s.publish(simulator.Notice{Type: "update", Persons: append(before, c.Members...), Chat: c.ID})
	}
	return answer{"success": true}, nil
}

// getSceneGroup is POST /v1.0/im/sceneGroups/query.
func getSceneGroup(q *request) (answer, *apiError) {
	var in struct {
		ID string `json:"openConversationId"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	c, refusal := q.sceneGroup(in.ID)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"title": c.Name, "ownerUserId": q.s.userID(c.Owner), "templateId": c.Template, "openConversationId": c.ID, "status": 1, "success": true}, nil
}

// listMembers is POST /v1.0/im/sceneGroups/members/batchQuery.
func listMembers(q *request) (answer, *apiError) {
	var in struct {
		ID         string `json:"openConversationId"`
		MaxResults int    `json:"maxResults"`
		NextToken  string `json:"nextToken"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	c, refusal := q.sceneGroup(in.ID)
	if refusal != nil {
		return nil, refusal
	}
	if in.MaxResults == 0 {
		in.MaxResults = 100
	}
	part, next, ok := page(c.Members, in.NextToken, in.MaxResults, 1000)
	if !ok {
		return nil, badParam("nextToken", "maxResults must be 1 to 1000, and nextToken one that was given out")
	}
	ids := []string{}
	for _, p := range part {
		ids = append(ids, q.s.userID(p))
	}
	out := answer{"success": true, "memberUserIds": ids, "hasMore": next != ""}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

// disbandGroup is POST /v1.0/im/chat/scenegroup/disband.
func disbandGroup(q *request) (answer, *apiError) {
	var in struct {
		ID string `json:"openConversationId"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	c, refusal := q.sceneGroup(in.ID)
	if refusal != nil {
		return nil, refusal
	}
	c.Disbanded = true
	q.s.emit(q.app, "chat_disband", q.s.chatEvent(c, c.Owner))
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID})
	return answer{"success": true}, nil
}

// openConversation is POST /v1.0/im/chat/{chatId}/convertToOpenConversationId.
func openConversation(q *request) (answer, *apiError) {
	if c := q.byOldID(q.path("chatId")); c != nil {
		return answer{"openConversationId": c.ID}, nil
	}
	return nil, badParam("chatId", "the chat does not exist")
}

// byOldID finds a group that the app's robot is in.
func (q *request) byOldID(id string) *chat {
	for _, c := range q.s.state.Chats {
		if c.Type == chatGroup && !c.Disbanded && c.hasBot(q.app) && q.s.oldChatID(c.ID) == id {
			return c
		}
	}
	return nil
}

// oldGetChat is GET /chat/get: only of groups that an app made, for ordinary ones say nothing about their
// members.
func oldGetChat(q *request) (answer, *apiError) {
	c := q.byOldID(q.query.Get("chatid"))
	if c == nil || c.Maker != q.app.ID {
		return nil, deny(49000, "会话不存在")
	}
	ids := []string{}
	for _, p := range c.Members {
		ids = append(ids, q.s.userID(p))
	}
	return answer{"chat_info": map[string]any{"name": c.Name, "owner": q.s.userID(c.Owner), "useridlist": ids, "chatid": q.s.oldChatID(c.ID),
		"conversationTag": 2, "status": 1}}, nil
}
