package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
)

// The doctor says what works and what does not, each with what to do, and one thing that is wrong does not hide the
// next.
func TestDoctor(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	look := func(code int, want ...string) {
		t.Helper()
		got, out, errs := magpie(t, o.dir, "doctor")
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("it does not say %q: %s%s", w, out, errs)
			}
		}
		if got != code {
			t.Errorf("it ends with %d, want %d: %s%s", got, code, out, errs)
		}
		secret := o.sim.Connections()[0].Credentials["app_secret"]
		if strings.Contains(out+errs, secret) {
			t.Error("it prints a secret")
		}
	}
	look(0, "ok    configuration: 3 workflows, 1 connections", "ok    store: magpie.db is not there yet", "ok    feishu-main: a token was given, and 7 departments",
		"ok    clock: it agrees with 127.0.0.1", "warn  configuration: ", "public_url is not set", "  disk: ", "0 can't work")
	s := o.serve(true)
	o.purchase("li.lei", "显示器", "800")
	o.card("li.lei", "显示器", "等待 韩梅梅")
	look(0, "ok    store: it answers, its schema fits; ", "0 can't work")
	s.terminate()

	good, err := os.ReadFile(o.path)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, now string) {
		t.Helper()
		text := strings.Replace(string(good), old, now, 1)
		if text == string(good) {
			t.Fatalf("%q is not in the configuration", old)
		}
		if err := os.WriteFile(o.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change("app_secret: ", "app_secret: wrong-")
	look(1, "bad   feishu-main: ", "-> a wrong id or secret: compare them", "1 can't work")
	change("{driver: sqlite, dsn: magpie.db}", `{driver: mysql, dsn: "u:geheim@tcp(127.0.0.1:1)/m"}`)
	look(1, "bad   store: ", "-> start the database", "ok    feishu-main: a token was given", "1 can't work")
	change("workflows: workflows/", "workflows: workflows/\nnonsense: 1")
	look(1, "bad   configuration: ", "nonsense", "so nothing else was looked at")
	change(`server: {addr: "127.0.0.1:0"`, `server: {public_url: "http://127.0.0.1:1", addr: "127.0.0.1:0"`)
	look(0, "is not https", "warn  public_url: ", "/healthz from a phone")
	if err := os.WriteFile(o.path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.sim.Fault(simulator.Fault{Kind: "server_error", Times: 1000, API: "/"}); err != nil {
		t.Fatal(err)
	}
	look(0, "warn  feishu-main: ", "-> try again")
}

// The clock is compared with all who answer; one of them may be wrong itself.
func TestDoctorReadsTheClock(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		sent, got time.Duration
		want      time.Duration
	}{
		"right": {0, time.Second, 0}, "within its second": {900 * time.Millisecond, time.Second, 0}, "ahead": {91 * time.Second, 92 * time.Second, 90 * time.Second},
		"behind": {-61 * time.Second, -60 * time.Second, -60 * time.Second},
	} {
		if got := skewOf(base.Add(c.sent), base.Add(c.got), base); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, c := range []struct {
		skew map[string]time.Duration
		want string
	}{
		{map[string]time.Duration{"a": 0, "b": time.Hour}, "ok it agrees with a"},
		{map[string]time.Duration{"a": 40 * time.Second}, "warn it is 40s ahead of a"},
		{map[string]time.Duration{"a": -time.Hour, "b": -2 * time.Hour}, "bad it is 1h0m0s behind a"},
	} {
		f := (&clockWatch{skew: c.skew}).findings()
		if len(f) != 1 || f[0].State+" "+f[0].What != c.want || (f[0].State == "ok") != (f[0].Do == "") {
			t.Errorf("%v: %+v, want %s", c.skew, f, c.want)
		}
	}
	if f := (&clockWatch{}).findings(); f != nil {
		t.Errorf("nobody answered, and it says %v", f)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "Sun, 22 Nov 2020 10:00:00 GMT") }))
	defer server.Close()
	w := &clockWatch{next: http.DefaultTransport, skew: map[string]time.Duration{}}
	res, err := (&http.Client{Transport: w}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if f := w.findings(); len(f) != 1 || f[0].State != "bad" || !strings.Contains(f[0].What, "ahead of 127.0.0.1") {
		t.Errorf("a clock of years ago: %+v", f)
	}
}
