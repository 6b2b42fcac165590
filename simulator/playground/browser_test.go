package playground_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"magpie/simulator"
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
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](`Boolean(`+condition+`)`, chromedp.WithPollingTimeout(15*time.Second))); err != nil {
		v.t.Fatalf("%s: %v; at %s", what, err, v.text(`location.search + ' ' + document.activeElement.outerHTML.slice(0, 200)`))
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
	for name, test := range map[string]func(*testing.T, context.Context){
		"the three steps":                threeSteps,
		"a press waits and asks first":   waitsAndAsks,
		"half-filled forms stay":         formsStay,
		"the address keeps what is open": addressKeeps,
		"a phone shows one column":       phone,
		"the drawer":                     drawer,
		"markup stays text":              markupStaysText,
		"pickers and menus by keyboard":  byKeyboard,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
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

// waitsAndAsks: the card is busy until the suite answers, a confirm dialog comes first, and a refusal is shown.
func waitsAndAsks(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/", 1440, 900)
	v.fake.post(cardMessage("han.meimei", decideCard))
	reject := in("han.meimei", `[data-button="btn_reject"]`)
	v.do("press, then think better of it", visible(reject), click(reject), visible(`[data-testid="confirm-cancel"]`))
	v.shot("desktop-confirm")
	v.do("cancel", click(`[data-testid="confirm-cancel"]`))
	v.until("the question goes", `!document.getElementById('confirm').open`)
	if got := v.fake.pressed(); len(got) != 0 {
		t.Fatalf("a press that was cancelled arrived: %+v", got)
	}
	hold := make(chan struct{})
	v.fake.mu.Lock()
	v.fake.hold = hold
	v.fake.mu.Unlock()
	v.do("press", click(reject), click(`[data-testid="confirm-ok"]`), visible(in("han.meimei", `.card[aria-busy="true"]`)))
	v.shot("desktop-busy")
	close(hold)
	v.do("the answer comes", visible(in("han.meimei", `[data-testid="toast"][data-type="success"]`)))
	v.until("the card is free again", `!document.querySelector('.card[aria-busy="true"]')`)
	want := []pressed{{Person: "han.meimei", Message: "om_0001", Button: "btn_reject"}}
	if diff := cmp.Diff(want, v.fake.pressed()); diff != "" {
		t.Error(diff)
	}
	v.fake.post(cardMessage("li.lei", strings.ReplaceAll(decideCard, "btn_agree", "btn_late")))
	v.do("a press that fails", click(in("li.lei", `[data-button="btn_late"]`)),
		visible(in("li.lei", `[data-testid="toast"][data-type="error"]`)))
}

// formsStay: an update of another card, and of the same one, leaves what was typed; the form arrives as typed.
func formsStay(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/", 1440, 900)
	form := v.fake.post(cardMessage("li.lei", formCard))
	other := v.fake.post(cardMessage("li.lei", decideCard))
	item := in("li.lei", `[name="item"]`)
	v.do("type half", visible(item), keys(item, "显示器"))
	v.do("pick", click(in("li.lei", `[data-picker="owner"] button`)), click(in("li.lei", `[data-option="zhao.min"]`)))
	v.fake.replace(other, agreedCard)
	v.until("the other card changes", `document.querySelector('[data-message-id="`+other+`"] [data-testid="card-tag"]').textContent === '已通过'`)
	if got := v.text(`document.querySelector('[data-person="li.lei"] [name="item"]').value`); got != "显示器" {
		t.Errorf("after another card's update the field holds %q", got)
	}
	v.fake.replace(form, strings.Replace(formCard, "填好后交给直属主管", "金额不能是文字", 1))
	v.until("the same card changes", `document.querySelector('[data-person="li.lei"] .fc-subtitle')?.textContent === '金额不能是文字'`)
	v.do("go on", keys(in("li.lei", `[name="amount"]`), "1999"), click(in("li.lei", `[data-button="btn_submit"]`)),
		visible(in("li.lei", `[data-testid="toast"][data-type="success"]`)))
	want := []pressed{{"li.lei", form, "btn_submit", map[string]any{
		"item": "显示器", "amount": "1999", "needed": "", "owner": "zhao.min", "why": ""}}}
	if diff := cmp.Diff(want, v.fake.pressed()); diff != "" {
		t.Error(diff)
	}
}

// addressKeeps: columns, chats and the drawer are in the address; opening and closing change it.
func addressKeeps(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/?c=wang.fang~"+group+"&c=nobody&c=li.lei&c=li.lei&console=faults", 1440, 900)
	who := `[...document.querySelectorAll('.column')].map((c) => c.dataset.person + ':' + c.dataset.chat).join(' ')`
	want := "wang.fang:" + group + " li.lei:" + direct("li.lei")
	if got := v.text(who); got != want {
		t.Fatalf("columns %q, want %q", got, want)
	}
	v.do("find a colleague", click(`[data-testid="add-column"]`), keys(`#add input[type="search"]`, "市场部 刘"))
	v.until("one is left", `document.querySelectorAll('.colleague:not([hidden])').length === 1`)
	v.shot("desktop-add")
	v.do("open and close", keys(`#add input[type="search"]`, "\r"), visible(in("liu.yang", ".who")),
		click(in("wang.fang", `[data-testid="close-column"]`)),
		click(in("li.lei", `[data-testid="chat-item"][data-type="group"]`)))
	v.until("the address follows", `location.search === '?c=li.lei~`+group+`&c=liu.yang&on=liu.yang&console=faults'`)
	v.do("load again", chromedp.Reload(), visible(`html[data-live="on"]`))
	if got, want := v.text(who), "li.lei:"+group+" liu.yang:"+direct("liu.yang"); got != want {
		t.Errorf("after loading again %q, want %q", got, want)
	}
	v.do("speak in the group", click(in("li.lei", `[data-testid="chip"]`)), visible(in("li.lei", `[name="item"]`)))
	v.shot("desktop-group")
}

// phone: 375 px wide, one column at a time, nothing to scroll sideways.
func phone(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/", 375, 812)
	wide := `document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('.column.on .messages, .top, .compose')].some((e) => e.scrollWidth > e.clientWidth)`
	v.shot("phone-empty")
	if got := v.text(`[...document.querySelectorAll('.column')].filter((c) => c.offsetParent).length`); got != "1" {
		t.Errorf("%s columns can be seen", got)
	}
	v.do("write", keys(in("li.lei", `[data-testid="composer"]`), "采购\r"), visible(in("li.lei", `[name="item"]`)))
	v.shot("phone-form")
	if got := v.text(wide); got != "false" {
		t.Error("the page with a form is wider than the phone")
	}
	v.do("hand in", keys(in("li.lei", `[name="item"]`), "机械键盘"), keys(in("li.lei", `[name="amount"]`), "300"),
		click(in("li.lei", `[data-button="btn_submit"]`)))
	v.do("the manager has something unread", visible(`[data-switch="han.meimei"] .badge`))
	if got := v.text(`document.querySelector('[data-switch="han.meimei"] .badge').textContent`); got != "1" {
		t.Errorf("unread %s, want 1", got)
	}
	v.do("switch", click(`[data-switch="han.meimei"]`), visible(in("han.meimei", `[data-button="btn_agree"]`)))
	v.until("seen is read", `!document.querySelector('[data-switch="han.meimei"] .badge')`)
	v.shot("phone-decide")
	if got := v.text(wide); got != "false" {
		t.Error("the page with a card is wider than the phone")
	}
	v.do("look behind", click(`[data-testid="console"]`), visible(`[data-testid="log-row"]`))
	v.shot("phone-log")
	if got := v.text(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
		t.Error("the drawer is wider than the phone")
	}
}

// drawer: the log grows while it is open, a fault reaches the suite, credentials and a card's JSON can be read.
func drawer(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/?console=log", 1440, 900)
	v.do("say something", click(in("li.lei", `[data-testid="chip"]`)))
	v.until("both directions are in the log", `document.querySelector('.dir-in') && document.querySelector('.dir-out')`)
	v.shot("desktop-log")
	v.do("turn a fault on", click(`[role="tab"][data-tab="faults"]`), keys(`[data-fault-api]`, "/im/v1/messages"),
		click(`[data-fault="rate_limit"]`), visible(`.fault-said.good`))
	v.shot("desktop-faults")
	v.fake.mu.Lock()
	got := slices.Clone(v.fake.faults)
	v.fake.mu.Unlock()
	want := []simulator.Fault{{Suite: "feishu", Kind: "rate_limit", Times: 1, API: "/im/v1/messages"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	v.do("read credentials", click(`[role="tab"][data-tab="access"]`), visible(`[data-testid="connection"]`))
	if text := v.text(`document.querySelector('[data-testid="connection"]').textContent`); !strings.Contains(text, "pD4nF0rTests") {
		t.Errorf("no secret in %q", text)
	}
	v.shot("desktop-access")
	v.do("read a card's JSON", click(in("li.lei", `[data-testid="raw"]`)), visible(`[data-testid="raw-json"]`))
	var shown, sent any
	if err := json.Unmarshal([]byte(v.text(`document.querySelector('[data-testid="raw-json"]').textContent`)), &shown); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(formCard), &sent); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, shown); diff != "" {
		t.Error(diff)
	}
	v.shot("desktop-raw")
}

// markupStaysText: HTML in a message, a card and a label is shown, not run; nothing is fetched from elsewhere.
func markupStaysText(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/", 1440, 900)
	const evil = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`
	v.fake.post(simulator.Message{Chat: direct("li.lei"), From: "bot", Kind: "text", Text: evil})
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	v.fake.post(cardMessage("li.lei", strings.NewReplacer(`"采购内容"`, string(quoted), `"使用人"`, string(quoted)).Replace(formCard)))
	v.do("open the picker that carries it", visible(in("li.lei", `[name="item"]`)), click(in("li.lei", `[data-picker="owner"] button`)))
	v.do("say it too", keys(in("li.lei", `[data-testid="composer"]`), evil+"\r"))
	v.until("all are there", `document.querySelectorAll('[data-person="li.lei"] .msg').length === 3`)
	if got := v.text(`document.querySelector('[data-person="li.lei"] .bubble').textContent`); got != evil {
		t.Errorf("the message reads %q", got)
	}
	if got := v.text(`document.querySelectorAll('.column img, .column script').length + document.title`); got != "0鹊桥 Magpie · 演示" {
		t.Errorf("elements and title: %q", got)
	}
	foreign := v.text(`performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !n.startsWith(location.origin)).join(' ')`)
	if foreign != "" {
		t.Errorf("fetched from elsewhere: %s", foreign)
	}
}

// byKeyboard: a picker is searched and closed, a picked person shows, without a mouse.
func byKeyboard(t *testing.T, b context.Context) {
	v := open(t, b, "/sim/?c=li.lei", 1440, 900)
	v.fake.post(cardMessage("li.lei", formCard))
	box := in("li.lei", `[data-picker="owner"] .fc-picker-box`)
	v.do("open", visible(box), keys(box, "\r"), visible(in("li.lei", ".fc-pop input")))
	v.do("search and choose the second", keys(in("li.lei", ".fc-pop input"), "财务"+kb.ArrowDown+"\r"))
	v.until("it is chosen", `document.querySelector('[data-picker="owner"] input[name="owner"]')?.value === 'zhao.min'`)
	v.until("the list is closed and the box has the focus", `!document.querySelector('.fc-pop') && document.activeElement.matches('.fc-picker-box')`)
	v.do("open and leave", keys(box, "\r"), visible(in("li.lei", ".fc-pop input")), keys(in("li.lei", ".fc-pop input"), kb.Escape))
	v.until("it is closed", `!document.querySelector('.fc-pop')`)
}

func cardMessage(person, card string) simulator.Message {
	return simulator.Message{Chat: direct(person), From: "bot", Kind: "card", Card: json.RawMessage(card)}
}
