package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestCheckNamesEveryMistake(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	if code, out, errs := magpie(t, o.dir, "check"); code != 0 || !strings.Contains(out, "good: 3 workflows") {
		t.Errorf("check of a good folder ended with %d: %s%s", code, out, errs)
	}
	bad := `kind: approval
id: bad
name: 坏的
start: {commands: [坏]}
form:
  - {id: amount, type: muney, label: 金额}
steps:
  - {id: leader, name: 主管, approve: {by: initiator.manger}}
  - {id: finance, if: form.amout > 5, approve: {by: role:finance}}
`
	if err := os.WriteFile(filepath.Join(o.dir, "workflows", "bad.yaml"), []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := magpie(t, o.dir, "check")
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		if strings.Contains(l, "bad.yaml") {
			lines = append(lines, l)
		}
	}
	if code != 1 || len(lines) != 3 {
		t.Fatalf("check ended with %d and %d lines about the bad file, want 1 and 3:\n%s%s", code, len(lines), out, errs)
	}
	for i, want := range []string{"workflows/bad.yaml:6:24:", "workflows/bad.yaml:8:", "workflows/bad.yaml:9:"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q, want it to begin with %s", i, lines[i], want)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	for _, c := range []struct {
		args []string
		code int
		out  string // on either
	}{
		{[]string{"test"}, 0, " 0 failed"},
		{[]string{"test", "purchase"}, 0, "小额只需主管"},
		{[]string{"test", "nothing"}, 2, "there is no workflow"},
		{[]string{"simulate", "purchase", "--as", "li.lei", "--set", "item=服务器", "--set", "amount=60000"}, 0, "总经理"},
		{[]string{"simulate", "purchase", "--as", "li.lei", "--set", "amount=-1"}, 1, "金额"},
		{[]string{"simulate", "purchase", "--as", "nobody", "--set", "item=x", "--set", "amount=1"}, 2, "no such person"},
		{[]string{"render", "purchase"}, 0, "purchase.task.approved"},
		{[]string{"render", "purchase.task", "--suite", "feishu"}, 0, `"schema"`},
		{[]string{"render", "purchase.task", "--text"}, 0, "采购"},
		{[]string{"version", "--json"}, 0, `"config_schema"`},
		{[]string{"migrate", "up"}, 0, "the schema is up to date"},
		{[]string{"migrate", "status"}, 0, ".sql"},
		{[]string{"inbox", "list"}, 0, ""},
		{[]string{"outbox", "list"}, 0, ""},
		{[]string{"audit", "verify"}, 0, "0 breaks"},
		{[]string{"stats"}, 0, "no requests"},
		{[]string{"stats", "purchase", "--by", "person", "--since", "30d", "--csv"}, 0, "overdue_percent"},
		{[]string{"stats", "--by", "mood"}, 2, "step, person, version, month"},
		{[]string{"stats", "--since", "yesterday"}, 2, "write 30d"},
		{[]string{"stats", "nothing"}, 2, "there is no workflow"},
		{[]string{"stats", "--json", "--csv"}, 2, "one of them"},
		{[]string{"inbox", "replay", "999"}, 1, "there is no event 999"},
		{[]string{"outbox", "retry", "card/none"}, 1, "there is no message card/none"},
		{[]string{"nonsense"}, 2, "nonsense"},
		{[]string{"check", "--nonsense"}, 2, "--help"},
		{[]string{"check", "extra"}, 2, "extra"},
		{[]string{"inbox", "replay"}, 2, "--help"},
		{[]string{"serve", "--log", "loud"}, 2, "loud"},
		{[]string{"demo", "--transport", "pigeon"}, 2, "pigeon"},
		{[]string{"serve", "-c", "missing.yaml"}, 1, "missing.yaml"},
	} {
		code, out, errs := magpie(t, o.dir, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.out) {
			t.Errorf("magpie %s ended with %d, want %d and %q:\n%s%s", strings.Join(c.args, " "), code, c.code, c.out, tail(out, 800), tail(errs, 800))
		}
	}
	_, out, _ := magpie(t, o.dir, "version", "--json")
	var v map[string]any
	if err := json.Unmarshal([]byte(out), &v); err != nil || v["version"] == "" || v["commit"] == "" {
		t.Errorf("version --json: %v %s", err, out)
	}
}

// Every command that does something shows how.
func TestHelpHasExamples(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" || c.Hidden {
			return
		}
		if len(c.Commands()) == 0 && !strings.Contains(c.Example, "magpie ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

// A trail that somebody changed in the file is found, and the request is named. A handled event can be
// handled again and does nothing twice.
func TestTamperedTrailAndReplay(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	s := o.serve(true)
	o.purchase("li.lei", "白板", "200")
	o.told("han.meimei", o.cardWith("han.meimei", "同意", "白板"), "同意", nil, "success", "已同意")
	o.card("li.lei", "已通过")
	s.idle()

	_, out, _ := magpie(t, o.dir, "inbox", "list", "--json")
	said := ""
	instance := ""
	for line := range strings.Lines(out) {
		var row struct{ ID, Kind, Instance string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if row.Kind == "message" || strings.HasPrefix(row.Kind, "message.") && row.Instance != "" {
			said, instance = row.ID, row.Instance
		}
	}
	if said == "" || instance == "" {
		t.Fatalf("no message that started something in the inbox:\n%s", out)
	}
	if code, _, errs := magpie(t, o.dir, "inbox", "replay", said); code != 1 {
		t.Errorf("replay of a handled event without --again ended with %d: %s", code, errs)
	}
	if code, out, errs := magpie(t, o.dir, "inbox", "replay", said, "--again"); code != 0 {
		t.Errorf("replay ended with %d: %s%s", code, out, errs)
	}
	eventually(t, "the event is handled again", func() bool {
		_, out, _ := magpie(t, o.dir, "inbox", "list", "--state", "waiting", "--json")
		return strings.TrimSpace(out) == ""
	})
	s.idle()
	if n := len(o.cards("li.lei")); n != 1 {
		t.Errorf("after the replay li.lei has %d cards\n%s", n, o.seen("li.lei"))
	}
	s.terminate()
	o.audited()

	db, err := sql.Open("sqlite", filepath.Join(o.dir, "magpie.db"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := db.ExecContext(t.Context(), `UPDATE trail SET entries = CAST(replace(CAST(entries AS TEXT), '"actor":"han.meimei"', '"actor":"wang.fang"') AS BLOB)
 WHERE CAST(entries AS TEXT) LIKE '%"actor":"han.meimei"%'`)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := r.RowsAffected(); n == 0 {
		t.Fatal("nothing was changed")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, errs := magpie(t, o.dir, "audit", "verify")
	if code != 1 || !strings.Contains(out, fmt.Sprintf("instance %s, entry", instance)) {
		t.Errorf("audit verify of a changed trail ended with %d, want 1 and instance %s: %s%s", code, instance, out, errs)
	}
}
