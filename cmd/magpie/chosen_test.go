package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const reviewing = `kind: approval
id: review
name: 评审
start: {commands: [评审]}
form:
  - {id: item, type: text, label: 内容, required: true}
steps:
  - {id: reviewer, name: 评审人, approve: {by: chosen, from: "role:finance"}}
`

// Whom the initiator may choose stands on the card and on the page, in three suites; whoever is not among them is
// refused.
func TestApproversChosenByTheInitiator(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, func(l *live) {
		if err := os.WriteFile(filepath.Join(l.dir, "workflows", "review.yaml"), []byte(reviewing), 0o644); err != nil {
			t.Fatal(err)
		}
		l.app.reload(t.Context())
	})
	feishu, ding, wecom := l.in("feishu"), l.in("dingtalk"), l.in("wecom")
	feishu.say("li.lei", "评审")
	form := feishu.cardWith("li.lei", "提交", "评审")
	pick := option(t, form, "chosen_reviewer", "王芳")
	feishu.told("li.lei", form, "提交", map[string]any{"item": "方案一", "chosen_reviewer": pick}, "success", "已提交")
	wecom.cardWith("wang.fang", "同意", "方案一")

	for who, p := range map[string]persons{"liu.yang": ding, "wang.fang": wecom} {
		p.say(who, "评审")
		at := linkOf(t, p.card(who, "评审", "待填写"))
		v := newVisitor(t, who)
		_, page := v.get(at)
		if !strings.Contains(page, `value="zhao.min"`) || !strings.Contains(page, "赵敏") || strings.Contains(page, `value="chen.jie"`) {
			t.Fatalf("%s can choose among others on the page: %s", who, page)
		}
		f := pageForm(t, page, "submit")
		f.Set("f.item", "方案 "+who)
		f.Set("f.chosen_reviewer", "chen.jie")
		if status, page := v.post(at, f); status == http.StatusOK && strings.Contains(page, "已提交") {
			t.Fatalf("%s chose somebody who is not offered: %s", who, page)
		}
		f.Set("f.chosen_reviewer", "zhao.min")
		if status, page := v.post(at, f); status != http.StatusOK || !strings.Contains(page, "已提交") {
			t.Fatalf("%s: %d %s", who, status, page)
		}
		feishu.cardWith("zhao.min", "同意", "方案 "+who)
	}
	l.clean()
}
