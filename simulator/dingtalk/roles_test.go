package dingtalk

import (
	"fmt"
	"slices"
	"testing"
)

// Roles stand in groups of roles, and come in pages; who has one comes in pages too, as far as the app may see.
func TestRoles(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerSecond: -1}, Apps: []App{{Unavailable: []string{"gao.yuan"}}}})
	ids := map[string]any{}
	for offset := 0; ; offset++ {
		page := b.good("POST", "/oapi/topapi/role/list", map[string]any{"offset": offset, "size": 1})["result"].(map[string]any)
		group := page["list"].([]any)[0].(map[string]any)
		role := group["roles"].([]any)[0].(map[string]any)
		ids[group["name"].(string)+"/"+role["name"].(string)] = role["id"]
		if page["hasMore"] == false {
			break
		}
	}
	if len(ids) != 4 || ids["默认/主管理员"] == nil || ids["自定义/评审委员会"] == nil || ids["自定义/印章管理员"] == nil {
		t.Fatalf("roles: %v", ids)
	}
	whole := b.good("POST", "/oapi/topapi/role/list", map[string]any{})["result"].(map[string]any)
	if list := whole["list"].([]any); len(list) != 2 || len(list[1].(map[string]any)["roles"].([]any)) != 3 || whole["hasMore"] != false {
		t.Errorf("without pages: %v", whole)
	}
	var holders []string
	for offset := 0.0; ; {
		page := b.good("POST", "/oapi/topapi/role/simplelist", map[string]any{"role_id": ids["自定义/评审委员会"], "offset": offset, "size": 1})["result"].(map[string]any)
		for _, u := range page["list"].([]any) {
			holders = append(holders, u.(map[string]any)["userid"].(string))
		}
		if page["hasMore"] == false {
			break
		}
		offset = page["nextCursor"].(float64)
	}
	if want := []string{b.user("zhang.wei"), b.user("han.meimei")}; !slices.Equal(holders, want) {
		t.Errorf("评审委员会: %v, want %v", holders, want)
	}
	u := b.good("POST", oldUser, map[string]string{"userid": b.user("han.meimei")})["result"].(map[string]any)
	if got := fmt.Sprint(u["role_list"]); got != fmt.Sprintf("[map[group_name:自定义 id:%v name:评审委员会]]", ids["自定义/评审委员会"]) {
		t.Errorf("role_list: %s", got)
	}
	for name, c := range map[string]struct {
		path string
		body any
		want string
	}{
		"page": {"/oapi/topapi/role/list", map[string]any{"offset": 0, "size": 201}, "40035"}, "no role": {"/oapi/topapi/role/simplelist", map[string]any{"role_id": 1}, "400002"},
		"page of a role": {"/oapi/topapi/role/simplelist", map[string]any{"role_id": ids["默认/主管理员"], "offset": 0, "size": 101}, "40035"},
	} {
		b.refused(name, "POST", c.path, c.body, c.want)
	}
}
