package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// workNotice sends a robot message as a work notification. One over DingTalk's limits of the day looks as if it
// was delivered: only its result would tell. Losses say what was cut.
// Source: DingTalk Open Platform, "Asynchronously send work notifications", checked 2026-08.
func (p *Platform) workNotice(ctx context.Context, user string, c robotContent) (adapters.MessageRef, []card.Loss, error) {
	msg, losses, err := noticeBody(c)
	if err != nil {
		return adapters.MessageRef{}, nil, p.invalid(opSend, err)
	}
	var out struct {
		Task looseText `json:"task_id"`
	}
	body := map[string]any{"agent_id": p.cfg.AgentID, "userid_list": user, "to_all_user": false, "msg": msg}
	err = p.api.do(ctx, opSend, http.MethodPost, "/topapi/message/corpconversation/asyncsend_v2", nil, body, &out, callOptions{old: true})
	if err != nil {
		return adapters.MessageRef{}, nil, err
	}
	if out.Task == "" {
		return adapters.MessageRef{}, nil, p.unknown(opSend, errors.New("accepted without a task"))
	}
	losses = append(losses, card.Loss{Element: "card", What: "the robot can't write to this person: sent as a work notification", Severity: card.Cosmetic})
	return adapters.MessageRef{
		Message: p.scoped().message("task:" + string(out.Task)), SentAt: stamp(p.now()),
		Handles: []event.Handle{{Kind: HandleTask, Value: string(out.Task)}},
	}, losses, nil
}

// noticeBody makes the message of a work notification, which takes far less than the robot: text is cut, and
// buttons that do not fit become links, the last one at the least the one button that there is.
func noticeBody(c robotContent) (map[string]any, []card.Loss, error) {
	if c.Key == "sampleText" {
		text, cut := cutBytes(c.Param["content"], maxWorkNotice-300)
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}, noticeCut(cut), nil
	}
	title, _ := cutBytes(c.Param["title"], 60)
	buttons := linksOf(c)
	text := c.Param["text"]
	var losses []card.Loss
	make := func(text string) map[string]any {
		switch len(buttons) {
		case 0:
			return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": title, "text": text}}
		case 1:
			return map[string]any{"msgtype": "action_card", "action_card": map[string]string{
				"title": title, "markdown": text, "single_title": cutRunes(buttons[0].label, 20), "single_url": buttons[0].url,
			}}
		}
		list := []map[string]string{}
		for _, b := range buttons {
			list = append(list, map[string]string{"title": cutRunes(b.label, 20), "action_url": b.url})
		}
		return map[string]any{"msgtype": "action_card", "action_card": map[string]any{
			"title": title, "markdown": text, "btn_orientation": "0", "btn_json_list": list,
		}}
	}
	size := func(v any) int {
		b, err := marshal(v)
		if err != nil {
			return 1 << 20
		}
		return len(b)
	}
	// The buttons come first: a text that says less is better than an action that nothing leads to.
	for len(buttons) > 1 && size(make("")) > maxWorkNotice-200 {
		buttons = buttons[len(buttons)-1:]
		losses = append(losses, card.Loss{Path: "actions", Element: "card", What: "only the link is left of the buttons of a work notification", Severity: card.Interaction})
	}
	cut := false
	for size(make(text)) > maxWorkNotice {
		over := size(make(text)) - maxWorkNotice
		if text == "" {
			return nil, nil, fmt.Errorf("a work notification takes %d bytes, and its button alone is more", maxWorkNotice)
		}
		cut = true
		text, _ = cutBytes(strings.TrimSuffix(text, "…"), max(0, len(text)-over-8))
		if text == "…" {
			text = ""
		}
	}
	return make(text), append(losses, noticeCut(cut)...), nil
}

func noticeCut(cut bool) []card.Loss {
	if !cut {
		return nil
	}
	return []card.Loss{{Path: "body", Element: "card", What: fmt.Sprintf("text cut: a work notification takes %d bytes", maxWorkNotice), Severity: card.Content}}
}

// cutRunes shortens a text to n characters.
func cutRunes(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
