package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	lark "github.com/larksuite/oapi-sdk-go/v3"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	"github.com/larksuite/oapi-sdk-go/v3/core/httpserverext"
	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkcontact "github.com/larksuite/oapi-sdk-go/v3/service/contact/v3"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"

	"magpie/simulator"
)

const approval = `{"schema":"2.0","config":{"update_multi":true},"header":{"template":"orange","title":{"tag":"plain_text","content":"采购申请"}},
"body":{"elements":[{"tag":"markdown","content":"**键盘** 300 元"},
{"tag":"button","name":"ok","type":"primary","text":{"tag":"plain_text","content":"同意"},"behaviors":[{"type":"callback","value":{"verb":"approve","rev":3}}]}]}}`

// The vendor's own client works against the simulator by changing its domain only.
func TestSDKClient(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	cred := b.Connections()[0].Credentials
	client := lark.NewClient(cred["app_id"], cred["app_secret"], lark.WithOpenBaseUrl(b.http.URL),
		lark.WithHttpClient(b.http.Client()), lark.WithLogLevel(larkcore.LogLevelError))
	ctx := background(t)

	sent, err := client.Im.V1.Message.Create(ctx, larkim.NewCreateMessageReqBuilder().ReceiveIdType("open_id").
		Body(larkim.NewCreateMessageReqBodyBuilder().ReceiveId(b.openID("han.meimei")).MsgType("interactive").Content(approval).Uuid("u-1").Build()).Build())
	if err != nil || !sent.Success() {
		t.Fatalf("create: %v %+v", err, sent)
	}
	if sent.LogId() == "" {
		t.Error("no log id")
	}
	id := *sent.Data.MessageId
	changed := strings.Replace(approval, "键盘", "显示器", 1)
	patched, err := client.Im.V1.Message.Patch(ctx, larkim.NewPatchMessageReqBuilder().MessageId(id).
		Body(larkim.NewPatchMessageReqBodyBuilder().Content(changed).Build()).Build())
	if err != nil || !patched.Success() {
		t.Fatalf("patch: %v %+v", err, patched)
	}
	m := b.see("han.meimei", id)
	if m.Text != "采购申请\n显示器 300 元" || !m.Updated || len(m.Buttons) != 1 || m.Buttons[0].ID != "ok" || m.Buttons[0].Label != "同意" {
		t.Errorf("seen: %+v", m)
	}

	var units []string
	page := ""
	for {
		r := larkcontact.NewChildrenDepartmentReqBuilder().DepartmentId("0").PageSize(3)
		if page != "" {
			r.PageToken(page)
		}
		list, err := client.Contact.V3.Department.Children(ctx, r.Build())
		if err != nil || !list.Success() {
			t.Fatalf("children: %v %+v", err, list)
		}
		for _, d := range list.Data.Items {
			units = append(units, *d.OpenDepartmentId)
		}
		if !*list.Data.HasMore {
			break
		}
		page = *list.Data.PageToken
	}
	people := 0
	for _, unit := range units {
		list, err := client.Contact.V3.User.FindByDepartment(ctx, larkcontact.NewFindByDepartmentUserReqBuilder().DepartmentId(unit).PageSize(50).Build())
		if err != nil || !list.Success() {
			t.Fatalf("find_by_department: %v %+v", err, list)
		}
		people += len(list.Data.Items)
	}
	if len(units) != 7 || people != 40 {
		t.Errorf("%d departments with %d people, want 7 with 40", len(units), people)
	}
}

// The vendor's own dispatcher accepts what is delivered: encrypted, signed, decoded into its structs.
func TestSDKDispatcher(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Clock: simulator.WallClock{}})
	cred := b.Connections()[0].Credentials
	received := make(chan *larkim.P2MessageReceiveV1, 1)
	read := make(chan *larkim.P2MessageReadV1, 1)
	entered := make(chan string, 1)
	d := dispatcher.NewEventDispatcher(cred["verification_token"], cred["encrypt_key"]).
		OnP2MessageReceiveV1(func(_ context.Context, e *larkim.P2MessageReceiveV1) error { received <- e; return nil }).
		OnP2MessageReadV1(func(_ context.Context, e *larkim.P2MessageReadV1) error { read <- e; return nil }).
		OnP2ChatAccessEventBotP2pChatEnteredV1(func(_ context.Context, e *larkim.P2ChatAccessEventBotP2pChatEnteredV1) error {
			entered <- *e.Event.ChatId
			return nil
		}).
		OnP2CardActionTrigger(func(_ context.Context, e *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
			if e.Event.Action.Value["verb"] != "approve" || e.Event.Operator.OpenID != b.openID("han.meimei") {
				return nil, errors.New("unexpected action")
			}
			return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "success", Content: "已同意"}}, nil
		})
	d.InitConfig(larkevent.WithLogger(quiet{}))
	h := newHook(t, httpserverext.NewEventHandlerFunc(d))
	if err := b.SetWebhook("feishu-main", h.URL); err != nil {
		t.Fatal(err)
	}
	ctx := background(t)
	if err := b.Verify(ctx, "feishu-main"); err != nil {
		t.Fatal(err)
	}

	var group string
	for _, c := range b.Chats("li.lei") {
		if c.Name == "采购群" {
			group = c.ID
		}
	}
	if _, err := b.Say(ctx, "li.lei", group, "@鹊桥 采购 @赵敏 请看"); err != nil {
		t.Fatal(err)
	}
	e := <-received
	text := *e.Event.Message.Content
	if text != `{"text":"@_user_1 采购 @_user_2 请看"}` || len(e.Event.Message.Mentions) != 2 ||
		*e.Event.Message.Mentions[0].MentionedType != "bot" || *e.Event.Message.Mentions[1].Name != "赵敏" ||
		*e.Event.Message.ChatType != "group" || *e.Event.Sender.SenderId.OpenId != b.openID("li.lei") {
		t.Errorf("group message: %s %+v", text, e.Event.Message.Mentions)
	}

	id := b.send("han.meimei", "interactive", approval)
	if err := b.Read(ctx, "han.meimei", id); err != nil {
		t.Fatal(err)
	}
	if r := <-read; len(r.Event.MessageIdList) != 1 || r.Event.MessageIdList[0] != id {
		t.Errorf("read event: %+v", r.Event)
	}
	<-entered
	result, err := b.Press(ctx, "han.meimei", id, "同意", nil)
	if err != nil || result.Status != "ok" || result.Toast == nil || result.Toast.Content != "已同意" {
		t.Errorf("press: %v %+v", err, result)
	}
}

// The vendor's own long connection client connects, gets events and answers card callbacks.
func TestSDKLongConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Clock: simulator.WallClock{}, Apps: []App{{Transport: TransportWebsocket}}})
	cred := b.Connections()[0].Credentials
	said := make(chan string, 4)
	d := dispatcher.NewEventDispatcher("", "").
		OnP2MessageReceiveV1(func(_ context.Context, e *larkim.P2MessageReceiveV1) error {
			said <- *e.Event.Message.Content
			return nil
		}).
		OnP2MessageReadV1(func(context.Context, *larkim.P2MessageReadV1) error { return nil }).
		OnP2CardActionTrigger(func(_ context.Context, e *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
			return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "info", Content: "收到 " + e.Event.Action.Name}}, nil
		})
	ready := make(chan struct{}, 4)
	client := larkws.NewClient(cred["app_id"], cred["app_secret"], larkws.WithDomain(b.http.URL), larkws.WithEventHandler(d),
		larkws.WithLogLevel(larkcore.LogLevelError), larkws.WithOnReady(func() { ready <- struct{}{} }),
		larkws.WithOnReconnected(func() { ready <- struct{}{} }))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- client.Start(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("client ended with %v", err)
		}
	}()
	await(t, ready)
	long := strings.Repeat("长", 40_000) // more than one frame
	for _, text := range []string{"你好", long} {
		if _, err := b.Say(ctx, "li.lei", "", text); err != nil {
			t.Fatal(err)
		}
		var got struct{ Text string }
		if err := json.Unmarshal([]byte(await(t, said)), &got); err != nil || got.Text != text {
			t.Errorf("received %d characters, want %d (%v)", len([]rune(got.Text)), len([]rune(text)), err)
		}
	}
	id := b.send("han.meimei", "interactive", approval)
	result, err := b.Press(ctx, "han.meimei", id, "ok", nil)
	if err != nil || result.Status != "ok" || result.Toast == nil || result.Toast.Content != "收到 ok" {
		t.Errorf("press: %v %+v", err, result)
	}
	// Cut off, it comes back.
	if err := b.Fault(simulator.Fault{Kind: faultDrop}); err != nil {
		t.Fatal(err)
	}
	await(t, ready)
	if _, err := b.Say(ctx, "li.lei", "", "还在吗"); err != nil {
		t.Fatal(err)
	}
	if got := await(t, said); got != `{"text":"还在吗"}` {
		t.Errorf("after the reconnect: %s", got)
	}
}

// Wrong credentials end the vendor's client for good, and so does the 51st connection.
func TestSDKLongConnectionRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Clock: simulator.WallClock{}, Apps: []App{{Transport: TransportWebsocket}}})
	cred := b.Connections()[0].Credentials
	start := func(secret string) error {
		c := larkws.NewClient(cred["app_id"], secret, larkws.WithDomain(b.http.URL), larkws.WithLogLevel(larkcore.LogLevelError))
		return c.Start(background(t))
	}
	var refused *larkws.ClientError
	if err := start("wrong"); !errors.As(err, &refused) || refused.Code != 10015 {
		t.Errorf("wrong secret: %v", err)
	}
	b.mu.Lock()
	a := b.apps[0]
	for range maxSockets {
		a.sockets = append(a.sockets, nil)
	}
	b.mu.Unlock()
	if err := start(cred["app_secret"]); !errors.As(err, &refused) || refused.Code != 514 {
		t.Errorf("51st connection: %v", err)
	}
	b.mu.Lock()
	a.sockets = nil
	b.mu.Unlock()
}

var sdkLogs atomic.Int64

// quiet is a logger for the SDK that counts instead of printing.
type quiet struct{}

func (quiet) Debug(context.Context, ...interface{}) { sdkLogs.Add(1) }
func (quiet) Info(context.Context, ...interface{})  { sdkLogs.Add(1) }
func (quiet) Warn(context.Context, ...interface{})  { sdkLogs.Add(1) }
func (quiet) Error(context.Context, ...interface{}) { sdkLogs.Add(1) }

// await waits longer than Feishu takes to send again what came before the connection was known: 15 s.
func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(45 * time.Second):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}
