package feishu

import (
	"encoding/json"
	"fmt"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// EncodeAnswer writes the outcome of a press into the answer to it: a toast, or {} to leave the card as it
// is. The changed card never travels here: it follows by itself. Any other event is answered {}.
//
// Source: Feishu Open Platform, "Card callback communication", response, checked 2026-11.
func (r *receiver) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	if toast == nil || toast.Text.IsZero() || ev.Reply.Mode != event.ReplyAnswer {
		return jsonResponse([]byte("{}")), nil
	}
	type wire struct {
		Type    string            `json:"type"`
		Content string            `json:"content"`
		I18n    map[string]string `json:"i18n,omitempty"`
	}
	t := wire{Type: string(toast.Kind), Content: toast.Text.Default}
	switch toast.Kind {
	case card.ToastSuccess, card.ToastInfo, card.ToastWarning, card.ToastError:
	case "":
		t.Type = string(card.ToastInfo)
	default:
		return adapters.Response{}, r.fail(adapters.KindInvalid, fmt.Errorf("toast of unknown kind %.20q", toast.Kind))
	}
	for lang, s := range toast.Text.I18n {
		if t.I18n == nil {
			t.I18n = map[string]string{}
		}
		t.I18n[toastLang(lang)] = s
	}
	switch {
	case t.Content == "":
		t.Content = toast.Text.I18n["zh-CN"]
	case t.I18n != nil && t.I18n["zh_cn"] == "":
		t.I18n["zh_cn"] = t.Content
	}
	body, err := json.Marshal(map[string]wire{"toast": t})
	if err != nil {
		return adapters.Response{}, r.fail(adapters.KindInvalid, err)
	}
	return jsonResponse(body), nil
}

// toastLang writes a language the way cards name it: "zh-CN" is "zh_cn".
func toastLang(tag string) string { return strings.ToLower(strings.ReplaceAll(tag, "-", "_")) }
