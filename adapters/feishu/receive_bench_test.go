package feishu

import (
	"context"
	"fmt"
	"testing"
	"time"

	"magpie/config"
)

// benchMessage is a text in a direct chat, as Feishu sends it.
func benchMessage(at time.Time) string {
	return fmt.Sprintf(`{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02","event_type":"im.message.receive_v1",`+
		`"create_time":"%[1]d","token":"bench-token","app_id":"cli_bench","tenant_key":"bench"},"event":{"sender":{"sender_id":`+
		`{"union_id":"on_77aa01c4e2b39d5f80617c2b9a4de311","user_id":"3fa91c7d","open_id":"ou_1f0c7a3be49d28560a7be1c2d3f40511"},`+
		`"sender_type":"user","tenant_key":"bench"},"message":{"message_id":"om_0d2c19b04f0e4b7da3c1b2a4956ce1f0","create_time":"%[1]d",`+
		`"update_time":"%[1]d","chat_id":"oc_b70c2e9d41f86a35","chat_type":"p2p","message_type":"text",`+
		`"content":"{\"text\":\"请假 明天下午 看病\"}"}}}`, at.UnixMilli())
}

// BenchmarkReceive is the whole way of one encrypted and signed body: authenticated, opened, decoded.
func BenchmarkReceive(b *testing.B) {
	r := newReceiver(receiverOptions{
		Connection: "bench", AppID: "cli_bench", Tenant: "bench", EncryptKey: config.NewSecret(testKey),
		VerificationToken: config.NewSecret("bench-token"), Now: func() time.Time { return testNow },
	})
	req := vendorRequest(b, benchMessage(testNow), testNow)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := r.Receive(context.Background(), req); err != nil || len(d.Events) != 1 {
			b.Fatal(err)
		}
	}
}
