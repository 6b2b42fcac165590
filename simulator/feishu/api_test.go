package feishu

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

const messagesPath = "/open-apis/im/v1/messages?receive_id_type="

// want checks an answer's HTTP status and code.
func want(t *testing.T, what string, status int, out map[string]any, wantStatus, wantCode int) {
	t.Helper()
	if status != wantStatus || code(out) != wantCode {
		t.Errorf("%s: HTTP %d code %d %v, want HTTP %d code %d", what, status, code(out), out["msg"], wantStatus, wantCode)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	first, cred := b.token, b.Connections()[0].Credentials
	const path = "/open-apis/auth/v3/tenant_access_token/internal"
	b.clock.Advance(90 * time.Minute)
	_, out := b.call("POST", path, map[string]string{"app_id": cred["app_id"], "app_secret": cred["app_secret"]})
	if out["tenant_access_token"] != first || out["expire"] != 1800.0 {
		t.Errorf("with half an hour left: %v", out)
	}
	b.clock.Advance(time.Second)
	_, out = b.call("POST", path, map[string]string{"app_id": cred["app_id"], "app_secret": cred["app_secret"]})
	if out["tenant_access_token"] == first || out["expire"] != 7200.0 {
		t.Errorf("with less than half an hour left: %v", out)
	}
	status, out := b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "the old token still holds", status, out, 200, 0)
	b.clock.Advance(30 * time.Minute)
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "expired", status, out, 400, 99991663)
	detail, _ := out["error"].(map[string]any)
	if detail["log_id"] == "" || !strings.Contains(fmt.Sprint(detail["troubleshooter"]), "code=99991663") {
		t.Errorf("error body: %v", out)
	}
	status, out = b.call("POST", path, map[string]string{"app_id": cred["app_id"], "app_secret": "x"})
	want(t, "wrong secret", status, out, 200, 10015)
	status, out = b.call("POST", path, map[string]string{"app_id": "cli_x", "app_secret": "x"})
	want(t, "unknown app", status, out, 200, 10014)
	b.token = ""
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "no token", status, out, 400, 99991661)
	b.token = "t-invented"
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "invented token", status, out, 400, 99991663)
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, path := range []string{"/open-apis/im/v2/messages", "//open-apis/bot/v3/info", "/", "/open-apis/bot/v3/info/"} {
		status, _ := b.call("GET", path, nil)
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := b.call("DELETE", "/open-apis/bot/v3/info", nil); status != http.StatusNotFound {
		t.Errorf("another method: %d", status)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Scopes: []string{scopePeople}}}})
	status, out := b.call("POST", messagesPath+"open_id", map[string]string{"receive_id": "x", "msg_type": "text", "content": "{}"})
	want(t, "no scope", status, out, 400, 99991672)
	if !strings.Contains(fmt.Sprint(out["error"]), scopeSend) || !strings.Contains(fmt.Sprint(out["msg"]), "["+scopeSend+"]") {
		t.Errorf("the scope is not named: %v", out)
	}
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"su.mei"}}, {ID: "second"}}})
	ids, _ := b.Account("li.lei")
	me := b.openID("li.lei")
	text := `{"text":"hi"}`
	for _, c := range []struct {
		name, idType, to, kind, content string
		code                            int
	}{
		{"no id type", "", me, "text", text, 99992402},
		{"id type nobody knows", "pinyin", me, "text", text, 99992402},
		{"no receiver", "open_id", "", "text", text, 99992402},
		{"no content", "open_id", me, "text", "", 99992402},
		{"no kind", "open_id", me, "", text, 99992402},
		{"open_id nobody has", "open_id", "ou_x", "text", text, 99992351},
		{"open_id of another app", "open_id", ids["open_id@second"], "text", text, 99992361},
		{"user_id nobody has", "user_id", "x", "text", text, 99992360},
		{"union_id nobody has", "union_id", "x", "text", text, 99992363},
		{"email nobody has", "email", "x@example.com", "text", text, 230034},
		{"chat that is none", "chat_id", "x", "text", text, 230034},
		{"chat without the bot", "chat_id", "oc_x", "text", text, 230002},
		{"out of availability", "open_id", b.openID("su.mei"), "text", text, 230013},
		{"kind nobody knows", "open_id", me, "dance", text, 230001},
		{"content that is not JSON", "open_id", me, "text", "hi", 230001},
		{"no text", "open_id", me, "text", `{"text":""}`, 230001},
		{"long text", "open_id", me, "text", `{"text":"` + strings.Repeat("a", maxTextBytes) + `"}`, 230025},
		{"big card", "open_id", me, "interactive", card20(`{"tag":"markdown","content":"` + strings.Repeat("a", maxCardBytes) + `"}`), 230025},
		{"image of nobody", "open_id", me, "image", `{"image_key":"img_x"}`, 230017},
		{"post in no language", "open_id", me, "post", `{}`, 230001},
		{"md with company", "open_id", me, "post", `{"zh_cn":{"content":[[{"tag":"md","text":"x"},{"tag":"hr"}]]}}`, 230001},
	} {
		status, out := b.call("POST", messagesPath+c.idType, map[string]string{"receive_id": c.to, "msg_type": c.kind, "content": c.content})
		want(t, c.name, status, out, 400, c.code)
		b.clock.Advance(time.Second)
	}
	status, out := b.call("POST", messagesPath+"open_id", `{"receive_id":"x","msg_type":"text","content":{"text":"not a string"}}`)
	want(t, "content that is an object", status, out, 400, 99992402)
	if list, _ := b.Messages("li.lei", ""); len(list) != 0 {
		t.Errorf("something arrived: %+v", list)
	}
}

func TestSendAndRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ids, _ := b.Account("li.lei")
	for idType, id := range map[string]string{"open_id": ids["open_id"], "union_id": ids["union_id"], "user_id": ids["user_id"], "email": "Li.Lei@example.com"} {
		status, out := b.call("POST", messagesPath+idType, map[string]string{"receive_id": id, "msg_type": "text",
			"content": `{"text":"<at user_id=\"` + ids["open_id"] + `\">x</at> 你好"}`})
		want(t, idType, status, out, 200, 0)
		if got := out["data"].(map[string]any); got["chat_id"] != b.Chats("li.lei")[0].ID || got["body"].(map[string]any)["content"] != `{"text":"@_user_1 你好"}` {
			t.Errorf("%s: %v", idType, got)
		}
	}
	list, err := b.Messages("li.lei", b.Chats("li.lei")[0].ID)
	if err != nil || len(list) != 4 || list[0].Text != "@李雷 你好" || list[0].From != "bot" {
		t.Fatalf("%v %+v", err, list)
	}
	if n := b.Chats("li.lei")[0].Unread; n != 4 {
		t.Errorf("%d unread", n)
	}
	id := list[0].ID
	if err := b.Read(background(t), "li.lei", id); err != nil {
		t.Fatal(err)
	}
	status, out := b.call("GET", "/open-apis/im/v1/messages/"+id+"/read_users?user_id_type=user_id", nil)
	want(t, "read_users", status, out, 200, 0)
	items := out["data"].(map[string]any)["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["user_id"] != ids["user_id"] {
		t.Errorf("readers: %v", items)
	}
	if m := b.see("li.lei", id); fmt.Sprint(m.ReadBy) != "[li.lei]" || b.Chats("li.lei")[0].Unread != 3 {
		t.Errorf("after reading: %+v", m)
	}
	b.clock.Advance(7*24*time.Hour + time.Second)
	b.fetch()
	status, out = b.call("GET", "/open-apis/im/v1/messages/"+id+"/read_users?user_id_type=user_id", nil)
	want(t, "read_users after a week", status, out, 400, 230033)
}

func TestSameUUIDIsTheSameMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	send := func() string {
		_, out := b.call("POST", messagesPath+"open_id", map[string]string{"receive_id": b.openID("li.lei"), "msg_type": "text", "content": `{"text":"x"}`, "uuid": "u"})
		return fmt.Sprint(out["data"].(map[string]any)["message_id"])
	}
	first := send()
	b.clock.Advance(time.Hour - time.Millisecond)
	if again := send(); again != first {
		t.Errorf("within the hour: %s, want %s", again, first)
	}
	b.clock.Advance(time.Millisecond)
	if later := send(); later == first {
		t.Error("after the hour: the same message")
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	send := func(person string) (int, map[string]any) {
		return b.call("POST", messagesPath+"open_id", map[string]string{"receive_id": b.openID(person), "msg_type": "text", "content": `{"text":"x"}`})
	}
	for range 5 {
		status, out := send("li.lei")
		want(t, "within 5 a second", status, out, 200, 0)
	}
	status, out := send("li.lei")
	want(t, "sixth to one person", status, out, 400, 230020)
	status, out = send("zhao.min")
	want(t, "to another person", status, out, 200, 0)
	b.clock.Advance(time.Second)
	status, out = send("li.lei")
	want(t, "a second later", status, out, 200, 0)

	id := b.send("li.lei", "interactive", approval)
	for i := range 6 {
		status, out := b.call("PATCH", "/open-apis/im/v1/messages/"+id, map[string]string{"content": approval})
		if i < 5 {
			want(t, "patch", status, out, 200, 0)
		} else {
			want(t, "sixth patch", status, out, 400, 230020)
		}
	}
	b.clock.Advance(time.Minute)
	for range 50 {
		status, out := b.call("GET", "/open-apis/bot/v3/info", nil)
		want(t, "within 50 a second", status, out, 200, 0)
	}
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "51st", status, out, 429, 99991400)
	h := out["_header"].(http.Header)
	if h.Get("x-ogw-ratelimit-limit") != "50" || h.Get("x-ogw-ratelimit-reset") != "1" || out["error"] != nil {
		t.Errorf("headers %v, body %v", h, out)
	}
	for range 19 {
		b.clock.Advance(time.Second)
		for range 50 {
			if status, out := b.call("GET", "/open-apis/bot/v3/info", nil); status != 200 {
				t.Fatalf("%d %v", status, out)
			}
		}
	}
	b.clock.Advance(time.Second)
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "1001st in a minute", status, out, 429, 99991400)
	if h := out["_header"].(http.Header); h.Get("x-ogw-ratelimit-limit") != "1000" || h.Get("x-ogw-ratelimit-reset") != "40" {
		t.Errorf("headers %v", h)
	}
}

func TestChangesRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	path := func(id string) string { return "/open-apis/im/v1/messages/" + id }
	card := map[string]string{"content": approval}
	text, shown := b.send("li.lei", "text", `{"text":"x"}`), b.send("li.lei", "interactive", approval)
	said, err := b.Say(background(t), "li.lei", "", "hi")
	if err != nil {
		t.Fatal(err)
	}
	status, out := b.call("PATCH", path(text), card)
	want(t, "patch a text", status, out, 400, 230054)
	status, out = b.call("PATCH", path(said), card)
	want(t, "patch somebody else's", status, out, 400, 230012)
	status, out = b.call("PATCH", path("om_x"), card)
	want(t, "patch nothing", status, out, 400, 230001)
	status, out = b.call("PATCH", path(shown), map[string]string{"content": `{"config":{"update_multi":true},"elements":[]}`})
	want(t, "2.0 to 1.0", status, out, 400, 230099)
	if !strings.Contains(fmt.Sprint(out["msg"]), "ErrCode: 200830;") {
		t.Errorf("2.0 to 1.0: %v", out["msg"])
	}
	status, out = b.call("PUT", path(shown), map[string]string{"msg_type": "text", "content": `{"text":"y"}`})
	want(t, "edit a card", status, out, 400, 230054)
	for range maxEdits {
		status, out = b.call("PUT", path(text), map[string]string{"msg_type": "text", "content": `{"text":"改了"}`})
		want(t, "edit", status, out, 200, 0)
	}
	if m := b.see("li.lei", text); m.Text != "改了" || !m.Updated {
		t.Errorf("edited: %+v", m)
	}
	status, out = b.call("PUT", path(text), map[string]string{"msg_type": "text", "content": `{"text":"y"}`})
	want(t, "21st edit", status, out, 400, 230072)
	b.clock.Advance(14 * 24 * time.Hour)
	b.fetch()
	status, out = b.call("PATCH", path(shown), card)
	want(t, "patch on the last day", status, out, 200, 0)
	b.clock.Advance(time.Millisecond)
	status, out = b.call("PATCH", path(shown), card)
	want(t, "patch after 14 days", status, out, 400, 230031)
	status, out = b.call("DELETE", path(said), nil)
	want(t, "recall somebody else's", status, out, 400, 230026)
	status, out = b.call("DELETE", path(shown), nil)
	want(t, "recall", status, out, 200, 0)
	status, out = b.call("PATCH", path(shown), card)
	want(t, "patch what was recalled", status, out, 400, 230011)
	if m := b.see("li.lei", shown); m.Status != "recalled" || m.Card != nil || len(m.Buttons) != 0 {
		t.Errorf("recalled: %+v", m)
	}
	status, out = b.call("GET", path(shown), nil)
	want(t, "get what was recalled", status, out, 200, 0)
	if item := out["data"].(map[string]any)["items"].([]any)[0].(map[string]any); item["deleted"] != true {
		t.Errorf("recalled: %v", item)
	}
}

func TestReplyAndGet(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	said, err := b.Say(background(t), "li.lei", "", "你好")
	if err != nil {
		t.Fatal(err)
	}
	status, out := b.call("POST", "/open-apis/im/v1/messages/"+said+"/reply", map[string]string{"msg_type": "interactive", "content": approval})
	want(t, "reply", status, out, 200, 0)
	got := out["data"].(map[string]any)
	if got["root_id"] != said || got["parent_id"] != said {
		t.Errorf("reply: %v", got)
	}
	if digest := got["body"].(map[string]any)["content"]; digest != `{"elements":[[{"tag":"text","text":"键盘 300 元"}],[{"tag":"button","text":"同意"}]],"title":"采购申请"}` {
		t.Errorf("digest: %v", digest)
	}
	id := fmt.Sprint(got["message_id"])
	_, out = b.call("GET", "/open-apis/im/v1/messages/"+id+"?card_msg_content_type=raw_card_content", nil)
	item := out["data"].(map[string]any)["items"].([]any)[0].(map[string]any)
	if item["body"].(map[string]any)["content"] != approval {
		t.Errorf("raw card: %v", item)
	}
	_, out = b.call("GET", "/open-apis/im/v1/messages?container_id_type=chat&container_id="+fmt.Sprint(got["chat_id"])+"&page_size=1", nil)
	if page := out["data"].(map[string]any); page["has_more"] != true || page["page_token"] == "" {
		t.Errorf("history: %v", page)
	}
}

func TestUrgent(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.send("li.lei", "text", `{"text":"急"}`)
	urge := func(kind string, ids ...string) (int, map[string]any) {
		return b.call("PATCH", "/open-apis/im/v1/messages/"+id+"/"+kind+"?user_id_type=open_id", map[string]any{"user_id_list": ids})
	}
	status, out := urge("urgent_app", b.openID("li.lei"), b.openID("zhao.min"))
	want(t, "partly", status, out, 200, 0)
	if bad := out["data"].(map[string]any)["invalid_user_id_list"]; fmt.Sprint(bad) != fmt.Sprint([]any{b.openID("zhao.min")}) {
		t.Errorf("invalid: %v", bad)
	}
	status, out = urge("urgent_app", b.openID("zhao.min"))
	want(t, "nobody in the chat", status, out, 400, 230001)
	if !b.see("li.lei", id).Urgent {
		t.Error("not urgent")
	}
	if err := b.Read(background(t), "li.lei", id); err != nil {
		t.Fatal(err)
	}
	if b.see("li.lei", id).Urgent {
		t.Error("urgent after it was read")
	}
	for i := range paidUrgents + 1 {
		b.clock.Advance(time.Second)
		status, out = urge("urgent_sms", b.openID("li.lei"))
		if i < paidUrgents {
			want(t, "sms", status, out, 200, 0)
		}
	}
	want(t, "quota", status, out, 400, 230024)
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"su.mei"}}, {ID: "second"}}})
	get := func(path string) (int, map[string]any) { return b.call("GET", "/open-apis/contact/v3/"+path, nil) }
	_, out := get("users/" + b.openID("li.lei"))
	u := out["data"].(map[string]any)["user"].(map[string]any)
	if u["name"] != "李雷" || u["leader_user_id"] != b.openID("han.meimei") || u["email"] != "li.lei@example.com" || u["job_title"] != "后端工程师" {
		t.Errorf("user: %v", u)
	}
	ids, _ := b.Account("li.lei")
	status, out := get("users/" + ids["open_id@second"])
	want(t, "another app's id", status, out, 400, 99992361)
	status, out = get("users/" + b.openID("su.mei"))
	want(t, "out of scope", status, out, 400, 41050)
	status, out = get("users/ou_x")
	want(t, "nobody", status, out, 400, 41012)
	_, out = get("users/batch?user_ids=" + b.openID("li.lei") + "&user_ids=" + b.openID("su.mei"))
	if items := out["data"].(map[string]any)["items"].([]any); len(items) != 1 {
		t.Errorf("batch: %v", items)
	}
	_, out = b.call("POST", "/open-apis/contact/v3/users/batch_get_id?user_id_type=user_id",
		map[string]any{"emails": []string{"zhao.min@example.com"}, "mobiles": []string{"13900009999", "13800138004"}})
	list := out["data"].(map[string]any)["user_list"].([]any)
	zhao, _ := b.Account("zhao.min")
	if len(list) != 3 || list[0].(map[string]any)["user_id"] != zhao["user_id"] || list[1].(map[string]any)["user_id"] != nil {
		t.Errorf("batch_get_id: %v", list)
	}
	_, out = get("departments/0/children?department_id_type=department_id&page_size=50")
	units := out["data"].(map[string]any)["items"].([]any)
	if len(units) != 7 || units[1].(map[string]any)["name"] != "研发部" || units[1].(map[string]any)["leader_user_id"] != b.openID("han.meimei") {
		t.Errorf("departments: %v", units)
	}
	_, out = get("users/find_by_department?department_id_type=department_id&department_id=xingzhengbu&page_size=50")
	if items := out["data"].(map[string]any)["items"].([]any); len(items) != 4 {
		t.Errorf("%d of five in 行政部 can be seen, want 4", len(items))
	}
	_, out = get("scopes?department_id_type=department_id")
	if got := fmt.Sprint(out["data"].(map[string]any)["department_ids"]); !strings.Contains(got, "caiwubu") {
		t.Errorf("scopes: %v", out)
	}
	status, out = get("users/find_by_department?department_id=x")
	want(t, "no department", status, out, 400, 43004)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	create := func() map[string]any {
		status, out := b.call("POST", "/open-apis/im/v1/chats?uuid=g1", map[string]any{"name": "项目群", "user_id_list": []string{b.openID("li.lei")}})
		want(t, "create", status, out, 200, 0)
		return out["data"].(map[string]any)
	}
	id := fmt.Sprint(create()["chat_id"])
	if again := create()["chat_id"]; again != id {
		t.Errorf("the same uuid made another group: %v", again)
	}
	path := "/open-apis/im/v1/chats/" + id
	status, out := b.call("POST", path+"/members", map[string]any{"id_list": []string{b.openID("zhao.min"), "ou_x"}})
	want(t, "add", status, out, 200, 0)
	if got := fmt.Sprint(out["data"].(map[string]any)["not_existed_id_list"]); got != "[ou_x]" {
		t.Errorf("unknown: %s", got)
	}
	_, out = b.call("GET", path+"/members", nil)
	if got := out["data"].(map[string]any); got["member_total"] != 2.0 || len(got["items"].([]any)) != 2 {
		t.Errorf("members: %v", got)
	}
	status, out = b.call("DELETE", path+"/members", map[string]any{"id_list": []string{b.openID("li.lei")}})
	want(t, "drop", status, out, 200, 0)
	names := func(person string) (out []string) {
		for _, c := range b.Chats(person) {
			out = append(out, c.Name)
		}
		return out
	}
	if got := fmt.Sprint(names("li.lei")); strings.Contains(got, "项目群") {
		t.Errorf("li.lei still sees %s", got)
	}
	if got := fmt.Sprint(names("zhao.min")); !strings.Contains(got, "项目群") || !strings.HasPrefix(got, "[鹊桥 ") {
		t.Errorf("zhao.min sees %s", got)
	}
	status, out = b.call("DELETE", path, nil)
	want(t, "dissolve", status, out, 200, 0)
	status, out = b.call("POST", messagesPath+"chat_id", map[string]string{"receive_id": id, "msg_type": "text", "content": `{"text":"x"}`})
	want(t, "send to a dissolved group", status, out, 400, 232009)
	_, out = b.call("GET", "/open-apis/im/v1/chats?page_size=100", nil)
	if items := out["data"].(map[string]any)["items"].([]any); len(items) != 9 {
		t.Errorf("%d groups, want the sample company's 9", len(items))
	}
}

func TestImagesAndReactions(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	upload := func(fill func(w *multipart.Writer)) (int, map[string]any) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		_ = w.WriteField("image_type", "message")
		fill(w)
		_ = w.Close()
		req, err := http.NewRequest("POST", b.http.URL+"/open-apis/im/v1/images", &body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+b.token)
		req.Header.Set("Content-Type", w.FormDataContentType())
		resp, err := b.http.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, decodeBody(t, resp)
	}
	status, out := upload(func(w *multipart.Writer) {
		part, _ := w.CreateFormFile("image", "a.png")
		_ = png.Encode(part, image.NewGray(image.Rect(0, 0, 2, 2)))
	})
	want(t, "upload", status, out, 200, 0)
	key := fmt.Sprint(out["data"].(map[string]any)["image_key"])
	id := b.send("li.lei", "image", `{"image_key":"`+key+`"}`)
	b.send("li.lei", "interactive", card20(`{"tag":"img","img_key":"`+key+`","alt":{"tag":"plain_text","content":"图"}}`))
	status, out = upload(func(w *multipart.Writer) {
		part, _ := w.CreateFormFile("image", "a.png")
		_, _ = part.Write([]byte("not an image"))
	})
	want(t, "no image", status, out, 400, 234001)
	status, out = upload(func(w *multipart.Writer) { _, _ = w.CreateFormFile("image", "a.png") })
	want(t, "empty", status, out, 400, 234010)

	status, out = b.call("POST", "/open-apis/im/v1/messages/"+id+"/reactions", map[string]any{"reaction_type": map[string]string{"emoji_type": "DONE"}})
	want(t, "react", status, out, 200, 0)
	reaction := fmt.Sprint(out["data"].(map[string]any)["reaction_id"])
	_, out = b.call("GET", "/open-apis/im/v1/messages/"+id+"/reactions", nil)
	if items := out["data"].(map[string]any)["items"].([]any); len(items) != 1 {
		t.Errorf("reactions: %v", items)
	}
	status, out = b.call("DELETE", "/open-apis/im/v1/messages/"+id+"/reactions/"+reaction, nil)
	want(t, "take back", status, out, 200, 0)
	status, out = b.call("DELETE", "/open-apis/im/v1/messages/"+id+"/reactions/"+reaction, nil)
	want(t, "take back twice", status, out, 400, 231007)
}
