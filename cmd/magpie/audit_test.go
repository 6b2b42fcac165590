package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"magpie/store"
	"magpie/workflows"
)

// A request that has ended: the trail names the cards that were pressed; erased, its text is on no card any more,
// and the trail still holds together and leads to what is stored.
func TestErasedRequest(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.purchase("li.lei", "键盘", "300")
	l.told("han.meimei", l.cardWith("han.meimei", "同意", "键盘"), "同意", map[string]any{"opinion": "可以的"}, "success", "已同意")
	l.everybody(map[string][]string{"li.lei": {"键盘", "已通过"}, "han.meimei": {"键盘", "可以的"}, "chen.jie": {"键盘"}})
	s, ctx := l.app.Store(), t.Context()
	mine, err := s.StartedWork(ctx, "li.lei", 0, 5)
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	id := mine[0].ID
	trail, err := s.TrailOf(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	pressed := map[string]bool{}
	for _, e := range trail {
		if e.Card != "" {
			pressed[e.Actor+" "+e.Kind] = len(e.Card) == 64
		}
	}
	if !pressed["li.lei submitted"] || !pressed["han.meimei voted"] {
		t.Errorf("the trail names the cards of %v", pressed)
	}
	if _, err := s.MakeHead(ctx); err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	e := eraser{s: s, out: &out, o: store.EraseOptions{By: "root", Reason: "request 7", Fold: fold}}
	if err := e.run(ctx, id, ""); err != nil || !strings.Contains(out.String(), "of 1 instances erased") {
		t.Fatalf("erase: %v\n%s", err, out.String())
	}
	l.everybody(map[string][]string{
		"li.lei": {workflows.TextErased, "已通过"}, "han.meimei": {workflows.TextErased, "已同意"}, "chen.jie": {workflows.TextErased},
	})
	for _, p := range []string{"li.lei", "han.meimei", "chen.jie"} {
		for _, m := range l.cards(p) {
			if strings.Contains(m.Text, "键盘") || strings.Contains(m.Text, "可以的") {
				t.Errorf("the card of %s still says it: %s", p, m.Text)
			}
		}
		if n := len(l.cards(p)); n != 1 {
			t.Errorf("%s has %d cards", p, n)
		}
	}
	l.nothingMore()
	a, err := s.Audit(ctx, store.AuditOptions{Fold: fold})
	if err != nil || !a.OK() || a.Erased == 0 || a.Heads != 1 {
		t.Errorf("audit: %+v, %v", a, err)
	}
	// Another one is running: erasing a person says so, and leaves it.
	l.purchase("li.lei", "屏幕", "300")
	l.cardWith("han.meimei", "同意", "屏幕")
	out.Reset()
	e = eraser{s: s, out: &out, o: e.o}
	if err := e.run(ctx, "", "li.lei"); err != nil || e.running != 1 || !strings.Contains(out.String(), "left alone") || !strings.Contains(out.String(), "still in the directory") {
		t.Errorf("erase a person: %v\n%s", err, out.String())
	}
	l.cardWith("han.meimei", "同意", "屏幕")
}

// A server closes the days that are over, adds them to the file and tells somebody, once each.
func TestDailyHeads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "heads.jsonl")
	l := startDemoWith(t, "webhook", func(l *live) {
		l.app.config().Audit.Heads, l.app.config().Audit.Tell = path, "zhang.wei"
	})
	l.purchase("li.lei", "键盘", "300")
	l.cardWith("han.meimei", "同意", "键盘")
	ctx, s := t.Context(), l.app.Store()
	for range 2 {
		if err := l.app.closeDaysOnce(ctx); err != nil {
			t.Fatal(err)
		}
	}
	last, err := s.LastHead(ctx)
	if err != nil || last.N != 1 || last.Day == "" {
		t.Fatalf("%+v, %v", last, err)
	}
	read := func() []store.Head {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var list []store.Head
		for line := range bytes.Lines(b) {
			var h store.Head
			if err := json.Unmarshal(line, &h); err != nil {
				t.Fatal(err)
			}
			list = append(list, h)
		}
		return list
	}
	if got := read(); len(got) != 1 || got[0].Hash != last.Hash || got[0].Sum() != last.Hash {
		t.Errorf("the file has %+v", got)
	}
	told := func() (n int) {
		all, err := l.whose("zhang.wei").sim.Messages("zhang.wei", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if strings.Contains(m.Text, last.Hash) {
				n++
			}
		}
		return n
	}
	eventually(t, "zhang.wei is told", func() bool { return told() == 1 })
	// A line that was cut off while it was written is written anew.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"n":2,"day":"20`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := s.MakeHead(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.app.closeDaysOnce(ctx); err != nil {
		t.Fatal(err)
	}
	if got := read(); len(got) != 2 || !slices.ContainsFunc(got, func(h store.Head) bool { return h.Hash == second.Hash }) {
		t.Errorf("the file has %+v", got)
	}
	if err := os.WriteFile(path, []byte("my own notes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.app.closeDaysOnce(ctx); err == nil || !strings.Contains(err.Error(), "something else than heads") {
		t.Errorf("wrote into a file of somebody else: %v", err)
	}
}
