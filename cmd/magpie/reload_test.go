package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// A saved file counts for the next request; a running one goes on as it began; a broken file changes nothing
// and is reported.
func TestReload(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	file := filepath.Join(l.dir, "workflows", "purchase.yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	l.purchase("li.lei", "旧的", "300")
	old := l.cardWith("han.meimei", "同意", "旧的", "直属主管")

	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The manager's step is called something else, and finance is asked from 100 on.
	changed := strings.NewReplacer("name: 直属主管", "name: 顶头上司", "form.amount >= 5000", "form.amount >= 100").Replace(string(src))
	changed = changed[:strings.Index(changed, "tests:")]
	save(changed)
	eventually(t, "the file counts", func() bool { return strings.Contains(l.log.String(), "configuration in force") })
	l.purchase("ma.chao", "新的", "300")
	asked := l.cardWith("xu.yang", "同意", "新的", "顶头上司")
	l.told("xu.yang", asked, "同意", nil, "success", "已同意")
	l.cardWith("wang.fang", "同意", "新的")
	l.told("han.meimei", old, "同意", nil, "success", "已同意")
	l.card("li.lei", "旧的", "已通过", "直属主管")

	save(strings.Replace(changed, "type: money", "type: muney", 1))
	body := ""
	eventually(t, "/readyz says that the file is broken", func() bool {
		_, body = get(t, l.base+"/readyz")
		return strings.Contains(body, "config_error") && strings.Contains(body, "muney")
	}, func() string { return body })
	if !l.ready() {
		t.Error("a broken file takes a running Magpie out: the last good one is in force")
	}
	l.purchase("feng.xue", "还行", "50")
	l.cardWith("xu.yang", "同意", "还行", "顶头上司")

	save(string(src))
	eventually(t, "/readyz forgets the mistake", func() bool {
		_, body = get(t, l.base+"/readyz")
		return !strings.Contains(body, "config_error")
	}, func() string { return body })
	l.clean()
}

// Open, Run and Close leave nothing behind.
func TestNothingIsLeftRunning(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			l := startDemo(t, transport)
			l.purchase("li.lei", "钥匙", "10")
			l.told("han.meimei", l.cardWith("han.meimei", "同意", "钥匙"), "同意", nil, "success", "已同意")
			l.card("li.lei", "已通过")
			l.stop()
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}

// A page that listens does not hold the demo up when it is stopped.
func TestDemoStopsWithAPageOpen(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.base+"/sim/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 6)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "retry:" {
		t.Fatalf("the stream begins with %q: %v", first, err)
	}
	l.stop()
	if strings.Contains(l.log.String(), "cut off") { // after the 10 s that the server gives to calls in hand
		t.Error("the page held it up until it was cut off")
	}
}
