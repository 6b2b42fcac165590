package main

import (
	"strings"
	"testing"
)

// Three people in three suites say in chat who decides in their place: 韩梅梅 in DingTalk, whose task goes to 孙莉 in
// Feishu, and 王芳 in WeCom, who wants it no more. What is set is on record like a grant by command.
func TestProxyInChat(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, nil)
	feishu, ding, wecom := l.in("feishu"), l.in("dingtalk"), l.in("wecom")

	ding.say("han.meimei", "代理 给 没这个人")
	ding.text("han.meimei", "没有找到「没这个人」")
	ding.say("han.meimei", "代理 给 孙莉 流程 采购")
	ding.text("han.meimei", "已设置：孙莉代你审批", "采购申请")
	feishu.text("sun.li", "韩梅梅请你代为审批")
	wecom.say("wang.fang", "代理 给 赵敏 从 今天 到 明天")
	wecom.text("wang.fang", "已设置：赵敏代你审批", "（含当天）")
	wecom.say("wang.fang", "代理")
	wecom.text("wang.fang", "代你审批的", "赵敏")

	feishu.purchase("li.lei", "显示器", "800")
	mine := feishu.cardWith("sun.li", "同意", "显示器")
	feishu.told("sun.li", mine, "同意", nil, "success", "已同意")
	feishu.card("li.lei", "显示器", "孙莉（代韩梅梅）")

	wecom.say("wang.fang", "代理 取消")
	wecom.text("wang.fang", "已取消：赵敏")
	feishu.text("zhao.min", "王芳取消了请你代为审批")
	feishu.say("sun.li", "代理")
	feishu.text("sun.li", "你代为审批的", "韩梅梅")

	all, err := l.app.Store().Proxies(t.Context(), "", true)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v %v", all, err)
	}
	for _, p := range all {
		if p.Actor != "person:"+p.Of || p.RevokedAt.IsZero() != (p.Of == "han.meimei") {
			t.Errorf("kept as %+v", p)
		}
	}
	log, err := l.app.Store().PeopleLog(t.Context(), "", 20)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range log {
		if e.Action == "proxy" && strings.HasPrefix(e.Actor, "person:") {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d entries on record, want 3: %+v", n, log)
	}
	l.clean()
}
