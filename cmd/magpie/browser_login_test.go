package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// In a browser: who the card was sent to logs in and fills in the form; who got the link forwarded logs in and
// sees that it is for somebody else.
func TestBrowserLogin(t *testing.T) {
	t.Parallel()
	chromium(t)
	l := startDemo(t, "webhook")
	eventually(t, "people are read", func() bool {
		found, err := l.app.people.Search(t.Context(), simName("sun.li"), 1)
		return err == nil && len(found) == 1
	})
	l.say("li.lei", "采购")
	at := linkOf(t, l.card("li.lei", "待填写", "采购")) + "?lang=zh"

	other := newTab(t)
	other.do("open a forwarded link", chromedp.Navigate(at), visible(`a[href*="person=sun.li"]`))
	other.do("log in as somebody else", click(`a[href*="person=sun.li"]`), visible(`[data-testid="notice"]`))
	other.until("it is for somebody else", `document.body.innerText.includes("这个页面是给别人的") && !document.body.innerText.includes("采购")`)
	other.shot("login-other")
	other.do("log in again", click(`[data-testid="notice"] a`), visible(`a[href*="person=li.lei"]`))

	me := newTab(t)
	me.do("open my link", chromedp.Navigate(at), visible(`a[href*="person=li.lei"]`))
	me.shot("login-who")
	me.do("log in", click(`a[href*="person=li.lei"]`), visible(`[name="f.item"]`), keys(`[name="f.item"]`, "键盘"), keys(`[name="f.amount"]`, "300"),
		click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	me.until("it is handed in", `document.body.innerText.includes("已提交")`)
}
