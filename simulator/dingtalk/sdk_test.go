package dingtalk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	sdkcard "github.com/open-dingtalk/dingtalk-stream-sdk-go/card"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/chatbot"
	sdk "github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"

	"magpie/simulator"
)

// sdkClient is the vendor's own stream client, pointed at the simulator by its host only.
func (b *bench) sdkClient(secret string) *sdk.StreamClient {
	return sdk.NewStreamClient(sdk.WithAppCredential(sdk.NewAppCredentialConfig(b.cred["client_id"], secret)), sdk.WithOpenApiHost(b.http.URL+"/api"))
}

// start connects a client and waits until the gateway has it.
func (b *bench) start(c *sdk.StreamClient) {
	b.t.Helper()
	before := b.connected()
	if err := c.Start(background(b.t)); err != nil {
		b.t.Fatalf("start: %v", err)
	}
	b.t.Cleanup(func() {
		c.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections() // the client's own
	})
	b.waitFor(func() bool { return b.connected() == before+1 })
}

// The vendor's own client connects, gets events and robot messages, and answers card callbacks.
func TestSDKStream(t *testing.T) {
	t.Parallel()
	o := streamApp()
	o.Clock = simulator.WallClock{}
	b := newBench(t, o)
	type happened struct {
		header *event.EventHeader
		data   string
	}
	events := make(chan happened, 8)
	said := make(chan *chatbot.BotCallbackDataModel, 8)
	c := b.sdkClient(b.cred["client_secret"])
	c.RegisterChatBotCallbackRouter(func(_ context.Context, m *chatbot.BotCallbackDataModel) ([]byte, error) { said <- m; return nil, nil })
	c.RegisterAllEventRouter(func(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		events <- happened{event.NewEventHeaderFromDataFrame(df), df.Data}
		return event.NewSuccessResponse()
	})
	c.RegisterCardCallbackRouter(func(_ context.Context, r *sdkcard.CardRequest) (*sdkcard.CardResponse, error) {
		if r.OutTrackId != "c1" || r.UserId != b.user("han.meimei") || r.CardActionData.CardPrivateData.ActionIdList[0] != "agree" ||
			r.GetActionString("value") != pending["btn_value"] {
			return nil, errors.New("another press")
		}
		return &sdkcard.CardResponse{CardUpdateOptions: &sdkcard.CardUpdateOptions{UpdateCardDataByKey: true, UpdatePrivateDataByKey: true},
			CardData:        &sdkcard.CardDataDto{CardParamMap: map[string]string{"status": "已同意"}},
			UserPrivateData: &sdkcard.CardDataDto{CardParamMap: map[string]string{"result": "✓"}}}, nil
	})
	b.start(c)
	ctx := background(t)

	id, err := b.Say(ctx, "liu.yang", "", "采购")
	if err != nil {
		t.Fatal(err)
	}
	m := await(t, said)
	if m.MsgId != id || m.Text.Content != "采购" || m.SenderStaffId != b.user("liu.yang") || m.ConversationType != "1" || m.SessionWebhook == "" || m.Msgtype != "text" ||
		m.SenderCorpId != b.cred["corp_id"] || m.SessionWebhookExpiredTime-m.CreateAt != sessionLife.Milliseconds() {
		t.Errorf("message: %+v", m)
	}
	if err := chatbot.NewChatbotReplier().SimpleReplyText(ctx, m.SessionWebhook, []byte("收到")); err != nil || b.last("liu.yang").Text != "收到" {
		t.Errorf("reply: %v %+v", err, b.last("liu.yang"))
	}
	group := b.group("liu.yang", "采购群")
	if _, err := b.Say(ctx, "liu.yang", group, "@鹊桥 审批"); err != nil {
		t.Fatal(err)
	}
	if m := await(t, said); m.ConversationId != group || m.ConversationTitle != "采购群" || !m.IsInAtList || strings.TrimSpace(m.Text.Content) != "审批" || m.AtUsers[0].DingtalkId != m.ChatbotUserId {
		t.Errorf("group message: %+v", m)
	}

	b.good("POST", cardCall, b.cardTo("han.meimei", "c1", pending))
	r, err := b.Press(ctx, "han.meimei", b.last("han.meimei").ID, "同意", nil)
	if err != nil || r.Status != "ok" {
		t.Errorf("press: %v %+v", err, r)
	}
	if text := b.last("han.meimei").Text; !strings.HasPrefix(text, "采购申请 已同意") || !strings.HasSuffix(text, "✓") {
		t.Errorf("card: %q", text)
	}
	// Pressing was reading.
	e := await(t, events)
	if e.header.EventType != "robot_msg_read" || e.header.EventCorpId != b.cred["corp_id"] || e.header.EventBornTime == 0 || object(t, []byte(e.data))["userId"] != b.user("han.meimei") {
		t.Errorf("event: %+v", e)
	}
	b.delivered(4)
	for _, d := range b.Deliveries() {
		if d.Err != "" || d.Attempt != 1 {
			t.Errorf("delivery: %+v", d)
		}
	}
}

// Of two of the vendor's clients one is enough: the other's connection is announced to end, and it comes back
// by itself.
func TestSDKDisconnect(t *testing.T) {
	t.Parallel()
	o := streamApp()
	o.Clock = simulator.WallClock{}
	b := newBench(t, o)
	got := make(chan string, 64)
	for range 2 {
		c := b.sdkClient(b.cred["client_secret"])
		c.RegisterAllEventRouter(func(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
			got <- event.NewEventHeaderFromDataFrame(df).EventId
			return event.NewSuccessResponse()
		})
		b.start(c)
	}
	if n := b.Disconnect("ding-main"); n != 2 {
		t.Fatalf("%d connections", n)
	}
	// Both close at once and wait three seconds; then both are back.
	opened := func() int {
		n := 0
		for _, call := range b.Calls() {
			if call.Status == http.StatusSwitchingProtocols {
				n++
			}
		}
		return n
	}
	b.waitFor(func() bool { return opened() == 4 && b.connected() == 2 })
	id, err := b.Emit("ding-main", "check_in", map[string]any{"staffId": "1"})
	if err != nil {
		t.Fatal(err)
	}
	if e := await(t, got); e != id {
		t.Errorf("event %s, want %s", e, id)
	}
	b.delivered(1)
}

// The vendor's client reports what the gateway refuses.
func TestSDKRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	c := b.sdkClient("wrong")
	c.RegisterAllEventRouter(func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
		return event.NewSuccessResponse()
	})
	err := c.Start(background(t))
	c.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err == nil || !strings.Contains(err.Error(), "authFailed") {
		t.Errorf("wrong secret: %v", err)
	}
}
