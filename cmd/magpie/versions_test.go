package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/store"
)

// command runs a command on the folder of a running Magpie.
func (l *live) command(args ...string) (string, error) {
	l.t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append(args, "-c", filepath.Join(l.dir, "magpie.yaml")))
	err := root.ExecuteContext(l.t.Context())
	return out.String(), err
}

// says runs a command that must work and say all of the words.
func (l *live) says(args []string, words ...string) string {
	l.t.Helper()
	out, err := l.command(args...)
	if err != nil {
		l.t.Fatalf("magpie %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			l.t.Errorf("magpie %s does not say %q:\n%s", strings.Join(args, " "), w, out)
		}
	}
	return out
}

// A flow changes while requests run: what it means is told before, requests are moved with a report, their cards
// are drawn anew, and the story of each can be told.
func TestVersionsOfARunningFlow(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	file := filepath.Join(l.dir, "workflows", "purchase.yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// One that is over, for the replay, and one that runs.
	l.purchase("li.lei", "先买的", "300")
	l.told("han.meimei", l.cardWith("han.meimei", "同意", "先买的"), "同意", nil, "success", "已同意")
	l.card("li.lei", "先买的", "已通过")
	l.purchase("li.lei", "正在买的", "6000")
	open := l.cardWith("han.meimei", "同意", "正在买的", "直属主管")

	said, err := l.app.Store().InboxList(t.Context(), store.Filter{Kind: string(event.KindMessage)})
	if err != nil || len(said) == 0 {
		t.Fatalf("%d messages: %v", len(said), err)
	}
	l.says([]string{"explain", said[0].ID}, "asked leave: no", `"采购" is none of its commands`, "asked purchase: yes", "李雷 (li.lei)", "result stepped: a request took it", " started ")
	pressed, err := l.app.Store().InboxList(t.Context(), store.Filter{Kind: string(event.KindCardAction)})
	if err != nil || len(pressed) == 0 {
		t.Fatalf("%d presses: %v", len(pressed), err)
	}
	l.says([]string{"explain", pressed[0].ID}, "press of submit on the card", "the person was told: 已提交", " submitted ", "正在买的")
	if out, err := l.command("explain", "99999999"); err == nil || !strings.Contains(err.Error(), "no event and no request") {
		t.Errorf("%v\n%s", err, out)
	}
	in, err := l.app.Store().LoadInstance(t.Context(), pressed[0].Instance)
	if err != nil {
		t.Fatal(err)
	}
	l.says([]string{"explain", in.ID}, "正在买的", "running of purchase", "the version in force", "提交申请", "waits for han.meimei at leader/1/0", "直属主管 (leader)", "card initiator by feishu")

	// Finance is asked from 100 on, the manager's step is called otherwise, and the form has a field more.
	changed := strings.NewReplacer("name: 直属主管", "name: 顶头上司", "form.amount >= 5000", "form.amount >= 100", "  - {id: needed,", "  - {id: extra, type: text, label: 补充}\n  - {id: needed,").Replace(string(src))
	changed = changed[:strings.Index(changed, "tests:")]
	next := t.TempDir()
	if err := os.CopyFS(next, os.DirFS(filepath.Join(l.dir, "workflows"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(next, "purchase.yaml"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	diff := []string{"diff", filepath.Join(l.dir, "workflows"), next, "--replay", "1d", "--verbose"}
	l.says(diff, "采购申请 (purchase)", "conditions: 财务审核 (finance) is asked when form.amount >= 100, until now when form.amount >= 5000",
		"words: 直属主管 (leader) is now called 顶头上司", "fields: the field 补充 (extra) is added", "1 running: 0 unaffected, 1 can migrate, 0 blocked",
		"2 recorded: 1 the same, 1 otherwise, 0 could not be done again", "running, waits for finance: wang.fang, finance: zhao.min instead of approved")
	var report diffReport
	if out := l.says(append(diff, "--json")); json.Unmarshal([]byte(out), &report) != nil || len(report.Flows) != 1 || report.Flows[0].Running.Fit != 1 || len(report.Flows[0].Replay.Differ) != 1 {
		t.Errorf("%s", out)
	}

	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file counts", func() bool { return strings.Contains(l.log.String(), "configuration in force") })
	l.says([]string{"explain", in.ID}, "an older version")
	move := []string{"migrate-instances", "--to", "purchase"}
	l.says(move, "正在买的 ¥6,000: can_migrate", "0 moved, 1 can be moved", "nothing was changed")
	l.says(append(move, "--apply"), "正在买的 ¥6,000: moved", "1 moved")
	l.says(append(move, "--apply"), "0 moved, 0 can be moved, 1 on this version already")
	l.card("han.meimei", "正在买的", "顶头上司") // the card that was there shows the new name
	l.says([]string{"explain", in.ID}, "the version in force", "流程换到新版本")
	l.told("han.meimei", open, "同意", nil, "success", "已同意")
	l.cardWith("wang.fang", "同意", "正在买的")

	plan := filepath.Join(next, "plan.yaml")
	if err := os.WriteFile(plan, []byte("workflow: leave\nmpa: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.command("migrate-instances", "--plan", plan); err == nil || !strings.Contains(err.Error(), "did you mean map?") {
		t.Errorf("a misspelt plan: %v", err)
	}
	l.clean()
}

// A calendar that learns a year has open deadlines computed anew, with a line in the trail and in the log.
func TestCalendarLearnsAYear(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.purchase("li.lei", "日历", "300")
	l.cardWith("han.meimei", "同意", "日历")
	tasks, err := l.app.Store().OpenTasks(t.Context(), "han.meimei", 10)
	if err != nil || len(tasks) != 1 {
		t.Fatalf("%v %v", tasks, err)
	}
	was := tasks[0].DueAt
	eventually(t, "the calendar is known", func() bool {
		v, err := l.app.Store().Setting(t.Context(), calendarSetting)
		return err == nil && len(v) > 0
	})
	// From now on the whole year of the deadline is off.
	year := was.Year()
	holidays := filepath.Join(l.dir, "off.yaml")
	text := fmt.Sprintf("country: cn\nyear: %d\nversion: test\nholidays:\n  - {name: 放假, from: %d-01-01, to: %d-12-31}\n", year, year, year)
	if err := os.WriteFile(holidays, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(l.dir, "magpie.yaml")
	src, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(src, []byte("\n  country: cn\n")) {
		t.Fatalf("the sample says nothing of the country:\n%s", src)
	}
	if err := os.WriteFile(main, bytes.Replace(src, []byte("\n  country: cn\n"), []byte("\n  country: cn\n  holidays: [off.yaml]\n"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deadline moves", func() bool {
		tasks, err := l.app.Store().OpenTasks(t.Context(), "han.meimei", 10)
		return err == nil && len(tasks) == 1 && tasks[0].DueAt.Sub(was) > 24*time.Hour
	}, func() string { return l.log.String() })
	l.says([]string{"explain", tasks[0].Instance}, "工作日历更新，期限重新计算")
	eventually(t, "the log says so", func() bool { return strings.Contains(l.log.String(), "another working calendar is in force") })
	l.clean()
}
