package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// maxRobotText is how many bytes of markdown a robot may say at once.
const maxRobotText = 20480

// EncodeAnswer writes the outcome of a press on a robot's card into the answer to it: the card becomes a
// notice that says it, for everybody who sees it, since nothing can change it later. Without anything to say the card
// stays as it is. An app's presses have no answer.
// Source: WeCom developer documents, "Smart robot: passive replies" (path 101031), checked 2026-11.
func (p *Platform) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	if p.cfg.Kind != KindRobot {
		return adapters.Response{}, adapters.Unsupported(p.cfg.ID, "answer")
	}
	plain := adapters.Response{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte("success")}
	var how robotAnswer
	for _, h := range ev.Reply.Handles {
		if h.Kind == handleAnswer {
			if err := json.Unmarshal([]byte(h.Value), &how); err != nil {
				return adapters.Response{}, p.invalid("answer", errors.New("what the answer needs can't be read"))
			}
		}
	}
	if toast == nil || toast.Text.IsZero() || how.Task == "" || goodURL(how.Link) == "" {
		return plain, nil
	}
	title, _ := cutText(oneLine(toast.Text.Default), maxTitle)
	body, err := marshal(obj{"response_type": "update_template_card", "template_card": obj{
		"card_type": "text_notice", "task_id": how.Task, "main_title": obj{"title": title},
		"card_action": obj{"type": 1, "url": how.Link},
	}})
	if err != nil {
		return adapters.Response{}, p.invalid("answer", err)
	}
	if p.cfg.Transport == TransportWebhook {
		if body, err = p.in.sealAnswer(body, how.Nonce); err != nil {
			return adapters.Response{}, p.invalid("answer", err)
		}
	}
	return adapters.Response{Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}, nil
}

// sealAnswer encrypts a robot's answer. Its nonce has to be that of the call.
func (r *receiver) sealAnswer(msg []byte, nonce string) ([]byte, error) {
	s := r.sealers[0]
	sealed, err := s.seal(msg, nil)
	if err != nil {
		return nil, err
	}
	at := r.now().Unix()
	return marshal(obj{"encrypt": sealed, "msgsignature": s.sign(strconv.FormatInt(at, 10), nonce, sealed), "timestamp": at, "nonce": nonce})
}

// sendRobot sends a card or a text to where somebody talks with the robot: unasked over the socket, else as
// the one answer that a message of the last hour allows.
func (p *Platform) sendRobot(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	put := func(body obj) error {
		if p.robot != nil {
			return p.robot.Push(ctx, m.To.ID, m.To.Kind == event.RefChat, body)
		}
		code, ok := p.urls.take(m.To, p.now())
		if !ok {
			return p.notFound(opSend, errors.New("the robot can only answer, once and within an hour; only a robot with transport websocket can speak first"))
		}
		return p.api.bare(ctx, opSend, "/cgi-bin/aibot/response", url.Values{"response_code": {code}}, body, nil)
	}
	ref := adapters.MessageRef{Chat: m.To, SentAt: p.stamp()}
	if m.Card == nil {
		text, cut := cutBytes(robotText(m.Text.Default), maxRobotText)
		if cut {
			ref.Losses = []card.Loss{{Path: "text", Element: "text", What: "text cut at 20480 bytes", Severity: card.Content}}
		}
		return ref, put(obj{"msgtype": "markdown", "markdown": obj{"content": text}})
	}
	d, err := draw(*m.Card, adapters.EncodeOptions{}, toRobot)
	if err != nil {
		return ref, p.invalid(opSend, err)
	}
	ref.Losses = d.losses
	if d.kind == "text" {
		return ref, put(obj{"msgtype": "markdown", "markdown": obj{"content": robotText(d.text)}})
	}
	d.card["task_id"] = taskID(m.Key)
	return ref, put(obj{"msgtype": "template_card", "template_card": d.card})
}

// answersAt reports whether what is sent goes to addresses that came with messages: these lead to whoever wrote,
// also to people of another corp.
func (p *Platform) answersAt() bool { return p.cfg.Kind == KindRobot && p.robot == nil }

// robotText keeps a text from becoming a mention or a heading in a robot's markdown.
func robotText(s string) string {
	s = strings.ReplaceAll(clean(s), "<@", "<\u200b@")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimSpace(l), "#") {
			lines[i] = "\u200b" + l
		}
	}
	return strings.Join(lines, "\n")
}

// urls are the codes of answer addresses, newest last, by whom they answer. They are not stored: after a
// restart a robot over HTTP waits to be spoken to. Safe for concurrent use.
type urls struct {
	mu sync.Mutex
	by map[event.Ref][]answerCode
}

type answerCode struct {
	code    string
	expires time.Time
}

// Bounds of what is kept.
const (
	maxConversations = 10_000
	maxCodes         = 8
)

// keep notes the answer address of an event.
func (u *urls) keep(ev event.Event, now time.Time) {
	if ev.Conv == nil || ev.Kind == event.KindCardAction {
		return
	}
	for _, h := range ev.Reply.Handles {
		at, err := url.Parse(h.Value)
		if h.Kind != HandleURL || err != nil || at.Query().Get("response_code") == "" {
			continue
		}
		u.mu.Lock()
		if u.by == nil {
			u.by = map[event.Ref][]answerCode{}
		}
		if len(u.by) >= maxConversations {
			u.sweep(now)
		}
		cs := append(u.by[ev.Conv.Ref], answerCode{at.Query().Get("response_code"), h.Expires})
		if len(cs) > maxCodes {
			cs = cs[len(cs)-maxCodes:]
		}
		if len(u.by) < maxConversations {
			u.by[ev.Conv.Ref] = cs
		}
		u.mu.Unlock()
	}
}

// sweep forgets what has expired. Called with the lock held.
func (u *urls) sweep(now time.Time) {
	for ref, cs := range u.by {
		if len(cs) == 0 || !now.Before(cs[len(cs)-1].expires) {
			delete(u.by, ref)
		}
	}
}

// take gives the newest code for somebody, once.
func (u *urls) take(to event.Ref, now time.Time) (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	cs := u.by[to]
	if len(cs) == 0 || !now.Before(cs[len(cs)-1].expires) {
		delete(u.by, to)
		return "", false
	}
	c := cs[len(cs)-1]
	u.by[to] = cs[:len(cs)-1]
	return c.code, true
}
