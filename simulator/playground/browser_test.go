package playground_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"magpie/simulator/playground"
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

// browser starts one Chromium for a test and its subtests.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("lang", "zh-CN"),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// visit opens a page of a fresh fake company in a new tab and waits until it is live.
type visit struct {
	t    *testing.T
	ctx  context.Context
	fake *fakeSuite
	base string
}

func open(t *testing.T, browser context.Context, path string, width, height int64) *visit {
	t.Helper()
	hub, fake := newHub(t)
	hub.SetPage(playground.New(hub, playground.Options{}))
	server := httptest.NewServer(hub.Handler())
	// Closed before the server: an event stream would keep it waiting.
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(cancel)
	v := &visit{t, ctx, fake, server.URL}
	v.do("open the page", chromedp.EmulateViewport(width, height), chromedp.Navigate(server.URL+path),
		visible(`html[data-live="on"]`))
	return v
}

// do runs actions and fails the test with what they were for.
func (v *visit) do(what string, actions ...step) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

// until waits for a JavaScript condition.
func (v *visit) until(what, condition string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(15*time.Second))); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

// text reads a value out of the page.
func (v *visit) text(expression string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		v.t.Fatalf("read %s: %v", expression, err)
	}
	return s
}

// shot saves what can be seen when MAGPIE_SHOTS names a folder.
func (v *visit) shot(name string) {
	v.t.Helper()
	dir := os.Getenv("MAGPIE_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

func in(person, rest string) string { return `[data-person="` + person + `"] ` + rest }

type step = chromedp.Action[chromedp.Void]

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func keys(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

func visible(selector string) step { return chromedp.WaitVisible(chromedp.CSS(selector)) }

func TestBrowser(t *testing.T) {
	t.Parallel()
	b := browser(t)
	t.Run("the three steps", func(t *testing.T) { threeSteps(t, b) })
}

// threeSteps walks a newcomer's way: write, fill in, switch to the manager and decide.
func threeSteps(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/", 1440, 900)
	v.shot("desktop-empty")
	v.do("write", keys(in("li.lei", `[data-testid="composer"]`), "采购\r"),
		visible(in("li.lei", `[name="item"]`)))
	v.do("hand in nothing", click(in("li.lei", `[data-button="btn_submit"]`)),
		visible(in("li.lei", `[data-testid="toast"][data-type="warning"]`)))
	v.shot("desktop-required")
	v.do("fill in", keys(in("li.lei", `[name="item"]`), "机械键盘"),
		keys(in("li.lei", `[name="amount"]`), "300"),
		click(in("li.lei", `[data-picker="owner"] button`)),
		keys(in("li.lei", `.fc-pop input`), "wang"))
	v.shot("desktop-picker")
	v.do("choose", click(in("li.lei", `[data-option="wang.fang"]`)),
		click(in("li.lei", `[data-button="btn_submit"]`)),
		visible(in("han.meimei", `[data-button="btn_agree"]`)))
	v.shot("desktop-decide")
	v.do("agree", click(in("han.meimei", `[data-button="btn_agree"]`)))
	v.until("the card changes", `document.querySelector('[data-person="han.meimei"] [data-testid="card-tag"]')?.textContent === '已通过'`)
	v.shot("desktop-agreed")
}
