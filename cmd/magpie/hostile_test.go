package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
	"magpie/store"
)

// What comes in from anybody who finds the address: refused without a word, noted in the log, nothing done.
func TestBadCallbacks(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	w := newWire(t, l.sim, l.base)
	key := w.cred["encrypt_key"]
	now := time.Now()
	good := seal(key, w.saying("good", "li.lei", "oc_x", "采购"))
	plain := w.saying("plain", "li.lei", "oc_x", "采购")
	flipped := seal(key, w.saying("flipped", "li.lei", "oc_x", "采购"))
	flipped[len(flipped)/2] ^= 1
	otherKey := seal("another key", w.saying("mis", "li.lei", "oc_x", "采购"))
	press := seal(key, w.pressing("oldpress", "li.lei", l.anyMessage(), map[string]any{}, nil))
	for name, c := range map[string]struct {
		method string
		url    string
		body   []byte
		head   http.Header
		want   int
		reason bool
	}{
		"no signature":           {"POST", w.url, good, nil, 401, true},
		"forged signature":       {"POST", w.url, good, sign("wrong key", good, now), 401, true},
		"signature of another":   {"POST", w.url, good, sign(key, plain, now), 401, true},
		"stale":                  {"POST", w.url, good, sign(key, good, now.Add(-9*time.Hour)), 401, true},
		"stale press":            {"POST", w.url, press, sign(key, press, now.Add(-10*time.Minute)), 401, true},
		"from the future":        {"POST", w.url, good, sign(key, good, now.Add(time.Hour)), 401, true},
		"in the clear":           {"POST", w.url, plain, sign(key, plain, now), 401, true},
		"truncated":              {"POST", w.url, good[:len(good)/2], sign(key, good, now), 401, true},
		"altered after sealing":  {"POST", w.url, flipped, sign(key, good, now), 401, true},
		"sealed with another":    {"POST", w.url, otherKey, sign(key, otherKey, now), 401, true},
		"not JSON":               {"POST", w.url, []byte("hello"), sign(key, []byte("hello"), now), 400, true},
		"empty":                  {"POST", w.url, nil, sign(key, nil, now), 400, true},
		"too large":              {"POST", w.url, make([]byte, 1<<20+1), nil, 413, true},
		"no such connection":     {"POST", l.base + "/webhook/nobody", good, sign(key, good, now), 404, false},
		"wrong method":           {"DELETE", w.url, nil, nil, 405, true},
		"wrong method for pages": {"POST", l.base + "/readyz", nil, nil, 405, false},
	} {
		a, err := post(t.Context(), testClient, c.method, c.url, c.body, c.head)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.status != c.want && !(c.want == 400 && a.status == 401) {
			t.Errorf("%s: answered %d, want %d", name, a.status, c.want)
		}
		if c.reason && a.body != "" {
			t.Errorf("%s: answered with a body: %q", name, a.body)
		}
	}
	book := l.log.String()
	if n := strings.Count(book, "reason="); n < 14 {
		t.Errorf("the log gives %d reasons, want one for each refusal:\n%s", n, tail(book, 4000))
	}

	// What is authentic but odd is taken, kept as unknown where it is, and done once.
	ok := func(what string, body []byte) {
		t.Helper()
		if a := w.send(body); a.status != http.StatusOK {
			t.Errorf("%s: answered %d", what, a.status)
		}
	}
	ok("unknown type", w.envelope("strange1", "moon.phase_changed_v9", map[string]any{"phase": "full"}))
	ok("no event in it", w.envelope("strange2", "im.message.receive_v1", map[string]any{}))
	chat := l.sim.Chats("li.lei")[0].ID
	saying := w.saying("twice", "li.lei", chat, "采购 一次")
	for range 3 {
		ok("the same event again", saying)
	}
	// Reordered: a message that was said later comes first.
	ok("later", w.saying("later", "ma.chao", l.sim.Chats("ma.chao")[0].ID, "用印"))
	ok("earlier", w.saying("earlier", "ma.chao", l.sim.Chats("ma.chao")[0].ID, "请假"))
	l.card("li.lei", "采购申请")
	l.card("ma.chao", "用印申请")
	l.card("ma.chao", "请假申请")
	kinds := map[string]string{}
	items, err := l.app.Store().InboxList(t.Context(), store.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		b, _ := json.Marshal(i.Event)
		for _, id := range []string{"strange1", "good", "plain", "flipped", "mis", "oldpress"} {
			if strings.Contains(string(b), id) {
				kinds[id] = string(i.Kind)
			}
		}
	}
	if len(kinds) != 1 || kinds["strange1"] != "unknown" {
		t.Errorf("of the odd and the bad the inbox holds %v, want strange1 as unknown", kinds)
	}
	l.nothingMore()
	l.noSecrets(w)
}

// anyMessage stands for a card that nobody has.
func (l *live) anyMessage() (m simulator.Message) { m.ID, m.Chat = "om_none", "oc_none"; return m }

// noSecrets checks that the log names none of the connection's secrets.
func (l *live) noSecrets(w *wire) {
	l.t.Helper()
	book := l.log.String()
	for _, name := range []string{"app_secret", "encrypt_key", "verification_token"} {
		if s := w.cred[name]; s != "" && strings.Contains(book, s) {
			l.t.Errorf("the log names the %s", name)
		}
	}
}

// A form that can't be right is given back with what was entered, and nothing is started.
func TestBadForms(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	w := newWire(t, l.sim, l.base)
	l.say("li.lei", "采购")
	form := l.cardWith("li.lei", "提交", "待填写")
	long := strings.Repeat("长", 10_000)
	for i, c := range []struct {
		form map[string]any
		want string
	}{
		{map[string]any{}, "采购内容：必填"},
		{map[string]any{"item": "  \u3000 ", "amount": "5"}, "采购内容：必填"},
		{map[string]any{"item": "键盘"}, "金额：必填"},
		{map[string]any{"item": "键盘", "amount": "-5"}, "金额：不能"},
		{map[string]any{"item": "键盘", "amount": "0"}, "金额：不能小于"},
		{map[string]any{"item": "键盘", "amount": "abc"}, "金额：请填写数字"},
		{map[string]any{"item": "键盘", "amount": "1e400"}, "金额："},
		{map[string]any{"item": "键盘", "amount": []any{"1", "2"}}, "金额："},
		{map[string]any{"item": long, "amount": "5"}, "最多 200 个字，现在有 10000 个"},
		{map[string]any{"item": "键盘", "amount": "5", "kind": "毒品"}, "类别：请从选项中选择"},
		{map[string]any{"item": "键盘", "amount": "5", "needed": "2026-02-30"}, "需要日期：请填写日期"},
	} {
		m := l.cardWith("li.lei", "提交")
		a := w.send(w.pressing(fmt.Sprintf("bad%d", i), "li.lei", m, valueOf(t, m, "提交"), c.form))
		if a.status != http.StatusOK || a.toast.Type != "error" || !strings.Contains(a.toast.Content, c.want) {
			t.Errorf("%.80v: told %d %+v, want an error with %q", c.form, a.status, a.toast, c.want)
		}
	}
	// What was entered is kept on the card beside the problem.
	l.told("li.lei", l.cardWith("li.lei", "提交"), "提交", map[string]any{"item": "好键盘", "amount": "-7"}, "error", "金额：不能")
	eventually(t, "the card keeps what was entered", func() bool {
		m := l.cards("li.lei", "待填写")
		return len(m) == 1 && m[0].ID == form.ID && itemOf(m[0]) == "好键盘" && strings.Contains(m[0].Text, "不能")
	}, func() string { return l.seen("li.lei") })
	if n := len(l.cards("han.meimei")); n != 0 {
		t.Errorf("somebody was asked about a form that was refused")
	}

	// Markup of any kind is text for everybody.
	nasty := "<b>x</b> **y** <at id=all></at> [z](http://evil.example) <script>alert(1)</script> {{.form}} <font color='red'>r</font>"
	l.told("li.lei", l.cardWith("li.lei", "提交"), "提交", map[string]any{"item": nasty, "amount": "9", "reason": nasty}, "success", "已提交")
	asked := l.cardWith("han.meimei", "同意", "待审批")
	l.told("han.meimei", asked, "同意", map[string]any{"opinion": nasty}, "success", "已同意")
	l.card("chen.jie", "已通过")
	l.card("li.lei", "已通过")
	for _, p := range []string{"li.lei", "han.meimei", "chen.jie"} {
		for _, m := range l.cards(p) {
			for _, words := range []string{"<b>x</b> **y** <at id=all></at>", "[z](http://evil.example)", "<script>alert(1)</script>", "{{.form}}"} {
				if !strings.Contains(m.Text, words) {
					t.Errorf("%s does not see %q as it was written: %s", p, words, m.Text)
				}
			}
			if strings.Contains(m.Text, "@所有人") {
				t.Errorf("%s: everybody was called: %s", p, m.Text)
			}
		}
	}
	l.nothingMore()
}
