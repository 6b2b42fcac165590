package stream

import (
	"context"
	"regexp"
	"strings"

	sdk "github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"

	"magpie/adapters/dingtalk"
)

// newKit makes a client of the vendor's kit. It does not reconnect by itself: the line that holds it does.
func newKit(o Options, h Handlers) Client {
	c := sdk.NewStreamClient(
		sdk.WithAppCredential(sdk.NewAppCredentialConfig(o.ClientID, o.ClientSecret.Reveal())),
		sdk.WithOpenApiHost(o.APIURL),
		sdk.WithAutoReconnect(false),
	)
	take := func(kind string) func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
		return func(ctx context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
			ack := h.Frame(ctx, dingtalk.Frame{Type: kind, Topic: df.GetTopic(), Headers: df.Headers, Data: df.Data})
			resp := payload.NewDataFrameResponse(ack.Code)
			resp.Message = "OK"
			if ack.Code != codeOK {
				resp.Message = "not stored"
			}
			resp.SetData(ack.Data)
			return resp, nil
		}
	}
	for _, topic := range []string{dingtalk.TopicMessage, dingtalk.TopicCard} {
		c.RegisterCallbackRouter(topic, take("CALLBACK"))
	}
	// What is registered is subscribed to, and of events that is only "*". What else the server sends (a
	// greeting), the kit answers by itself.
	c.RegisterAllEventRouter(take("EVENT"))
	c.RegisterRouter("SYSTEM", "ping", func(ctx context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		h.Alive()
		return c.OnPing(ctx, df)
	})
	c.RegisterRouter("SYSTEM", "disconnect", func(ctx context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		h.Disconnect()
		return c.OnDisconnect(ctx, df)
	})
	return &kit{c}
}

// kit is a client of the vendor's.
type kit struct{ *sdk.StreamClient }

// Start opens the connection if it is not open.
func (k *kit) Start(ctx context.Context) error { return k.StreamClient.Start(ctx) }

// Close closes the connection.
func (k *kit) Close() { k.StreamClient.Close() }

// httpRefusal is how the kit tells of an answer that was not 200: the whole body.
var httpRefusal = regexp.MustCompile(`"code"\s*:\s*"([A-Za-z.]+)"`)

// refusedForGood reports that trying again soon will not help: the credentials are wrong, or the app is not in
// stream mode.
func refusedForGood(err error) bool {
	m := httpRefusal.FindStringSubmatch(err.Error())
	if m == nil {
		return false
	}
	c := strings.ToLower(m[1])
	return strings.Contains(c, "invalid") || strings.Contains(c, "forbidden") || strings.Contains(c, "auth")
}

var ticketLike = regexp.MustCompile(`(?i)(ticket=|"ticket"\s*:\s*"|clientSecret"?\s*[:=]\s*"?)[^\s"'&]+`)

// safe makes an error of the kit fit for the log: it may hold addresses with a ticket, and whole bodies.
func safe(err error, secret string) string {
	s := ticketLike.ReplaceAllString(err.Error(), "${1}<secret>")
	if secret != "" {
		s = strings.ReplaceAll(s, secret, "<secret>")
	}
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return s
}
