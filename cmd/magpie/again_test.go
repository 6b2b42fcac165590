package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is done once more by hand: a timer that waits is not fired by it, and a "no" says what it is about.
func TestAgainByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	base, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- demo(ctx, demoOptions{addr: "127.0.0.1:0", data: dir, transport: "webhook", log: slog.New(slog.DiscardHandler),
			out: &bytes.Buffer{}, started: func(b string) { base <- b }})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	run := func(args ...string) (string, error) {
		root := newRoot()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append(args, "-c", filepath.Join(dir, "magpie.yaml")))
		err := root.ExecuteContext(ctx)
		return out.String(), err
	}
	res, err := http.Post(<-base+"/sim/api/say", "application/json", strings.NewReader(`{"suite":"feishu","person":"li.lei","text":"采购"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()

	var timer, event struct{ ID string }
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); timer.ID == ""; {
		select {
		case <-end:
			t.Fatal("no timer was set")
		case <-tick.C:
		}
		out, err := run("outbox", "list", "--queue", "timer", "--json", "--limit", "1")
		if err != nil {
			t.Fatal(err)
		}
		if out != "" {
			if err := json.Unmarshal([]byte(out), &timer); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := run("inbox", "list", "--json", "--limit", "1")
	if err != nil || json.Unmarshal([]byte(out), &event) != nil {
		t.Fatal(out, err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"outbox", "retry", timer.ID}, "would fire at once"},
		{[]string{"outbox", "retry", "card/nothing/here"}, "there is no message card/nothing/here"},
		{[]string{"inbox", "replay", event.ID}, "--again"},
		{[]string{"inbox", "replay", "nothing"}, "there is no event nothing"},
	} {
		if _, err := run(c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("magpie %s: %v, want %q", strings.Join(c.args, " "), err, c.want)
		}
	}
	if out, _ := run("outbox", "list", "--queue", "timer"); !strings.Contains(out, timer.ID) {
		t.Errorf("the timer is gone:\n%s", out)
	}
}
