package dingtalk

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// desk is a bench whose app's webhook goes to a stand-in for Magpie.
func desk(t *testing.T, o Options, answer http.HandlerFunc) (*bench, *hook) {
	t.Helper()
	b, h := newBench(t, o), newHook(t, answer)
	if err := b.SetWebhook("ding-main", h.URL+"/webhook/ding-main?k=1"); err != nil {
		t.Fatal(err)
	}
	return b, h
}

func TestSayDirect(t *testing.T) {
	t.Parallel()
	b, h := desk(t, Options{}, nil)
	id, err := b.Say(background(t), "zhang.wei", "", "采购")
	if err != nil {
		t.Fatal(err)
	}
	got := h.next(t)
	at := got.header.Get("timestamp")
	if at != fmt.Sprint(testStart.UnixMilli()) || got.header.Get("sign") != robotSignature(b.cred["client_secret"], at) {
		t.Errorf("signature: %v", got.header)
	}
	body := got.json(t)
	hookURL, _ := body["sessionWebhook"].(string)
	want := map[string]any{"msgId": id, "createAt": float64(testStart.UnixMilli()), "conversationType": "1", "conversationId": b.Chats("zhang.wei")[0].ID,
		"senderId": body["senderId"], "senderStaffId": b.user("zhang.wei"), "senderUnionId": b.union("zhang.wei"), "senderNick": "张伟",
		"senderCorpId": b.cred["corp_id"], "isAdmin": true, "senderPlatform": "Mac", "chatbotCorpId": b.cred["corp_id"], "chatbotUserId": body["chatbotUserId"],
		"robotCode": b.cred["robot_code"], "sessionWebhook": hookURL, "sessionWebhookExpiredTime": float64(testStart.Add(90 * time.Minute).UnixMilli()),
		"msgtype": "text", "text": map[string]any{"content": "采购"}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(body["senderId"].(string), "$:LWCP_v1:$") || !strings.HasPrefix(hookURL, b.http.URL+"/oapi/robot/sendBySession?session=") {
		t.Errorf("ids: %v", body)
	}

	// The session takes no token, for an hour and a half.
	b.token = "none"
	path := strings.TrimPrefix(hookURL, b.http.URL)
	b.good("POST", path, map[string]any{"msgtype": "text", "text": map[string]string{"content": "@" + b.user("zhang.wei") + " 收到"}, "at": map[string]any{"atUserIds": []string{b.user("zhang.wei")}}})
	if m := b.last("zhang.wei"); m.Text != "@张伟 收到" || m.From != "bot" {
		t.Errorf("answer: %+v", m)
	}
	b.good("POST", path, map[string]any{"msgtype": "actionCard", "actionCard": map[string]any{"title": "t", "text": "**x**", "btns": []any{map[string]string{"title": "看", "actionURL": "https://a.example"}}}})
	if m := b.last("zhang.wei"); m.Kind != "card" || m.Text != "t\nx" || m.Buttons[0].URL != "https://a.example" {
		t.Errorf("action card: %+v", m)
	}
	for name, bad := range map[string]string{"no JSON": "x", "no type": "{}", "type": `{"msgtype":"dance"}`, "no text": `{"msgtype":"text"}`,
		"no title": `{"msgtype":"markdown","markdown":{"text":"x"}}`, "no button": `{"msgtype":"actionCard","actionCard":{"title":"t","text":"x"}}`,
		"no links": `{"msgtype":"feedCard"}`, "too many": `{"msgtype":"text","text":{"content":"x"},"at":{"atUserIds":["` + strings.Repeat(`","`, 50) + `"]}}`} {
		b.refused(name, "POST", path, bad, "40035")
	}
	b.refused("no such session", "POST", "/oapi/robot/sendBySession?session=x", map[string]any{}, "300001")
	b.clock.Advance(90 * time.Minute)
	b.refused("too late", "POST", path, map[string]any{"msgtype": "text", "text": map[string]string{"content": "x"}}, "300001")
}

// In a group the robot hears only what mentions it, without its own name; over HTTP with who else was meant.
func TestSayInGroup(t *testing.T) {
	t.Parallel()
	b, h := desk(t, Options{}, nil)
	group := b.group("liu.yang", "采购群")
	for _, text := range []string{"大家好", "@韩梅梅 看看", "@鹊桥 审批 @韩梅梅"} {
		if _, err := b.Say(background(t), "liu.yang", group, text); err != nil {
			t.Fatal(err)
		}
	}
	body := h.next(t).json(t)
	if body["text"].(map[string]any)["content"] != " 审批 @韩梅梅" || body["conversationType"] != "2" || body["conversationId"] != group ||
		body["conversationTitle"] != "采购群" || body["isInAtList"] != true || body["isAdmin"] != false {
		t.Errorf("heard: %v", body)
	}
	at := body["atUsers"].([]any)
	if len(at) != 2 || at[0].(map[string]any)["dingtalkId"] != body["chatbotUserId"] || at[1].(map[string]any)["staffId"] != b.user("han.meimei") {
		t.Errorf("at: %v", at)
	}
	b.delivered(1)
	if n := len(b.Deliveries()) + len(h.got); n != 1 {
		t.Errorf("%d deliveries, want one", n)
	}
	// The id from the callback is good for sending.
	b.good("POST", "/api/v1.0/robot/groupMessages/send", map[string]any{"robotCode": b.cred["robot_code"], "openConversationId": body["conversationId"], "msgKey": "sampleText", "msgParam": `{"content":"x"}`})
	if list, err := b.Messages("han.meimei", group); err != nil || len(list) != 4 {
		t.Errorf("%v, %d messages", err, len(list))
	}
}

// An answer in the response itself is posted; one that is no message is not, and nothing comes twice.
func TestAnswerInPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		status int
		want   int // messages
	}{
		"text": {`{"msgtype":"text","text":{"content":"收到"}}`, 200, 2}, "empty": {`{"msgtype":"empty"}`, 200, 1}, "nothing": {"", 200, 1},
		"broken": {`{"msgtype":"markdown"}`, 200, 1}, "no JSON": {"ok", 200, 1}, "an error": {`{"msgtype":"text","text":{"content":"收到"}}`, 500, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := desk(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			})
			id, err := b.Say(background(t), "liu.yang", "", "在吗")
			if err != nil {
				t.Fatal(err)
			}
			b.delivered(1)
			list, _ := b.Messages("liu.yang", "")
			if len(list) != c.want || c.want == 2 && (list[1].Text != "收到" || list[1].ReplyTo != id) {
				t.Errorf("sees %+v", list)
			}
			// Robot messages over HTTP come once.
			if n := b.clock.Waiting(); n != 0 {
				t.Errorf("%d timers wait", n)
			}
		})
	}
}

// With the month's pushes used up, messages come emptied and events not at all; contacts go on.
func TestOverQuota(t *testing.T) {
	t.Parallel()
	b, h := desk(t, Options{Limits: Limits{Pushes: 1}}, nil)
	ctx := background(t)
	if _, err := b.Say(ctx, "liu.yang", "", "一"); err != nil {
		t.Fatal(err)
	}
	if first := h.next(t).json(t); first["text"] == nil || first["errorCode"] != nil {
		t.Errorf("first: %v", first)
	}
	if _, err := b.Say(ctx, "liu.yang", "", "二"); err != nil {
		t.Fatal(err)
	}
	second := h.next(t).json(t)
	if second["text"] != nil || second["content"] != nil || second["errorCode"] != "20001" || second["errorMessage"] == "" || second["senderStaffId"] != b.user("liu.yang") {
		t.Errorf("second: %v", second)
	}
	key := b.robot("sampleText", `{"content":"x"}`, "liu.yang")
	if err := b.Read(ctx, "liu.yang", b.last("liu.yang").ID); err != nil || key == "" {
		t.Fatal(err)
	}
	if _, err := b.Emit("ding-main", "user_add_org", map[string]any{"userId": []string{"1"}}); err != nil {
		t.Fatal(err)
	}
	if got := h.next(t); !strings.Contains(string(got.body), "encrypt") || len(h.got) != 0 {
		t.Errorf("got %s", got.body)
	}
	if _, pushes := b.Usage(); pushes != 1 {
		t.Errorf("%d pushes", pushes)
	}
}

func TestUnpublished(t *testing.T) {
	t.Parallel()
	b, h := desk(t, Options{Apps: []App{{Unpublished: true, Unavailable: []string{"gao.yuan"}}}}, nil)
	if _, err := b.Say(background(t), "liu.yang", "", "在吗"); err != nil {
		t.Fatal(err)
	}
	body := h.next(t).json(t)
	for _, field := range []string{"senderStaffId", "isAdmin"} {
		if _, there := body[field]; there {
			t.Errorf("%s is there", field)
		}
	}
	if _, err := b.Say(background(t), "gao.yuan", "", "x"); err == nil {
		t.Error("somebody who can not see the app wrote to it")
	}
}

func TestSayRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for name, c := range map[string][3]string{"empty": {"liu.yang", "", "  "}, "nobody": {"li.lei", "", "x"}, "no chat": {"liu.yang", "cid0", "x"},
		"not in it": {"liu.yang", b.group("han.meimei", "研发部群"), "x"}, "too long": {"liu.yang", "", strings.Repeat("x", maxTextBytes+1)}} {
		if _, err := b.Say(background(t), c[0], c[1], c[2]); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
