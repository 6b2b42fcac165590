package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const longFlow = `kind: approval
id: long
name: 盘点
start: {commands: [盘点]}
form:
  - id: lines
    type: table
    label: 明细
    rows: {max: 200}
    columns:
      - {id: a, type: longtext, label: 甲}
      - {id: b, type: text, label: 乙}
      - {id: n, type: money, label: 数, total: sum, min: -999999999999}
  - {id: total, type: computed, label: 合计, value: sum(form.lines.n)}
  - {id: each, type: computed, label: 平均, value: form.total / count(form.lines)}
  - {id: ratio, type: computed, label: 比例, value: 1 / form.total}
steps:
  - {id: leader, name: 直属主管, approve: {by: initiator.manager}}
tests:
  - {name: 空表, start: {by: li.lei}, expect: {state: running}}
`

// The longest form that a page takes is asked, drawn, decided and shown; one that is longer is refused with words.
func TestLongestForm(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	if err := os.WriteFile(filepath.Join(l.dir, "workflows", "long.yaml"), []byte(longFlow), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file counts", func() bool { return strings.Contains(l.log.String(), "configuration in force") })
	l.say("li.lei", "盘点")
	at := linkOf(t, l.card("li.lei", "待填写", "盘点"))
	me := newVisitor(t, "li.lei")
	status, body := me.get(at)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	filled := func(rows, runes int, with string) url.Values {
		f := pageForm(t, body, "submit")
		f.Set("n.lines", fmt.Sprint(rows))
		for i := range rows {
			f.Set(fmt.Sprintf("f.lines.%d.a", i), strings.Repeat(with, runes))
			f.Set(fmt.Sprintf("f.lines.%d.b", i), fmt.Sprintf("第%d件", i)+strings.Repeat("b", runes-600))
			f.Set(fmt.Sprintf("f.lines.%d.n", i), "-1.5")
		}
		return f
	}
	status, got := me.post(at, filled(3, 10_000, "字"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(got, "最多 1000 个字") {
		t.Errorf("cells of 10,000 characters: %d %s", status, got)
	}
	if status, _ = me.post(at, filled(200, 1000, "字")); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than a form may hold: %d", status)
	}
	status, got = me.post(at, filled(200, 1000, "x"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(got, "内容太多") {
		t.Fatalf("more than is kept: %d %s", status, got[:min(len(got), 3000)])
	}
	status, got = me.post(at, filled(200, 900, "x"))
	if status != http.StatusOK || !strings.Contains(got, "已提交") {
		t.Fatalf("the longest form: %d %s", status, got)
	}
	l.card("li.lei", "审批中")
	boss := newVisitor(t, "han.meimei")
	eventually(t, "the manager is asked", func() bool { return len(l.cards("han.meimei", "待审批")) == 1 }, func() string { return l.seen("han.meimei") })
	status, got = boss.get(linkOf(t, l.card("han.meimei", "待审批")))
	if status != http.StatusOK || !strings.Contains(got, "第199件") || !strings.Contains(got, "¥-300.00") && !strings.Contains(got, "-¥300.00") {
		t.Fatalf("the manager's page: %d, %d bytes\n%s", status, len(got), got[max(0, len(got)-3000):])
	}
	if r := l.press("han.meimei", l.card("han.meimei", "待审批"), "同意", nil); r.Status != "ok" {
		t.Errorf("%+v", r)
	}
	l.card("li.lei", "已通过")
	l.nothingMore()
}
