package dingtalk

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBatchSend(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{PerPerson: 1}, Apps: []App{{Unavailable: []string{"gao.yuan"}}}})
	b.good("POST", sendCall, b.text("liu.yang"))
	body := b.text("han.meimei", "liu.yang", "gao.yuan", "han.meimei")
	body["userIds"] = append(body["userIds"].([]string), "ghost001")
	out := b.good("POST", sendCall, body)
	key := out["processQueryKey"].(string)
	delete(out, "processQueryKey")
	want := map[string]any{"invalidStaffIdList": []any{b.user("gao.yuan"), "ghost001"}, "flowControlledStaffIdList": []any{b.user("liu.yang")}, "filteredStaffIdList": []any{}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if list, _ := b.Messages("han.meimei", ""); len(list) != 1 || list[0].Text != "x" || list[0].From != "bot" || list[0].Kind != "text" {
		t.Errorf("han.meimei sees %+v", list)
	}
	status := b.good("GET", "/api/v1.0/robot/oToMessages/readStatus?robotCode="+b.cred["robot_code"]+"&processQueryKey="+url.QueryEscape(key), nil)
	if list := status["messageReadInfoList"].([]any); status["sendStatus"] != "SUCCESS" || len(list) != 1 {
		t.Errorf("read status: %v", status)
	}
	b.refused("nobody", "POST", sendCall, map[string]any{"robotCode": b.cred["robot_code"], "userIds": []string{"ghost"}, "msgKey": "sampleText", "msgParam": `{"content":"x"}`}, "staffId.notExisted")
	b.refused("li.lei is in another suite", "POST", sendCall, map[string]any{"robotCode": b.cred["robot_code"], "userIds": []string{"li.lei"}, "msgKey": "sampleText", "msgParam": `{"content":"x"}`}, "staffId.notExisted")
	many := b.text()
	ids := []string{}
	for i := range 21 {
		ids = append(ids, fmt.Sprint(i))
	}
	many["userIds"] = ids
	b.refused("21 receivers", "POST", sendCall, many, "invalidParameter.userIds")
	foreign := b.text("han.meimei")
	foreign["robotCode"] = "dingother"
	b.refused("another robot", "POST", sendCall, foreign, "invalidParameter.robotCode.auth")
	b.clock.Advance(time.Minute)
	if out := b.good("POST", sendCall, b.text("liu.yang")); len(out["flowControlledStaffIdList"].([]any)) != 0 {
		t.Errorf("after a minute: %v", out)
	}
}

// Each msgKey has its own fields, all texts, and links that a client can open.
func TestRobotMessages(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"sampleText": `{"content":"你好"}`, "sampleMarkdown": `{"title":"t","text":"# **粗**\n[a](https://b)"}`, "sampleImageMsg": `{"photoURL":"@lAD"}`,
		"sampleLink":        `{"title":"t","text":"x","messageUrl":"https://a.example"}`,
		"sampleActionCard":  `{"title":"t","text":"x","singleTitle":"看","singleURL":"https://a.example"}`,
		"sampleActionCard2": `{"title":"t","text":"x","actionTitle1":"一","actionURL1":"https://a.example/1","actionTitle2":"二","actionURL2":"dingtalk://dingtalkclient/page/link?url=x"}`,
		"sampleActionCard6": `{"title":"t","text":"x","buttonTitle1":"一","buttonUrl1":"https://a.example/1","buttonTitle2":"二","buttonUrl2":"https://a.example/2"}`,
		"sampleAudio":       `{"mediaId":"$i","duration":3000}`, "sampleFile": `{"mediaId":"$i","fileName":"a.pdf","fileType":"pdf"}`,
		"sampleVideo": `{"videoMediaId":"$i","videoType":"mp4","picMediaId":"@l","duration":"3"}`,
	}
	for key, param := range good {
		if field, why := checkRobot(key, param); why != "" {
			t.Errorf("%s: %s: %s", key, field, why)
		}
	}
	for name, c := range map[string][2]string{
		"no such key": {"sampleDance", `{}`}, "no JSON": {"sampleText", `x`}, "an array": {"sampleText", `[]`}, "null": {"sampleText", `null`},
		"no content": {"sampleText", `{}`}, "only blanks": {"sampleText", `{"content":"  "}`}, "an object for a text": {"sampleText", `{"content":{}}`},
		"no title": {"sampleMarkdown", `{"text":"x"}`}, "a dead link": {"sampleActionCard", `{"title":"t","text":"x","singleTitle":"看","singleURL":"javascript:alert(1)"}`},
		"one of two": {"sampleActionCard2", `{"title":"t","text":"x","actionTitle1":"一","actionURL1":"https://a.example/1"}`},
		"file type":  {"sampleFile", `{"mediaId":"$i","fileName":"a.exe","fileType":"exe"}`}, "too long": {"sampleText", `{"content":"` + strings.Repeat("长", 5000) + `"}`},
	} {
		if _, why := checkRobot(c[0], c[1]); why == "" {
			t.Errorf("%s was taken", name)
		}
	}
	b := newBench(t, Options{})
	b.robot("sampleActionCard2", good["sampleActionCard2"], "han.meimei")
	m := b.last("han.meimei")
	if m.Kind != "card" || m.Text != "t\nx" || len(m.Buttons) != 2 || m.Buttons[0].Label != "一" || m.Buttons[0].URL != "https://a.example/1" || m.Buttons[1].ID != "link2" {
		t.Errorf("action card: %+v", m)
	}
	if r, err := b.Press(background(t), "han.meimei", m.ID, "一", nil); err != nil || r.Status != "ok" {
		t.Errorf("pressing a link: %v %+v", err, r)
	}
	if b.robot("sampleMarkdown", good["sampleMarkdown"], "han.meimei"); b.last("han.meimei").Text != "t\n粗\na" {
		t.Errorf("markdown: %q", b.last("han.meimei").Text)
	}
	body := b.text("han.meimei")
	body["msgParam"] = "{"
	b.refused("msgParam", "POST", sendCall, body, "invalidParameter.msgParam")
	body["msgKey"] = "x"
	b.refused("msgKey", "POST", sendCall, body, "invalidParameter.msgKey")
}

func TestGroupMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	group := b.group("han.meimei", "采购群")
	robot := b.cred["robot_code"]
	message := map[string]any{"robotCode": robot, "openConversationId": group, "msgKey": "sampleText", "msgParam": `{"content":"大家好"}`}
	key := b.good("POST", "/api/v1.0/robot/groupMessages/send", message)["processQueryKey"].(string)
	readers := []string{"zhang.wei", "liu.yang", "han.meimei"}
	for _, p := range readers {
		if err := b.Read(background(t), p, b.last(p).ID); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(time.Second)
	}
	query := map[string]any{"robotCode": robot, "openConversationId": group, "processQueryKey": key, "maxResults": 2}
	var got []string
	for pages := 1; ; pages++ {
		out := b.good("POST", "/api/v1.0/robot/groupMessages/query", query)
		for i, id := range out["readUserIds"].([]any) {
			got = append(got, id.(string))
			if user := out["readUsers"].([]any)[i].(map[string]any); user["userId"] != id || user["unionId"] == "" {
				t.Errorf("readUsers: %v", out)
			}
		}
		if out["hasMore"] == false {
			if pages != 2 || out["nextToken"] != nil {
				t.Errorf("%d pages, the last is %v", pages, out)
			}
			break
		}
		query["nextToken"] = out["nextToken"]
	}
	if diff := cmp.Diff([]string{b.user("zhang.wei"), b.user("liu.yang"), b.user("han.meimei")}, got); diff != "" {
		t.Error(diff)
	}
	query["nextToken"] = "elsewhere"
	b.refused("nextToken", "POST", "/api/v1.0/robot/groupMessages/query", query, "invalidParameter.nextToken")
	query["processQueryKey"] = b.robot("sampleText", `{"content":"x"}`, "han.meimei")
	b.refused("another conversation's", "POST", "/api/v1.0/robot/groupMessages/query", query, "invalidParameter.processQueryKey")
	message["openConversationId"] = "cidNowhere=="
	b.refused("no such group", "POST", "/api/v1.0/robot/groupMessages/send", message, "invalidParameter.openConversationId")

	out := b.good("POST", "/api/v1.0/robot/groupMessages/recall", map[string]any{"robotCode": robot, "openConversationId": group, "processQueryKeys": []string{key, "x"}})
	if fmt.Sprint(out["successResult"]) != "["+key+"]" || out["failedResult"].(map[string]any)["x"] != "robot.processQueryKey.notExist" {
		t.Errorf("recall: %v", out)
	}
	if m := b.last("liu.yang"); m.Status != "recalled" || m.Text != "" {
		t.Errorf("after the recall: %+v", m)
	}
}

// What can be asked and taken back ends after a day.
func TestQueryLife(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	key := b.robot("sampleText", `{"content":"x"}`, "han.meimei", "liu.yang")
	status := "/api/v1.0/robot/oToMessages/readStatus?robotCode=" + b.cred["robot_code"] + "&processQueryKey=" + url.QueryEscape(key)
	if err := b.Read(background(t), "liu.yang", b.last("liu.yang").ID); err != nil {
		t.Fatal(err)
	}
	states := map[any]any{}
	for _, row := range b.good("GET", status, nil)["messageReadInfoList"].([]any) {
		states[row.(map[string]any)["userId"]] = row.(map[string]any)["readStatus"]
	}
	if diff := cmp.Diff(map[any]any{b.user("han.meimei"): "UNREAD", b.user("liu.yang"): "READ"}, states); diff != "" {
		t.Error(diff)
	}
	b.refused("an unescaped key", "GET", strings.Replace(status, "%3D", "", 1), nil, "invalidParameter.processQueryKey")
	recall := map[string]any{"robotCode": b.cred["robot_code"], "processQueryKeys": []string{key}}
	b.clock.Advance(24 * time.Hour)
	b.fetch()
	b.refused("after a day", "GET", status, nil, "processQueryKey.expireTime")
	if out := b.good("POST", "/api/v1.0/robot/otoMessages/batchRecall", recall); out["failedResult"].(map[string]any)[key] != "robot.processQueryKey.expired" {
		t.Errorf("recall after a day: %v", out)
	}
	key = b.robot("sampleText", `{"content":"x"}`, "han.meimei")
	recall["processQueryKeys"] = []string{key}
	b.good("POST", "/api/v1.0/robot/otoMessages/batchRecall", recall)
	if m := b.last("han.meimei"); m.Status != "recalled" {
		t.Errorf("recalled: %+v", m)
	}
	if out := b.good("GET", strings.Split(status, "&")[0]+"&processQueryKey="+url.QueryEscape(key), nil); out["sendStatus"] != "RECALLED" {
		t.Errorf("status: %v", out)
	}
}
