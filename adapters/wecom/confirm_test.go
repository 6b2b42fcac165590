package wecom

import (
	"strings"
	"testing"

	"magpie/adapters"
	"magpie/adapters/card"
)

// WeCom asks nothing before a press. What must be asked goes to the page; without one it acts, and says so.
func TestConfirmIsAskedOnThePage(t *testing.T) {
	t.Parallel()
	b := card.Button{Verb: "withdraw", Label: card.T("撤回"), Token: "t", Confirm: &card.Confirm{Title: card.T("撤回？")}}
	for page, want := range map[string]struct {
		has, hasNot string
		severity    card.Severity
	}{
		"https://bot.example.com/m/c/1": {`"url":"https://bot.example.com/m/c/1"`, "withdraw", card.Interaction},
		"":                              {"withdraw", `"url"`, card.Content},
	} {
		b.Page = page
		c := card.Card{Slot: "i/s", Rev: 1, Title: card.T("题"), Summary: card.T("要"), Actions: []card.Button{b}}
		d, err := draw(c, adapters.EncodeOptions{}, toPerson)
		if err != nil {
			t.Fatal(err)
		}
		body, err := marshal(d.card)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(body); !strings.Contains(s, want.has) || strings.Contains(s, want.hasNot) {
			t.Errorf("page %q: %s", page, s)
		}
		if len(d.losses) == 0 || d.losses[len(d.losses)-1].Severity != want.severity {
			t.Errorf("page %q: losses %v", page, d.losses)
		}
	}
}
