package pages_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// rarely adds a form that is closed at first to the task's card: what is rarely done at a task.
func (o *office) rarely() {
	t := card.T
	o.task.Body = append(o.task.Body, &card.Form{ID: "more", Fold: t("更多操作"), Inputs: []card.Input{
		{Name: "do", Label: t("操作"), Kind: card.InputSelect, Required: true, Options: []card.Option{{Value: "transfer", Label: t("转交")}, {Value: "comment", Label: t("评论")}}},
		{Name: "who", Label: t("人员"), Kind: card.InputPeople},
		{Name: "remark", Label: t("说明"), Kind: card.InputLongText, Max: 500, Default: event.Text("原来的话")},
	}, Submit: card.Button{Verb: "more", Label: t("确认"), Token: "token-more"}})
}

// A form for what is rarely done is closed, opens where somebody was at it, and is all there is on a page that was
// opened for it. What was emptied comes back empty.
func TestFoldedForm(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.rarely()
	status, body := x.get(x.taskLink())
	x.has("the card", status, body, 200, `<details class="mp-fold"><summary>更多操作</summary>`, "确认")
	f := fill(t, body, "more")
	f.Del("act")
	f.Set("find", "who")
	f.Set("f.who", "王")
	status, body = x.post(x.taskLink(), f)
	x.has("a search", status, body, 200, `<details class="mp-fold" open><summary>更多操作</summary>`)
	status, body = x.post(x.taskLink(), fill(t, body, "more"))
	x.has("nothing chosen", status, body, 422, `<details class="mp-fold" open><summary>更多操作</summary>`)

	alone := x.link("abc/task/leader/1/s1", "han.meimei", "more")
	status, body = x.get(alone)
	x.has("a page for it", status, body, 200, "!<summary>更多操作", "确认", "!拒绝</button>")
	x.post(alone, fill(t, body, "more", "f.do", "comment", "f.remark", ""))
	got := x.pressed()
	if len(got) != 1 {
		t.Fatalf("%d presses", len(got))
	}
	a := got[0].Body.(*event.Action)
	if v, there := a.Form["remark"]; a.Verb != "more" || a.Form["do"].Text != "comment" || !there || v.Text != "" {
		t.Errorf("the press is %+v", a)
	}
}

// On a phone it opens with a tap.
func TestFoldedFormOnAPhone(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.rarely()
	p := newPhone(t, "")
	p.do("open", chromedp.Navigate(x.taskLink()), visible(".mp-fold:last-of-type > summary"))
	p.shot("folded")
	if p.read(`document.querySelector(".mp-fold:last-of-type").open`) != "false" {
		t.Error("it is open")
	}
	p.do("tap", click(".mp-fold:last-of-type > summary"), visible("[data-input=do]"))
	p.shot("unfolded")
}
