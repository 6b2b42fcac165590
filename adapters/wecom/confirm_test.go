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

// A form whose submit must be asked about is filled in on the page that asks, whichever card could take its inputs.
func TestFormThatConfirmsIsFilledInOnThePage(t *testing.T) {
	t.Parallel()
	choice := card.Input{Name: "kind", Label: card.T("类别"), Kind: card.InputSelect, Options: []card.Option{{Value: "a", Label: card.T("甲")}, {Value: "b", Label: card.T("乙")}}}
	yes := card.Input{Name: "sure", Label: card.T("加急"), Kind: card.InputBool}
	several := card.Input{Name: "many", Label: card.T("多选"), Kind: card.InputMultiSelect, Options: choice.Options}
	for name, inputs := range map[string][]card.Input{"button": {choice}, "multiple": {choice, yes}, "vote": {several}} {
		f := &card.Form{ID: "f", Inputs: inputs, Submit: card.Button{
			Verb: "submit", Label: card.T("提交"), Token: "t", Page: "https://bot.example.com/m/c/1", Confirm: &card.Confirm{Title: card.T("提交？")},
		}}
		c := card.Card{Slot: "i/s", Rev: 1, Title: card.T("题"), Summary: card.T("要"), Link: "https://bot.example.com/m/c/2", Body: []card.Element{f}}
		d, err := draw(c, adapters.EncodeOptions{}, toPerson)
		if err != nil {
			t.Fatal(err)
		}
		body, err := marshal(d.card)
		if err != nil {
			t.Fatal(err)
		}
		if ps := checkStrict(body); len(ps) > 0 {
			t.Errorf("%s: %v\n%s", name, ps, body)
		}
		if s := string(body); !strings.Contains(s, `"url":"https://bot.example.com/m/c/1"`) || strings.Contains(s, "question_key") {
			t.Errorf("%s: %s", name, s)
		}
		f.Submit.Confirm = nil
		if d, err = draw(c, adapters.EncodeOptions{}, toPerson); err != nil {
			t.Fatal(err)
		}
		if body, _ = marshal(d.card); !strings.Contains(string(body), "question_key") {
			t.Errorf("%s, nothing to ask about: %s", name, body)
		}
	}
}
