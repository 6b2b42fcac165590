package pages_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// askedCard is a form below which stands who would be asked: it depends on the amount.
func askedCard(in map[string]event.Value) card.Card {
	t := card.T
	finance := card.Step{Name: t("财务审核"), Note: t("填写「金额」后确定")}
	switch amount := in["amount"].Text; {
	case len(amount) > 3:
		finance.Note = t("王芳、赵敏（会签）")
	case amount != "":
		finance.Note, finance.State = t("条件不成立"), card.StepSkipped
	}
	c := formCard()
	form(c).Live = true
	form(c).Inputs = form(c).Inputs[:2]
	c.Body = append(c.Body, &card.Markdown{Text: t("**审批流程预览**")},
		&card.Progress{Current: -1, Steps: []card.Step{{Name: t("直属主管"), Note: t("韩梅梅")}, finance}},
		&card.Note{Text: t("别的话")})
	return c
}

// before wants words on a page in this order.
func before(t *testing.T, body string, words ...string) {
	t.Helper()
	at := 0
	for _, w := range words {
		i := strings.Index(body[at:], w)
		if i < 0 {
			t.Fatalf("%q does not come after what is before it:\n%s", w, text(body))
		}
		at += i + len(w)
	}
}

// Who would be asked stands above the button, and follows what is entered; nothing is pressed by looking again.
func TestAhead(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.form, x.draft = askedCard(nil), askedCard
	status, body := x.get(x.formLink())
	x.has("the form", status, body, 200, "填写「金额」后确定")
	before(t, body, `name="f.amount"`, `value="again"`, "审批流程预览", "直属主管", "韩梅梅", "财务审核", `class="mp-actions"`, "提交</button>", "别的话")
	if strings.Count(body, "审批流程预览") != 1 {
		t.Error("it stands there twice")
	}
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "300")
	f.Del("act")
	f.Set("row", "again")
	status, body = x.post(x.formLink(), f)
	x.has("looked at again", status, body, 200, `class="mp-step-skipped"`, "条件不成立", "!填写「金额」后确定", `value="300"`)
	f = fill(t, body, "submit", "f.item", "服务器", "f.amount", "60000")
	f.Del("act")
	f.Set("row", "again")
	status, body = x.post(x.formLink(), f)
	x.has("once more", status, body, 200, "王芳、赵敏（会签）", "!mp-step-skipped")
	if n := len(x.pressed()); n != 0 {
		t.Errorf("%d presses", n)
	}
	// An act of its own has the form too, and what is ahead with it; whoever may only look has no form.
	status, body = x.get(x.link("abc/initiator", "li.lei", "submit"))
	x.has("asked for this act", status, body, 200, "审批流程预览")
	before(t, body, "韩梅梅", "提交</button>")
}

// On a phone without JavaScript the button under the fields brings the way up to date.
func TestBrowserAhead(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.form, x.draft = askedCard(nil), askedCard
	p := newPhone(t, "")
	p.do("open", chromedp.Navigate(x.formLink()), visible(`.mp-ahead`))
	p.shot("ahead-empty")
	note := `document.querySelector('.mp-ahead li:nth-child(2) span').textContent`
	if got := p.read(note); got != "填写「金额」后确定" {
		t.Errorf("at first: %s", got)
	}
	p.do("fill in", keys(`[name="f.item"]`, "服务器"), keys(`[name="f.amount"]`, "60000"), click(`.mp-again`), visible(`[name="f.amount"][value="60000"]`))
	p.shot("ahead-filled")
	if got := p.read(note); got != "王芳、赵敏（会签）" {
		t.Errorf("with an amount: %s", got)
	}
	if got := p.read(`document.querySelector('.mp-ahead').getBoundingClientRect().bottom <= document.querySelector('.mp-actions').getBoundingClientRect().top`); got != "true" {
		t.Error("it does not stand above the button")
	}
}
