package dingtalk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	noticeCall = "/oapi/topapi/message/corpconversation/"
	dingCall   = "/api/v1.0/robot/ding/"
)

// notice is the body of a work notification to persons.
func (b *bench) notice(msg map[string]any, persons ...string) map[string]any {
	var ids []string
	for _, p := range persons {
		ids = append(ids, b.user(p))
	}
	return map[string]any{"agent_id": b.cred["agent_id"], "userid_list": strings.Join(ids, ","), "to_all_user": false, "msg": msg}
}

func text(s string) map[string]any {
	return map[string]any{"msgtype": "text", "text": map[string]string{"content": s}}
}

func (b *bench) result(task any) map[string]any {
	b.t.Helper()
	return b.good("POST", noticeCall+"getsendresult", map[string]any{"agent_id": b.cred["agent_id"], "task_id": task})["send_result"].(map[string]any)
}

// What is over a limit is accepted and not delivered; the result tells.
func TestWorkNotice(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{NoticesADay: 2, PerSecond: -1}})
	body := b.notice(text("请看"), "han.meimei", "liu.yang")
	body["userid_list"] = body["userid_list"].(string) + ",ghost"
	body["dept_id_list"] = "7"
	task := b.good("POST", noticeCall+"asyncsend_v2", body)["task_id"]
	if err := b.Read(background(t), "liu.yang", b.last("liu.yang").ID); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"read_user_id_list": []any{b.user("liu.yang")}, "unread_user_id_list": []any{b.user("han.meimei")}, "failed_user_id_list": []any{},
		"invalid_user_id_list": []any{"ghost"}, "invalid_dept_id_list": []any{7.0}, "forbidden_user_id_list": []any{}, "forbidden_list": []any{}}
	if diff := cmp.Diff(want, b.result(task)); diff != "" {
		t.Error(diff)
	}
	if m := b.last("han.meimei"); m.Text != "请看" || m.From != "bot" || m.Kind != "text" {
		t.Errorf("seen: %+v", m)
	}
	chats := b.Chats("han.meimei")
	if chats[1].Name != "工作通知" || chats[1].Type != "direct" || chats[1].Unread != 1 {
		t.Errorf("chats: %+v", chats)
	}
	if _, err := b.Say(background(t), "han.meimei", chats[1].ID, "好"); err == nil {
		t.Error("somebody wrote into the notifications")
	}
	forbidden := func(task any) string {
		t.Helper()
		list := b.result(task)["forbidden_list"].([]any)
		if len(list) == 0 {
			return ""
		}
		row := list[0].(map[string]any)
		return fmt.Sprint(row["code"], " ", row["userid"] == b.user("han.meimei"))
	}
	send := func(s string) any {
		t.Helper()
		return b.good("POST", noticeCall+"asyncsend_v2", b.notice(text(s), "han.meimei"))["task_id"]
	}
	if got := forbidden(b.good("POST", noticeCall+"asyncsend_v2", body)["task_id"]); got != "143106 true" {
		t.Errorf("the same again: %s", got)
	}
	if got := forbidden(send("二")); got != "" {
		t.Errorf("second: %s", got)
	}
	if got := forbidden(send("三")); got != "143105 true" {
		t.Errorf("third: %s", got)
	}
	if list, _ := b.Messages("han.meimei", chats[1].ID); len(list) != 2 {
		t.Errorf("%d notifications", len(list))
	}
	// The day ends at midnight in Beijing.
	b.clock.Advance(time.Date(2026, 11, 2, 16, 0, 0, 0, time.UTC).Sub(testStart))
	b.fetch()
	if got := forbidden(send("请看")); got != "" {
		t.Errorf("next day: %s", got)
	}
	if out := b.good("POST", noticeCall+"getsendprogress", map[string]any{"agent_id": b.cred["agent_id"], "task_id": task}); out["progress"].(map[string]any)["status"] != 2.0 {
		t.Errorf("progress: %v", out)
	}
	recall := map[string]any{"agent_id": b.cred["agent_id"], "msg_task_id": task}
	b.good("POST", noticeCall+"recall", recall)
	if list, _ := b.Messages("liu.yang", ""); list[0].Status != "recalled" {
		t.Errorf("recalled: %+v", list[0])
	}
	b.clock.Advance(10 * time.Hour)
	b.fetch()
	for _, call := range []string{"getsendresult", "getsendprogress", "recall"} {
		b.refused(call+" after a day", "POST", noticeCall+call, map[string]any{"agent_id": b.cred["agent_id"], "task_id": task}, "400002")
	}
}

func TestWorkNoticeRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerSecond: -1}})
	good := b.notice(text("x"), "han.meimei")
	link := "https://a.example"
	oa := func(body map[string]any, bar any) map[string]any {
		return map[string]any{"msgtype": "oa", "oa": map[string]any{"message_url": link, "head": map[string]string{"bgcolor": "FFBBBBBB", "text": "审批"}, "status_bar": bar, "body": body}}
	}
	card := func(c map[string]any) map[string]any {
		return map[string]any{"msgtype": "action_card", "action_card": c}
	}
	button := func(title, url string) []map[string]string {
		return []map[string]string{{"title": title, "action_url": url}}
	}
	for name, msg := range map[string]map[string]any{
		"text": text("x"), "markdown": {"msgtype": "markdown", "markdown": map[string]string{"title": "t", "text": "x"}},
		"link": {"msgtype": "link", "link": map[string]string{"messageUrl": link, "picUrl": "@l", "title": "t", "text": "x"}}, "oa": oa(map[string]any{"title": "t"}, nil),
		"one button": card(map[string]any{"title": "t", "markdown": "x", "single_title": "看", "single_url": link}), "file": {"msgtype": "file", "file": map[string]string{"media_id": "$i"}},
		"buttons": card(map[string]any{"title": "t", "markdown": "x", "btn_orientation": "1", "btn_json_list": button("看", link)}),
		"image":   {"msgtype": "image", "image": map[string]string{"media_id": "@l"}}, "voice": {"msgtype": "voice", "voice": map[string]string{"media_id": "@l", "duration": "3"}},
	} {
		if _, why := checkWork(encode(msg)); why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	for name, msg := range map[string]map[string]any{
		"type": {"msgtype": "dance"}, "no text": {"msgtype": "text"}, "too long": text(strings.Repeat("长", 700)), "no title": {"msgtype": "markdown", "markdown": map[string]string{"text": "x"}},
		"no link": card(map[string]any{"title": "t", "markdown": "x", "single_title": "看", "single_url": "x"}), "no button": card(map[string]any{"title": "t", "markdown": "x"}),
		"long title":     card(map[string]any{"title": "t", "markdown": "x", "btn_orientation": "1", "btn_json_list": button(strings.Repeat("看", 21), link)}),
		"no orientation": card(map[string]any{"title": "t", "markdown": "x", "btn_json_list": button("看", link)}),
		"long address":   card(map[string]any{"title": "t", "markdown": "x", "btn_orientation": "1", "btn_json_list": button("看", link+"/"+strings.Repeat("x", 700))}),
		"oa's link":      {"msgtype": "oa", "oa": map[string]any{"head": map[string]string{"bgcolor": "F"}}},
	} {
		b.refused(name, "POST", noticeCall+"asyncsend_v2", with(good, map[string]any{"msg": msg}), "40035")
	}
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"agent": {map[string]any{"agent_id": 1}, "400002"}, "nobody": {map[string]any{"userid_list": ""}, "40035"}, "101": {map[string]any{"userid_list": strings.Repeat("x,", 101)}, "40035"},
		"departments": {map[string]any{"dept_id_list": strings.Repeat("1,", 21)}, "40035"},
		"bar for all": {map[string]any{"msg": oa(nil, map[string]string{"status_value": "待处理", "status_bg": "0xFFF65E5E"}), "to_all_user": true}, "41052"},
	} {
		b.refused(name, "POST", noticeCall+"asyncsend_v2", with(good, c.change), c.want)
	}
	b.refused("no JSON", "POST", noticeCall+"asyncsend_v2", "x", "40035")
	b.refused("no such task", "POST", noticeCall+"getsendresult", map[string]any{"agent_id": b.cred["agent_id"], "task_id": 1}, "400002")

	// To everybody, three times a day; many receivers' result can not be asked for.
	for i := range 3 {
		b.good("POST", noticeCall+"asyncsend_v2", with(good, map[string]any{"to_all_user": true, "msg": text(fmt.Sprint(i))}))
	}
	b.refused("a fourth time", "POST", noticeCall+"asyncsend_v2", with(good, map[string]any{"to_all_user": true}), "143105")
	if m := b.last("jin.yi"); m.Text != "2" {
		t.Errorf("jin.yi sees %+v", m)
	}
	// To a department is to those below it.
	units := b.good("POST", "/oapi/topapi/v2/department/listsub", map[string]any{"dept_id": 1})["result"].([]any)
	for _, u := range units {
		if row := u.(map[string]any); row["name"] == "法务部" {
			b.good("POST", noticeCall+"asyncsend_v2", with(good, map[string]any{"userid_list": "", "dept_id_list": fmt.Sprintf("%.0f", row["dept_id"]), "msg": text("法务")}))
		}
	}
	if b.last("jin.yi").Text != "法务" || b.last("liu.yang").Text != "2" {
		t.Errorf("the department's notification: %q, %q", b.last("jin.yi").Text, b.last("liu.yang").Text)
	}
}

func TestStatusBar(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	msg := map[string]any{"msgtype": "oa", "oa": map[string]any{"message_url": "https://a.example", "head": map[string]string{"bgcolor": "FFBBBBBB", "text": "审批"},
		"status_bar": map[string]string{"status_value": "待处理", "status_bg": "0xFFF65E5E"}, "body": map[string]any{"title": "采购", "form": []map[string]string{{"key": "金额:", "value": "300"}}}}}
	task := b.good("POST", noticeCall+"asyncsend_v2", b.notice(msg, "han.meimei"))["task_id"]
	if m := b.last("han.meimei"); m.Text != "审批\n采购\n待处理\n金额: 300" || m.Kind != "card" || m.Buttons[0].URL != "https://a.example" {
		t.Errorf("seen: %+v", m)
	}
	change := map[string]any{"agent_id": b.cred["agent_id"], "task_id": task, "status_value": "已同意", "status_bg": "0xFF78C06E"}
	b.good("POST", noticeCall+"status_bar/update", change)
	if m := b.last("han.meimei"); m.Text != "审批\n采购\n已同意\n金额: 300" || !m.Updated {
		t.Errorf("changed: %+v", m)
	}
	b.refused("no value", "POST", noticeCall+"status_bar/update", with(change, map[string]any{"status_value": nil}), "40035")
	plain := b.good("POST", noticeCall+"asyncsend_v2", b.notice(text("x"), "han.meimei"))["task_id"]
	b.refused("no bar", "POST", noticeCall+"status_bar/update", with(change, map[string]any{"task_id": plain}), "400002")
	b.clock.Advance(7 * 24 * time.Hour)
	b.fetch()
	b.refused("after a week", "POST", noticeCall+"status_bar/update", change, "400002")
}

func TestDing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	body := map[string]any{"robotCode": b.cred["robot_code"], "remindType": 1, "receiverUserIdList": []string{b.user("han.meimei"), b.user("liu.yang"), "ghost"}, "content": "尽快"}
	out := b.good("POST", dingCall+"send", body)
	if fmt.Sprint(out["failedList"]) != "map[user.notExist:[ghost]]" {
		t.Errorf("sent: %v", out)
	}
	m := b.last("han.meimei")
	if m.Text != "尽快" || !m.Urgent {
		t.Errorf("seen: %+v", m)
	}
	if err := b.Read(background(t), "han.meimei", m.ID); err != nil {
		t.Fatal(err)
	}
	if b.last("han.meimei").Urgent {
		t.Error("urgent after it was read")
	}
	one := map[string]any{"robotCode": b.cred["robot_code"], "openDingId": out["openDingId"]}
	states := map[any]any{}
	for _, row := range b.good("POST", dingCall+"readStatuses/query", one)["result"].(map[string]any)["robotDingReadInfoList"].([]any) {
		states[row.(map[string]any)["userId"]] = row.(map[string]any)["readStatus"]
	}
	if diff := cmp.Diff(map[any]any{b.user("han.meimei"): "READ", b.user("liu.yang"): "UNREAD"}, states); diff != "" {
		t.Error(diff)
	}
	b.good("POST", dingCall+"recall", one)
	if b.last("liu.yang").Status != "recalled" {
		t.Error("not recalled")
	}
	for name, c := range map[string]struct {
		change map[string]any
		code   string
	}{"by text message": {map[string]any{"remindType": 2}, "ding.serverquota.insufficient"}, "type": {map[string]any{"remindType": 4}, "invalidParameter.remindType"},
		"nobody": {map[string]any{"receiverUserIdList": []string{}}, "invalidParameter.receiverUserIdList"}, "content": {map[string]any{"content": ""}, "invalidParameter.content"},
		"robot": {map[string]any{"robotCode": "x"}, "invalidParameter.robotCode.auth"}, "21 by phone": {map[string]any{"remindType": 3, "receiverUserIdList": make([]string, 21)}, "invalidParameter.receiverUserIdList"}} {
		b.refused(name, "POST", dingCall+"send", with(body, c.change), c.code)
	}
	b.refused("no such DING", "POST", dingCall+"recall", with(one, map[string]any{"openDingId": "x"}), "invalidParameter.openDingId")
}

func TestTodo(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Transport: TransportStream}}, Limits: Limits{PerSecond: -1}})
	s := b.stream(allTopics)
	event := func(name string, union ...string) {
		t.Helper()
		f := s.next("EVENT")
		s.ack(f, 200, `{"status":"SUCCESS"}`)
		if data := object(t, []byte(f.Data)); f.Headers["eventType"] != name || fmt.Sprint(data["unionIdList"]) != fmt.Sprint(union) {
			t.Errorf("event %s: %v, want %s %v", f.Headers["eventType"], data, name, union)
		}
	}
	han, liu := b.union("han.meimei"), b.union("liu.yang")
	tasks := "/api/v1.0/todo/users/" + han + "/tasks"
	body := map[string]any{"sourceId": "s1", "subject": "下单：键盘", "creatorId": han, "executorIds": []string{liu, b.union("deng.kai")}, "dueTime": 1783699200000,
		"detailUrl": map[string]string{"appUrl": "https://a.example/1", "pcUrl": "https://a.example/2"}, "priority": 20}
	made := b.good("POST", tasks+"?operatorId="+han, body)
	event("todo_task_create", liu, b.union("deng.kai"))
	id := made["id"].(string)
	if made["done"] != false || made["sourceId"] != "s1" || made["dueTime"] != 1783699200000.0 || made["creatorId"] != han {
		t.Errorf("made: %v", made)
	}
	m := b.last("liu.yang")
	if m.Text != "下单：键盘\n待完成" || m.Kind != "card" || m.Buttons[0].URL != "https://a.example/2" {
		t.Errorf("seen: %+v", m)
	}
	b.refused("the same sourceId", "POST", tasks, body, "todo.taskCreate.paramError")
	if got := b.good("GET", tasks+"/sources/s1", nil); got["id"] != id {
		t.Errorf("by source: %v", got)
	}
	open := func(union string, done bool) int {
		t.Helper()
		return len(b.good("POST", "/api/v1.0/todo/users/"+union+"/org/tasks/query", map[string]any{"isDone": done})["todoCards"].([]any))
	}
	b.good("PUT", tasks+"/"+id+"/executorStatus?operatorId="+han, map[string]any{"executorStatusList": []map[string]any{{"id": liu, "isDone": true}}})
	event("todo_task_update", liu, b.union("deng.kai"))
	if b.last("liu.yang").Text != "下单：键盘\n已完成" || b.last("deng.kai").Text != "下单：键盘\n待完成" || open(liu, true) != 1 || open(liu, false) != 0 || open(b.union("deng.kai"), false) != 1 {
		t.Errorf("one of two is done: %q, %q", b.last("liu.yang").Text, b.last("deng.kai").Text)
	}
	b.good("PUT", tasks+"/"+id, map[string]any{"subject": "下单：显示器", "done": true, "executorIds": []string{liu}})
	event("todo_task_update", liu)
	if b.last("liu.yang").Text != "下单：显示器\n已完成" || b.last("deng.kai").Status != "recalled" {
		t.Errorf("changed: %q, %+v", b.last("liu.yang").Text, b.last("deng.kai"))
	}
	b.good("DELETE", tasks+"/"+id, nil)
	event("todo_task_delete", liu)
	if b.last("liu.yang").Status != "recalled" {
		t.Error("not deleted")
	}
	b.refused("gone", "GET", tasks+"/sources/s1", nil, "todo.task.notExist")
	b.refused("gone too", "PUT", tasks+"/"+id, map[string]any{}, "todo.task.notExist")
	reading := b.good("POST", tasks, with(body, map[string]any{"todoType": "READ", "executorIds": nil}))
	event("todo_task_create", han)
	if b.last("han.meimei").Text != "下单：键盘\n待阅" || reading["todoType"] != "READ" {
		t.Errorf("to read: %q", b.last("han.meimei").Text)
	}
	for name, change := range map[string]map[string]any{"no page": {"detailUrl": nil}, "no subject": {"subject": ""}, "long subject": {"subject": strings.Repeat("长", 1025)},
		"priority": {"priority": 5}, "type": {"todoType": "DO"}, "nobody": {"executorIds": []string{"x"}}} {
		b.refused(name, "POST", tasks, with(with(body, map[string]any{"sourceId": "s2"}), change), "todo.taskCreate.paramError")
	}
	b.refused("owner", "POST", "/api/v1.0/todo/users/x/tasks", body, "todo.taskCreate.paramError")
	b.refused("operator", "POST", tasks+"?operatorId=x", body, "todo.taskCreate.paramError")
	b.refused("not an executor", "PUT", tasks+"/"+reading["id"].(string)+"/executorStatus", map[string]any{"executorStatusList": []map[string]any{{"id": liu, "isDone": true}}}, "todo.taskCreate.paramError")
	b.delivered(5)
}
