package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// sent is what comes back from sending.
type sent struct {
	InvalidUser    string `json:"invaliduser"`
	UnlicensedUser string `json:"unlicenseduser"`
	MsgID          string `json:"msgid"`
	ResponseCode   string `json:"response_code"`
}

// Send sends one card or text: to a person, to an app chat or to a group push. Cards go to persons only; in
// chats they become a text with a link. A card that WeCom refuses for its content is drawn plainer and sent again.
// Source: WeCom developer documents, "Send application messages" (path 90236), checked 2026-11.
func (p *Platform) Send(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	if err := p.address(m.To); err != nil {
		return adapters.MessageRef{}, err
	}
	switch {
	case m.Urge != nil:
		return adapters.MessageRef{}, p.invalid(opSend, errors.New("an urge is not a message: call Urge"))
	case m.Card == nil && m.Text.Default == "":
		return adapters.MessageRef{}, p.invalid(opSend, errors.New("nothing to send"))
	case p.cfg.Kind == KindRobot:
		return p.sendRobot(ctx, m)
	case strings.HasPrefix(m.To.ID, pushPrefix) && m.To.Kind == event.RefChat:
		return p.sendPush(ctx, m)
	case m.To.Kind == event.RefChat:
		return p.sendChat(ctx, m)
	}
	var out sent
	var losses []card.Loss
	var err error
	if m.Card != nil {
		losses, err = p.plainer(opSend, *m.Card, toPerson, func(d drawn) (err error) {
			out, err = p.post(ctx, m, d)
			return err
		})
	} else {
		text, cut := cutBytes(clean(m.Text.Default), maxText)
		if cut {
			losses = []card.Loss{{Path: "text", Element: "text", What: "text cut at 2048 bytes", Severity: card.Content}}
		}
		out, err = p.post(ctx, m, drawn{kind: "text", text: text})
	}
	if err != nil {
		return adapters.MessageRef{}, err
	}
	ref := adapters.MessageRef{SentAt: p.stamp(), Losses: losses}
	if out.MsgID != "" {
		ref.Message = p.refs().message(out.MsgID)
	}
	if out.ResponseCode != "" {
		ref.Handles = []event.Handle{{Kind: HandleSpare, Value: out.ResponseCode, Uses: 1, Expires: ref.SentAt.Add(codeFor), Update: true}}
	}
	if m.Card != nil && p.cfg.Textcard {
		p.twin(ctx, m)
	}
	return ref, nil
}

// post sends to one person. A card's task id is made of the message's key: the same message again is refused as used, and
// was therefore delivered before. Nothing is known of it then but that.
func (p *Platform) post(ctx context.Context, m card.Message, d drawn) (sent, error) {
	body := obj{"touser": m.To.ID, "msgtype": d.kind, "agentid": p.cfg.AgentID}
	if d.kind == "text" {
		body["text"] = obj{"content": d.text}
	} else {
		c := cloned(d.card)
		c["task_id"] = taskID(m.Key)
		body["template_card"] = c
		// WeCom compares whole requests; the task id makes those of different messages differ. For texts this
		// would swallow a person's second 帮助.
		body["enable_duplicate_check"], body["duplicate_check_interval"] = 1, int(sendKey/time.Second)
	}
	var out sent
	err := p.api.call(ctx, opSend, http.MethodPost, "/cgi-bin/message/send", nil, body, &out)
	if codeOf(err) == fmt.Sprint(codeTaskID) {
		p.log.Warn("WeCom has seen this task id: the message was delivered before, and can't be changed", "connection", p.cfg.ID, "key", m.Key)
		return sent{}, nil
	}
	if err != nil {
		return sent{}, err
	}
	switch {
	case listed(out.InvalidUser, m.To.ID):
		return sent{}, p.notFound(opSend, errors.New("the receiver is not there, or outside what the app may see"))
	case listed(out.UnlicensedUser, m.To.ID):
		return sent{}, &adapters.Error{Connection: p.cfg.ID, Op: opSend, Kind: adapters.KindForbidden, Err: errors.New("the receiver has no licence for this app's interface")}
	}
	return out, nil
}

// plainer calls put with a card drawn fully and then, as long as it is refused for its content, drawn in
// plainer ways. The losses are those of what was accepted.
func (p *Platform) plainer(op string, c card.Card, to target, put func(drawn) error) ([]card.Loss, error) {
	var refused []card.Loss
	last := ""
	var cause error
	for level := 0; level <= maxLevel; level++ {
		d, err := draw(c, adapters.EncodeOptions{Level: level}, to)
		if err != nil {
			return nil, p.invalid(op, err)
		}
		body, err := marshal(d.card)
		if err != nil {
			return nil, p.invalid(op, err)
		}
		if now := string(body) + d.text; level > 0 && now == last {
			continue // nothing plainer about it
		} else {
			last = now
		}
		if cause = put(d); cause == nil {
			return append(d.losses, refused...), nil
		}
		code := codeOf(cause)
		if adapters.KindOf(cause) != adapters.KindInvalid || !drawnAgain(code) {
			return nil, cause
		}
		refused = append(refused, card.Loss{Element: "card", Severity: card.Content,
			What: fmt.Sprintf("WeCom refused the card as it was drawn (level %d, code %s); drawn plainer", level, code)})
	}
	return nil, cause
}

// twin sends a card once more as a text with a link, for people who read in WeChat. Its failure changes
// nothing.
func (p *Platform) twin(ctx context.Context, m card.Message) {
	tc := textcard(*m.Card)
	if tc == nil {
		return
	}
	body := obj{"touser": m.To.ID, "msgtype": "textcard", "agentid": p.cfg.AgentID, "textcard": tc}
	if err := p.api.call(ctx, opSend, http.MethodPost, "/cgi-bin/message/send", nil, body, nil); err != nil {
		p.log.Warn("the twin of a card was not sent", "connection", p.cfg.ID, "err", err)
	}
}

// textcard is a title, a description and a link; nil for a card that leads nowhere.
func textcard(c card.Card) obj {
	open := goodURL(c.Link)
	if open == "" {
		return nil
	}
	lang := ""
	if len(c.Lang) > 0 {
		lang = c.Lang[0]
	}
	title, _ := cutText(oneLine(c.Title.In(lang)), 128)
	desc, _ := cutText(oneLine(c.Summary.In(lang)), 512)
	return obj{"title": title, "description": desc, "url": open, "btntxt": "详情"}
}

// taskID names a card for WeCom: once and for ever.
func taskID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "magpie-" + hex.EncodeToString(sum[:20])
}

// listed reports whether a list of userids, separated by |, has one. WeCom gives them in lower case.
func listed(users, id string) bool {
	for _, u := range strings.Split(users, "|") {
		if u != "" && strings.EqualFold(u, id) {
			return true
		}
	}
	return false
}

func cloned(c obj) obj {
	out := make(obj, len(c)+1)
	for k, v := range c {
		out[k] = v
	}
	return out
}

// address checks a receiver.
func (p *Platform) address(to event.Ref) error {
	switch {
	case to.ID == "" || strings.ContainsAny(to.ID, "|@\n") && to.Kind == event.RefUser:
		return p.invalid(opSend, errors.New("no receiver"))
	case to.Kind != event.RefUser && to.Kind != event.RefChat:
		return p.invalid(opSend, fmt.Errorf("a %q is not a receiver", to.Kind))
	case to.Scope.Platform != "" && to.Scope.Platform != Name:
		return p.notFound(opSend, fmt.Errorf("the receiver is on %s", to.Scope.Platform))
	case to.Scope.Tenant != "" && !strings.EqualFold(to.Scope.Tenant, p.cfg.CorpID) && !p.answersAt():
		return p.notFound(opSend, errors.New("the receiver is in another corp"))
	case to.Kind == event.RefChat && to.Scope.App != "" && to.Scope.App != p.refs().app:
		return p.notFound(opSend, errors.New("the chat is another app's"))
	}
	return nil
}

func (p *Platform) invalid(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindInvalid, Err: err}
}

func (p *Platform) notFound(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindNotFound, Err: err}
}

func (p *Platform) gone(op, why string) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindGone, Err: errors.New(why)}
}

func (p *Platform) stamp() time.Time { return p.now().UTC().Truncate(time.Millisecond) }
