package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"magpie/adapters/event"
)

// maxInvite is how many people one call takes into a group.
const maxInvite = 50

// Chats lists the groups that the bot is in.
// Source: Feishu Open Platform, "Group management", checked 2026-11.
func (p *Platform) Chats(ctx context.Context) ([]event.Chat, error) {
	s := p.scoped()
	var out []event.Chat
	err := p.api.pages(ctx, opChats, "/open-apis/im/v1/chats", url.Values{"page_size": {"100"}}, func(data json.RawMessage) error {
		var page struct {
			Items []struct {
				ID       string `json:"chat_id"`
				Name     string `json:"name"`
				External bool   `json:"external"`
			} `json:"items"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		for _, it := range page.Items {
			out = append(out, event.Chat{Chat: s.chat(it.ID), Title: it.Name, External: it.External})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// CreateChat makes a group that the bot owns. Of calls with one key within 10 hours only the first makes
// one. Members beyond the first 50 are added by further calls; the group is there even if one of those fails,
// and a repeated call gives the same group.
func (p *Platform) CreateChat(ctx context.Context, key, title string, members []event.Ref) (event.Ref, error) {
	idType, groups, err := p.byType(members)
	if err != nil {
		return event.Ref{}, err
	}
	first := groups[idType]
	rest := []event.Ref{}
	if len(first) > maxInvite {
		first, rest = first[:maxInvite], first[maxInvite:]
	}
	for t, g := range groups {
		if t != idType {
			rest = append(rest, g...)
		}
	}
	q := url.Values{"user_id_type": {idType}}
	if key != "" {
		q.Set("uuid", uuid(key))
	}
	body := map[string]any{"name": title, "user_id_list": idsOf(first), "chat_mode": "group", "chat_type": "private"}
	var out struct {
		ID     string `json:"chat_id"`
		Tenant string `json:"tenant_key"`
	}
	if err := p.api.call(ctx, opChats, http.MethodPost, "/open-apis/im/v1/chats", q, body, &out); err != nil {
		return event.Ref{}, err
	}
	if out.ID == "" {
		return event.Ref{}, p.invalid(opChats, errors.New("accepted without a chat id"))
	}
	p.self.learnTenant(out.Tenant)
	chat := p.scoped().chat(out.ID)
	if len(rest) > 0 {
		if _, err := p.AddMembers(ctx, chat, rest); err != nil {
			return chat, fmt.Errorf("add the other %d members: %w", len(rest), err)
		}
	}
	return chat, nil
}

// AddMembers takes people into a group, 50 a call and one call after the other: Feishu refuses parallel
// ones. Who could not be added, or must be approved first, comes back in refused.
func (p *Platform) AddMembers(ctx context.Context, chat event.Ref, members []event.Ref) (refused []event.Ref, err error) {
	path, err := p.chatPath(chat)
	if err != nil {
		return members, err
	}
	_, groups, err := p.byType(members)
	if err != nil {
		return members, err
	}
	for _, idType := range userIDTypes {
		for batch := range slices.Chunk(groups[idType], maxInvite) {
			var out struct {
				Invalid []string `json:"invalid_id_list"`
				Missing []string `json:"not_existed_id_list"`
				Pending []string `json:"pending_approval_id_list"`
			}
			// succeed_type 1 takes in whoever can be, and names the others.
			q := url.Values{"member_id_type": {idType}, "succeed_type": {"1"}}
			if err := p.api.call(ctx, opChats, http.MethodPost, path+"/members", q, map[string]any{"id_list": idsOf(batch)}, &out); err != nil {
				return refused, err
			}
			missed := slices.Concat(out.Invalid, out.Missing, out.Pending)
			for _, r := range batch {
				if slices.Contains(missed, r.ID) {
					refused = append(refused, r)
				}
			}
		}
	}
	return refused, nil
}

// Members lists the people of a group; bots are not among them.
func (p *Platform) Members(ctx context.Context, chat event.Ref) ([]event.Ref, error) {
	path, err := p.chatPath(chat)
	if err != nil {
		return nil, err
	}
	s := p.scoped()
	if s.tenant == "" {
		s.tenant = chat.Scope.Tenant
	}
	var out []event.Ref
	q := url.Values{"member_id_type": {"open_id"}, "page_size": {"100"}}
	err = p.api.pages(ctx, opChats, path+"/members", q, func(data json.RawMessage) error {
		var page struct {
			Items []struct {
				ID string `json:"member_id"`
			} `json:"items"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		for _, it := range page.Items {
			if ref := s.user(it.ID); it.ID != "" && !slices.Contains(out, ref) {
				out = append(out, ref)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p *Platform) chatPath(chat event.Ref) (string, error) {
	if chat.Kind != event.RefChat || chat.ID == "" {
		return "", p.invalid(opChats, errors.New("no chat"))
	}
	return "/open-apis/im/v1/chats/" + url.PathEscape(chat.ID), nil
}

// userIDTypes are the kinds of id by which calls name people, in the order in which they are tried.
var userIDTypes = []string{"open_id", "union_id", "user_id"}

// byType sorts people by the kind of their id, each once, and gives the kind that most of them have.
func (p *Platform) byType(members []event.Ref) (most string, groups map[string][]event.Ref, err error) {
	groups = map[string][]event.Ref{}
	for _, r := range members {
		idType, err := p.address(r)
		if err != nil {
			return "", nil, err
		}
		if idType == "chat_id" {
			return "", nil, p.invalid(opChats, errors.New("a chat is not a member"))
		}
		if !slices.Contains(groups[idType], r) {
			groups[idType] = append(groups[idType], r)
		}
	}
	most = userIDTypes[0]
	for _, t := range userIDTypes {
		if len(groups[t]) > len(groups[most]) {
			most = t
		}
	}
	return most, groups, nil
}

func idsOf(refs []event.Ref) []string {
	ids := make([]string, len(refs))
	for i, r := range refs {
		ids[i] = r.ID
	}
	return ids
}
