package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const onboarding = `kind: approval
id: onboarding
name: 入职准备
start: {commands: [入职]}
form:
  - {id: who, type: text, label: 新同事, required: true}
  - {id: budget, type: money, label: 预算, required: true}
steps:
  - {id: leader, name: 主管, approve: {by: initiator.manager}}
  - id: laptop
    name: 采购电脑
    flow: {start: purchase, form: {item: form.who, amount: form.budget}}
  - {id: boss, name: 总经理, approve: {by: "person:zhang.wei"}}
`

// One request starts another through the inbox, waits for it, and goes on when it has passed; the cards of both
// name the other.
func TestFlowStartsAnother(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, func(l *live) {
		if err := os.WriteFile(filepath.Join(l.dir, "workflows", "onboarding.yaml"), []byte(onboarding), 0o644); err != nil {
			t.Fatal(err)
		}
		l.app.reload(t.Context())
	})
	feishu, ding := l.in("feishu"), l.in("dingtalk")
	feishu.say("li.lei", "入职")
	form := feishu.cardWith("li.lei", "提交", "入职准备")
	feishu.told("li.lei", form, "提交", map[string]any{"who": "小明的电脑", "budget": "300"}, "success", "已提交")
	first := ding.cardWith("han.meimei", "同意", "入职准备")
	if r := ding.press("han.meimei", first, "同意", nil); r.Status != "ok" {
		t.Fatalf("the first step: %+v", r)
	}
	second := ding.cardWith("han.meimei", "同意", "采购申请", "小明的电脑", "上级申请")
	feishu.card("li.lei", "入职准备", "等待子流程")
	// Their pages lead to each other, for whoever may see both.
	v := newVisitor(t, "han.meimei")
	_, page := v.get(linkOf(t, second))
	child := regexp.MustCompile(`/m/i/[a-z0-9]+`).FindString(page)
	_, page = v.get(l.base + child)
	parent := regexp.MustCompile(`<a href="(/m/i/[a-z0-9]+)">上级申请：入职准备`).FindStringSubmatch(page)
	if parent == nil {
		t.Fatalf("the page does not lead to what started it: %s", page)
	}
	if _, page = v.get(l.base + parent[1]); !strings.Contains(page, `<a href="`+child+`">子流程：采购申请 `) {
		t.Errorf("the page does not lead to what it started: %s", page)
	}
	if r := ding.press("han.meimei", second, "同意", nil); r.Status != "ok" {
		t.Fatalf("the other flow: %+v", r)
	}
	feishu.card("li.lei", "入职准备", "子流程已通过", "等待 张伟")
	boss := newVisitor(t, "zhang.wei") // has nothing to do with the purchase
	boss.get(linkOf(t, feishu.cardWith("zhang.wei", "同意", "入职准备")))
	if status, page := boss.get(l.base + parent[1]); status != 200 || !strings.Contains(page, "子流程已通过") || strings.Contains(page, child) {
		t.Errorf("who may not see the other one is led there: %d %s", status, page)
	}

	// A form that the other flow refuses is told, and nothing of it is there.
	feishu.say("li.lei", "入职")
	form = feishu.cardWith("li.lei", "提交", "入职准备", "待填写")
	feishu.told("li.lei", form, "提交", map[string]any{"who": "乙", "budget": "0"}, "success", "已提交")
	third := ding.cardWith("han.meimei", "同意", "入职准备", "乙")
	ding.press("han.meimei", third, "同意", nil)
	feishu.text("li.lei", "没能发起", "金额")
	feishu.card("li.lei", "入职准备", "没能发起")
	l.clean()
}
