package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
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

// tab is one page of a browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "zh-CN"),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &tab{t, ctx}
}

// do runs actions and fails the test with what they were for.
func (b *tab) do(what string, actions ...step) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// until waits for a JavaScript condition.
func (b *tab) until(what, condition string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`Boolean(`+condition+`)`, chromedp.WithPollingTimeout(patience))); err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// says waits until a person's column says some words.
func (b *tab) says(person, words string) {
	b.t.Helper()
	b.until(person+" sees "+words, `[...document.querySelectorAll('[data-person="`+person+`"]')].some(c => c.innerText.includes("`+words+`"))`)
}

// shot saves what can be seen in the folder that MAGPIE_SHOTS names.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("MAGPIE_SHOTS")
	if dir == "" {
		dir = b.t.TempDir()
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if len(png) < 5000 {
		b.t.Errorf("screenshot %s has %d bytes: nothing is drawn", name, len(png))
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func in(person, rest string) string { return `[data-person="` + person + `"] ` + rest }

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func keys(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

func visible(selector string) step { return chromedp.WaitVisible(chromedp.CSS(selector)) }

// press clicks a button by what it says.
func (b *tab) press(person, label string) {
	b.t.Helper()
	find := `[...document.querySelectorAll('[data-person="` + person + `"] button')].filter(x => x.innerText.trim() == "` + label + `" && !x.disabled).pop()`
	b.until(person+" has the button "+label, find)
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(()=>{`+find+`.click();return true})()`)); err != nil {
		b.t.Fatalf("%s presses %s: %v", person, label, err)
	}
}
