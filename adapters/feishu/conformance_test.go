package feishu_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
	"magpie/adapters/feishu"
	"magpie/config"
)

// The credentials of the app under conformance. None may show anywhere.
const (
	confApp    = "cli_conformance01"
	confTenant = "tenant-conf"
	confSecret = "app-secret-of-conformance"
	confKey    = "encrypt-key-of-conformance"
	confToken  = "verification-token-of-conformance"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	adapterstest.Run(t, func(t *testing.T, env adapters.Env) adapterstest.Side {
		v := &lark{Server: adapterstest.NewServer(t), t: t}
		v.serve()
		src := fmt.Sprintf("id: conn\nsuite: feishu\ntransport: webhook\napp_id: %s\napp_secret: %s\nencrypt_key: %s\nverification_token: %s\ntenant_key: %s\nbase_url: %s\n",
			confApp, confSecret, confKey, confToken, confTenant, v.URL)
		node, ps := config.Parse("conformance.yaml", []byte(src))
		if ps.Bad() {
			t.Fatal(ps)
		}
		p, err := feishu.New(config.Connection{ID: "conn", Suite: "feishu", Transport: "webhook", Settings: node}, env)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		whole := v.message("1")
		unsigned, wrong := whole, whole
		unsigned.Header = http.Header{}
		wrong.Header = whole.Header.Clone()
		wrong.Header.Set("X-Lark-Signature", hex.EncodeToString(make([]byte, 32)))
		plain := v.sign([]byte(v.messageBody("1", now)), now)
		to := event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: confTenant, App: confApp}, Kind: event.RefUser, ID: "ou_lilei"}
		const messages = "/open-apis/im/v1/messages"
		refuse := func(status, code int, head map[string]string) func() {
			return func() {
				v.Heal() // a card refused for its content is drawn plainer and sent again: refuse every attempt
				v.Fault(messages, adapterstest.Answer{Status: status, Header: head, Body: fmt.Sprintf(`{"code":%d,"msg":"refused"}`, code)}, 10)
			}
		}
		return adapterstest.Side{
			Platform: p, To: to, Secrets: []string{confSecret, confKey, confToken, "t-secret-"},
			Handshake: func() (adapters.Request, func(adapters.Response) error) {
				body := fmt.Sprintf(`{"challenge":"ajls384k\"dj","token":%q,"type":"url_verification"}`, confToken)
				return v.seal(body, now), func(r adapters.Response) error {
					var got map[string]string
					if err := json.Unmarshal(r.Body, &got); err != nil || got["challenge"] != `ajls384k"dj` || len(got) != 1 {
						return errors.New("not the challenge")
					}
					return nil
				}
			},
			Message: v.message,
			Unknown: func(id string) adapters.Request {
				return v.seal(v.event("coffee.ready_v7", "unknown-"+id, `{"cups":2}`, now), now)
			},
			Forged: map[string]adapters.Request{
				"no signature": unsigned, "wrong signature": wrong, "plain body": plain,
				"stale press": v.seal(v.pressBody("e-old", "om_1", `{"verb":"approve"}`, now.Add(-time.Hour)), now.Add(-time.Hour)),
				"other app":   v.seal(v.event("x.y_v1", "e", `{}`, now, "cli_somebody_else"), now),
			},
			Press: func(t *testing.T, ref adapters.MessageRef, verb string) adapters.Request {
				v.mu.Lock()
				defer v.mu.Unlock()
				value := buttonValue(v.last, verb)
				if value == nil {
					t.Fatalf("the card has no button %s: %v", verb, v.last)
				}
				b, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				v.presses++
				at := time.Now()
				return v.seal(v.pressBody(fmt.Sprint("press-", v.presses), ref.Message.ID, string(b), at), at)
			},
			Faults: map[adapters.Kind]func(){
				adapters.KindRateLimited: refuse(http.StatusTooManyRequests, 99991400, map[string]string{"X-Ogw-Ratelimit-Reset": "3"}),
				adapters.KindTransient:   refuse(200, 1500, nil),
				adapters.KindNotFound:    refuse(400, 230013, nil),
				adapters.KindForbidden:   refuse(400, 99991672, nil),
				adapters.KindInvalid:     refuse(400, 230001, nil),
				adapters.KindUnknown: func() {
					v.Heal()
					v.Fault(messages, adapterstest.Answer{Hangup: true}, 1)
				},
			},
			TokenFetches: func() int { v.mu.Lock(); defer v.mu.Unlock(); return v.fetches },
			ExpireToken:  func() { v.mu.Lock(); defer v.mu.Unlock(); v.token = "none" },
			Sends:        func() int { v.mu.Lock(); defer v.mu.Unlock(); return len(v.keys) },
		}
	})
}

// lark is the vendor's side, as far as conformance needs it.
type lark struct {
	*adapterstest.Server
	t *testing.T

	mu      sync.Mutex
	token   string
	fetches int
	keys    map[string]string // uuid → message id
	last    any               // card sent last
	presses int
}

func (v *lark) serve() {
	v.keys = map[string]string{}
	v.On("POST", "/open-apis/auth/v3/tenant_access_token/internal", func(adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.fetches++
		v.token = fmt.Sprint("t-secret-", v.fetches)
		return adapterstest.Answer{Body: fmt.Sprintf(`{"code":0,"msg":"ok","expire":7200,"tenant_access_token":%q}`, v.token)}
	})
	v.On("GET", "/open-apis/bot/v3/info", v.guarded(func(adapterstest.Call) string {
		return `{"code":0,"msg":"ok","bot":{"open_id":"ou_bot","app_name":"鹊桥"}}`
	}))
	v.On("POST", "/open-apis/im/v1/messages", v.guarded(func(c adapterstest.Call) string {
		var in struct {
			UUID    string `json:"uuid"`
			Content string `json:"content"`
		}
		var content any
		if err := json.Unmarshal(c.Body, &in); err != nil {
			v.t.Errorf("send: %v", err)
		}
		if err := json.Unmarshal([]byte(in.Content), &content); err != nil {
			v.t.Errorf("send: content is no JSON: %v", err)
		}
		if len(in.UUID) > 50 || in.UUID == "" {
			v.t.Errorf("send: uuid %q", in.UUID)
		}
		v.last = content
		if v.keys[in.UUID] == "" {
			v.keys[in.UUID] = fmt.Sprint("om_", len(v.keys)+1)
		}
		return fmt.Sprintf(`{"code":0,"msg":"success","data":{"message_id":%q,"chat_id":"oc_1","create_time":"%d","sender":{"tenant_key":%q}}}`,
			v.keys[in.UUID], time.Now().UnixMilli(), confTenant)
	}))
}

// guarded refuses calls whose token is not the present one.
func (v *lark) guarded(f func(adapterstest.Call) string) func(adapterstest.Call) adapterstest.Answer {
	return func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		if c.Header.Get("Authorization") != "Bearer "+v.token {
			return adapterstest.Answer{Status: 400, Body: `{"code":99991663,"msg":"Invalid access token for authorization."}`}
		}
		return adapterstest.Answer{Body: f(c)}
	}
}

func (v *lark) message(id string) adapters.Request {
	now := time.Now()
	return v.seal(v.messageBody(id, now), now)
}

// messageBody is a direct message. The same message comes with another event_id when it is delivered again.
func (v *lark) messageBody(id string, at time.Time) string {
	return v.event("im.message.receive_v1", fmt.Sprint("e-", id, "-", at.UnixNano()), fmt.Sprintf(`{"sender":{"sender_id":{"open_id":"ou_lilei","union_id":"on_1","user_id":"lilei"},"sender_type":"user","tenant_key":%q},
		"message":{"message_id":"om_in_%s","create_time":"%d","chat_id":"oc_p2p","chat_type":"p2p","message_type":"text","content":"{\"text\":\"采购\"}"}}`, confTenant, id, at.UnixMilli()), at)
}

func (v *lark) pressBody(id, message, value string, at time.Time) string {
	return v.event("card.action.trigger", id, fmt.Sprintf(`{"operator":{"tenant_key":%q,"open_id":"ou_lilei","union_id":"on_1"},"token":"c-%s","action":{"value":%s,"tag":"button"},
		"host":"im_message","context":{"open_message_id":%q,"open_chat_id":"oc_p2p"}}`, confTenant, id, value, message), at)
}

func (v *lark) event(typ, id, body string, at time.Time, app ...string) string {
	who := confApp
	if len(app) > 0 {
		who = app[0]
	}
	return fmt.Sprintf(`{"schema":"2.0","header":{"event_id":%q,"event_type":%q,"create_time":"%d","token":%q,"app_id":%q,"tenant_key":%q},"event":%s}`,
		id, typ, at.UnixMilli(), confToken, who, confTenant, body)
}

// seal encrypts and signs a body as the vendor does. The vector is fixed: the same body makes the same call.
func (v *lark) seal(body string, at time.Time) adapters.Request {
	key := sha256.Sum256([]byte(confKey))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		v.t.Fatal(err)
	}
	n := aes.BlockSize - len(body)%aes.BlockSize
	padded := append([]byte(body), bytes.Repeat([]byte{byte(n)}, n)...)
	iv := []byte("conformance-iv-1")
	out := make([]byte, len(padded))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, padded)
	b, err := json.Marshal(map[string]string{"encrypt": base64.StdEncoding.EncodeToString(append(iv, out...))})
	if err != nil {
		v.t.Fatal(err)
	}
	return v.sign(b, at)
}

func (v *lark) sign(body []byte, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256(append([]byte(ts+"nonce"+confKey), body...))
	h := http.Header{}
	h.Set("X-Lark-Request-Timestamp", ts)
	h.Set("X-Lark-Request-Nonce", "nonce")
	h.Set("X-Lark-Signature", hex.EncodeToString(sum[:]))
	return adapters.Request{Method: http.MethodPost, Header: h, Body: body, ReceivedAt: time.Now()}
}

// buttonValue finds what the button with a verb carries, wherever it stands in the card's JSON.
func buttonValue(v any, verb string) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		if val, ok := v["value"].(map[string]any); ok && val["verb"] == verb {
			return val
		}
		for _, x := range v {
			if m := buttonValue(x, verb); m != nil {
				return m
			}
		}
	case []any:
		for _, x := range v {
			if m := buttonValue(x, verb); m != nil {
				return m
			}
		}
	}
	return nil
}
