package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// Expenses over the real demo in a real browser: rows, a computed total and a file on the employee's page; the
// manager sees them on a card and opens the file on a page of their own; the bookkeeper changes a row.
func TestBrowserExpense(t *testing.T) {
	t.Parallel()
	chromium(t)
	dir := t.TempDir()
	bill := filepath.Join(dir, "住宿发票.png")
	photo(t, bill)
	trick := filepath.Join(dir, "脚本.exe")
	if err := os.WriteFile(trick, []byte("MZ"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startDemoOf(t, "webhook", demoSuites, nil)
	eventually(t, "people are read", func() bool {
		found, err := l.app.people.Search(t.Context(), simName("zhao.min"), 1)
		return err == nil && len(found) == 1
	})
	l.say("li.lei", "报销")
	form := linkOf(t, l.card("li.lei", "待填写", "费用报销"))

	me := newTab(t)
	me.wide("expense-1-empty", form, "li.lei", `[name="f.lines.0.amount"]`)
	me.do("a row", keys(`[name="f.reason"]`, "上海出差"), keys(`[name="f.lines.0.day"]`, "02262026"), chromedp.SetValue(chromedp.CSS(`[name="f.lines.0.day"]`), "2026-02-26"),
		chromedp.SetValue(chromedp.CSS(`[name="f.lines.0.kind"]`), "住宿"), keys(`[name="f.lines.0.amount"]`, "1,280"), click(`.mp-add`), visible(`[name="f.lines.1.amount"]`))
	me.until("the total is there", `document.querySelector('[data-input="total"]').innerText.includes("¥1,280.00（壹仟贰佰捌拾元整）")`)
	me.do("a row with a mistake, a file of another kind", chromedp.SetValue(chromedp.CSS(`[name="f.lines.1.day"]`), "2026-02-27"), keys(`[name="f.lines.1.amount"]`, "六十"),
		chromedp.SetUploadFiles(chromedp.CSS(`[name="u.invoices"]`), []string{trick}), click(`.mp-actions .weui-btn_primary`), visible(`[data-input="invoices"] .mp-wrong`))
	me.until("what is wrong is said", `document.querySelector('[data-input="invoices"]').innerText.includes("脚本.exe：类型不对")`)
	me.shot("expense-2-wrong-file")
	me.do("the bill", chromedp.SetUploadFiles(chromedp.CSS(`[name="u.invoices"]`), []string{bill}), click(`.mp-actions .weui-btn_primary`), visible(`[data-input="lines"] .mp-wrong`))
	me.until("the cell is marked", `document.querySelector('[data-input="lines.1.amount"] .mp-wrong').innerText == "请填写数字" && !document.querySelector('[data-input="lines.0.amount"] .mp-wrong')`)
	me.until("the picture is shown", `(() => { const i = document.querySelector('[data-input="invoices"] img'); return i && i.complete && i.naturalWidth > 0 })()`)
	me.full("expense-3-wrong-row")
	me.do("correct", chromedp.SetValue(chromedp.CSS(`[name="f.lines.1.kind"]`), "交通"), chromedp.Clear(chromedp.CSS(`[name="f.lines.1.amount"]`)), keys(`[name="f.lines.1.amount"]`, "60.5"),
		click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	me.until("handed in", `document.body.innerText.includes("已提交")`)

	boss := newTab(t)
	asked := l.whose("han.meimei").card("han.meimei", "待审批", "¥1,340.50（壹仟叁佰肆拾元伍角整）", "住宿发票.png")
	boss.wide("expense-4-manager", linkOf(t, asked), "han.meimei", `.mp-files a`)
	boss.until("table and file are there", `document.querySelector('.mp-table').innerText.includes("住宿") && document.querySelector('.mp-files img').naturalWidth > 0`)
	file, err := chromedp.Run(boss.ctx, chromedp.Evaluate[string](`document.querySelector('.mp-files a').href`))
	if err != nil {
		t.Fatal(err)
	}
	boss.do("open the file", chromedp.Navigate(file))
	boss.until("the picture", `document.images.length == 1 && document.images[0].naturalWidth == 40`)
	if r := l.whose("han.meimei").press("han.meimei", asked, "同意", nil); r.Status != "ok" {
		t.Errorf("the manager agrees: %+v", r)
	}

	book := newTab(t)
	book.wide("expense-5-review", linkOf(t, l.card("zhao.min", "待审批", "上海出差")), "zhao.min", `[data-testid="whole"]`)
	book.do("all there is to do", click(`[data-testid="whole"]`), visible(`[name="f.field_lines.1.amount"]`))
	book.do("a row is wrong", chromedp.Clear(chromedp.CSS(`[name="f.field_lines.1.amount"]`)), keys(`[name="f.field_lines.1.amount"]`, "50"))
	book.full("expense-6-changed")
	book.do("agree by the enter key", keys(`[name="f.field_lines.1.amount"]`, "\r"), visible(`[data-testid="done"]`))
	l.card("li.lei", "已通过", "¥1,330.00（壹仟叁佰叁拾元整）")
	eventually(t, "the cashier is told", func() bool { return len(l.whose("dong.qing").cards("dong.qing", "上海出差")) == 1 })
	l.nothingMore()
}

// wide opens a link of somebody's, logs in as they do, and shows the whole page.
func (b *tab) wide(name, at, person, then string) {
	b.t.Helper()
	b.do("open "+name, chromedp.EmulateViewport(420, 900), chromedp.Navigate(at+"?lang=zh"), visible(`a[href*="person=`+person+`"]`), click(`a[href*="person=`+person+`"]`), visible(then))
	b.full(name)
}

// full saves the whole page in the folder that MAGPIE_SHOTS names, and checks that it is no wider than the screen.
func (b *tab) full(name string) {
	b.t.Helper()
	wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	if err != nil || wide {
		b.t.Errorf("%s is wider than the screen (%v)", name, err)
	}
	dir := os.Getenv("MAGPIE_SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// photo makes a small picture.
func photo(t *testing.T, path string) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		m.Set(i%40, i/40, color.RGBA{R: uint8(i % 251), G: 120, B: uint8(i / 5 % 251), A: 255})
	}
	f, err := os.Create(path)
	if err == nil {
		err = png.Encode(f, m)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
