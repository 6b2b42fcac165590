package main

import (
	"testing"
)

// One request crosses three suites: 李雷 asks in Feishu, 韩梅梅 decides in DingTalk, 王芳 in WeCom and 赵敏 in
// Feishu again, 陈洁 is told in WeCom. After each decision every card tells the truth, wherever it hangs.
func TestApprovalCrossesThreeSuites(t *testing.T) {
	t.Parallel()
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			l := startDemoOf(t, transport, demoSuites, nil)
			feishu, ding, wecom := l.in("feishu"), l.in("dingtalk"), l.in("wecom")

			feishu.purchase("li.lei", "显示器", "8000")
			feishu.card("li.lei", "显示器", "审批中", "等待 韩梅梅")

			asked := ding.cardWith("han.meimei", "同意", "显示器")
			if r := ding.press("han.meimei", asked, "同意", nil); r.Status != "ok" {
				t.Fatalf("韩梅梅 presses 同意: %+v", r)
			}
			ding.card("han.meimei", "显示器", "已同意")
			feishu.card("li.lei", "显示器", "等待 王芳")

			two := feishu.cardWith("zhao.min", "同意", "显示器")
			feishu.told("zhao.min", two, "同意", nil, "success", "已同意")
			ding.card("han.meimei", "显示器", "赵敏")

			three := wecom.cardWith("wang.fang", "同意", "显示器")
			if r := wecom.press("wang.fang", three, "同意", nil); r.Status != "ok" {
				t.Fatalf("王芳 presses 同意: %+v", r)
			}
			wecom.card("wang.fang", "显示器", "已同意")
			feishu.card("li.lei", "显示器", "已通过")
			feishu.card("zhao.min", "显示器", "已同意")
			ding.card("han.meimei", "显示器", "已同意")
			wecom.card("chen.jie", "显示器", "已通过")

			// Nobody has a second card, and no suite was given what it refuses.
			for who, p := range map[string]persons{"li.lei": feishu, "zhao.min": feishu, "han.meimei": ding, "wang.fang": wecom, "chen.jie": wecom} {
				if n := len(p.cards(who)); n != 1 {
					t.Errorf("%s has %d cards, want 1\n%s", who, n, p.seen(who))
				}
			}
			l.nothingMore()
			l.clean()
		})
	}
}
