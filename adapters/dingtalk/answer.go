package dingtalk

import (
	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// EncodeAnswer writes the outcome of a press into the answer to it: DingTalk has no toast, so it becomes a text
// on the card that only the person who pressed sees. {} leaves the card as it is. The changed card never
// travels here: it follows by itself.
//
// Source: DingTalk Open Platform, "Card callback", response, checked 2026-08.
func (r *receiver) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	if toast == nil || toast.Text.IsZero() || ev.Reply.Mode != event.ReplyAnswer {
		return jsonResponse([]byte("{}")), nil
	}
	mark := map[card.ToastKind]string{card.ToastSuccess: "✓ ", card.ToastWarning: "⚠ ", card.ToastError: "✗ "}[toast.Kind]
	words := toast.Text.Default
	if words == "" {
		words = toast.Text.I18n["zh-CN"]
	}
	text, _ := cutBytes(mark+words, maxValue)
	body, err := marshal(map[string]any{
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true, "updatePrivateDataByKey": true},
		"userPrivateData":   cardParams{Map: map[string]string{"result": text}},
	})
	if err != nil {
		return adapters.Response{}, r.fail(adapters.KindInvalid, err)
	}
	return jsonResponse(body), nil
}

// cardParams is a set of a card's variables.
type cardParams struct {
	Map map[string]string `json:"cardParamMap"`
}
