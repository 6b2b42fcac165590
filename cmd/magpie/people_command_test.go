package main

import (
	"encoding/json"
	"strings"
	"testing"

	"magpie/store"
)

// Who is who can be looked at and mended beside a running server, which goes by it within seconds.
func TestPeopleBesideARunningServer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	o.serve(true)
	account := ""
	eventually(t, "the directory was pulled", func() bool {
		_, out, _ := magpie(t, o.dir, "people", "list", "--accounts", "--json")
		for line := range strings.Lines(out) {
			var a store.AccountItem
			if err := json.Unmarshal([]byte(line), &a); err != nil {
				t.Fatal(err)
			}
			if a.Person == "liu.yang" {
				account = a.Connection + "/" + a.Account
			}
		}
		return account != ""
	})
	o.purchase("liu.yang", "海报", "200")
	o.card("liu.yang", "海报")

	for _, c := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"list"}, 0, "李雷"},
		{[]string{"list"}, 0, "0 conflicts"},
		{[]string{"unlink", account}, 0, "is nobody's"},
		{[]string{"list", "--unlinked"}, 0, account},
		{[]string{"list", "--unlinked"}, 0, "by admin"},
		{[]string{"list", "--conflicts", "--json"}, 0, ""},
		{[]string{"link", account, "liu.yan"}, 1, `no person "liu.yan"`},
		{[]string{"link", "feishu-main/x", "liu.yang"}, 1, "no account feishu-main/x"},
		{[]string{"link", "liu.yang", "liu.yang"}, 2, "CONNECTION/ID"},
		{[]string{"link", account, "liu.yang"}, 0, "is liu.yang"},
		{[]string{"unlink", "--auto", account}, 0, "by its keys again"},
		{[]string{"unlink", "--auto", account}, 1, "nothing was decided"},
		{[]string{"prefer", "liu.yang", "ding-main"}, 1, "no person liu.yang with an account in \"ding-main\""},
		{[]string{"prefer", "liu.yang", "feishu-main"}, 0, "go to feishu-main"},
		{[]string{"manager", "sun.li", "liu.yang"}, 0, "the manager of sun.li is liu.yang"},
		{[]string{"manager", "sun.li", "sun.li"}, 1, "their own manager"},
		{[]string{"manager", "sun.li", "nobody"}, 1, `no person "nobody"`},
		{[]string{"log", "liu.yang"}, 0, "cli:"},
		{[]string{"log", "liu.yang", "--json"}, 0, `"action":"unlink"`},
		{[]string{"log"}, 0, "manager"},
	} {
		code, out, errs := magpie(t, o.dir, append([]string{"people"}, c.args...)...)
		if code != c.code || !strings.Contains(out+errs, c.out) {
			t.Errorf("magpie people %s ended with %d, want %d and %q:\n%s%s", strings.Join(c.args, " "), code, c.code, c.out, tail(out, 800), tail(errs, 800))
		}
	}
	// The server knows: 孙莉's request goes to 刘洋, whom only an administrator names.
	eventually(t, "the server goes by it", func() bool {
		o.purchase("sun.li", "展架", "300")
		return inTime(patience/6, func() bool { return len(o.cards("liu.yang", "展架")) > 0 })
	})
}
