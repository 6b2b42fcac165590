package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// The newcomer's way through the real demo in a real browser, over three suites: everything between the page
// and the database is what `magpie demo` runs.
func TestPlaygroundStory(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1440, 900}, {"phone", 375, 812}} {
		t.Run(size.name, func(t *testing.T) {
			phone := size.name == "phone"
			l := startDemoOf(t, "webhook", demoSuites, nil)
			b := newTab(t)
			b.do("open the page", chromedp.EmulateViewport(size.width, size.height),
				chromedp.Navigate(l.base+"/sim/?c=li.lei&c=han.meimei&c=wang.fang&c=zhao.min"), visible(`html[data-live="on"]`))
			turn := func(person string) {
				if phone {
					// By its own click: the row of people is drawn anew whenever something arrives.
					b.until("switch to "+person, `(() => { const x = document.querySelector('[data-switch="`+person+`"]'); x?.click(); return x })()`)
					b.do("see "+person, visible(in(person, ".messages")))
				}
			}
			b.do("write", keys(in("li.lei", `[data-testid="composer"]`), "采购\r"), visible(in("li.lei", `[name="item"]`)))
			b.shot(size.name + "-1-form")
			b.do("fill in", keys(in("li.lei", `[name="item"]`), "显示器 4 台"), keys(in("li.lei", `[name="amount"]`), "6000"))
			b.press("li.lei", "提交")
			b.says("li.lei", "审批中")
			turn("han.meimei")
			b.says("han.meimei", "待审批")
			b.shot(size.name + "-2-asked")
			b.press("han.meimei", "同意")
			b.says("han.meimei", "已同意")
			turn("wang.fang")
			b.says("wang.fang", "待审批")
			b.shot(size.name + "-3-finance")
			b.press("wang.fang", "同意")
			b.says("wang.fang", "已同意")
			turn("zhao.min")
			b.says("zhao.min", "待审批")
			b.press("zhao.min", "同意")
			b.says("zhao.min", "已同意")
			turn("li.lei")
			b.says("li.lei", "已通过")
			b.until("nobody is asked any more", `![...document.querySelectorAll('[data-person] button')].some(x => x.innerText.trim() == "同意")`)
			b.until("no toast is left", `!document.querySelector('[data-testid="toast"]')`)
			b.shot(size.name + "-4-end")
			l.everybody(map[string][]string{
				"li.lei": {"显示器 4 台", "已通过"}, "han.meimei": {"已同意"}, "wang.fang": {"已同意"}, "zhao.min": {"已同意"}, "chen.jie": {"已通过", "抄送"},
			})
			wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
			if err != nil || wide {
				t.Errorf("the page is wider than the screen (%v)", err)
			}
			l.nothingMore()
		})
	}
}
