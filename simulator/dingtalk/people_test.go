package dingtalk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/simulator"
)

// The directory holds the company's DingTalk people only, and only their managers and leads among them.
func TestDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerSecond: -1}})
	company := simulator.SampleCompany()
	units := b.good("POST", "/oapi/topapi/v2/department/listsub", map[string]any{"dept_id": 1})["result"].([]any)
	if len(units) != 7 {
		t.Fatalf("%d departments", len(units))
	}
	var ids, seen []string
	for _, u := range units {
		row := u.(map[string]any)
		id := fmt.Sprintf("%.0f", row["dept_id"])
		ids = append(ids, id)
		unit := b.good("POST", "/oapi/topapi/v2/department/get", map[string]any{"dept_id": id})["result"].(map[string]any) // a number as text is taken
		var lead []any
		for _, d := range company.Departments {
			if p, ok := company.Person(d.Lead); d.Name == row["name"] && ok && p.In("dingtalk") {
				lead = append(lead, b.user(d.Lead))
			}
		}
		if got := unit["dept_manager_userid_list"].([]any); !slices.Equal(got, lead) || unit["parent_id"] != 1.0 || unit["name"] != row["name"] {
			t.Errorf("%s: %v, led by %v", row["name"], unit, lead)
		}
		cursor := 0.0
		for {
			page := b.good("POST", "/oapi/topapi/v2/user/list", map[string]any{"dept_id": row["dept_id"], "cursor": cursor, "size": 3})["result"].(map[string]any)
			for _, p := range page["list"].([]any) {
				seen = append(seen, p.(map[string]any)["userid"].(string))
			}
			if page["has_more"] == false {
				break
			}
			cursor = page["next_cursor"].(float64)
		}
	}
	var want []string
	for _, p := range company.People {
		if p.In("dingtalk") {
			want = append(want, b.user(p.ID))
		} else if _, ok := b.Account(p.ID); ok {
			t.Errorf("%s has an account", p.ID)
		}
	}
	slices.Sort(seen)
	slices.Sort(want)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	list := b.good("POST", "/oapi/topapi/v2/department/listsubid", map[string]any{"dept_id": "1"})["result"].(map[string]any)["dept_id_list"].([]any)
	if len(list) != len(ids) {
		t.Errorf("ids: %v", list)
	}
	root := b.good("POST", "/oapi/topapi/v2/department/get", map[string]any{"dept_id": 1})["result"].(map[string]any)
	if root["name"] != "鹊桥科技" || root["dept_id"] != 1.0 {
		t.Errorf("root: %v", root)
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerSecond: -1}, Apps: []App{{Unavailable: []string{"gao.yuan"}}}})
	get := func(person string) map[string]any {
		t.Helper()
		return b.good("POST", oldUser, map[string]string{"userid": b.user(person), "language": "zh_CN"})["result"].(map[string]any)
	}
	p, _ := simulator.SampleCompany().Person("deng.kai")
	got := get("deng.kai")
	for field, want := range map[string]any{"userid": b.user("deng.kai"), "unionid": b.union("deng.kai"), "name": "邓凯", "job_number": p.EmployeeNo, "title": p.Title,
		"mobile": strings.TrimPrefix(p.Mobile, "+86"), "state_code": "86", "email": p.Email, "manager_userid": b.user("he.jing"), "active": true, "admin": false} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	// A manager in another suite is not named, and does not make an administrator.
	if liu := get("liu.yang"); liu["manager_userid"] != nil || liu["admin"] != false || liu["leader_in_dept"].([]any)[0].(map[string]any)["leader"] != false {
		t.Errorf("liu.yang: %v", liu)
	}
	if boss := get("zhang.wei"); boss["admin"] != true || boss["leader_in_dept"].([]any)[0].(map[string]any)["leader"] != true {
		t.Errorf("zhang.wei: %v", boss)
	}
	mobile := strings.TrimPrefix(p.Mobile, "+86")
	if out := b.good("POST", "/oapi/topapi/v2/user/getbymobile", map[string]string{"mobile": mobile})["result"].(map[string]any); out["userid"] != b.user("deng.kai") {
		t.Errorf("by mobile: %v", out)
	}
	if out := b.good("POST", "/oapi/topapi/user/getbyunionid", map[string]string{"unionid": b.union("deng.kai")})["result"].(map[string]any); out["userid"] != b.user("deng.kai") {
		t.Errorf("by unionid: %v", out)
	}
	unit := got["dept_id_list"].([]any)[0]
	above := b.good("POST", "/oapi/topapi/v2/department/listparentbyuser", map[string]string{"userid": b.user("deng.kai")})["result"].(map[string]any)["parent_list"].([]any)[0].(map[string]any)["parent_dept_id_list"]
	if diff := cmp.Diff([]any{unit, 1.0}, above); diff != "" {
		t.Error(diff)
	}
	if out := b.good("POST", "/oapi/topapi/v2/department/listparentbydept", map[string]any{"dept_id": unit})["result"].(map[string]any); len(out["parent_id_list"].([]any)) != 2 {
		t.Errorf("above: %v", out)
	}
	if out := b.good("POST", "/oapi/topapi/user/listid", map[string]any{"dept_id": unit})["result"].(map[string]any); !slices.Contains(out["userid_list"].([]any), any(b.user("deng.kai"))) {
		t.Errorf("ids: %v", out)
	}
	if out := b.good("POST", "/oapi/topapi/user/listsimple", map[string]any{"dept_id": unit, "cursor": 0, "size": 1})["result"].(map[string]any); len(out["list"].([]any)) != 1 || out["has_more"] != true {
		t.Errorf("simple: %v", out)
	}
	if out := b.good("POST", "/oapi/topapi/user/listadmin", map[string]any{})["result"].([]any); len(out) != 1 || out[0].(map[string]any)["userid"] != b.user("zhang.wei") {
		t.Errorf("admins: %v", out)
	}
	if out := b.good("POST", "/oapi/topapi/user/count", map[string]any{})["result"].(map[string]any); out["count"] != float64(len(simulator.SampleCompany().Of("dingtalk").People)) {
		t.Errorf("count: %v", out)
	}
	if out := b.good("POST", "/api/v1.0/contact/users/search", map[string]any{"queryWord": "韩", "offset": 0, "size": 10}); fmt.Sprint(out["list"]) != "["+b.user("han.meimei")+"]" {
		t.Errorf("search: %v", out)
	}
	for name, c := range map[string]struct {
		path string
		body any
		want string
	}{
		"nobody": {oldUser, map[string]string{"userid": "0"}, "60121"}, "no userid": {oldUser, map[string]string{}, "40035"}, "no JSON": {oldUser, "x", "40035"},
		"not visible": {oldUser, map[string]string{"userid": b.user("gao.yuan")}, "50002"}, "mobile": {"/oapi/topapi/v2/user/getbymobile", map[string]string{"mobile": "1"}, "60121"},
		"no mobile": {"/oapi/topapi/v2/user/getbymobile", map[string]string{}, "40035"}, "unionid": {"/oapi/topapi/user/getbyunionid", map[string]string{"unionid": "x"}, "60121"},
		"department": {"/oapi/topapi/v2/department/get", map[string]any{"dept_id": 7}, "60003"}, "children": {"/oapi/topapi/v2/department/listsub", map[string]any{"dept_id": 7}, "60003"},
		"a word for a number": {"/oapi/topapi/v2/department/get", map[string]any{"dept_id": "x"}, "40035"},
		"page":                {"/oapi/topapi/v2/user/list", map[string]any{"dept_id": 1, "size": 101}, "40035"}, "no page": {"/oapi/topapi/v2/user/list", map[string]any{"dept_id": 1}, "40035"},
	} {
		b.refused(name, "POST", c.path, c.body, c.want)
	}
	b.refused("search", "POST", "/api/v1.0/contact/users/search", map[string]any{}, "invalidParameter.queryWord")
}

func TestSceneGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerSecond: -1}, Apps: []App{{Transport: TransportStream}, {ID: "second"}}})
	s := b.stream(allTopics)
	create := map[string]any{"title": "项目群", "template_id": "t-1", "owner_user_id": b.user("han.meimei"), "user_ids": b.user("liu.yang") + "," + b.user("deng.kai"), "uuid": "u1"}
	made := b.good("POST", "/api/v1.0/im/sceneGroup/create", create)
	again := b.good("POST", "/api/v1.0/im/sceneGroup/create", create)
	id := made["open_conversation_id"].(string)
	if again["open_conversation_id"] != id || made["chat_id"] == "" || b.group("deng.kai", "项目群") != id {
		t.Errorf("made %v, again %v", made, again)
	}
	b.good("POST", "/api/v1.0/robot/groupMessages/send", map[string]any{"robotCode": b.cred["robot_code"], "openConversationId": id, "msgKey": "sampleText", "msgParam": `{"content":"欢迎"}`})
	b.good("POST", "/api/v1.0/im/sceneGroup/member/add", map[string]any{"open_conversation_id": id, "user_ids": []string{b.user("zhang.wei"), b.user("liu.yang")}})
	e := s.next("EVENT")
	s.ack(e, 200, `{"status":"SUCCESS"}`)
	if data := object(t, []byte(e.Data)); e.Headers["eventType"] != "chat_add_member" || fmt.Sprint(data["userId"]) != "["+b.user("zhang.wei")+"]" || data["chatId"] != made["chat_id"] {
		t.Errorf("event: %v %v", e.Headers, data)
	}
	var members []string
	query := map[string]any{"openConversationId": id, "maxResults": 3}
	for {
		out := b.good("POST", "/api/v1.0/im/sceneGroups/members/batchQuery", query)
		for _, m := range out["memberUserIds"].([]any) {
			members = append(members, m.(string))
		}
		if out["hasMore"] == false {
			break
		}
		query["nextToken"] = out["nextToken"]
	}
	if diff := cmp.Diff([]string{b.user("han.meimei"), b.user("liu.yang"), b.user("deng.kai"), b.user("zhang.wei")}, members); diff != "" {
		t.Error(diff)
	}
	if out := b.good("POST", "/api/v1.0/im/sceneGroups/query", map[string]any{"openConversationId": id}); out["title"] != "项目群" || out["ownerUserId"] != b.user("han.meimei") {
		t.Errorf("query: %v", out)
	}
	if out := b.good("POST", "/api/v1.0/im/chat/"+made["chat_id"].(string)+"/convertToOpenConversationId", nil); out["openConversationId"] != id {
		t.Errorf("convert: %v", out)
	}
	info := b.good("GET", "/oapi/chat/get?chatid="+made["chat_id"].(string), nil)["chat_info"].(map[string]any)
	if info["name"] != "项目群" || len(info["useridlist"].([]any)) != 4 {
		t.Errorf("chat: %v", info)
	}
	// Ordinary groups tell nothing about their members.
	ordinary := b.group("liu.yang", "采购群")
	b.refused("ordinary", "POST", "/api/v1.0/im/sceneGroups/members/batchQuery", map[string]any{"openConversationId": ordinary}, "group.notSceneGroup")
	b.refused("ordinary, old", "GET", "/oapi/chat/get?chatid="+b.oldChatID(ordinary), nil, "49000")
	b.good("POST", "/api/v1.0/im/sceneGroup/member/delete", map[string]any{"open_conversation_id": id, "user_ids": b.user("liu.yang")})
	s.ack(s.next("EVENT"), 200, `{"status":"SUCCESS"}`)
	if list, _ := b.Messages("liu.yang", ""); len(list) != 0 {
		t.Errorf("who left sees %+v", list)
	}
	for name, change := range map[string]map[string]any{"title": {"title": ""}, "template_id": {"template_id": nil}, "owner_user_id": {"owner_user_id": nil}} {
		b.refused(name, "POST", "/api/v1.0/im/sceneGroup/create", with(create, change), "invalidParameter."+name)
	}
	b.refused("nobody", "POST", "/api/v1.0/im/sceneGroup/create", with(create, map[string]any{"uuid": "u2", "user_ids": []string{"ghost"}}), "staffId.notExisted")
	b.good("POST", "/api/v1.0/im/chat/scenegroup/disband", map[string]any{"openConversationId": id})
	if e = s.next("EVENT"); e.Headers["eventType"] != "chat_disband" {
		t.Errorf("event: %v", e.Headers)
	}
	s.ack(e, 200, `{"status":"SUCCESS"}`)
	b.delivered(3)
	b.refused("disbanded", "POST", "/api/v1.0/robot/groupMessages/send", map[string]any{"robotCode": b.cred["robot_code"], "openConversationId": id, "msgKey": "sampleText", "msgParam": `{"content":"x"}`}, "group.disbanded")
	// The second app's robot was never in it.
	b.cred = b.Connections()[1].Credentials
	b.fetch()
	other := b.good("POST", "/api/v1.0/im/sceneGroup/create", with(create, map[string]any{"uuid": "u1"}))
	if other["open_conversation_id"] == id {
		t.Error("a uuid is each app's own")
	}
}
