package dingtalk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"magpie/adapters/event"
)

// maxInvite is how many people one call takes into a group.
const maxInvite = 100

// chatBook remembers the groups that the robot has heard from: DingTalk has no list of them.
type chatBook struct {
	mu sync.Mutex
	of map[string]event.Chat
}

func (b *chatBook) met(c event.Conversation, kind event.Kind) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]event.Chat{}
	}
	switch {
	case kind == event.KindChatDisbanded || kind == event.KindBotRemoved:
		delete(b.of, c.Ref.ID)
	case len(b.of) < 10_000 || b.of[c.Ref.ID].Chat == c.Ref:
		old := b.of[c.Ref.ID]
		if c.Title == "" {
			c.Title = old.Title
		}
		b.of[c.Ref.ID] = event.Chat{Chat: c.Ref, Title: c.Title}
	}
}

// Chats lists the groups that the robot has heard from since this process began. There is no way to ask.
func (p *Platform) Chats(context.Context) ([]event.Chat, error) {
	p.chats.mu.Lock()
	defer p.chats.mu.Unlock()
	var out []event.Chat
	for _, c := range p.chats.of {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b event.Chat) int { return strings.Compare(a.Chat.ID, b.Chat.ID) })
	return out, nil
}

// CreateChat makes a group from the configured template, in which the robot is from the start. The same key gives
// the same group.
// Source: DingTalk Open Platform, "Create scene groups", checked 2026-08.
func (p *Platform) CreateChat(ctx context.Context, key, title string, members []event.Ref) (event.Ref, error) {
	ids, err := p.userIDs(ctx, members)
	if err != nil {
		return event.Ref{}, err
	}
	first, rest := ids, []string(nil)
	if len(ids) > maxInvite {
		first, rest = ids[:maxInvite], ids[maxInvite:]
	}
	sum := sha256.Sum256([]byte(key))
	body := map[string]any{
		"title": title, "template_id": p.cfg.SceneTemplate, "owner_user_id": p.cfg.GroupOwner,
		"user_ids": strings.Join(first, ","), "uuid": hex.EncodeToString(sum[:16]),
	}
	var out struct {
		Chat  looseText `json:"open_conversation_id"`
		Chat2 looseText `json:"openConversationId"`
	}
	if err := p.api.call(ctx, opChats, http.MethodPost, "/v1.0/im/sceneGroup/create", nil, body, &out); err != nil {
		return event.Ref{}, err
	}
	id := string(out.Chat)
	if id == "" {
		id = string(out.Chat2)
	}
	if id == "" {
		return event.Ref{}, p.unknown(opChats, errors.New("accepted without the group's id"))
	}
	chat := p.scoped().chat(id)
	for batch := range slices.Chunk(rest, maxInvite) {
		if err := p.invite(ctx, id, batch); err != nil {
			return chat, err
		}
	}
	return chat, nil
}

// AddMembers takes people into a group that was made from a template. DingTalk does not name who was refused.
func (p *Platform) AddMembers(ctx context.Context, chat event.Ref, members []event.Ref) (refused []event.Ref, err error) {
	if chat.Kind != event.RefChat || chat.ID == "" {
		return members, p.invalid(opChats, errors.New("no chat"))
	}
	ids, err := p.userIDs(ctx, members)
	if err != nil {
		return members, err
	}
	for batch := range slices.Chunk(ids, maxInvite) {
		if err := p.invite(ctx, chat.ID, batch); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (p *Platform) invite(ctx context.Context, chat string, ids []string) error {
	body := map[string]any{"open_conversation_id": chat, "user_ids": strings.Join(ids, ",")}
	return p.api.call(ctx, opChats, http.MethodPost, "/v1.0/im/sceneGroup/member/add", nil, body, nil)
}

// Members lists the people of a group that was made from a template; of others DingTalk does not tell.
func (p *Platform) Members(ctx context.Context, chat event.Ref) ([]event.Ref, error) {
	if chat.Kind != event.RefChat || chat.ID == "" {
		return nil, p.invalid(opChats, errors.New("no chat"))
	}
	var out []event.Ref
	cursor := ""
	seen := map[string]bool{}
	for {
		var page struct {
			Users looseList `json:"memberUserIds"`
			More  looseBool `json:"hasMore"`
			Next  looseText `json:"nextToken"`
		}
		body := map[string]any{"openConversationId": chat.ID, "maxResults": 100}
		if cursor != "" {
			body["nextToken"] = cursor
		}
		if err := p.api.call(ctx, opChats, http.MethodPost, "/v1.0/im/sceneGroups/members/batchQuery", nil, body, &page); err != nil {
			return nil, err
		}
		for _, id := range page.Users {
			out = append(out, p.scoped().user(id))
		}
		if !page.More {
			return out, nil
		}
		if cursor = string(page.Next); cursor == "" || seen[cursor] {
			return nil, p.unknown(opChats, errors.New("the listing does not come to an end"))
		}
		seen[cursor] = true
	}
}

// userIDs names people by their userIds, each once.
func (p *Platform) userIDs(ctx context.Context, refs []event.Ref) ([]string, error) {
	var ids []string
	for _, r := range refs {
		a, err := p.address(ctx, opChats, r)
		if err != nil {
			return nil, err
		}
		if a.user == "" {
			return nil, p.invalid(opChats, errors.New("a chat is not a member"))
		}
		if !slices.Contains(ids, a.user) {
			ids = append(ids, a.user)
		}
	}
	return ids, nil
}
