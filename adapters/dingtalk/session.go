package dingtalk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/internal/apiclient"
)

// maxSessions is how many conversations' webhooks are kept.
const maxSessions = 10_000

// sessions are the webhooks of conversations, as messages from them brought them. They are kept in this process
// only: what is lost goes by the robot interface.
type sessions struct {
	mu sync.Mutex
	of map[event.Ref]event.Handle
}

func (s *sessions) put(conv event.Ref, h event.Handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[event.Ref]event.Handle{}
	}
	if len(s.of) >= maxSessions {
		for k := range s.of { // any: the conversation goes by the robot interface then
			delete(s.of, k)
			break
		}
	}
	s.of[conv] = h
}

func (s *sessions) get(conv event.Ref, now time.Time) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.of[conv]
	if ok && !now.Before(h.Expires.Add(-10*time.Second)) {
		delete(s.of, conv)
		ok = false
	}
	return h.Value, ok
}

func (s *sessions) drop(conv event.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, conv)
}

// bySession sends by the webhook of a conversation; sent is false if there is none, or it is not good any more.
// What goes this way has no id: it can't be taken back, nor asked who has read it.
// Source: DingTalk Open Platform, "Robots reply to messages", checked 2026-08.
func (p *Platform) bySession(ctx context.Context, to address, c robotContent) (ref adapters.MessageRef, sent bool, err error) {
	hook, ok := p.sessions.get(to.ref, p.now())
	if !ok {
		return ref, false, nil
	}
	path, q, ok := p.ownHook(hook)
	if !ok {
		p.sessions.drop(to.ref)
		return ref, false, nil
	}
	p.api.quota.call(false)
	rep, err := p.api.oapi.Do(ctx, apiclient.Call{Op: opSend, Method: http.MethodPost, Path: path, Query: q, Body: hookBody(c)})
	if err != nil {
		return ref, true, err
	}
	code, env, err := p.api.open(opSend, http.MethodPost, rep, callOptions{old: true})
	switch {
	case err != nil:
		return ref, true, err
	case code == "":
		return adapters.MessageRef{SentAt: stamp(p.now())}, true, nil
	case code == "300001" || kindOf(opSend, code, rep.Status) == adapters.KindNotFound:
		p.sessions.drop(to.ref)
		return ref, false, nil
	}
	return ref, to.only, p.api.refusal(opSend, rep, code, env, hook) // the robot interface may take it
}

// ownHook takes a webhook's address apart, if it is one of DingTalk's: the body that brought it is not signed, and
// what we send must not go elsewhere.
func (p *Platform) ownHook(hook string) (path string, q url.Values, ok bool) {
	rest, ok := strings.CutPrefix(hook, p.cfg.OAPIURL+"/")
	if !ok {
		return "", nil, false
	}
	u, err := url.Parse("/" + rest)
	if err != nil || !strings.HasPrefix(u.Path, "/robot/") || strings.Contains(u.Path, "..") {
		return "", nil, false
	}
	return u.Path, u.Query(), true
}

// hookBody is a robot message in the form that webhooks take.
func hookBody(c robotContent) map[string]any {
	switch p := c.Param; {
	case c.Key == "sampleText":
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": p["content"]}}
	case c.Key == "sampleActionCard":
		return map[string]any{"msgtype": "actionCard", "actionCard": map[string]string{
			"title": p["title"], "text": p["text"], "singleTitle": p["singleTitle"], "singleURL": p["singleURL"],
		}}
	case strings.HasPrefix(c.Key, "sampleActionCard"):
		var btns []map[string]string
		for _, b := range linksOf(c) {
			btns = append(btns, map[string]string{"title": b.label, "actionURL": b.url})
		}
		return map[string]any{"msgtype": "actionCard", "actionCard": map[string]any{"title": p["title"], "text": p["text"], "btnOrientation": "0", "btns": btns}}
	default:
		return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": p["title"], "text": p["text"]}}
	}
}

// linksOf lists the buttons of an ActionCard.
func linksOf(c robotContent) []linkButton {
	if c.Param["singleURL"] != "" {
		return []linkButton{{c.Param["singleTitle"], c.Param["singleURL"]}}
	}
	var out []linkButton
	for i := 1; i <= maxLinks; i++ {
		if u := c.Param[fmt.Sprintf("actionURL%d", i)]; u != "" {
			out = append(out, linkButton{c.Param[fmt.Sprintf("actionTitle%d", i)], u})
		}
	}
	return out
}
