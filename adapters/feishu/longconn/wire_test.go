package longconn

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/feishu"
	"magpie/config"
)

// A connection of transport websocket, made as the program makes it, turns what comes over the socket
// into the events that the adapter's goldens hold; an unknown type too.
func TestPlatformListens(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	node, ps := config.Parse("magpie.yaml", []byte("id: feishu-main\nsuite: feishu\ntransport: websocket\napp_id: "+testApp+
		"\napp_secret: "+testSecret+"\nbase_url: "+f.srv.URL+"\n"))
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := feishu.Factory(feishu.WithListener(Of))(config.Connection{ID: "feishu-main", Suite: "feishu", Settings: node}, adapters.Env{HTTP: f.srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	got, done := make(chan event.Event, 8), make(chan error, 1)
	go func() {
		done <- p.(adapters.Listener).Listen(ctx, func(_ context.Context, d adapters.Delivery) (adapters.Response, error) {
			for _, ev := range d.Events {
				got <- ev
			}
			return d.Response, nil
		})
	}()
	conn := f.conn()
	for name, want := range map[string]event.Kind{
		"card_action_form": event.KindCardAction, "im_message_receive_p2p_text": event.KindMessage,
		"approval_instance_v1": event.KindApprovalEnded, "unknown_v2": event.KindUnknown,
	} {
		b, err := os.ReadFile("../testdata/events/" + name + "/request.http")
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(b, []byte("\n\n"))
		conn.send(dataFrame(typeEvent, name, string(body)))
		ack := conn.ack()
		wantAck := ackOK
		if want == event.KindCardAction {
			wantAck = `{"code":200,"headers":null,"data":"e30="}` // {}
		}
		if ev := <-got; ev.Kind != want || string(ack.payload) != wantAck || ack.get(keyMessageID) != name {
			t.Errorf("%s: kind %s, ack %s", name, ev.Kind, ack.payload)
		}
	}
	conn.send(dataFrame(typeEvent, "other", strings.ReplaceAll(`{"schema":"2.0","header":{"event_type":"x","app_id":"cli_other"},"event":{}}`, " ", "")))
	if ack := conn.ack(); string(ack.payload) != ackFailed {
		t.Errorf("an event of another app: %s", ack.payload)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Listen: %v", err)
	}
}
