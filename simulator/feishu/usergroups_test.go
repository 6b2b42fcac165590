package feishu

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	lark "github.com/larksuite/oapi-sdk-go/v3"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkcontact "github.com/larksuite/oapi-sdk-go/v3/service/contact/v3"
)

// The vendor's own client reads user groups page by page: persons, departments, and those that a rule fills.
func TestUserGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"sun.li"}}}})
	cred := b.Connections()[0].Credentials
	client := lark.NewClient(cred["app_id"], cred["app_secret"], lark.WithOpenBaseUrl(b.http.URL),
		lark.WithHttpClient(b.http.Client()), lark.WithLogLevel(larkcore.LogLevelError))
	ctx := background(t)
	groups := map[string]*larkcontact.Group{}
	for _, typ := range []int{1, 2} {
		for page := ""; ; {
			r := larkcontact.NewSimplelistGroupReqBuilder().PageSize(2).Type(typ)
			if page != "" {
				r.PageToken(page)
			}
			list, err := client.Contact.V3.Group.Simplelist(ctx, r.Build())
			if err != nil || !list.Success() {
				t.Fatalf("simplelist: %v %+v", err, list)
			}
			for _, g := range list.Data.Grouplist {
				groups[fmt.Sprint(typ, *g.Name)] = g
			}
			if !*list.Data.HasMore {
				break
			}
			page = *list.Data.PageToken
		}
	}
	if len(groups) != 4 || groups["1评审委员会"] == nil || groups["1财务人员"] == nil || groups["2组长"] == nil {
		t.Fatalf("groups: %v", groups)
	}
	if g := groups["1财务人员"]; *g.MemberUserCount != 1 || *g.MemberDepartmentCount != 1 {
		t.Errorf("counts: %d persons, %d departments", *g.MemberUserCount, *g.MemberDepartmentCount)
	}
	members := func(group, typ, idType string) []string {
		t.Helper()
		r := larkcontact.NewSimplelistGroupMemberReqBuilder().GroupId(*groups[group].Id).MemberType(typ).MemberIdType(idType).PageSize(100)
		list, err := client.Contact.V3.GroupMember.Simplelist(ctx, r.Build())
		if err != nil || !list.Success() {
			t.Fatalf("members: %v %+v", err, list)
		}
		var out []string
		for _, m := range list.Data.Memberlist {
			out = append(out, *m.MemberId)
		}
		return out
	}
	// 孙莉 is outside of what the app may see, the others are in other suites.
	if got, want := members("1评审委员会", "user", "open_id"), b.openID("zhang.wei"); !slices.Contains(got, want) || slices.Contains(got, b.openID("sun.li")) {
		t.Errorf("评审委员会: %v, want %s", got, want)
	}
	if got := members("1财务人员", "department", "department_id"); !slices.Equal(got, []string{"caiwubu"}) {
		t.Errorf("departments of 财务人员: %v", got)
	}
	if got := members("1财务人员", "department", "open_department_id"); len(got) != 1 || got[0] == "caiwubu" {
		t.Errorf("departments of 财务人员: %v", got)
	}
	if got := members("2组长", "user", "user_id"); len(got) != 2 {
		t.Errorf("组长: %v", got)
	}
}

func TestUserGroupsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	group := "group/" + userGroupID(0) + "/member/simplelist"
	for path, code := range map[string]int{
		"group/simplelist?type=3": 99992402, "group/simplelist?page_size=101": 99992402, "group/simplelist?page_token=x": 99992402,
		"group/g0/member/simplelist": groupGone, group + "?member_type=chat": 99992402, group + "?member_id_type=email": 99992402, group + "?member_type=department": 99992402,
	} {
		status, out := b.call("GET", "/open-apis/contact/v3/"+path, nil)
		want(t, path, status, out, 400, code)
	}
	poor := newBench(t, Options{Apps: []App{{Scopes: []string{scopePeople, scopeUnits}}}})
	status, out := poor.call("GET", "/open-apis/contact/v3/group/simplelist", nil)
	want(t, "no scope", status, out, 400, 99991672)
	if !strings.Contains(fmt.Sprint(out["msg"]), "["+scopeGroups+"]") {
		t.Errorf("the scope is not named: %v", out)
	}
}
