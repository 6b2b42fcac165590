package main

import (
	"fmt"
	"strings"
	"testing"

	"magpie/simulator"
)

// Whatever Feishu does meanwhile, the approval ends, every card is true, and nobody gets one twice. Twice in a
// row is enough to be tried again more than once; each further time only doubles the wait.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, f := range []simulator.Fault{
		{Kind: "rate_limit", Times: 2, API: "/messages"},
		{Kind: "server_error", Times: 2, API: "/messages"},
		{Kind: "timeout", Times: 1, API: "/messages"},
		{Kind: "expire_token", Times: 1},
		{Kind: "redeliver", Times: 6},
		{Kind: "drop_connection", Times: 2, API: "/messages"},
		{Kind: "drop_connection", Times: 1}, // the long connection itself
	} {
		name, transport := f.Kind, "webhook"
		if f.Kind == "drop_connection" && f.API == "" {
			name, transport = "drop_long_connection", "websocket"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startDemo(t, transport)
			fault := func() {
				t.Helper()
				if err := l.sim.Fault(f); err != nil {
					t.Fatal(err)
				}
			}
			fault()
			l.say("li.lei", "采购")
			// Twice the patience: a call without an answer is given up after 10 s and tried again later.
			eventuallyIn(t, leases, "李雷 has the form", func() bool { return len(l.cards("li.lei", "待填写")) == 1 }, func() string { return l.seen("li.lei") })
			fault()
			l.patiently("li.lei", "提交", map[string]any{"item": "音箱", "amount": "800"}, "待填写")
			eventuallyIn(t, leases, "韩梅梅 is asked", func() bool { return len(l.cards("han.meimei", "待审批")) == 1 }, func() string { return l.seen("han.meimei") })
			fault()
			l.patiently("han.meimei", "同意", nil, "音箱")
			eventuallyIn(t, leases, "all cards tell the end", func() bool {
				return len(l.cards("li.lei", "音箱", "已通过")) == 1 && len(l.cards("han.meimei", "音箱", "已同意")) == 1 && len(l.cards("chen.jie", "音箱", "已通过")) == 1
			}, func() string { return l.seen("li.lei") + "\n" + l.seen("han.meimei") + "\n" + l.seen("chen.jie") })
			for _, p := range []string{"li.lei", "han.meimei", "chen.jie"} {
				if n := len(l.cards(p)); n != 1 {
					t.Errorf("%s has %d cards, want 1\n%s", p, n, l.seen(p))
				}
			}
			l.nothingMore()
		})
	}
}

// patiently presses until the press arrives: a person whose client says that something went wrong presses
// again.
func (l *live) patiently(person, button string, form map[string]any, words ...string) {
	l.t.Helper()
	eventually(l.t, fmt.Sprintf("%s has pressed %s", person, button), func() bool {
		m := l.cardWith(person, button, words...)
		return l.press(person, m, button, form).Status == "ok"
	})
}

// A directory that can't be read when Magpie starts for the first time does not mean that nobody is there:
// the request waits until the approver is known.
func TestFirstRequestBeforeTheDirectory(t *testing.T) {
	t.Parallel()
	l := startDemoWith(t, "webhook", func(l *live) {
		if err := l.sim.Fault(simulator.Fault{Kind: "server_error", Times: 2, API: "/contact/v3/departments"}); err != nil {
			t.Fatal(err)
		}
	})
	l.purchase("li.lei", "台灯", "60")
	l.told("han.meimei", l.cardWith("han.meimei", "同意", "台灯"), "同意", nil, "success", "已同意")
	l.card("li.lei", "台灯", "已通过")
	if s := l.seen("chen.jie"); strings.Contains(s, "待审批") {
		t.Errorf("the administrator was asked in the approver's place\n%s", s)
	}
	l.nothingMore()
}
