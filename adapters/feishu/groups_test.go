package feishu

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
)

func userGroups(v *vendor) {
	v.on("GET /open-apis/contact/v3/group/simplelist",
		data(`{"grouplist":[{"id":"g1","name":"评审委员会","member_user_count":2,"member_department_count":0,"type":1}],"has_more":true,"page_token":"p2"}`),
		data(`{"grouplist":[{"id":"g2","name":"财务人员","member_department_count":1},{"id":"","name":"x"},{"id":"g4","name":"不知道几个部门"}],"has_more":false}`),
		data(`{"grouplist":[{"id":"g3","name":"组长","member_department_count":7,"type":2}],"has_more":false}`))
	v.on("GET /open-apis/contact/v3/group/g1/member/simplelist",
		data(`{"memberlist":[{"member_id":"ou_1","member_type":"user","member_id_type":"open_id"}],"has_more":true,"page_token":"m2"}`),
		data(`{"memberlist":[{"member_id":"ou_2"},{"member_id":""}],"has_more":false}`))
	v.on("GET /open-apis/contact/v3/group/g2/member/simplelist", data(`{"has_more":false}`), data(`{"memberlist":[{"member_id":"od-1","member_type":"department"}]}`))
	v.on("GET /open-apis/contact/v3/group/g3/member/simplelist", data(`{"memberlist":[{"member_id":"ou_3"}]}`))
	v.on("GET /open-apis/contact/v3/group/g4/member/simplelist", data(`{}`))
}

func TestGroups(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	userGroups(v)
	got, err := v.platform().Groups(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := scoped{tenant: outTenant, app: testApp}
	want := []event.UserGroup{
		{ID: "g1", Name: "评审委员会", Members: []event.Ref{s.user("ou_1"), s.user("ou_2")}},
		{ID: "g2", Name: "财务人员", Depts: []string{"od-1"}},
		{ID: "g4", Name: "不知道几个部门"},
		{ID: "g3", Name: "组长", Members: []event.Ref{s.user("ou_3")}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Departments are asked for where there may be some: not where a rule fills the group, nor where there are none.
	for group, calls := range map[string]int{"g1": 2, "g2": 2, "g3": 1, "g4": 2} {
		if n := len(v.seen("/open-apis/contact/v3/group/" + group + "/member/simplelist")); n != calls {
			t.Errorf("%s: %d calls, want %d", group, n, calls)
		}
	}
	var types []string
	for _, c := range v.seen("/open-apis/contact/v3/group/simplelist") {
		types = append(types, c.Query)
	}
	if d := cmp.Diff([]string{"page_size=100&type=1", "page_size=100&page_token=p2&type=1", "page_size=100&type=2"}, types); d != "" {
		t.Error(d)
	}
}

// Half of the groups are none; a missing scope says what to grant, and the suite's pace is kept.
func TestGroupsRefused(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"group/simplelist", "group/g1/member/simplelist", "group/g3/member/simplelist"} {
		v := newVendor(t)
		userGroups(v)
		v.on("GET /open-apis/contact/v3/"+call, refusal(400, 99991672))
		got, err := v.platform().Groups(context.Background())
		if adapters.KindOf(err) != adapters.KindForbidden || got != nil || !strings.Contains(err.Error(), "contact:group:readonly") {
			t.Errorf("%s: %v, %v", call, got, err)
		}
	}
	v := newVendor(t)
	userGroups(v)
	v.on("GET /open-apis/contact/v3/group/g3/member/simplelist", refusal(429, 99991400, "x-ogw-ratelimit-reset", "3"), data(`{"memberlist":[{"member_id":"ou_3"}]}`))
	p := v.platform()
	var waits []time.Duration
	p.api.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	if got, err := p.Groups(context.Background()); err != nil || len(got) != 4 || len(waits) != 1 || waits[0] != 3*time.Second {
		t.Errorf("%v after %v: %v", got, waits, err)
	}
}
