package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// A request that was sent back over a page is on the initiator's card and in their list, is handed in once more, and is
// ended by an administrator, who needs no card for it.
func TestSentBackAndTerminatedOverPages(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.say("li.lei", "采购")
	formURL := linkOf(t, l.card("li.lei", "待填写", "采购"))
	me := newVisitor(t, "li.lei")
	_, body := me.get(formURL)
	f := pageForm(t, body, "submit")
	f.Set("f.item", "显微镜")
	f.Set("f.amount", "300")
	if status, body := me.post(formURL, f); status != http.StatusOK || !strings.Contains(body, "已提交") {
		t.Fatalf("submit: %d %s", status, body)
	}

	boss := newVisitor(t, "han.meimei")
	at := linkOf(t, l.cardWith("han.meimei", "同意", "300"))
	_, body = boss.get(at)
	instance := regexp.MustCompile(`/m/i/[a-z0-9]+`).FindString(body)
	f = pageForm(t, body, "more")
	f.Set("f.do", "return")
	f.Set("f.step", "start")
	f.Set("f.remark", "型号写清楚")
	if status, body := boss.post(at, f); status != http.StatusOK || !strings.Contains(body, "已退回：发起人") {
		t.Fatalf("send back: %d %s", status, body)
	}
	eventually(t, "the form is back, with the reason", func() bool { return len(l.cards("li.lei", "待修改", "型号写清楚")) == 1 }, func() string { return l.seen("li.lei") })
	eventually(t, "the returner's card says so", func() bool { return len(l.cards("han.meimei", "已退回")) == 1 }, func() string { return l.seen("han.meimei") })
	if _, body := me.get(l.base + "/m/tasks"); !strings.Contains(body, "显微镜") {
		t.Errorf("the initiator's list does not have it: %s", body)
	}
	_, body = me.get(formURL)
	f = pageForm(t, body, "submit")
	if f.Set("f.item", "显微镜 A1"); !strings.Contains(body, "型号写清楚") {
		t.Errorf("the page does not say why it is back: %s", body)
	}
	f.Set("f.amount", "400")
	if status, body := me.post(formURL, f); status != http.StatusOK || !strings.Contains(body, "已提交") {
		t.Fatalf("submit again: %d %s", status, body)
	}
	l.cardWith("han.meimei", "同意", "400")

	l.say("chen.jie", "采购") // for a session of theirs
	admin := newVisitor(t, "chen.jie")
	admin.get(linkOf(t, l.card("chen.jie", "待填写", "采购")))
	status, body := admin.get(l.base + instance)
	if status != http.StatusOK || !strings.Contains(body, "300") && !strings.Contains(body, "400") {
		t.Fatalf("an administrator looks: %d %s", status, body)
	}
	f = pageForm(t, body, "transfer")
	f.Set("f.task", "leader/2/0")
	f.Set("f.who", "chen.jie")
	f.Set("f.remark", "我来看")
	if status, body = admin.post(l.base+instance, f); status != http.StatusOK || !strings.Contains(body, "已转交给陈洁") {
		t.Fatalf("hand over: %d %s", status, body)
	}
	l.cardWith("chen.jie", "同意", "400")
	eventually(t, "whose task it was sees it", func() bool { return len(l.cards("han.meimei", "已转交", "400")) == 1 }, func() string { return l.seen("han.meimei") })
	// They have a card of their own now, and administer it beside that; nobody else does.
	if _, body = admin.get(l.base + instance); !strings.Contains(body, instance+"/admin") || strings.Contains(body, "终止申请") {
		t.Fatalf("no way from the own card to what an administrator may do: %s", body)
	}
	for who, v := range map[string]*visitor{"an approver": boss, "the initiator": me} {
		if _, body := v.get(l.base + instance); strings.Contains(body, instance+"/admin") {
			t.Errorf("%s is shown the way there", who)
		}
		if status, body := v.get(l.base + instance + "/admin"); status != http.StatusNotFound {
			t.Errorf("%s gets there: %d %s", who, status, body)
		}
	}
	instance += "/admin"
	_, body = admin.get(l.base + instance)
	f = pageForm(t, body, "terminate")
	f.Set("f.opinion", "预算冻结")
	if status, body = admin.post(l.base+instance, f); status != http.StatusOK || !strings.Contains(body, "终止这个申请") {
		t.Fatalf("it is not asked about: %d %s", status, body)
	}
	if status, body = admin.post(l.base+instance, pageForm(t, body, "terminate")); status != http.StatusOK || !strings.Contains(body, "已终止") {
		t.Fatalf("terminate: %d %s", status, body)
	}
	eventually(t, "the initiator's card says why", func() bool { return len(l.cards("li.lei", "已终止", "预算冻结")) == 1 }, func() string { return l.seen("li.lei") })
	l.clean()
}
