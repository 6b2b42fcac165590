package wecom

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"magpie/simulator"
)

// Groups that an app makes.
//
// Source: WeCom developer documents, "Create group chat" (path 90245), "Send to group chat" (path 90248),
// checked 2026-11.
const (
	maxChatName    = 50 // characters
	maxChatMembers = 2000
	chatsADay      = 1000
	chatChanges    = 1000 // an hour
	groupSends     = 20_000
)

var chatIDs = regexp.MustCompile(`^[0-9a-zA-Z]{1,32}$`)

// wide refuses apps whose visible range is not the whole corp.
func (q *request) wide() *apiError {
	if len(q.app.Unavailable) > 0 {
		return failf(48002, "the app's visible range is not the root department")
	}
	return nil
}

// members turns a list of userids into persons.
func (q *request) members(name string) ([]string, *apiError) {
	var out []string
	for _, id := range q.in.strs(name) {
		person, found := q.s.personOf(id)
		if !found {
			return nil, failf(86216, "%s", id)
		}
		if !slices.Contains(out, person) {
			out = append(out, person)
		}
	}
	return out, nil
}

// createChat is POST /cgi-bin/appchat/create.
func createChat(q *request) (answer, *apiError) {
	if refusal := q.wide(); refusal != nil {
		return nil, refusal
	}
	id, name := q.in.str("chatid"), q.in.str("name")
	people, refusal := q.members("userlist")
	day := q.s.quotas.day("chats", q.now)
	switch {
	case id != "" && !chatIDs.MatchString(id):
		return nil, fail(86001)
	case utf8.RuneCountInString(name) > maxChatName:
		return nil, fail(86004)
	case refusal != nil:
		return nil, refusal
	case len(people) < 2 || len(people) > maxChatMembers:
		return nil, fail(86006)
	case id != "" && q.s.state.Chats[id] != nil:
		return nil, fail(86215)
	case day.n >= chatsADay:
		return nil, fail(45009)
	}
	owner := people[0]
	if given := q.in.str("owner"); given != "" {
		person, found := q.s.personOf(given)
		if !found {
			return nil, fail(86005)
		}
		if !slices.Contains(people, person) {
			return nil, fail(86207)
		}
		owner = person
	}
	if id == "" {
		id = "wr" + secret(30)
	}
	if name == "" {
		name = "群聊"
	}
	day.n++
	q.s.state.Chats[id] = &chat{ID: id, Name: name, Owner: owner, Members: people, App: q.app.ID, Created: q.now}
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: people, Chat: id})
	return answer{"chatid": id}, nil
}

// ownChat finds a group that this app made.
func (q *request) ownChat(id string) (*chat, *apiError) {
	c := q.s.state.Chats[id]
	switch {
	case id == "":
		return nil, fail(86201)
	case c == nil:
		return nil, fail(86003)
	case c.App != q.app.ID:
		return nil, fail(86008)
	}
	return c, nil
}

// updateChat is POST /cgi-bin/appchat/update.
func updateChat(q *request) (answer, *apiError) {
	c, refusal := q.ownChat(q.in.str("chatid"))
	if refusal != nil {
		return nil, refusal
	}
	add, refusal := q.members("add_user_list")
	if refusal != nil {
		return nil, refusal
	}
	del, refusal := q.members("del_user_list")
	if refusal != nil {
		return nil, refusal
	}
	members := slices.DeleteFunc(slices.Clone(c.Members), func(p string) bool { return slices.Contains(del, p) })
	for _, person := range add {
		if !slices.Contains(members, person) {
			members = append(members, person)
		}
	}
	owner := c.Owner
	if given := q.in.str("owner"); given != "" {
		person, found := q.s.personOf(given)
		if !found {
			return nil, fail(86005)
		}
		owner = person
	}
	hour := q.s.quotas.of("chat changes", q.now.Unix()/3600)
	switch {
	case utf8.RuneCountInString(q.in.str("name")) > maxChatName:
		return nil, fail(86004)
	case len(members) < 2 || len(members) > maxChatMembers:
		return nil, fail(86006)
	case !slices.Contains(members, owner):
		return nil, fail(86207)
	case hour.n >= chatChanges:
		return nil, fail(45009)
	}
	hour.n++
	if name := q.in.str("name"); name != "" {
		c.Name = name
	}
	before := c.Members
	c.Members, c.Owner = members, owner
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: append(slices.Clone(before), add...), Chat: c.ID})
	return nil, nil
}

// getChat is GET /cgi-bin/appchat/get.
func getChat(q *request) (answer, *apiError) {
	c, refusal := q.ownChat(q.query.Get("chatid"))
	if refusal != nil {
		return nil, refusal
	}
	users := make([]string, 0, len(c.Members))
	for _, person := range c.Members {
		users = append(users, q.s.userID(person))
	}
	return answer{"chat_info": map[string]any{"chatid": c.ID, "name": c.Name, "owner": q.s.userID(c.Owner), "userlist": users, "chat_type": 0}}, nil
}

// atUser is a mention in a group's text.
var atUser = regexp.MustCompile(`<@([A-Za-z0-9._\-]{1,64}|all)>`)

// sendChat is POST /cgi-bin/appchat/send. There is no msgid in the answer: what went to a group can be neither
// recalled nor changed.
func sendChat(q *request) (answer, *apiError) {
	if refusal := q.wide(); refusal != nil {
		return nil, refusal
	}
	c, refusal := q.ownChat(q.in.str("chatid"))
	if refusal != nil {
		return nil, refusal
	}
	m := &message{ID: secret(43), From: q.app.ID, Chat: c.ID, Type: q.in.str("msgtype"), Created: q.now}
	if m.Content, refusal = q.content(channelGroup, m); refusal != nil {
		return nil, refusal
	}
	minute := q.s.quotas.of("group sends", q.now.Unix()/60)
	if minute.n+len(c.Members) > groupSends {
		return nil, fail(45009)
	}
	minute.n += len(c.Members)
	q.mention(m)
	for _, person := range c.Members {
		if !q.s.admitGroup(q.app.ID, person, q.now) {
			m.Missed = append(m.Missed, person)
		}
	}
	q.s.post(m)
	return nil, nil
}

// mention puts names in place of the mentions of a text, and those of its list in front.
func (q *request) mention(m *message) {
	if m.Type != "text" && m.Type != "markdown" {
		return
	}
	part, _ := q.in.obj(m.Type)
	words := atUser.ReplaceAllStringFunc(part.str("content"), func(found string) string {
		return "@" + q.called(atUser.FindStringSubmatch(found)[1])
	})
	var front []string
	for _, id := range part.strs("mentioned_list") {
		if name := "@" + q.called(id); !strings.Contains(words, name) {
			front = append(front, name)
		}
	}
	for _, mobile := range part.strs("mentioned_mobile_list") {
		for _, p := range q.s.company.People {
			if strings.TrimPrefix(p.Mobile, "+86") == strings.TrimPrefix(mobile, "+86") && q.s.employed(p.ID) {
				front = append(front, "@"+p.Name)
			}
		}
		if mobile == "@all" {
			front = append(front, "@所有人")
		}
	}
	if len(front) > 0 {
		words = strings.Join(front, " ") + "\n" + words
	}
	part.fields["content"] = words
	m.Content = part.marshal()
}

// called is the name behind a userid, the id itself when nobody has it.
func (q *request) called(id string) string {
	if id == "all" || id == "@all" {
		return "所有人"
	}
	if person, ok := q.s.personOf(id); ok {
		p, _ := q.s.company.Person(person)
		return p.Name
	}
	return id
}

// push is one message push at run time.
type push struct{ Push }

func (s *Server) pushNamed(id string) *push {
	for _, p := range s.pushes {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// PushURL is the address that messages for a group are posted to; its key is the secret.
func (s *Server) PushURL(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pushNamed(id)
	if p == nil {
		return "", false
	}
	return s.base + "/cgi-bin/webhook/send?key=" + p.Key, true
}

// pushOf finds the push that a call's key is of.
func (q *request) pushOf() (*push, *apiError) {
	for _, p := range q.s.pushes {
		if sameText(p.Key, q.query.Get("key")) {
			return p, nil
		}
	}
	return nil, fail(93000)
}

// sendPush is POST /cgi-bin/webhook/send.
//
// Source: WeCom developer documents, "Message push" (path 99110), checked 2026-11. The code of too many
// messages is not documented; 45009 is what too many calls have everywhere else.
func sendPush(q *request) (answer, *apiError) {
	p, refusal := q.pushOf()
	if refusal != nil {
		return nil, refusal
	}
	c := q.s.state.Chats[q.s.groupID(p.Group)]
	if c == nil {
		return nil, fail(93008)
	}
	m := &message{ID: secret(43), From: p.ID, Chat: c.ID, Type: q.in.str("msgtype"), Created: q.now}
	if m.Content, refusal = q.content(channelPush, m); refusal != nil {
		return nil, refusal
	}
	if !q.s.rates.room("push "+p.ID, pushMinute, time.Minute, q.now) {
		return nil, fail(45009)
	}
	q.s.rates.note("push "+p.ID, q.now)
	q.mention(m)
	q.s.post(m)
	return nil, nil
}
