package pages_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
)

// chromium finds the browser: MAGPIE_CHROMIUM, else by its usual names.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("MAGPIE_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("MAGPIE_REQUIRE_ALL") != "" {
		t.Fatal("no Chromium found, and MAGPIE_REQUIRE_ALL is set")
	}
	t.Skip("NOT TESTED IN A BROWSER: no Chromium found; set MAGPIE_CHROMIUM to its path")
	return ""
}

type step = chromedp.Action[chromedp.Void]

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func keys(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

func visible(selector string) step { return chromedp.WaitVisible(chromedp.CSS(selector)) }

// phone is a browser without JavaScript, as narrow as a phone.
type phone struct {
	t   *testing.T
	ctx context.Context
}

func newPhone(t *testing.T, settings string) *phone {
	t.Helper()
	return newBrowser(t, "scriptEnabled=false"+settings)
}

// newBrowser is one with the settings given, and JavaScript unless they say otherwise.
func newBrowser(t *testing.T, settings string) *phone {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("accept-lang", "zh-CN,zh"),
		chromedp.Flag("blink-settings", settings),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(375, 812)); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &phone{t, ctx}
}

func (p *phone) do(what string, actions ...step) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.shot("failed")
		p.t.Fatalf("%s: %v", what, err)
	}
}

// read is a value of the page.
func (p *phone) read(expression string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		p.t.Fatalf("read %s: %v", expression, err)
	}
	return s
}

// shot saves the whole page when MAGPIE_SHOTS names a folder, and checks that nothing is wider than the phone.
func (p *phone) shot(name string) {
	p.t.Helper()
	if got := p.read(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
		p.t.Errorf("%s is wider than the phone", name)
	}
	dir := os.Getenv("MAGPIE_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// A form with every kind of input is filled in without JavaScript: mistakes stand beside their fields, what was
// typed stays, a person is found by name, and the end says that the page may be closed.
func TestBrowserForm(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	p := newPhone(t, "")
	p.do("open", chromedp.Navigate(x.formLink()), visible(`[name="f.item"]`))
	if got := p.read(`getComputedStyle(document.querySelector('.weui-btn_primary')).backgroundColor`); got != "rgb(7, 193, 96)" {
		t.Errorf("the style sheet is not in force: the button is %s", got)
	}
	p.shot("pages-form")
	p.do("hand in half", keys(`[name="f.amount"]`, "很多"), click(`[data-input="kind"] label:nth-child(1)`), keys(`[name="f.owner"]`, "王"),
		keys(`[name="f.reason"]`, "第一行"), click(`.mp-actions .weui-btn_primary`), visible(`[data-input="item"] .mp-wrong`))
	p.shot("pages-form-problems")
	if got := p.read(`document.querySelector('[name="f.amount"]').value + document.querySelector('[name="f.reason"]').value + document.querySelector('[data-input="kind"] input:checked').value`); got != "很多第一行办公用品" {
		t.Errorf("what was entered is now %q", got)
	}
	p.do("correct", keys(`[name="f.item"]`, "机械键盘"), chromedp.Clear(chromedp.CSS(`[name="f.amount"]`)), keys(`[name="f.amount"]`, "1,280.50"),
		click(`[data-input="owner"] .mp-found label:nth-child(1)`), keys(`[name="f.others"]`, "han"), click(`[data-input="others"] .mp-search`),
		visible(`[data-input="others"] .mp-wrong`))
	p.do("find", chromedp.Clear(chromedp.CSS(`[name="f.others"]`)), keys(`[name="f.others"]`, "韩梅梅，李雷"), click(`[data-input="others"] .mp-search`),
		visible(`[data-input="others"] input:checked`))
	p.shot("pages-form-found")
	p.do("hand in", click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	p.shot("pages-done")
	got := x.pressed()
	if len(got) != 1 {
		t.Fatalf("%d presses", len(got))
	}
	form := got[0].Body.(*event.Action).Form
	want := map[string]event.Value{
		"item": event.Text("机械键盘"), "amount": {Kind: event.ValueNumber, Text: "1,280.50"}, "kind": event.Text("办公用品"),
		"owner": event.List("wang.fang"), "others": event.List("han.meimei", "li.lei"), "urgent": event.Bool(false), "reason": event.Text("第一行"),
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
}

// A link with an act asks, decides on the button, and the lists and the timeline are a tap away.
func TestBrowserDecision(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	for i := range 25 {
		x.open = append(x.open, workflows.Task{
			Instance: "abc", Title: "李雷的采购申请：机械键盘 ¥12,800，用于新同事入职与旧设备更换", State: workflows.TaskOpen,
			OpenedAt: morning.Add(-time.Duration(i) * 7 * time.Hour), DueAt: morning.Add(time.Duration(i-2) * time.Hour)})
	}
	p := newPhone(t, "")
	p.do("open the card", chromedp.Navigate(x.taskLink()), visible(`.mp-steps`))
	p.shot("pages-card")
	p.do("my work", click(`.mp-foot a`), visible(`.mp-rows`))
	p.shot("pages-work")
	p.do("an instance", click(`.mp-rows a`), visible(`.mp-told`))
	p.shot("pages-instance")
	p.do("asked for one act", chromedp.Navigate(x.link("abc/task/leader/1/s1", "han.meimei", "reject")), visible(`.weui-btn_warn`))
	p.shot("pages-ask")
	p.do("reject without a reason", click(`.mp-actions .weui-btn_warn`), visible(`.mp-tip`))
	p.do("open to approve", chromedp.Navigate(x.link("abc/task/leader/1/s1", "han.meimei", "approve")), visible(`.mp-actions .weui-btn_primary`),
		keys(`[name="f.opinion"]`, "同意，预算内"), click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	p.do("confirm", chromedp.Navigate(x.formLink()), click(`.mp-footer button`), visible(`[data-page="confirm"] form`))
	p.shot("pages-confirm")
	old := x.formLink()
	x.mu.Lock()
	x.now = x.now.Add(8 * 24 * time.Hour)
	x.mu.Unlock()
	p.do("an old link", chromedp.Navigate(old), visible(`[data-testid="notice"] button`))
	p.shot("pages-expired")
	p.do("have it sent again", click(`[data-testid="notice"] button`), visible(`[data-testid="notice"] .weui-icon-success`))
	p.do("in English", chromedp.Navigate(x.formLink()+"?lang=en"), visible(`.mp-actions`))
	p.shot("pages-english")
}

// In the dark, words are light and their ground is dark.
func TestBrowserDark(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	p := newPhone(t, ",preferredColorScheme=0")
	p.do("open", chromedp.Navigate(x.formLink()), visible(`[name="f.item"]`), keys(`[name="f.item"]`, "键盘"))
	p.shot("pages-dark-form")
	// The sum of red, green and blue of a colour that is "rgb(r, g, b…)" or "rgba(r, g, b, a)".
	sum := `(c) => c.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)`
	for _, of := range []string{`.mp-head h1`, `.mp-label`, `[name="f.item"]`, `.mp-footer button`} {
		if got := p.read(`(` + sum + `)(getComputedStyle(document.querySelector('` + of + `')).color)`); got < "400" || len(got) != 3 {
			t.Errorf("%s is written in %s of 765", of, got)
		}
	}
	if got := p.read(`(` + sum + `)(getComputedStyle(document.querySelector('.mp-card')).backgroundColor)`); len(got) == 3 && got > "200" {
		t.Errorf("the card's ground is %s of 765", got)
	}
	p.do("open the card", chromedp.Navigate(x.taskLink()), visible(`.mp-steps`))
	p.shot("pages-dark-card")
}
