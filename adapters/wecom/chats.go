package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Limits of app chats and pushes. Source: WeCom developer documents, "App chats" (path 90245), "Push messages"
// (99110), checked 2026-11.
const (
	maxChatName = 50
	minChat     = 2
	maxChat     = 2000
)

// sendChat sends to a group that this app made. No card goes there: one becomes a title, a line and a link. Nothing
// identifies the message afterwards.
func (p *Platform) sendChat(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	body := obj{"chatid": m.To.ID}
	losses := p.plain(body, m)
	err := p.api.call(ctx, opSend, http.MethodPost, "/cgi-bin/appchat/send", nil, body, nil)
	if err != nil {
		return adapters.MessageRef{}, err
	}
	return adapters.MessageRef{Chat: m.To, SentAt: p.stamp(), Losses: losses}, nil
}

// plain fills a message without buttons.
func (p *Platform) plain(body obj, m card.Message) []card.Loss {
	if m.Card == nil {
		text, cut := cutBytes(clean(m.Text.Default), maxText)
		body["msgtype"], body["text"] = "text", obj{"content": text}
		if cut {
			return []card.Loss{{Path: "text", Element: "text", What: "text cut at 2048 bytes", Severity: card.Content}}
		}
		return nil
	}
	var losses []card.Loss
	for i := range m.Card.Choices() {
		losses = append(losses, card.Loss{Path: fmt.Sprintf("choices[%d]", i), Element: "button",
			What: "app chats have no buttons: it is only behind the link", Severity: card.Interaction})
	}
	if tc := textcard(*m.Card); tc != nil {
		body["msgtype"], body["textcard"] = "textcard", tc
		return append(losses, card.Loss{Path: "body", Element: "card", What: "only title and summary are shown", Severity: card.Content})
	}
	text, cut := cutBytes(clean(m.Card.PlainText()), maxText)
	body["msgtype"], body["text"] = "text", obj{"content": text}
	if cut {
		losses = append(losses, card.Loss{Path: "body", Element: "card", What: "text cut at 2048 bytes", Severity: card.Content})
	}
	return losses
}

// sendPush sends to a group through its push address, whose key is the secret. Nothing comes back from there,
// and only two kinds of card are taken, without buttons that act.
func (p *Platform) sendPush(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	key, ok := p.cfg.Pushes[strings.TrimPrefix(m.To.ID, pushPrefix)]
	if !ok {
		return adapters.MessageRef{}, p.notFound(opSend, fmt.Errorf("no push of this name is configured: %.40q", m.To.ID))
	}
	body := obj{}
	var losses []card.Loss
	if m.Card == nil {
		losses = p.plain(body, m)
	} else {
		d, err := draw(*m.Card, adapters.EncodeOptions{}, toPush)
		if err != nil {
			return adapters.MessageRef{}, p.invalid(opSend, err)
		}
		losses = d.losses
		if d.kind == "text" {
			body["msgtype"], body["text"] = "text", obj{"content": d.text}
		} else {
			body["msgtype"], body["template_card"] = d.kind, d.card
		}
	}
	if err := p.api.bare(ctx, opSend, "/cgi-bin/webhook/send", url.Values{"key": {key.Reveal()}}, body, nil); err != nil {
		return adapters.MessageRef{}, err
	}
	return adapters.MessageRef{Chat: m.To, SentAt: p.stamp(), Losses: losses}, nil
}

// Chats lists the groups that can be written to by name. WeCom has no list of an app's own chats.
func (p *Platform) Chats(context.Context) ([]event.Chat, error) {
	var out []event.Chat
	for _, n := range sortedNames(p.cfg.Pushes) {
		out = append(out, event.Chat{Chat: p.refs().chat(pushPrefix + n), Title: n})
	}
	return out, nil
}

// CreateChat makes a group of the app. Its id is made of the key, so that the same key gives the same group.
// The app's visible range has to be the whole corp.
func (p *Platform) CreateChat(ctx context.Context, key, title string, members []event.Ref) (event.Ref, error) {
	users, err := p.users(opChats, members)
	if err != nil {
		return event.Ref{}, err
	}
	if len(users) < minChat || len(users) > maxChat {
		return event.Ref{}, p.invalid(opChats, fmt.Errorf("%d members: a chat has %d to %d", len(users), minChat, maxChat))
	}
	name, _ := cutText(oneLine(title), maxChatName)
	sum := sha256.Sum256([]byte(key))
	id := hex.EncodeToString(sum[:16])
	err = p.api.call(ctx, opChats, http.MethodPost, "/cgi-bin/appchat/create", nil, obj{"name": name, "userlist": users, "chatid": id}, nil)
	if err != nil && codeOf(err) != fmt.Sprint(codeExists) {
		return event.Ref{}, err
	}
	return p.refs().chat(id), nil
}

// AddMembers adds people to a group of the app. WeCom takes all of them or says no.
func (p *Platform) AddMembers(ctx context.Context, chat event.Ref, members []event.Ref) ([]event.Ref, error) {
	users, err := p.users(opChats, members)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return nil, p.api.call(ctx, opChats, http.MethodPost, "/cgi-bin/appchat/update", nil, obj{"chatid": chat.ID, "add_user_list": users}, nil)
}

// Members lists who is in a group of the app.
func (p *Platform) Members(ctx context.Context, chat event.Ref) ([]event.Ref, error) {
	if strings.HasPrefix(chat.ID, pushPrefix) {
		return nil, adapters.Unsupported(p.cfg.ID, "list of a push's members")
	}
	var out struct {
		Info struct {
			Users []string `json:"userlist"`
		} `json:"chat_info"`
	}
	if err := p.api.call(ctx, opChats, http.MethodGet, "/cgi-bin/appchat/get", url.Values{"chatid": {chat.ID}}, nil, &out); err != nil {
		return nil, err
	}
	refs := make([]event.Ref, len(out.Info.Users))
	for i, u := range out.Info.Users {
		refs[i] = p.refs().user(u)
	}
	return refs, nil
}

// users lists the userids of accounts.
func (p *Platform) users(op string, refs []event.Ref) ([]string, error) {
	var ids []string
	for _, r := range refs {
		if r.Kind != event.RefUser || r.Scope.Platform != Name || r.ID == "" {
			return nil, p.invalid(op, errors.New("not an account of WeCom among the members"))
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}
