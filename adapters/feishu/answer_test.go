package feishu

import (
	"testing"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

func TestEncodeAnswer(t *testing.T) {
	t.Parallel()
	press := event.Event{Kind: event.KindCardAction, Reply: event.ReplyContract{Mode: event.ReplyAnswer}}
	toast := func(k card.ToastKind, text card.Text) *card.Toast { return &card.Toast{Kind: k, Text: text} }
	for _, c := range []struct {
		name  string
		ev    event.Event
		toast *card.Toast
		want  string
	}{
		{"nothing to say", press, nil, `{}`},
		{"empty text", press, toast(card.ToastInfo, card.Text{}), `{}`},
		{"an event", event.Event{Reply: event.ReplyContract{Mode: event.ReplyAck}}, toast(card.ToastInfo, card.T("x")), `{}`},
		{"one language", press, toast(card.ToastSuccess, card.T("已同意")), `{"toast":{"type":"success","content":"已同意"}}`},
		{"no kind", press, toast("", card.T("x")), `{"toast":{"type":"info","content":"x"}}`},
		{"two languages", press, toast(card.ToastWarning, card.Text{Default: "已处理", I18n: map[string]string{"en-US": "Done"}}),
			`{"toast":{"type":"warning","content":"已处理","i18n":{"en_us":"Done","zh_cn":"已处理"}}}`},
		{"no default", press, toast(card.ToastError, card.Text{I18n: map[string]string{"zh-CN": "错", "en-US": "wrong"}}),
			`{"toast":{"type":"error","content":"错","i18n":{"en_us":"wrong","zh_cn":"错"}}}`},
		{"markup is text", press, toast(card.ToastError, card.T(`<at id=all></at>"`)),
			`{"toast":{"type":"error","content":"\u003cat id=all\u003e\u003c/at\u003e\""}}`},
	} {
		resp, err := plain().EncodeAnswer(c.ev, c.toast)
		if err != nil || string(resp.Body) != c.want || resp.Status != 200 || resp.ContentType != "application/json; charset=utf-8" {
			t.Errorf("%s: %s, %v", c.name, resp.Body, err)
		}
	}
	if _, err := plain().EncodeAnswer(press, toast("loud", card.T("x"))); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("unknown kind: %v", err)
	}
}
