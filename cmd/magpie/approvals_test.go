package main

import (
	"encoding/json"
	"strings"
	"testing"

	"magpie/workflows"
)

// An operator hands a task on and ends a request beside a running server; the cards and the trail say so.
func TestApprovalsBesideARunningServer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	o.serve(true)
	o.purchase("li.lei", "显示器", "800")
	o.card("li.lei", "显示器", "等待 韩梅梅")
	var one approvalItem
	eventually(t, "the request is listed", func() bool {
		_, out, _ := magpie(t, o.dir, "approvals", "list", "--json")
		return json.Unmarshal([]byte(out), &one) == nil && len(one.Waits) == 1
	})
	if one.Initiator != "li.lei" || one.Status != workflows.StatusRunning || one.Waits[0] != "leader/1/0 han.meimei" {
		t.Errorf("listed as %+v", one)
	}
	for _, c := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"list"}, 0, one.No},
		{[]string{"list", "--stuck"}, 0, "ID"},
		{[]string{"terminate", one.ID}, 2, "--reason is needed"},
		{[]string{"terminate", "00000000", "--reason", "x"}, 1, "no request"},
		{[]string{"transfer", one.No}, 2, "--to is needed"},
		{[]string{"transfer", one.No, "--to", "li.lei"}, 1, "refused:"},
		{[]string{"transfer", one.No, "--to", "zhang.wei", "--reason", "休假"}, 0, "done"},
		{[]string{"transfer", one.No, "--to", "zhao.min", "--task", "leader/1/0"}, 1, "refused:"},
	} {
		code, out, errs := magpie(t, o.dir, append([]string{"approvals"}, c.args...)...)
		if code != c.code || !strings.Contains(strings.ToLower(out+errs), strings.ToLower(c.out)) {
			t.Errorf("%v: %d %s %s, want %d %q", c.args, code, out, errs, c.code, c.out)
		}
	}
	o.card("li.lei", "显示器", "等待 张伟")
	o.cardWith("zhang.wei", "同意", "显示器")
	if code, out, errs := magpie(t, o.dir, "approvals", "terminate", one.No, "--reason", "重复提交"); code != 0 {
		t.Errorf("terminate: %d %s %s", code, out, errs)
	}
	o.card("li.lei", "显示器", "已终止", "重复提交")
	code, out, errs := magpie(t, o.dir, "approvals", "terminate", one.ID, "--reason", "再来")
	if code != 1 || !strings.Contains(errs+out, "refused:ended") {
		t.Errorf("the second end: %d %s %s", code, out, errs)
	}
}
