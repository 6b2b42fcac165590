package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/desk"
)

// What is exported verifies without us, opens in a spreadsheet without computing anything, and can be printed.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.purchase("li.lei", "=HYPERLINK(1)", "10005.05")
	l.told("han.meimei", l.cardWith("han.meimei", "同意", "HYPERLINK"), "同意", map[string]any{"opinion": "+1 <b>可以</b>"}, "success", "已同意")
	l.cardWith("wang.fang", "同意", "HYPERLINK")
	ctx, s := t.Context(), l.app.Store()
	mine, err := s.StartedWork(ctx, "li.lei", 0, 5)
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	p := l.app.live.Get().project
	known := map[string]workflows.Program{}
	exportIn := func(lang, format string, f store.TrailFilter) []byte {
		t.Helper()
		e := exporter{s: s, lang: lang, loc: p.cfg.Server.Location, program: func(s *store.Store, in workflows.Instance) (workflows.Program, error) {
			return pinned(ctx, s, p, known, in)
		}}
		var b bytes.Buffer
		end, err := e.format(format, &b)
		if err == nil {
			err = s.EachInstance(ctx, f, func(in workflows.Instance) error { return e.add(ctx, in) })
		}
		if err == nil {
			err = end()
		}
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		return b.Bytes()
	}
	export := func(format string, f store.TrailFilter) []byte {
		t.Helper()
		return exportIn("zh", format, f)
	}
	all := export("jsonl", store.TrailFilter{})
	n := 0
	for line := range bytes.Lines(all) {
		var x exported
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, x.At)
		if err != nil {
			t.Fatal(err)
		}
		e := workflows.Entry{
			Instance: x.Instance, Seq: x.Seq, At: at, Kind: x.Kind, Actor: x.Actor, Event: x.Event, Data: json.RawMessage(x.Data), Card: x.Card, PrevHash: x.Prev, Salt: x.Salt,
		}
		if x.Private != nil {
			e.Private = json.RawMessage(*x.Private)
			if workflows.PrivateDigest(e) != x.Digest {
				t.Errorf("entry %d: its private part does not fit", x.Seq)
			}
		}
		if workflows.HashEntry(e, x.Digest) != x.Hash {
			t.Errorf("entry %d does not fit its hash", x.Seq)
		}
		n++
	}
	if n < 8 {
		t.Errorf("%d entries", n)
	}
	verifyAsDocumented(t, all)
	for _, f := range []store.TrailFilter{{Instance: mine[0].ID}, {Workflow: "purchase"}, {From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}} {
		if got := export("jsonl", f); !bytes.Equal(got, all) {
			t.Errorf("%+v gives something else", f)
		}
	}
	for _, f := range []store.TrailFilter{{Workflow: "leave"}, {From: time.Now().Add(time.Hour)}, {To: time.Now().Add(-time.Hour)}} {
		if got := export("jsonl", f); len(got) != 0 {
			t.Errorf("%+v gives %s", f, got)
		}
	}

	table := export("csv", store.TrailFilter{})
	if !bytes.HasPrefix(table, []byte("\ufeff")) {
		t.Error("the table has no mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(table[3:])).ReadAll()
	if err != nil || len(rows) != n+1 {
		t.Fatalf("%d rows for %d entries, %v", len(rows), n, err)
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[9] == "'+1 <b>可以</b>" && r[6] == "韩梅梅" && len(r[10]) == 64 }) {
		t.Errorf("the decision is not in the table:\n%s", table)
	}
	for _, r := range rows {
		for _, cell := range r {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a formula: %s", cell)
			}
		}
	}

	page := string(export("html", store.TrailFilter{}))
	for _, want := range []string{"<!DOCTYPE html>", "size: A4", "壹万零伍元零伍分", "¥10,005.05", "+1 &lt;b&gt;可以", "韩梅梅", "所见卡片摘要", "核验结果：记录完整", mine[0].Head[:20], "</html>"} {
		if !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "<b>可以") {
		t.Error("the page takes text for markup")
	}
	// In English the page's own words are English; what the flow and people wrote stays as it is.
	page = string(exportIn("en", "html", store.TrailFilter{}))
	for _, want := range []string{`<html lang="en-US">`, "size: A4", "Started by", "In progress", "What happened", "in capitals: 壹万零伍元零伍分", "¥10,005.05", "+1 &lt;b&gt;可以", "Digest of the card seen", "Verified: the record is whole", "</html>"} {
		if !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), want) {
			t.Errorf("the English page does not say %q", want)
		}
	}
	for _, not := range []string{"核验", "状态", "已通过", "已同意", "经过", "大写", "打印", "末条"} {
		if strings.Contains(page, not) {
			t.Errorf("the English page says %q", not)
		}
	}
	// What the desk keeps has a trail too, and no page.
	for _, item := range []string{"键盘", "鼠标"} {
		l.purchase("li.lei", item, "800")
		l.cardWith("han.meimei", "同意", item)
	}
	l.say("han.meimei", "同意")
	l.cardWith("han.meimei", "同意", "是哪一项")
	if page := string(export("html", store.TrailFilter{})); strings.Count(page, "<article") != 3 {
		t.Errorf("%d sheets, want 3", strings.Count(page, "<article"))
	}
	if lines := export("jsonl", store.TrailFilter{Workflow: desk.ProgramID}); !bytes.Contains(lines, []byte(`"kind":"started"`)) || len(export("csv", store.TrailFilter{})) == 0 {
		t.Errorf("of the desk: %s", lines)
	}
	// The same for an employee, with a style sheet of its own; for a stranger nothing.
	v := newVisitor(t, "han.meimei")
	v.get(linkOf(t, l.card("han.meimei", "HYPERLINK")))
	status, body := v.get(l.base + "/m/i/" + mine[0].ID + "/print")
	if status != 200 || !strings.Contains(body, "壹万零伍元零伍分") || !strings.Contains(body, "/m/assets/print.css?v=") || strings.Contains(body, "<style>") {
		t.Errorf("the page for paper: %d %s", status, body)
	}
	status, body = v.get(l.base + "/m/i/" + mine[0].ID + "/print?lang=en")
	if status != 200 || !strings.Contains(body, "Verified: the record is whole") || strings.Contains(body, "核验") || strings.Contains(body, "已通过") {
		t.Errorf("the page for paper in English: %d %s", status, body)
	}
	if status, body := v.get(l.base + "/m/i/" + mine[0].ID); status != 200 || !strings.Contains(body, "/print") {
		t.Errorf("the request's page has no way to it: %d", status)
	}
	other := newVisitor(t, "zhang.wei")
	if status, body := other.get(l.base + "/m/i/" + mine[0].ID + "/print"); status == 200 || strings.Contains(body, "壹万") {
		t.Errorf("a stranger sees %d %s", status, body)
	}
}

// verifyAsDocumented runs the few lines of the manual, where there is a Python.
func verifyAsDocumented(t *testing.T, lines []byte) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		return
	}
	md, err := os.ReadFile(filepath.Join("..", "..", "docs", "audit.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(md), "```python\n")
	code, _, ok := strings.Cut(code, "```")
	if !ok {
		t.Fatal("the manual has no Python")
	}
	path := filepath.Join(t.TempDir(), "trail.jsonl")
	run := func(b []byte) (string, error) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "-c", code, path).CombinedOutput()
		return string(out), err
	}
	if out, err := run(lines); err != nil || !strings.HasSuffix(strings.TrimSpace(out), "instances, 0 bad") {
		t.Errorf("as the manual verifies it: %v\n%s", err, out)
	}
	if out, err := run(bytes.Replace(lines, []byte(`"actor":"han.meimei"`), []byte(`"actor":"wang.fang"`), 1)); err == nil || !strings.Contains(out, "1 bad") {
		t.Errorf("an altered line: %v\n%s", err, out)
	}
}

func TestNoFormula(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "键盘": "键盘", "a=b": "a=b", "=1+1": "'=1+1", "+86": "'+86", "-1": "'-1", "@SUM": "'@SUM", "\t=1": "'\t=1", " =1": "' =1", "＝1": "'＝1", "\r\n-2": "'\r\n-2", " ": " ",
	} {
		if got := noFormula(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestDaysOf(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("x", 8*3600)
	a, b, err := daysOf("2026-10-01", "2026-10-31", loc)
	if err != nil || !a.Equal(time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC)) || !b.Equal(time.Date(2026, 10, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%v to %v, %v", a, b, err)
	}
	for _, bad := range [][2]string{{"1.10.2026", ""}, {"", "x"}, {"2026-10-02", "2026-10-01"}} {
		if _, _, err := daysOf(bad[0], bad[1], loc); err == nil {
			t.Errorf("took %v", bad)
		}
	}
}
