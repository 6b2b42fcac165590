package wecom_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
	"magpie/adapters/wecom"
	"magpie/config"
)

// The credentials of the app under conformance. None may show anywhere.
const (
	confCorp   = "wwconformance0001"
	confSecret = "app-secret-of-conformance"
	confToken  = "CallbackTokenOfConformance"
	confKey    = "ConformanceKeyConformanceKeyConformanceKey1"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	adapterstest.Run(t, func(t *testing.T, env adapters.Env) adapterstest.Side {
		v := &corp{Server: adapterstest.NewServer(t), t: t, receive: confCorp}
		v.serve()
		src := fmt.Sprintf("id: conn\nsuite: wecom\ncorp_id: %s\nagent_id: 1000002\nsecret: %s\ntoken: %s\naes_key: %s\nbase_url: %s\n",
			confCorp, confSecret, confToken, confKey, v.URL)
		p := open(t, src, env)
		now := time.Now()
		whole := v.message("1")
		change := func(k string, vals ...string) adapters.Request {
			r := whole
			r.Query = url.Values{}
			for n, x := range whole.Query {
				r.Query[n] = x
			}
			r.Query[k] = vals
			return r
		}
		plain := whole
		plain.Body = []byte(v.text("1", now))
		other := &corp{t: t, receive: "wwsomebodyelse00"}
		const send = "/cgi-bin/message/send"
		refuse := func(code int) func() {
			return func() {
				v.Heal() // a card refused for its content is drawn plainer and sent again: refuse every attempt
				v.Fault(send, adapterstest.Answer{Body: fmt.Sprintf(`{"errcode":%d,"errmsg":"refused, hint: [1], from ip: 203.0.113.7"}`, code)}, 10)
			}
		}
		return adapterstest.Side{
			Platform: p, Secrets: []string{confSecret, confToken, confKey, "tok-secret-"},
			To: event.Ref{Scope: event.Scope{Platform: "wecom", Tenant: confCorp}, Kind: event.RefUser, ID: "wang.fang"},
			Handshake: func() (adapters.Request, func(adapters.Response) error) {
				sealed := v.encrypt("1616140317555161061")
				r := v.sign("", sealed, now)
				r.Method, r.Body = http.MethodGet, nil
				r.Query.Set("echostr", sealed)
				return r, func(resp adapters.Response) error {
					if string(resp.Body) != "1616140317555161061" {
						return errors.New("not the text that was sealed")
					}
					return nil
				}
			},
			Message: v.message,
			Unknown: func(id string) adapters.Request {
				return v.seal(v.xml("<MsgType>event</MsgType><Event>coffee_ready</Event><Cups>"+id+"</Cups>", now), now)
			},
			Forged: map[string]adapters.Request{
				"no signature": change("msg_signature"), "wrong signature": change("msg_signature", strings.Repeat("0", 40)),
				"two signatures": change("msg_signature", whole.Query.Get("msg_signature"), "x"),
				"other nonce":    change("nonce", "other"), "other time": change("timestamp", strconv.FormatInt(now.Unix()-1, 10)),
				"plain body": plain, "stale": v.seal(v.text("1", now), now.Add(-3*time.Hour)),
				"from the future": v.seal(v.text("1", now), now.Add(time.Hour)), "other receiver": other.seal(v.text("1", now), now),
			},
			Press: func(t *testing.T, _ adapters.MessageRef, verb string) adapters.Request {
				v.mu.Lock()
				defer v.mu.Unlock()
				for _, b := range v.last.Buttons {
					if q, _ := url.ParseQuery(b.Key); q.Get("verb") == verb {
						v.presses++
						return v.seal(v.xml(fmt.Sprintf("<MsgType>event</MsgType><Event>template_card_event</Event><EventKey><![CDATA[%s]]></EventKey><TaskId>%s</TaskId>"+
							"<CardType>button_interaction</CardType><ResponseCode>RC-%d</ResponseCode>", b.Key, v.last.Task, v.presses), now), now)
					}
				}
				t.Fatalf("the card has no button %s: %+v", verb, v.last)
				return adapters.Request{}
			},
			Faults: map[adapters.Kind]func(){
				adapters.KindRateLimited: refuse(45009),
				adapters.KindTransient:   refuse(-1),
				adapters.KindNotFound:    refuse(81013),
				adapters.KindForbidden:   refuse(60020),
				adapters.KindInvalid:     refuse(41016),
				adapters.KindUnknown: func() {
					v.Heal()
					v.Fault(send, adapterstest.Answer{Hangup: true}, 1)
				},
			},
			TokenFetches: func() int { v.mu.Lock(); defer v.mu.Unlock(); return v.fetches },
			ExpireToken:  func() { v.mu.Lock(); defer v.mu.Unlock(); v.token = "none" },
			// Sends is left out: of a send that comes again WeCom says that it was there, but not what it was.
		}
	})
}

func open(t *testing.T, src string, env adapters.Env, opts ...wecom.Option) adapters.Platform {
	t.Helper()
	node, ps := config.Parse("conformance.yaml", []byte(src))
	if ps.Bad() {
		t.Fatal(ps)
	}
	p, err := wecom.Factory(opts...)(config.Connection{ID: "conn", Suite: "wecom", Settings: node}, env)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// corp is the vendor's side, as far as conformance needs it.
type corp struct {
	*adapterstest.Server
	t       *testing.T
	receive string

	mu      sync.Mutex
	token   string
	fetches int
	tasks   map[string]bool
	last    sentCard
	presses int
}

// sentCard is what is needed of a card that was sent.
type sentCard struct {
	Task    string `json:"task_id"`
	Buttons []struct {
		Key string `json:"key"`
	} `json:"button_list"`
}

func (v *corp) serve() {
	v.tasks = map[string]bool{}
	v.On("GET", "/cgi-bin/gettoken", func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		q, _ := url.ParseQuery(c.Query)
		if q.Get("corpid") != confCorp || q.Get("corpsecret") != confSecret {
			return adapterstest.Answer{Body: `{"errcode":40001,"errmsg":"invalid credential"}`}
		}
		v.fetches++
		v.token = fmt.Sprint("tok-secret-", v.fetches)
		return adapterstest.Answer{Body: fmt.Sprintf(`{"errcode":0,"errmsg":"ok","access_token":%q,"expires_in":7200}`, v.token)}
	})
	v.On("POST", "/cgi-bin/message/send", func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		if q, _ := url.ParseQuery(c.Query); q.Get("access_token") != v.token {
			return adapterstest.Answer{Body: `{"errcode":42001,"errmsg":"access_token expired"}`}
		}
		var in struct {
			To    string   `json:"touser"`
			Type  string   `json:"msgtype"`
			Agent int      `json:"agentid"`
			Card  sentCard `json:"template_card"`
		}
		if err := json.Unmarshal(c.Body, &in); err != nil || in.To == "" || in.Agent != 1000002 {
			v.t.Errorf("send: %v %s", err, c.Body)
		}
		if in.Type == "template_card" {
			if in.Card.Task == "" || v.tasks[in.Card.Task] {
				v.t.Errorf("task id %q is empty or comes again", in.Card.Task)
			}
			v.tasks[in.Card.Task] = true
			v.last = in.Card
		}
		return adapterstest.Answer{Body: fmt.Sprintf(`{"errcode":0,"errmsg":"ok","invaliduser":"","msgid":"m-%d","response_code":"S-%d"}`, len(v.tasks), len(v.tasks))}
	})
}

func (v *corp) message(id string) adapters.Request {
	now := time.Now()
	return v.seal(v.text(id, now), now)
}

func (v *corp) text(id string, at time.Time) string {
	return v.xml("<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[采购]]></Content><MsgId>731"+id+"</MsgId>", at)
}

func (v *corp) xml(inner string, at time.Time) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[Wang.Fang]]></FromUserName><CreateTime>%d</CreateTime>%s<AgentID>1000002</AgentID></xml>",
		confCorp, at.Unix(), inner)
}

// seal encrypts and signs a body as the vendor does, apart from the adapter's own code.
func (v *corp) seal(body string, at time.Time) adapters.Request {
	sealed := v.encrypt(body)
	return v.sign("<xml><ToUserName><![CDATA["+confCorp+"]]></ToUserName><AgentID>1000002</AgentID><Encrypt><![CDATA["+sealed+"]]></Encrypt></xml>", sealed, at)
}

func (v *corp) sign(envelope, sealed string, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.Unix(), 10)
	parts := []string{confToken, ts, "nonce-of-conformance", sealed}
	sort.Strings(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return adapters.Request{
		Method: http.MethodPost, Body: []byte(envelope), ReceivedAt: time.Now(), Header: http.Header{"Content-Type": {"text/xml"}},
		Query: url.Values{"msg_signature": {hex.EncodeToString(sum[:])}, "timestamp": {ts}, "nonce": {"nonce-of-conformance"}},
	}
}

func (v *corp) encrypt(msg string) string {
	key, err := base64.StdEncoding.DecodeString(confKey + "=")
	if err != nil {
		v.t.Fatal(err)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		v.t.Fatal(err)
	}
	plain := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), uint32(len(msg)))
	plain = append(append(plain, msg...), v.receive...)
	n := 32 - len(plain)%32
	for range n {
		plain = append(plain, byte(n))
	}
	cipher.NewCBCEncrypter(b, key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}
