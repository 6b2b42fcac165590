package wecom

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"magpie/simulator"
)

// told is a decrypted callback of a robot.
type told struct {
	MsgID, AibotID, ChatID, ChatType, ResponseURL, MsgType string
	CreateTime                                             int64
	From                                                   struct{ UserID string }
	Text                                                   struct{ Content string }
	Stream                                                 struct{ ID string }
	Event                                                  struct {
		EventType string
		Card      struct {
			CardType, EventKey, TaskID string
			SelectedItems              json.RawMessage
		}
	}
}

func readTold(t *testing.T, raw []byte) told {
	t.Helper()
	var in struct {
		MsgID       string `json:"msgid"`
		AibotID     string `json:"aibotid"`
		ChatID      string `json:"chatid"`
		ChatType    string `json:"chattype"`
		ResponseURL string `json:"response_url"`
		MsgType     string `json:"msgtype"`
		From        struct {
			UserID string `json:"userid"`
		} `json:"from"`
		Text   struct{ Content string } `json:"text"`
		Stream struct{ ID string }      `json:"stream"`
		Event  struct {
			EventType string `json:"eventtype"`
			Card      struct {
				CardType string          `json:"card_type"`
				EventKey string          `json:"event_key"`
				TaskID   string          `json:"task_id"`
				Selected json.RawMessage `json:"selected_items"`
			} `json:"template_card_event"`
		} `json:"event"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	var out told
	out.MsgID, out.AibotID, out.ChatID, out.ChatType, out.ResponseURL, out.MsgType = in.MsgID, in.AibotID, in.ChatID, in.ChatType, in.ResponseURL, in.MsgType
	out.From.UserID, out.Text.Content, out.Stream.ID = in.From.UserID, in.Text.Content, in.Stream.ID
	out.Event.EventType, out.Event.Card.CardType, out.Event.Card.EventKey = in.Event.EventType, in.Event.Card.CardType, in.Event.Card.EventKey
	out.Event.Card.TaskID, out.Event.Card.SelectedItems = in.Event.Card.TaskID, in.Event.Card.Selected
	return out
}

// robotReply seals an answer as a robot does.
func robotReply(w http.ResponseWriter, c map[string]string, nonce string, body any) {
	key, _ := aesKey(c["encoding_aes_key"])
	sealed := seal(key, salt(), encode(body), "")
	_ = json.NewEncoder(w).Encode(map[string]any{"encrypt": sealed, "msgsignature": signature(c["token"], "1700000000", nonce, sealed), "timestamp": 1700000000, "nonce": nonce})
}

// robotDesk is a bench with a callback robot, whose answers script makes; nil is no answer.
func robotDesk(t *testing.T, script func(in told) any) (*bench, *hook, map[string]string) {
	t.Helper()
	b := newBench(t, Options{Robots: []Robot{{ID: "robot", Name: "小鹊"}}})
	c := b.Connections()[1].Credentials
	h := &hook{got: make(chan hooked, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := hooked{query: map[string]string{}}
		for k := range r.URL.Query() {
			in.query[k] = r.URL.Query().Get(k)
		}
		in.body, _ = readBody(r)
		if answer := script(readTold(t, in.open(t, c))); answer != nil {
			robotReply(w, c, in.query["nonce"], answer)
		}
		h.got <- in
	}))
	t.Cleanup(h.Close)
	if err := b.SetWebhook("robot", h.URL); err != nil {
		t.Fatal(err)
	}
	return b, h, c
}

func readBody(r *http.Request) ([]byte, error) {
	var out json.RawMessage
	err := json.NewDecoder(r.Body).Decode(&out)
	return out, err
}

// chat finds a conversation of a person by name.
func (b *bench) chat(person, name, kind string) string {
	b.t.Helper()
	for _, c := range b.Chats(person) {
		if c.Name == name && c.Type == kind {
			return c.ID
		}
	}
	b.t.Fatalf("%s has no %s: %+v", person, name, b.Chats(person))
	return ""
}

func TestRobotMessage(t *testing.T) {
	t.Parallel()
	b, h, c := robotDesk(t, func(in told) any {
		switch {
		case in.Event.EventType == "enter_chat":
			return obj{"msgtype": "text", "text": obj{"content": "欢迎"}}
		case in.MsgType == "text":
			return obj{"msgtype": "stream", "stream": obj{"id": "s1", "finish": false, "content": "在想"}}
		}
		return obj{"msgtype": "stream", "stream": obj{"id": in.Stream.ID, "finish": true, "content": "想好了"}}
	})
	single := b.chat("wang.fang", "小鹊", "direct")
	if _, err := b.Say(background(t), "wang.fang", single, "你好"); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]told{}
	for range 2 {
		in := readTold(t, h.next(t).open(t, c))
		kinds[in.MsgType] = in
	}
	if in := kinds["text"]; in.Text.Content != "你好" || in.From.UserID != "Wang.Fang" || in.ChatType != "single" || in.ChatID != "" || in.AibotID != c["bot_id"] ||
		!strings.HasPrefix(in.ResponseURL, b.http.URL+"/cgi-bin/aibot/response?response_code=") {
		t.Errorf("message: %+v", in)
	}
	if kinds["event"].Event.EventType != "enter_chat" {
		t.Errorf("first visit: %+v", kinds["event"])
	}
	b.delivered(2)
	b.clock.BlockUntil(1)
	b.clock.Advance(streamPoll)
	if in := readTold(t, h.next(t).open(t, c)); in.MsgType != "stream" || in.Stream.ID != "s1" || in.ResponseURL != "" {
		t.Errorf("poll: %+v", in)
	}
	b.delivered(3)
	list, _ := b.Messages("wang.fang", single)
	var texts []string
	for _, m := range list {
		texts = append(texts, m.From+" "+m.Text)
	}
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"bot 想好了", "bot 欢迎", "wang.fang 你好"}) {
		t.Errorf("seen: %q", texts)
	}
	if n := b.clock.Waiting(); n != 0 {
		t.Errorf("%d timers after the stream's end", n)
	}
	// A response_url is good for one message, and never for a change of a card.
	path := strings.TrimPrefix(kinds["text"].ResponseURL, b.http.URL+"/cgi-bin/")
	b.token = ""
	if out := b.post(path, obj{"response_type": "update_template_card", "template_card": notice()}); code(out) != 40008 {
		t.Errorf("update by response_url: %v", out)
	}
	b.must(b.post(path, obj{"msgtype": "markdown", "markdown": obj{"content": "**补充**"}}))
	if out := b.post(path, obj{"msgtype": "markdown", "markdown": obj{"content": "再"}}); code(out) != 60140 {
		t.Errorf("second use: %v", out)
	}
}

func TestRobotInFlight(t *testing.T) {
	t.Parallel()
	b, h, _ := robotDesk(t, func(in told) any {
		if in.MsgType != "text" && in.MsgType != "stream" {
			return nil
		}
		return obj{"msgtype": "stream", "stream": obj{"id": "s" + in.Text.Content, "finish": false, "content": "…"}}
	})
	single := b.chat("wang.fang", "小鹊", "direct")
	for i := range maxInFlight + 1 {
		if _, err := b.Say(background(t), "wang.fang", single, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for range maxInFlight + 1 { // with enter_chat
		h.next(t)
	}
	b.delivered(maxInFlight + 1)
	if !slices.ContainsFunc(b.Warnings(), func(w string) bool { return strings.Contains(w, "in flight") }) {
		t.Errorf("warnings: %v", b.Warnings())
	}
}

func TestRobotCard(t *testing.T) {
	t.Parallel()
	var mode = make(chan string, 10)
	b, h, c := robotDesk(t, func(in told) any {
		switch {
		case in.MsgType == "text":
			return obj{"msgtype": "template_card", "template_card": vote("poll-1")}
		case in.Event.EventType == "template_card_event":
			card := set(notice(), "poll-1", "task_id")
			switch <-mode {
			case "wrong task":
				card = set(card, "poll-2", "task_id")
			case "some":
				return obj{"response_type": "update_template_card", "userids": []string{"Wang.Fang", "ghost"}, "template_card": set(vote("poll-1"), "已投", "main_title", "title")}
			}
			return obj{"response_type": "update_template_card", "template_card": card}
		}
		return nil
	})
	ctx := background(t)
	group := b.chat("wang.fang", "采购群", "group")
	if _, err := b.Say(ctx, "wang.fang", group, "随便说说"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Say(ctx, "wang.fang", group, "@小鹊 开会投票"); err != nil {
		t.Fatal(err)
	}
	in := readTold(t, h.next(t).open(t, c))
	if in.ChatType != "group" || in.ChatID != group || in.Text.Content != "@小鹊 开会投票" {
		t.Errorf("message: %+v", in)
	}
	b.delivered(1)
	list, _ := b.Messages("chen.jie", group)
	id := list[len(list)-1].ID
	mode <- "wrong task"
	form := map[string]any{"slot": []any{"o1", "o2"}}
	if r, err := b.Press(ctx, "wang.fang", id, "提交", form); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	e := readTold(t, h.next(t).open(t, c)).Event
	if e.Card.CardType != "vote_interaction" || e.Card.EventKey != "submit" || e.Card.TaskID != "poll-1" ||
		string(e.Card.SelectedItems) != `{"selected_item":[{"option_ids":{"option_id":["o1","o2"]},"question_key":"slot"}]}` {
		t.Errorf("press: %+v %s", e, e.Card.SelectedItems)
	}
	if b.see("chen.jie", id).Updated {
		t.Error("updated with another task_id")
	}
	mode <- "some"
	if _, err := b.Press(ctx, "wang.fang", id, "提交", form); err != nil {
		t.Fatal(err)
	}
	if b.see("chen.jie", id).Updated || !strings.HasPrefix(b.see("wang.fang", id).Text, "已投") {
		t.Error("not updated for one person alone")
	}
	mode <- "all"
	if _, err := b.Press(ctx, "chen.jie", id, "提交", form); err != nil {
		t.Fatal(err)
	}
	for _, person := range []string{"wang.fang", "chen.jie"} {
		if m := b.see(person, id); m.Text != "采购申请 已同意" {
			t.Errorf("%s sees %q", person, m.Text)
		}
	}
}

// A card can put a question to its robot; an app's can't.
func TestRobotQuestion(t *testing.T) {
	t.Parallel()
	ask := set(notice(), []obj{{"type": 3, "title": "进度", "question": "查进度"}}, "jump_list")
	b, h, c := robotDesk(t, func(in told) any {
		if in.Text.Content == "卡片" {
			return obj{"msgtype": "template_card", "template_card": ask}
		}
		return nil
	})
	single := b.chat("wang.fang", "小鹊", "direct")
	if _, err := b.Say(background(t), "wang.fang", single, "卡片"); err != nil {
		t.Fatal(err)
	}
	h.next(t)
	h.next(t)
	b.delivered(2)
	list, _ := b.Messages("wang.fang", single)
	if r, err := b.Press(background(t), "wang.fang", list[1].ID, "进度", nil); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	if in := readTold(t, h.next(t).open(t, c)); in.MsgType != "text" || in.Text.Content != "查进度" || in.From.UserID != "Wang.Fang" {
		t.Errorf("asked: %+v", in)
	}
	b.delivered(3)
	if out := b.post("message/send", b.body("template_card", ask, "wang.fang")); code(out) != 40058 {
		t.Errorf("in an app's card: %v", out)
	}
}

// A press that is not answered is lost.
func TestRobotPressLost(t *testing.T) {
	t.Parallel()
	b, h, _ := robotDesk(t, func(in told) any {
		if in.MsgType == "text" {
			return obj{"msgtype": "template_card", "template_card": vote("poll-1")}
		}
		return nil
	})
	single := b.chat("wang.fang", "小鹊", "direct")
	if _, err := b.Say(background(t), "wang.fang", single, "投票"); err != nil {
		t.Fatal(err)
	}
	h.next(t)
	h.next(t)
	b.delivered(2)
	list, _ := b.Messages("wang.fang", single)
	down := newHook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	if err := b.SetWebhook("robot", down.URL); err != nil {
		t.Fatal(err)
	}
	r, err := b.Press(background(t), "wang.fang", list[1].ID, "提交", map[string]any{"slot": "o1"})
	if err != nil || r.Status != "failed" {
		t.Errorf("press: %v %+v", err, r)
	}
	if n := b.clock.Waiting(); n != 0 {
		t.Errorf("%d timers: the press would be repeated", n)
	}
}

// bot is the client's side of a long connection, written from the documents.
type bot struct {
	t    *testing.T
	conn *websocket.Conn
	n    int
}

func dial(t *testing.T, b *bench, c map[string]string) *bot {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.Dial(c["socket_url"], nil)
	if err != nil {
		t.Fatalf("%s: %v", c["socket_url"], err)
	}
	resp.Body.Close()
	t.Cleanup(func() { conn.Close() })
	return &bot{t: t, conn: conn}
}

// gone wants a connection to end: silence is not enough.
func gone(t *testing.T, conn *websocket.Conn, what string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, raw, err := conn.ReadMessage(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: it lives on: %s, %v", what, raw, err)
	}
}

func (c *bot) next() map[string]any {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	var out map[string]any
	if err := c.conn.ReadJSON(&out); err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return out
}

// ask sends a command and returns the answer's code; callbacks on the way are dropped.
func (c *bot) ask(cmd, reqID string, body any) int {
	c.t.Helper()
	if reqID == "" {
		c.n++
		reqID = fmt.Sprintf("%s_%d", cmd, c.n)
	}
	if err := c.conn.WriteJSON(obj{"cmd": cmd, "headers": obj{"req_id": reqID}, "body": body}); err != nil {
		c.t.Fatal(err)
	}
	for {
		out := c.next()
		if h, _ := out["headers"].(map[string]any); h["req_id"] == reqID && out["cmd"] == nil {
			return code(out)
		}
	}
}

func reqID(f map[string]any) string { return f["headers"].(map[string]any)["req_id"].(string) }

func TestSocket(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Robots: []Robot{{ID: "robot", Name: "小鹊", Transport: TransportWebsocket, Sealed: true}, {ID: "other"}}})
	ctx := background(t)
	c := b.Connections()[1].Credentials
	one := dial(t, b, c)
	for name, ask := range map[string]struct {
		cmd  string
		body obj
		want int
	}{
		"before": {"ping", nil, 846609}, "wrong secret": {"aibot_subscribe", obj{"bot_id": c["bot_id"], "secret": "x"}, 853000},
		"callback robot": {"aibot_subscribe", obj{"bot_id": b.Connections()[2].Credentials["bot_id"], "secret": b.Connections()[2].Credentials["bot_secret"]}, 846601},
	} {
		if got := one.ask(ask.cmd, "", ask.body); got != ask.want {
			t.Errorf("%s: %d, want %d", name, got, ask.want)
		}
	}
	subscribe := obj{"bot_id": c["bot_id"], "secret": c["bot_secret"]}
	if got := one.ask("aibot_subscribe", "", subscribe); got != 0 {
		t.Fatalf("subscribe: %d", got)
	}
	if got := one.ask("ping", "", nil); got != 0 {
		t.Errorf("ping: %d", got)
	}
	card := obj{"chatid": "Wang.Fang", "msgtype": "template_card", "template_card": button("t-1")}
	if got := one.ask("aibot_send_msg", "", card); got != 846607 {
		t.Errorf("unprompted to a stranger: %d", got)
	}
	single := b.chat("wang.fang", "小鹊", "direct")
	if _, err := b.Say(ctx, "wang.fang", single, "你好"); err != nil {
		t.Fatal(err)
	}
	frames := map[string]map[string]any{}
	for range 2 {
		f := one.next()
		frames[str(f, "cmd")] = f
	}
	in := readTold(t, encode(frames["aibot_msg_callback"]["body"]))
	if in.Text.Content != "你好" || in.From.UserID != b.openUserID("wang.fang") {
		t.Errorf("message: %+v", in)
	}
	id := reqID(frames["aibot_msg_callback"])
	stream := func(words string, finish bool) obj {
		return obj{"msgtype": "stream", "stream": obj{"id": "s", "finish": finish, "content": words}}
	}
	for i, step := range []struct {
		cmd, id string
		body    obj
		want    int
	}{
		{"aibot_respond_msg", "nope", stream("x", false), 846605},
		{"aibot_respond_update_msg", id, obj{}, 846605},
		{"aibot_respond_msg", id, stream("想", false), 0},
		{"aibot_respond_msg", id, stream("想好了", true), 0},
		{"aibot_respond_msg", id, stream("还有", true), 846606},
		{"aibot_respond_welcome_msg", reqID(frames["aibot_event_callback"]), obj{"msgtype": "text", "text": obj{"content": "欢迎"}}, 0},
		{"aibot_respond_welcome_msg", reqID(frames["aibot_event_callback"]), obj{"msgtype": "text", "text": obj{"content": "欢迎"}}, 846606},
		{"aibot_send_msg", "", card, 0},
		{"aibot_send_msg", "", card, 42014},
		{"aibot_send_msg", "", obj{"chatid": "nowhere", "msgtype": "markdown"}, 93006},
		{"aibot_nonsense", "", obj{}, 40058},
	} {
		if got := one.ask(step.cmd, step.id, step.body); got != step.want {
			t.Errorf("step %d, %s: %d, want %d", i, step.cmd, got, step.want)
		}
	}
	list, _ := b.Messages("wang.fang", single)
	if len(list) != 4 || list[1].Text != "想好了" || list[2].Text != "欢迎" || list[3].Kind != "card" {
		t.Fatalf("seen: %+v", list)
	}
	if r, err := b.Press(ctx, "wang.fang", list[3].ID, "同意", nil); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	f := one.next()
	update := obj{"response_type": "update_template_card", "template_card": set(notice(), "t-1", "task_id")}
	if got := one.ask("aibot_respond_update_msg", reqID(f), update); got != 0 {
		t.Errorf("update: %d", got)
	}
	if m := b.see("wang.fang", list[3].ID); m.Text != "采购申请 已同意" {
		t.Errorf("updated to %q", m.Text)
	}
	// The second connection replaces the first.
	two := dial(t, b, c)
	if got := two.ask("aibot_subscribe", "", subscribe); got != 0 {
		t.Fatalf("second: %d", got)
	}
	if e := readTold(t, encode(one.next()["body"])); e.Event.EventType != "disconnected_event" {
		t.Errorf("the first was told %+v", e)
	}
	gone(t, one.conn, "the first connection")
	if _, err := b.Say(ctx, "wang.fang", single, "再来"); err != nil {
		t.Fatal(err)
	}
	late := reqID(two.next())
	if err := b.Fault(simulator.Fault{Kind: "redeliver", API: "text"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Say(ctx, "wang.fang", single, "两遍"); err != nil {
		t.Fatal(err)
	}
	if x, y := two.next(), two.next(); reqID(x) != reqID(y) {
		t.Errorf("%v and %v", x, y)
	}
	b.clock.Advance(streamLife + time.Second)
	if got := two.ask("aibot_respond_msg", late, stream("太晚", true)); got != 846608 {
		t.Errorf("a late stream: %d", got)
	}
	if err := b.Fault(simulator.Fault{Kind: "drop_connection"}); err != nil {
		t.Fatal(err)
	}
	gone(t, two.conn, "the dropped connection")
}

// A press over the long connection can be answered for five seconds.
func TestSocketLateUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Robots: []Robot{{ID: "robot", Name: "小鹊", Transport: TransportWebsocket}}})
	c := b.Connections()[1].Credentials
	one := dial(t, b, c)
	if got := one.ask("aibot_subscribe", "", obj{"bot_id": c["bot_id"], "secret": c["bot_secret"]}); got != 0 {
		t.Fatal(got)
	}
	group := b.chat("wang.fang", "采购群", "group")
	if _, err := b.Say(background(t), "wang.fang", group, "@小鹊 来张卡"); err != nil {
		t.Fatal(err)
	}
	one.next()
	if got := one.ask("aibot_send_msg", "", obj{"chatid": group, "msgtype": "template_card", "template_card": button("t-1")}); got != 0 {
		t.Fatal(got)
	}
	list, _ := b.Messages("chen.jie", group)
	if _, err := b.Press(background(t), "chen.jie", list[1].ID, "同意", nil); err != nil {
		t.Fatal(err)
	}
	f := one.next()
	b.clock.Advance(answerTime + time.Millisecond)
	if got := one.ask("aibot_respond_update_msg", reqID(f), obj{"response_type": "update_template_card", "template_card": set(notice(), "t-1", "task_id")}); got != 846604 {
		t.Errorf("late update: %d", got)
	}
	one.conn.Close()
	r, err := b.Press(background(t), "chen.jie", list[1].ID, "同意", nil)
	for err == nil && r.Status == "ok" { // until the server has noticed
		r, err = b.Press(background(t), "chen.jie", list[1].ID, "同意", nil)
	}
	if err != nil || r.Status != "failed" {
		t.Errorf("without a connection: %v %+v", err, r)
	}
}

// appReply seals a passive reply as an app does.
func appReply(w http.ResponseWriter, c map[string]string, body string) {
	key, _ := aesKey(c["encoding_aes_key"])
	sealed := seal(key, salt(), []byte(body), c["corp_id"])
	_, _ = w.Write(document(text("Encrypt", sealed), text("MsgSignature", signature(c["token"], "1700000000", "n", sealed)),
		number("TimeStamp", "1700000000"), text("Nonce", "n")))
}

const passiveCard = `<xml><MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard><CardType>button_interaction</CardType>
<Source><Desc>审批助手</Desc><DescColor>3</DescColor></Source><MainTitle><Title>已同意</Title></MainTitle>
<HorizontalContentList><KeyName>金额</KeyName><Value>1</Value></HorizontalContentList><HorizontalContentList><KeyName>详情</KeyName><Value>打开</Value><Type>1</Type><Url>https://a.cn</Url></HorizontalContentList>
<ButtonList><Text>撤销</Text><Style>1</Style><Key>undo</Key></ButtonList><ButtonList><Text>归档</Text><Key>file</Key></ButtonList></TemplateCard></xml>`

func TestPassiveReplies(t *testing.T) {
	t.Parallel()
	replies := make(chan string, 10)
	var c map[string]string
	h := newHook(t, func(w http.ResponseWriter, _ *http.Request) {
		switch body := <-replies; body {
		case "":
		case "garbage":
			_, _ = w.Write([]byte("<html>"))
		case "unsigned":
			_, _ = w.Write(document(text("Encrypt", "AAAA"), text("MsgSignature", "x"), number("TimeStamp", "1"), text("Nonce", "n")))
		default:
			appReply(w, c, body)
		}
	})
	b := newBench(t, Options{Apps: []App{{Webhook: h.URL}}})
	c = b.credentials()
	ctx := background(t)
	say := func(reply string) {
		t.Helper()
		n := len(b.Deliveries())
		replies <- reply
		if _, err := b.Say(ctx, "wang.fang", "", "你好"); err != nil {
			t.Fatal(err)
		}
		h.next(t)
		b.delivered(n + 1)
	}
	say(`<xml><MsgType>text</MsgType><Content><![CDATA[收到]]></Content></xml>`)
	list, _ := b.Messages("wang.fang", "")
	if len(list) != 2 || list[1].Text != "收到" || list[1].From != "bot" {
		t.Errorf("seen: %+v", list)
	}
	for _, bad := range []string{"garbage", "unsigned", "<xml>", "<xml><MsgType>news</MsgType></xml>", `<xml><MsgType>update_button</MsgType></xml>`, "success"} {
		say(bad)
	}
	if list, _ := b.Messages("wang.fang", ""); len(list) != 8 {
		t.Errorf("%d messages after bad replies", len(list))
	}
	for _, d := range b.Deliveries() {
		if d.Err != "" {
			t.Errorf("a bad reply is no missing acknowledgement: %+v", d)
		}
	}
	press := func(id, button, reply string) simulator.Message {
		t.Helper()
		replies <- reply
		if r, err := b.Press(ctx, "wang.fang", id, button, nil); err != nil || r.Status != "ok" {
			t.Fatalf("press: %v %+v", err, r)
		}
		h.next(t)
		return b.see("wang.fang", id)
	}
	id := str(b.send("template_card", button("t-1"), "wang.fang", "chen.jie"), "msgid")
	if m := press(id, "同意", passiveCard); m.Updated {
		t.Error("a reply to template_card_event changed the card")
	}
	m := press(id, "不再提醒", passiveCard)
	if !strings.HasPrefix(m.Text, "审批助手\n已同意\n金额 1\n详情 打开") || m.Buttons[0].ID != "undo" || m.Buttons[1].Label != "归档" {
		t.Errorf("after a reply to the menu: %q %+v", m.Text, m.Buttons)
	}
	if b.see("chen.jie", id).Updated {
		t.Error("changed for somebody else")
	}
	b.mu.Lock()
	b.apps[0].HonorCardReplies = true
	b.mu.Unlock()
	if m := press(id, "undo", `<xml><MsgType>update_button</MsgType><Button><ReplaceName>已撤销</ReplaceName></Button></xml>`); m.Buttons[0].Label != "已撤销" || !m.Buttons[0].Disabled {
		t.Errorf("greyed: %+v", m.Buttons)
	}
}

// FuzzReply: whatever an app answers with, nothing but a sound reply does anything.
func FuzzReply(f *testing.F) {
	f.Add([]byte(passiveCard))
	f.Add([]byte(`<xml><Encrypt>AAAA</Encrypt></xml>`))
	f.Add([]byte(`{"encrypt":"AAAA","timestamp":1}`))
	f.Add([]byte(`<xml>` + strings.Repeat("<TemplateCard>", 50)))
	s, err := New(Options{Robots: []Robot{{ID: "robot"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, raw []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range []string{"wecom-main", "robot"} {
			to, _ := s.endpoint(id)
			if reply, err := s.openReply(to, "n", raw); err == nil && reply != nil {
				t.Fatalf("an unsealed reply was taken: %q", raw)
			}
		}
		var n xmlNode
		if xml.Unmarshal(raw, &n) == nil {
			q := s.internal(s.apps[0])
			element, _ := n.first("TemplateCard")
			_ = q.checkCard(object{element.cardFields(0), new(bool)})
		}
		s.answer(s.robots[0], &exchange{kind: "enter_chat", person: "wang.fang", at: s.now()}, raw)
	})
}

// FuzzFrame: no frame ends a connection's server.
func FuzzFrame(f *testing.F) {
	f.Add("aibot_subscribe", "r", []byte(`{"bot_id":"x"}`))
	f.Add("aibot_respond_msg", "r", []byte(`{"msgtype":"stream","stream":{"id":"a"}}`))
	f.Add("aibot_send_msg", "r", []byte(`{"chatid":"Wang.Fang"}`))
	s, err := New(Options{Robots: []Robot{{ID: "robot", Transport: TransportWebsocket}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, cmd, id string, body []byte) {
		r := s.robots[0]
		c := &socket{robot: r}
		r.live = c
		defer func() { r.live = nil }()
		r.pending["r"] = &exchange{kind: "message", person: "wang.fang", at: s.now()}
		_ = s.handleFrame(c, frame{Cmd: cmd, Headers: frameHeaders{id}, Body: body})
	})
}
