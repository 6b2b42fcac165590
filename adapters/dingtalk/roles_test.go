package dingtalk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
)

// organisation has roles on two pages, one of which is listed twice, and one with holders on two pages.
func organisation(t *testing.T) (*Platform, *adapterstest.Server) {
	t.Helper()
	p, v := vendorFor(t, nil)
	v.On("POST", "/topapi/role/list", func(c adapterstest.Call) adapterstest.Answer {
		var in struct{ Size, Offset int }
		if err := json.Unmarshal(c.Body, &in); err != nil || in.Size != 200 {
			t.Errorf("%s: %v", c.Body, err)
		}
		if in.Offset == 0 {
			return adapterstest.Answer{Body: `{"errcode":0,"result":{"hasMore":true,"list":[{"name":"默认","groupId":1,"roles":[{"id":11,"name":"主管理员"}]},{"name":"职务","groupId":2,"roles":[{"id":12,"name":"评审委员会"}]}]}}`}
		}
		return adapterstest.Answer{Body: `{"errcode":0,"result":{"hasMore":false,"list":[{"name":"职务","groupId":2,"roles":[{"id":12,"name":"评审委员会"},{"id":"13","name":"走了"},{"id":14,"name":"评审委员会"}]}]}}`}
	})
	v.On("POST", "/topapi/role/simplelist", func(c adapterstest.Call) adapterstest.Answer {
		var in struct {
			Role   int `json:"role_id"`
			Size   int
			Offset int
		}
		if err := json.Unmarshal(c.Body, &in); err != nil || in.Size != 100 {
			t.Errorf("%s: %v", c.Body, err)
		}
		body := `{"errcode":0,"result":{"hasMore":false,"list":[]}}`
		switch {
		case in.Role == 12 && in.Offset == 0:
			body = `{"errcode":0,"result":{"hasMore":true,"nextCursor":100,"list":[{"userid":"u1","name":"甲"},{"userid":"u2","name":"乙"}]}}`
		case in.Role == 12 && in.Offset == 100:
			body = `{"errcode":0,"result":{"hasMore":"false","list":[{"userid":"u2"},{"userid":3}]}}`
		case in.Role == 13:
			body = `{"errcode":60003,"errmsg":"gone"}`
		case in.Role == 14:
			body = `{"errcode":0,"result":{"list":[{"userid":"u4"}]}}`
		}
		return adapterstest.Answer{Body: body}
	})
	return p, v
}

func TestRoles(t *testing.T) {
	t.Parallel()
	p, v := organisation(t)
	got, err := p.Groups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []event.UserGroup{
		{ID: "11", Name: "主管理员"}, {ID: "12", Name: "评审委员会", Members: []event.Ref{to("u1"), to("u2"), to("3")}},
		{ID: "14", Name: "评审委员会", Members: []event.Ref{to("u4")}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if u := p.Usage()[0]; u.Used != 0 {
		t.Errorf("%d calls were counted, though contacts are free", u.Used)
	}
	// Half of the roles are none.
	v.Fault("/topapi/role/simplelist", adapterstest.Answer{Body: `{"errcode":-1,"errmsg":"busy"}`}, 1)
	if got, err := p.Groups(t.Context()); adapters.KindOf(err) != adapters.KindTransient || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, path := range []string{"/topapi/role/list", "/topapi/role/simplelist"} {
		v.Fault(path, adapterstest.Answer{Body: `{"errcode":60011,"errmsg":"no permission"}`}, 1)
		if got, err := p.Groups(t.Context()); adapters.KindOf(err) != adapters.KindForbidden || got != nil || !strings.Contains(err.Error(), "qyapi_get_department_member") {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
}

// A listing that says that there is more, and brings nothing new, ends.
func TestRolesWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/topapi/role/list", "/topapi/role/simplelist"} {
		p, v := organisation(t)
		v.On("POST", path, says(adapterstest.Answer{Body: `{"errcode":0,"result":{"hasMore":true,"list":[{"userid":"u1","roles":[{"id":11,"name":"主管理员"}]}]}}`}))
		if _, err := p.Groups(t.Context()); adapters.KindOf(err) != adapters.KindTransient {
			t.Errorf("%s: %v", path, err)
		}
		if n := len(v.Calls(path)); n != 2 {
			t.Errorf("%s: %d calls", path, n)
		}
	}
}

// Whatever changes about roles asks for a pull.
func TestRoleEvents(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"label_user_change", "label_conf_add", "label_conf_modify", "label_conf_del"} {
		ev := testReceiver().decodeEvent(envelope{typ: typ, data: json.RawMessage(fmt.Sprintf(`{"EventType":%q,"UserIdList":["u1"],"LabelIdList":[11],"action":"add"}`, typ))}, testNow)
		body, ok := ev.Body.(*event.Directory)
		if !ok || ev.Kind != event.KindDeptChanged || !body.Resync || body.Account != nil {
			t.Errorf("%s: %s %+v", typ, ev.Kind, ev.Body)
		}
	}
}
