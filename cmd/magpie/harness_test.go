package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"magpie/simulator"
	simfeishu "magpie/simulator/feishu"
	"magpie/store"
)

// asMagpie in the environment makes the test binary the program itself, so that tests start real processes.
const asMagpie = "MAGPIE_TEST_AS_MAGPIE"

func TestMain(m *testing.M) {
	if os.Getenv(asMagpie) == "1" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:])
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// patience is how long a condition may take on a busy machine before a test fails.
const patience = 90 * time.Second

// eventually polls a condition until it holds. why, if any, describes what was there instead.
func eventually(t *testing.T, what string, holds func() bool, why ...func() string) {
	t.Helper()
	eventuallyIn(t, patience, what, holds, why...)
}

func eventuallyIn(t *testing.T, d time.Duration, what string, holds func() bool, why ...func() string) {
	t.Helper()
	if !inTime(d, holds) {
		seen := ""
		for _, f := range why {
			seen += "\n" + f()
		}
		t.Fatalf("after %s still not: %s%s", d, what, seen)
	}
}

// inTime polls a condition until it holds, and tells whether it did in time.
func inTime(d time.Duration, holds func() bool) bool {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-end.C:
			return holds()
		case <-tick.C:
		}
	}
	return true
}

// logBook is a log that tests read while it is written.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// persons are the people of one simulated suite, as the tests play them.
type persons struct {
	t   *testing.T
	sim simulator.Suite
}

// say writes to the bot.
func (p persons) say(person, text string) {
	p.t.Helper()
	if _, err := p.sim.Say(p.t.Context(), person, "", text); err != nil {
		p.t.Fatalf("%s says %q: %v", person, text, err)
	}
}

// cards are the bot's cards in a person's own chat that say all of the words, oldest first.
func (p persons) cards(person string, words ...string) []simulator.Message {
	p.t.Helper()
	all, err := p.sim.Messages(person, "")
	if err != nil {
		p.t.Fatalf("messages of %s: %v", person, err)
	}
	return slices.DeleteFunc(all, func(m simulator.Message) bool {
		if m.Kind != "card" || m.From != "bot" {
			return true
		}
		for _, w := range words {
			if !strings.Contains(m.Text, w) {
				return true
			}
		}
		return false
	})
}

// card waits until a person has just one card that says all of the words, and returns it.
func (p persons) card(person string, words ...string) simulator.Message {
	p.t.Helper()
	var found []simulator.Message
	eventually(p.t, fmt.Sprintf("%s has one card that says %v", person, words), func() bool {
		found = p.cards(person, words...)
		return len(found) == 1
	}, func() string { return p.seen(person) })
	return found[0]
}

// cardWith waits for a card with a button that can be pressed.
func (p persons) cardWith(person, button string, words ...string) simulator.Message {
	p.t.Helper()
	var found simulator.Message
	eventually(p.t, fmt.Sprintf("%s has a card with the button %s that says %v", person, button, words), func() bool {
		for _, m := range p.cards(person, words...) {
			if hasButton(m, button) {
				found = m
				return true
			}
		}
		return false
	}, func() string { return p.seen(person) })
	return found
}

func hasButton(m simulator.Message, label string) bool {
	return slices.ContainsFunc(m.Buttons, func(b simulator.Button) bool { return b.Label == label && !b.Disabled })
}

// seen is everything that a person sees, for failures.
func (p persons) seen(person string) string {
	all, _ := p.sim.Messages(person, "")
	var b strings.Builder
	fmt.Fprintf(&b, "%s sees %d messages", person, len(all))
	for _, m := range all {
		fmt.Fprintf(&b, "\n- %s %s %s: %s", m.From, m.Kind, m.ID, strings.ReplaceAll(m.Text, "\n", " | "))
		for _, x := range m.Buttons {
			fmt.Fprintf(&b, " [%s]", x.Label)
		}
	}
	return b.String()
}

// press presses a button and returns what the person is told.
func (p persons) press(person string, m simulator.Message, button string, form map[string]any) simulator.PressResult {
	p.t.Helper()
	r, err := p.sim.Press(p.t.Context(), person, m.ID, button, form)
	if err != nil {
		p.t.Fatalf("%s presses %s: %v\n%s", person, button, err, p.seen(person))
	}
	return r
}

// told presses a button and wants to be told just that.
func (p persons) told(person string, m simulator.Message, button string, form map[string]any, kind, words string) {
	p.t.Helper()
	r := p.press(person, m, button, form)
	if r.Status != "ok" || r.Toast == nil || r.Toast.Type != kind || !strings.Contains(r.Toast.Content, words) {
		p.t.Errorf("%s presses %s: told %s %s, want %s %q", person, button, r.Status, toastText(r.Toast), kind, words)
	}
}

func toastText(t *simulator.Toast) string {
	if t == nil {
		return "nothing"
	}
	return t.Type + " " + t.Content
}

// purchase fills in the purchase form as a person and submits it.
func (p persons) purchase(person, item, amount string) {
	p.t.Helper()
	before := map[string]bool{} // by message: the card of an earlier one may be about to change
	for _, m := range p.cards(person) {
		before[m.ID] = true
	}
	p.say(person, "采购")
	var form simulator.Message
	eventually(p.t, person+" has the form", func() bool {
		for _, m := range p.cards(person, "待填写", "采购") {
			if !before[m.ID] {
				form = m
				return true
			}
		}
		return false
	}, func() string { return p.seen(person) })
	p.told(person, form, "提交", map[string]any{"item": item, "amount": amount}, "success", "已提交")
}

// live is Magpie in this process beside a simulated Feishu: what `magpie demo` runs.
type live struct {
	persons
	base string
	dir  string
	app  *App
	hub  *simulator.Hub
	log  *logBook
	stop func() // ends Run and waits for it; harmless twice
}

// knowsPeople waits until the directories were read: nobody speaks to a Magpie that doesn't know them yet.
func knowsPeople(t *testing.T, a *App) {
	t.Helper()
	select {
	case <-a.sync.Pulled():
	case <-time.After(patience):
		t.Fatal("the directories were not read")
	}
}

// startDemo runs the demo's parts in a folder that is thrown away.
func startDemo(t *testing.T, transport string) *live {
	t.Helper()
	return startDemoWith(t, transport, nil)
}

// startDemoWith lets prepare meddle with it before anything runs.
func startDemoWith(t *testing.T, transport string, prepare func(*live)) *live {
	t.Helper()
	return startDemoOf(t, transport, []string{"feishu"}, prepare)
}

// startDemoOf runs some of the suites; the persons of the result are those of the first.
func startDemoOf(t *testing.T, transport string, suites []string, prepare func(*live)) *live {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := prepareData(dir, false, suites); err != nil {
		t.Fatal(err)
	}
	book := &logBook{}
	base := "http://" + ln.Addr().String()
	d, err := openDemo(t.Context(), demoOptions{data: dir, transport: transport, suites: suites, log: book.logger()}, base)
	if err != nil {
		t.Fatal(err)
	}
	suite, err := d.hub.Suite(suites[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	l := &live{persons: persons{t, suite}, hub: d.hub, base: base, dir: dir, app: d.app, log: book}
	if prepare != nil {
		prepare(l)
	}
	go func() { ended <- d.app.Run(ctx, ln) }()
	l.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("run has not ended")
			return
		}
		if err := d.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(func() {
		l.stop()
		if t.Failed() {
			t.Logf("log:\n%s", tail(book.String(), 6000))
		}
	})
	eventually(t, "ready", func() bool { return l.ready() })
	knowsPeople(t, l.app)
	if transport == simfeishu.TransportWebsocket && suites[0] == "feishu" {
		// What is said before comes again, but only after 15 s.
		eventually(t, "the long connection is up", func() bool { return strings.Contains(l.log.String(), "the long connection is up") })
	}
	return l
}

// in is the people of one suite.
func (l *live) in(suite string) persons {
	l.t.Helper()
	s, err := l.hub.Suite(suite)
	if err != nil {
		l.t.Fatal(err)
	}
	return persons{l.t, s}
}

// whose is the people of the first suite that somebody has an account in.
func (l *live) whose(person string) persons {
	l.t.Helper()
	for _, name := range demoSuites {
		if s, err := l.hub.Suite(name); err == nil {
			if _, in := s.Account(person); in {
				return persons{l.t, s}
			}
		}
	}
	l.t.Fatalf("%s is in no suite that runs", person)
	return persons{}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func (l *live) ready() bool {
	status, _ := get(l.t, l.base+"/readyz")
	return status == http.StatusOK
}

// get fetches a page; status 0 when nobody answers.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := testClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

var testClient = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// clean checks that the trail holds, and that instances and tasks are what it leads to.
func (l *live) clean() {
	l.t.Helper()
	a, err := l.app.Store().Audit(l.t.Context(), store.AuditOptions{Fold: fold})
	if err != nil {
		l.t.Fatal(err)
	}
	if !a.OK() {
		b, _ := json.Marshal(a.Breaks)
		l.t.Errorf("the trail is broken: %s", b)
	}
}
