package feishu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// sendBody is the body of both ways to send: to an address, and as an answer to a message.
type sendBody struct {
	ReceiveID string `json:"receive_id,omitempty"`
	MsgType   string `json:"msg_type"`
	Content   string `json:"content"` // JSON as a string
	UUID      string `json:"uuid,omitempty"`
}

// sent is what comes back from sending.
type sent struct {
	MessageID string `json:"message_id"`
	ChatID    string `json:"chat_id"`
	CreatedAt string `json:"create_time"` // milliseconds
	Sender    struct {
		Tenant string `json:"tenant_key"`
	} `json:"sender"`
}

// Send sends one card or text. A card that Feishu refuses for its content is drawn again, one level
// plainer, and sent under the same key: a refused one leaves no message. KindGone means that the message
// to be answered is not there any more.
// Source: Feishu Open Platform, "Send message" and "Reply message", checked 2026-11.
func (p *Platform) Send(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	idType, err := p.address(m.To)
	if err != nil {
		return adapters.MessageRef{}, err
	}
	path, q := "/open-apis/im/v1/messages", url.Values{"receive_id_type": {idType}}
	body := sendBody{ReceiveID: m.To.ID, UUID: uuid(m.Key)}
	if m.ReplyTo != nil {
		if m.ReplyTo.Kind != event.RefMessage || m.ReplyTo.ID == "" {
			return adapters.MessageRef{}, p.invalid(opSend, fmt.Errorf("reply to a %q: not a message", m.ReplyTo.Kind))
		}
		path, q, body.ReceiveID = path+"/"+url.PathEscape(m.ReplyTo.ID)+"/reply", nil, ""
	}
	post := func(msgType, content string) (sent, error) {
		var out sent
		body.MsgType, body.Content = msgType, content
		err := p.api.call(ctx, opSend, http.MethodPost, path, q, body, &out)
		if err == nil && out.MessageID == "" {
			err = &adapters.Error{Connection: p.cfg.ID, Op: opSend, Kind: adapters.KindUnknown, Err: errors.New("accepted without a message id")}
		}
		return out, err
	}

	var out sent
	var losses []card.Loss
	switch {
	case m.Card != nil:
		losses, err = p.plainer(opSend, *m.Card, func(w adapters.Wire) (err error) {
			out, err = post(w.Kind, string(w.Body))
			return err
		})
	case m.Urge != nil:
		err = p.invalid(opSend, errors.New("an urge is not a message: call Urge"))
	case m.Text.Default == "":
		err = p.invalid(opSend, errors.New("nothing to send"))
	default:
		var content []byte
		content, losses, err = textContent(m.Text)
		if err == nil {
			out, err = post("text", string(content))
		}
	}
	if err != nil {
		return adapters.MessageRef{}, err
	}
	p.self.learnTenant(out.Sender.Tenant)
	ref := adapters.MessageRef{Message: p.scoped().message(out.MessageID), SentAt: p.sentAt(out.CreatedAt), Losses: losses}
	if out.ChatID != "" {
		ref.Chat = p.scoped().chat(out.ChatID)
	}
	return ref, nil
}

// plainer calls put with a card drawn fully and then, as long as it is refused for its content, drawn in
// plainer ways. The losses are those of what was accepted.
func (p *Platform) plainer(op string, c card.Card, put func(adapters.Wire) error) ([]card.Loss, error) {
	var refused []card.Loss
	var last []byte
	var cause error
	for level := 0; level <= maxLevel; level++ {
		w, losses, err := encodeCard(c, adapters.EncodeOptions{Level: level})
		if err != nil {
			return nil, p.invalid(op, err)
		}
		if level > 0 && string(w.Body) == string(last) {
			continue // nothing plainer about it
		}
		last = w.Body
		if cause = put(w); cause == nil {
			return append(losses, refused...), nil
		}
		var e *adapters.Error
		if !errors.As(cause, &e) || e.Kind != adapters.KindInvalid || !drawnAgain[e.Code] {
			return nil, cause
		}
		why := e.Code
		if sub := subCode(e.Err.Error()); sub != 0 {
			why += "/" + strconv.Itoa(sub)
		}
		refused = append(refused, card.Loss{Element: "card", Severity: card.Content,
			What: fmt.Sprintf("Feishu refused the card as it was drawn (level %d, code %s); drawn plainer", level, why)})
	}
	return nil, cause
}

// address says by which kind of id a receiver is named.
func (p *Platform) address(to event.Ref) (string, error) {
	types := map[event.RefKind]string{
		event.RefUser: "open_id", event.RefUnion: "union_id", event.RefTenant: "user_id", event.RefChat: "chat_id",
	}
	idType, ok := types[to.Kind]
	switch {
	case to.ID == "":
		return "", p.invalid(opSend, errors.New("no receiver"))
	case !ok:
		return "", p.invalid(opSend, fmt.Errorf("a %q is not a receiver", to.Kind))
	case to.Scope.Platform != "" && to.Scope.Platform != Name:
		return "", p.notFound(opSend, fmt.Errorf("the receiver is on %s", to.Scope.Platform))
	case to.Kind == event.RefUser && to.Scope.App != "" && to.Scope.App != p.cfg.AppID:
		return "", p.notFound(opSend, fmt.Errorf("the receiver's open_id is of app %s", to.Scope.App))
	}
	return idType, nil
}

func (p *Platform) invalid(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindInvalid, Err: err}
}

func (p *Platform) notFound(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindNotFound, Err: err}
}

// uuid makes Feishu's own de-duplication key of a message's key: 40 characters, always the same ones.
func uuid(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:20])
}

// sentAt reads the time of sending, ours if it is not told.
func (p *Platform) sentAt(ms string) time.Time {
	if n, err := strconv.ParseInt(ms, 10, 64); err == nil && n > 0 {
		return time.UnixMilli(n).UTC()
	}
	return p.now().UTC().Truncate(time.Millisecond)
}

// textContent makes the content of a text message.
func textContent(t card.Text) ([]byte, []card.Loss, error) {
	text, losses := escapeText(t.Default), []card.Loss(nil)
	for {
		content, err := marshal(map[string]string{"text": text})
		if err != nil || len(content) <= maxTextBytes {
			return content, losses, err
		}
		cut, _ := cutText(text, max(1, len([]rune(text))*maxTextBytes/(len(content)+64)))
		if losses == nil {
			losses = []card.Loss{{Path: "text", Element: "text", What: "text cut to Feishu's 150 KB", Severity: card.Content}}
		}
		text = cut
	}
}

// escapeText keeps a text message from becoming a mention, a style or a link with another face: an
// invisible character breaks the markup that Feishu reads in texts. Everything else stays as it is.
func escapeText(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if i+1 == len(s) {
			break
		}
		next := s[i+1]
		if s[i] == '<' && (isLetter(next) || next == '/') || s[i] == ']' && next == '(' || s[i] == '*' && next == '*' {
			b.WriteString("\u200b")
		}
	}
	return b.String()
}
