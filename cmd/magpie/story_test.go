package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"magpie/simulator"
)

var transports = []string{"webhook", "websocket"}

// overBoth runs a test with events coming in by webhook and by long connection.
func overBoth(t *testing.T, test func(t *testing.T, l *live)) {
	t.Parallel()
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			test(t, startDemo(t, transport))
		})
	}
}

// everybody waits until each person has one card that says the words given for them, in the first suite that
// they are in.
func (l *live) everybody(says map[string][]string) {
	l.t.Helper()
	for person, words := range says {
		l.whose(person).card(person, words...)
	}
}

// nothingMore checks at the end that nobody got a card twice, nothing is dead and the trail holds.
func (l *live) nothingMore() {
	l.t.Helper()
	l.clean()
	eventually(l.t, "nothing waits and nothing is dead", func() bool {
		status, body := get(l.t, l.base+"/readyz")
		return status == http.StatusOK && strings.Contains(body, `"inbox_waiting":0`) &&
			strings.Contains(body, `"outbox_waiting":0`) && strings.Contains(body, `"dead_letters":0`)
	}, func() string { _, body := get(l.t, l.base+"/readyz"); return body })
}

func TestSmallPurchase(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		l.purchase("li.lei", "键盘", "300")
		card := l.cardWith("han.meimei", "同意", "键盘", "待审批")
		l.everybody(map[string][]string{"li.lei": {"键盘", "审批中", "等待 韩梅梅"}})
		l.told("han.meimei", card, "同意", map[string]any{"opinion": "可以"}, "success", "已同意")
		l.everybody(map[string][]string{
			"li.lei":     {"键盘", "已通过", "韩梅梅", "已同意"},
			"han.meimei": {"键盘", "已同意", "可以"},
			"chen.jie":   {"键盘", "已通过", "抄送"},
		})
		for _, p := range []string{"li.lei", "han.meimei", "chen.jie"} {
			if n := len(l.cards(p)); n != 1 {
				t.Errorf("%s has %d cards, want 1\n%s", p, n, l.seen(p))
			}
			for _, m := range l.cards(p) {
				if len(m.Buttons) > 0 {
					t.Errorf("%s can still press %v after the end", p, m.Buttons)
				}
			}
		}
		l.nothingMore()
	})
}

func TestLargePurchase(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		l.purchase("li.lei", "服务器", "60000")
		l.told("han.meimei", l.cardWith("han.meimei", "同意", "服务器"), "同意", nil, "success", "已同意")
		wang, zhao := l.cardWith("wang.fang", "同意", "服务器", "会签"), l.cardWith("zhao.min", "同意", "服务器", "会签")
		l.everybody(map[string][]string{
			"li.lei": {"审批中", "财务审核"}, "han.meimei": {"已同意"},
		})
		l.told("zhao.min", zhao, "同意", nil, "success", "已同意")
		// One of two: the other's card shows it and stays open, the general manager is not asked yet.
		l.everybody(map[string][]string{"wang.fang": {"待审批", "赵敏"}, "zhao.min": {"已同意"}, "li.lei": {"审批中", "赵敏"}})
		if n := len(l.cards("zhang.wei")); n != 0 {
			t.Errorf("the general manager was asked before finance was through")
		}
		l.told("wang.fang", wang, "同意", nil, "success", "已同意")
		l.told("zhang.wei", l.cardWith("zhang.wei", "同意", "服务器", "总经理"), "同意", nil, "success", "已同意")
		l.everybody(map[string][]string{
			"li.lei": {"已通过", "张伟"}, "han.meimei": {"已同意"}, "wang.fang": {"已同意"},
			"zhao.min": {"已同意"}, "zhang.wei": {"已同意"}, "chen.jie": {"已通过", "抄送"},
		})
		l.nothingMore()
	})
}

func TestReject(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		l.purchase("li.lei", "跑步机", "8000")
		card := l.cardWith("han.meimei", "拒绝", "跑步机")
		l.told("han.meimei", card, "拒绝", map[string]any{"opinion": "  "}, "warning", "请填写拒绝理由")
		l.everybody(map[string][]string{"han.meimei": {"待审批"}, "li.lei": {"审批中"}})
		l.told("han.meimei", card, "拒绝", map[string]any{"opinion": "不在预算内"}, "success", "已拒绝")
		l.everybody(map[string][]string{"li.lei": {"已拒绝", "不在预算内"}, "han.meimei": {"已拒绝", "不在预算内"}})
		if n := len(l.cards("wang.fang")); n != 0 {
			t.Error("finance was asked after the rejection")
		}
		l.nothingMore()
	})
}

func TestWithdrawAndUrge(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		l.purchase("li.lei", "桌子", "900")
		asked := l.cardWith("han.meimei", "同意", "桌子")
		mine := l.cardWith("li.lei", "催办", "桌子")
		l.told("li.lei", mine, "催办", nil, "success", "已催办：韩梅梅")
		eventually(t, "韩梅梅 is urged", func() bool { return strings.Contains(l.seen("han.meimei"), "李雷催你处理") },
			func() string { return l.seen("han.meimei") })
		eventually(t, "the card itself is urged", func() bool {
			m := l.cards("han.meimei", "桌子")
			return len(m) == 1 && m[0].Urgent
		})
		l.told("li.lei", mine, "催办", nil, "warning", "刚刚催办过")
		value := valueOf(t, asked, "同意")
		l.told("li.lei", mine, "撤回", nil, "success", "已撤回")
		l.everybody(map[string][]string{"li.lei": {"已撤回"}, "han.meimei": {"已撤回", "无需处理"}})
		// After the end, by the callback of the card as it was.
		w := newWire(t, l.sim, l.base)
		if a := w.send(w.pressing("late1", "han.meimei", asked, value, nil)); a.status != 200 || a.toast.Type != "warning" || !strings.Contains(a.toast.Content, "这项审批已结束：已撤回") {
			t.Errorf("a press after the end was told %+v", a)
		}
		if a := w.send(w.pressing("late2", "li.lei", mine, valueOf(t, mine, "撤回"), nil)); a.status != 200 || !strings.Contains(a.toast.Content, "这项审批已结束：已撤回") {
			t.Errorf("a second withdrawal was told %+v", a)
		}
		l.everybody(map[string][]string{"li.lei": {"已撤回"}, "han.meimei": {"已撤回"}})
		l.nothingMore()
	})
}

// Presses that come too late, from the wrong person or at once are each told the truth and change nothing.
func TestPressesThatMustNotCount(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		w := newWire(t, l.sim, l.base)
		l.purchase("li.lei", "投影仪", "6000")
		asked := l.cardWith("han.meimei", "同意", "投影仪")
		value := valueOf(t, asked, "同意")
		says := func(what string, a answered, kind, words string) {
			t.Helper()
			if a.status != http.StatusOK || a.toast.Type != kind || !strings.Contains(a.toast.Content, words) {
				t.Errorf("%s: told %d %+v, want %s %q", what, a.status, a.toast, kind, words)
			}
		}

		says("the wrong person", w.send(w.pressing("wrong", "wang.fang", asked, value, nil)), "warning", "这项审批由韩梅梅处理，你不能操作")
		says("the initiator", w.send(w.pressing("self", "li.lei", asked, value, nil)), "warning", "这项审批由韩梅梅处理，你不能操作")
		says("somebody else's withdrawal", w.send(w.pressing("steal", "han.meimei", asked, valueOf(t, l.cardWith("li.lei", "撤回", "投影仪"), "撤回"), nil)), "warning", "这张卡片不是你的")
		forged, _ := value.(map[string]any)
		other := map[string]any{}
		for k, v := range forged {
			other[k] = v
		}
		for k, v := range other {
			if v == "approve" {
				other[k] = "reject"
			}
		}
		says("a token of another verb", w.send(w.pressing("forged", "han.meimei", asked, other, map[string]any{"opinion": "x"})), "error", "这张卡片不是我发的")
		says("no token at all", w.send(w.pressing("empty", "han.meimei", asked, map[string]any{}, nil)), "error", "这张卡片不是我发的")
		l.everybody(map[string][]string{"han.meimei": {"待审批"}, "li.lei": {"审批中", "等待 韩梅梅"}})

		// Two at once: one counts, the other is told so.
		var wg sync.WaitGroup
		got := make([]answered, 2)
		for i := range got {
			wg.Go(func() { got[i] = w.send(w.pressing(fmt.Sprintf("both%d", i), "han.meimei", asked, value, nil)) })
		}
		wg.Wait()
		won := 0
		for _, a := range got {
			switch {
			case a.toast == (simulator.Toast{Type: "success", Content: "已同意"}):
				won++
			case !strings.HasPrefix(a.toast.Content, "你 ") || !strings.HasSuffix(a.toast.Content, " 已同意"):
				t.Errorf("of two at once the other was told %+v", a.toast)
			}
		}
		if won != 1 {
			t.Errorf("of two at once %d counted: %+v", won, got)
		}
		says("a second press", w.send(w.pressing("second", "han.meimei", asked, value, nil)), "warning", "你 ")
		// The very same callback again is answered as before.
		same := w.send(w.pressing("both0", "han.meimei", asked, value, nil))
		if same.toast != got[0].toast {
			t.Errorf("the same callback again was told %+v, the first time %+v", same.toast, got[0].toast)
		}

		// A card of an older revision still counts where the decision is still open.
		wang, zhao := l.cardWith("wang.fang", "同意", "投影仪"), l.cardWith("zhao.min", "同意", "投影仪")
		old := valueOf(t, wang, "同意")
		l.told("zhao.min", zhao, "同意", nil, "success", "已同意")
		l.card("wang.fang", "待审批", "赵敏", "已同意")
		says("an older revision of an open task", w.send(w.pressing("old", "wang.fang", wang, old, nil)), "success", "已同意")
		l.everybody(map[string][]string{"li.lei": {"已通过"}, "wang.fang": {"已同意"}, "chen.jie": {"已通过"}})
		says("an older revision of a closed task", w.send(w.pressing("older", "han.meimei", asked, value, nil)), "warning", "你 ")
		l.everybody(map[string][]string{"li.lei": {"已通过"}, "han.meimei": {"已同意"}, "chen.jie": {"已通过"}})
		l.nothingMore()
	})
}

// A stranger's words, and what the bot is asked that it does not know.
func TestHelp(t *testing.T) {
	overBoth(t, func(t *testing.T, l *live) {
		l.say("li.lei", "你好")
		l.card("li.lei", "采购", "请假", "用印")
		l.nothingMore()
	})
}
