package wecom

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
)

func TestTags(t *testing.T) {
	t.Parallel()
	v := newContacts(t, "甲")
	v.On("GET", "/cgi-bin/tag/list", func(adapterstest.Call) adapterstest.Answer {
		return adapterstest.Answer{Body: `{"errcode":0,"taglist":[{"tagid":1,"tagname":"评审委员会"},{"tagid":2,"tagname":"财务人员"},{"tagid":3,"tagname":"走了"},{"tagid":4,"tagname":""}]}`}
	})
	v.On("GET", "/cgi-bin/tag/get", func(c adapterstest.Call) adapterstest.Answer {
		q, err := url.ParseQuery(c.Query)
		if err != nil {
			t.Error(err)
		}
		return adapterstest.Answer{Body: map[string]string{
			"1": `{"errcode":0,"tagname":"评审委员会","userlist":[{"userid":"Wang.Fang","name":"王芳"},{"userid":""}],"partylist":[]}`,
			"2": `{"errcode":0,"tagname":"财务人员","userlist":[],"partylist":[3,7]}`,
			"3": `{"errcode":40068,"errmsg":"invalid tagid"}`,
		}[q.Get("tagid")]}
	})
	p := v.platform(t)
	got, err := p.Groups(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []event.UserGroup{
		{ID: "1", Name: "评审委员会", Members: []event.Ref{p.refs().user("wang.fang")}}, {ID: "2", Name: "财务人员", Depts: []string{"3", "7"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Half of the tags are none.
	v.Fault("/cgi-bin/tag/get", adapterstest.Answer{Status: 502, Body: "<html>"}, 1)
	if got, err := p.Groups(context.Background()); adapters.KindOf(err) != adapters.KindTransient || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, path := range []string{"/cgi-bin/tag/list", "/cgi-bin/tag/get"} {
		v.Fault(path, adapterstest.Answer{Body: `{"errcode":48009,"errmsg":"no privilege"}`}, 1)
		if got, err := p.Groups(context.Background()); adapters.KindOf(err) != adapters.KindForbidden || got != nil || !strings.Contains(err.Error(), "address book") {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	cfg := testConfig()
	cfg.Kind = KindRobot
	if _, err := newTest(t, cfg, testNow).Groups(context.Background()); adapters.KindOf(err) != adapters.KindUnsupported {
		t.Errorf("a robot: %v", err)
	}
}
