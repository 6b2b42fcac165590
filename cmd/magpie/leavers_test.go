package main

import (
	"encoding/json"
	"strings"
	"testing"

	"magpie/store"
)

// Somebody leaves while a request waits for them: their manager gets the card, theirs says so, the trail too,
// and nothing is left over for an operator.
func TestLeaverHandsOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	s := o.serve(true)
	o.purchase("li.lei", "显示器", "300")
	mine := o.cardWith("han.meimei", "同意", "显示器")
	ids, ok := o.sim.Account("han.meimei")
	if !ok {
		t.Fatal("no account")
	}
	if _, err := o.feishu.Emit("feishu-main", "contact.user.deleted_v3", false, map[string]any{
		"object": map[string]any{"open_id": ids["open_id"], "union_id": ids["union_id"], "user_id": ids["user_id"], "name": "韩梅梅"}, "old_object": map[string]any{},
	}, ""); err != nil {
		t.Fatal(err)
	}
	theirs := o.cardWith("zhang.wei", "同意", "显示器")
	eventually(t, "her card shows that it went on", func() bool {
		for _, m := range o.cards("han.meimei", "显示器") {
			if m.ID == mine.ID {
				return !hasButton(m, "同意")
			}
		}
		return false
	}, func() string { return o.seen("han.meimei") })
	if r, err := o.sim.Press(t.Context(), "han.meimei", mine.ID, "同意", nil); err == nil && r.Toast != nil && strings.Contains(toastText(r.Toast), "已同意") {
		t.Errorf("whoever has left still decides: %+v", r)
	}
	o.told("zhang.wei", theirs, "同意", nil, "success", "已同意")
	o.card("li.lei", "已通过")
	s.idle()

	if _, out, _ := magpie(t, o.dir, "outbox", "list", "--state", "dead", "--json"); out != "" {
		t.Errorf("dead letters: %s", out)
	}
	if code, out, errs := magpie(t, o.dir, "audit", "verify"); code != 0 {
		t.Errorf("audit verify: %d %s%s", code, out, errs)
	}
	if _, out, _ := magpie(t, o.dir, "people", "list"); !strings.Contains(out, "1 left") {
		t.Errorf("people list: %s", out)
	}
}

// The person whose only account turns out to be somebody else's goes on as that one: what they began and what
// waits for them is theirs under the name that stays.
func TestMergedPersonGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	o.serve(true)
	o.purchase("zhao.min", "点钞机", "300")
	o.cardWith("wang.fang", "同意", "点钞机")
	account := ""
	_, out, _ := magpie(t, o.dir, "people", "list", "--accounts", "--json")
	for line := range strings.Lines(out) {
		var a store.AccountItem
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		if a.Person == "zhao.min" {
			account = a.Connection + "/" + a.Account
		}
	}
	if code, out, errs := magpie(t, o.dir, "people", "link", account, "yuan.bo"); code != 0 || !strings.Contains(out, "zhao.min had no other account and is yuan.bo") {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	mine := o.card("zhao.min", "点钞机") // the account is the same
	eventually(t, "yuan.bo may withdraw what zhao.min began", func() bool {
		r, err := o.sim.Press(t.Context(), "zhao.min", mine.ID, "撤回", nil)
		return err == nil && r.Toast != nil && strings.Contains(toastText(r.Toast), "已撤回")
	})
}

// Somebody is away: what waits goes to their proxy at once, what comes later is theirs from the start, and the
// record says who decided for whom. What the proxy may not decide stays with the person.
func TestProxyTakesOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	s := o.serve(true)
	o.purchase("li.lei", "显示器", "300")
	mine := o.cardWith("han.meimei", "同意", "显示器")
	for _, c := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"grant", "han.meimei", "han.meimei"}, 1, "their own proxy"},
		{[]string{"grant", "han.meimei", "sun.lee"}, 1, `no person "sun.lee"`},
		{[]string{"grant", "han.meimei", "sun.li", "--until", "gestern"}, 2, "2026-10-01"},
		{[]string{"grant", "han.meimei", "sun.li", "--until", "2020-01-01"}, 2, "is not after"},
		{[]string{"grant", "han.meimei", "sun.li", "--max", "viel"}, 2, "is not an amount"},
		{[]string{"grant", "han.meimei", "sun.li", "--workflow", "purchas"}, 1, "there are: leave, purchase, seal"},
		{[]string{"grant", "han.meimei", "sun.li", "--workflow", "purchase", "--max", "400", "--open"}, 0, "sun.li decides in the place of han.meimei"},
		{[]string{"list", "sun.li"}, 0, "counts"},
	} {
		code, out, errs := magpie(t, o.dir, append([]string{"people", "proxy"}, c.args...)...)
		if code != c.code || !strings.Contains(out+errs, c.out) {
			t.Fatalf("%v: %d %s%s", c.args, code, out, errs)
		}
	}
	theirs := o.cardWith("sun.li", "同意", "显示器")
	eventually(t, "her card shows that it went on", func() bool {
		for _, m := range o.cards("han.meimei", "显示器") {
			if m.ID == mine.ID {
				return !hasButton(m, "同意")
			}
		}
		return false
	}, func() string { return o.seen("han.meimei") })
	o.told("sun.li", theirs, "同意", nil, "success", "已同意")
	o.card("li.lei", "显示器", "已通过", "孙莉（代韩梅梅）")

	o.purchase("li.lei", "键盘", "200") // hers would have been
	o.told("sun.li", o.cardWith("sun.li", "同意", "键盘"), "同意", nil, "success", "已同意")
	if n := len(o.cards("han.meimei", "键盘")); n != 0 {
		t.Errorf("somebody who is away was asked: %d cards", n)
	}
	o.purchase("li.lei", "投影仪", "401") // above what the proxy may
	big := o.cardWith("han.meimei", "同意", "投影仪")

	var grant struct{ ID string }
	_, out, _ := magpie(t, o.dir, "people", "proxy", "list", "--json")
	if err := json.Unmarshal([]byte(out), &grant); err != nil {
		t.Fatal(err, out)
	}
	if code, out, errs := magpie(t, o.dir, "people", "proxy", "revoke", grant.ID); code != 0 {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	if code, _, errs := magpie(t, o.dir, "people", "proxy", "revoke", grant.ID); code != 1 || !strings.Contains(errs, "no proxy") {
		t.Errorf("revoked twice: %d %s", code, errs)
	}
	o.told("han.meimei", big, "同意", nil, "success", "已同意")
	s.idle()
	if code, out, errs := magpie(t, o.dir, "audit", "verify"); code != 0 {
		t.Errorf("audit verify: %d %s%s", code, out, errs)
	}
}
