package dingtalk_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/dingtalk"
	"magpie/adapters/event"
	"magpie/config"
)

// The credentials of the app under conformance. None may show anywhere.
const (
	confClient = "dingconformance001"
	confSecret = "app-secret-of-conformance"
	confCorp   = "dingcorpconf"
	confToken  = "tokenofconformance"
	confKey    = "conformanceconformanceconformanceconforman1"
	confCard   = "card-secret-of-conformance"
)

const confSettings = `id: conn
suite: dingtalk
transport: webhook
client_id: %s
client_secret: %s
corp_id: %s
token: %s
aes_key: %s
card_secret: %s
callback_url: https://bot.example.com/webhook/conn
api_url: %s/api
oapi_url: %s/oapi
`

// With our card templates.
func TestConformance(t *testing.T) {
	t.Parallel()
	conform(t, "templates: {card: {id: card.schema, version: 1}, form: {id: form.schema, version: 1}}\n", true)
}

// Without them: ActionCards.
func TestConformanceWithoutTemplates(t *testing.T) {
	t.Parallel()
	conform(t, "", false)
}

func conform(t *testing.T, more string, templates bool) {
	adapterstest.Run(t, func(t *testing.T, env adapters.Env) adapterstest.Side {
		v := &ding{Server: adapterstest.NewServer(t), t: t}
		v.serve()
		src := fmt.Sprintf(confSettings, confClient, confSecret, confCorp, confToken, confKey, confCard, v.URL, v.URL) + more
		node, ps := config.Parse("conformance.yaml", []byte(src))
		if ps.Bad() {
			t.Fatal(ps)
		}
		p, err := dingtalk.New(config.Connection{ID: "conn", Suite: "dingtalk", Transport: "webhook", Settings: node}, env)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		unsigned, wrong, stale := v.message("1"), v.message("1"), v.message("1")
		unsigned.Header = http.Header{}
		wrong.Header.Set("Sign", base64.StdEncoding.EncodeToString(make([]byte, 32)))
		stale = v.signRobot(stale.Body, now.Add(-2*time.Hour))
		otherCorp := v.seal(`{"EventType":"x","CorpId":"dingsomebodyelse","eventId":"1"}`, confClient, now)
		badSign := v.seal(`{"EventType":"x","eventId":"1"}`, confClient, now)
		badSign.Query.Set("signature", strings.Repeat("0", 40))
		refuse := func(status int, code string) func() {
			return func() {
				v.Heal() // a card refused for its content is drawn plainer and sent again: refuse every attempt
				a := adapterstest.Answer{Status: status, Body: fmt.Sprintf(`{"code":%q,"message":"refused","requestid":"r-1"}`, code)}
				v.Fault("/api/v1.0/card/instances", a, 10)
				v.Fault("/api/v1.0/robot/", a, 10)
			}
		}
		side := adapterstest.Side{
			Platform: p, Secrets: []string{confSecret, confToken, confKey, confCard, "token-secret-"},
			To: event.Ref{Scope: event.Scope{Platform: "dingtalk", Tenant: confCorp}, Kind: event.RefUser, ID: "lilei"},
			Handshake: func() (adapters.Request, func(adapters.Response) error) {
				return v.seal(`{"EventType":"check_url"}`, confClient, now), v.isSuccess
			},
			Message: v.message, BodyUnsigned: true,
			Unknown: func(id string) adapters.Request {
				return v.seal(fmt.Sprintf(`{"EventType":"coffee_ready","CorpId":%q,"eventId":"unknown-%s","cups":2}`, confCorp, id), confClient, now)
			},
			Forged: map[string]adapters.Request{
				"no signature": unsigned, "wrong signature": wrong, "stale": stale,
				"event of another owner":   v.seal(`{"EventType":"x","eventId":"1"}`, "dingsomebodyelse", now),
				"event of another company": otherCorp, "event with a wrong signature": badSign,
				"stale event":  v.seal(`{"EventType":"x","eventId":"1"}`, confClient, now.Add(-2*time.Hour)),
				"plain event":  {Method: "POST", Query: badSign.Query, Body: []byte(`{"EventType":"x","eventId":"1"}`), ReceivedAt: now},
				"forged press": v.signCard([]byte(`{"outTrackId":"x","userId":"lilei"}`), now, "another secret"),
				"stale press":  v.signCard([]byte(`{"outTrackId":"x","userId":"lilei"}`), now.Add(-time.Hour), confCard),
			},
			Faults: map[adapters.Kind]func(){
				adapters.KindRateLimited: refuse(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
				adapters.KindTransient:   refuse(500, "system.busy"),
				adapters.KindNotFound:    refuse(400, "staffId.notExisted"),
				adapters.KindForbidden:   refuse(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
				adapters.KindInvalid:     refuse(400, "param.contentUnsafe"),
			},
			TokenFetches: func() int { v.mu.Lock(); defer v.mu.Unlock(); return v.fetches },
			ExpireToken:  func() { v.mu.Lock(); defer v.mu.Unlock(); v.token = "none" },
			Sends:        func() int { v.mu.Lock(); defer v.mu.Unlock(); return len(v.cards) },
		}
		if templates {
			side.Press = v.press
		} else {
			// A card's outcome is never unknown: the same key finds it there. A robot message has no key.
			side.Faults[adapters.KindUnknown] = func() {
				v.Heal()
				v.Fault("/api/v1.0/robot/", adapterstest.Answer{Hangup: true}, 1)
			}
		}
		return side
	})
}

// ding is the vendor's side, as far as conformance needs it.
type ding struct {
	*adapterstest.Server
	t *testing.T

	mu      sync.Mutex
	token   string
	fetches int
	cards   map[string]map[string]string // outTrackId → variables
	last    string
	sends   int
	presses int64
	routes  int
}

func (v *ding) serve() {
	v.cards = map[string]map[string]string{}
	v.On("POST", "/api/v1.0/oauth2/accessToken", func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		var in struct{ AppKey, AppSecret string }
		if json.Unmarshal(c.Body, &in) != nil || in.AppKey != confClient || in.AppSecret != confSecret {
			v.t.Errorf("token: %s", c.Body)
		}
		v.fetches++
		v.token = fmt.Sprint("token-secret-", v.fetches)
		return adapterstest.Answer{Body: fmt.Sprintf(`{"accessToken":%q,"expireIn":7200}`, v.token)}
	})
	v.On("POST", "/api/v1.0/card/callbacks/register", v.guarded(func(c adapterstest.Call) adapterstest.Answer {
		v.routes++
		return adapterstest.Answer{Body: `{"success":true,"result":{"callbackUrl":"https://bot.example.com/webhook/conn","apiSecret":"x"}}`}
	}))
	v.On("POST", "/api/v1.0/card/instances/createAndDeliver", v.guarded(func(c adapterstest.Call) adapterstest.Answer {
		var in struct {
			ID       string `json:"outTrackId"`
			Callback string `json:"callbackType"`
			Space    string `json:"openSpaceId"`
			Model    any    `json:"imRobotOpenSpaceModel"`
			Data     struct {
				Map map[string]string `json:"cardParamMap"`
			} `json:"cardData"`
		}
		if err := json.Unmarshal(c.Body, &in); err != nil || len(in.ID) > 100 || in.ID == "" || in.Callback != "HTTP" || in.Space != "dtv1.card//IM_ROBOT.lilei" || in.Model == nil {
			v.t.Errorf("card %s: %v", c.Body, err)
		}
		for k, x := range in.Data.Map {
			if len(x) > 1024 {
				v.t.Errorf("variable %s has %d bytes", k, len(x))
			}
		}
		if v.routes == 0 {
			v.t.Error("a card was sent before its callback was registered")
		}
		if v.cards[in.ID] != nil {
			return adapterstest.Answer{Status: 400, Body: `{"code":"param.cardAlreadyExist","message":"exists"}`}
		}
		v.cards[in.ID], v.last = in.Data.Map, in.ID
		return adapterstest.Answer{Body: fmt.Sprintf(`{"success":true,"result":{"outTrackId":%q,"deliverResults":[{"spaceType":"IM_ROBOT","spaceId":"lilei","success":true,"carrierId":"carrier-%d=","errorMsg":""}]}}`, in.ID, len(v.cards))}
	}))
	v.On("POST", "/api/v1.0/robot/oToMessages/batchSend", v.guarded(func(c adapterstest.Call) adapterstest.Answer {
		var in struct {
			Robot string   `json:"robotCode"`
			Users []string `json:"userIds"`
			Key   string   `json:"msgKey"`
			Param string   `json:"msgParam"`
		}
		var param map[string]string
		if json.Unmarshal(c.Body, &in) != nil || json.Unmarshal([]byte(in.Param), &param) != nil || in.Robot != confClient || !slices.Contains(in.Users, "lilei") {
			v.t.Errorf("message %s", c.Body)
		}
		v.sends++
		return adapterstest.Answer{Body: fmt.Sprintf(`{"processQueryKey":"key-%d=","invalidStaffIdList":[],"flowControlledStaffIdList":[]}`, v.sends)}
	}))
}

// guarded refuses calls whose token is not the present one.
func (v *ding) guarded(f func(adapterstest.Call) adapterstest.Answer) func(adapterstest.Call) adapterstest.Answer {
	return func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		if c.Header.Get("x-acs-dingtalk-access-token") != v.token {
			return adapterstest.Answer{Status: 400, Body: `{"code":"InvalidAuthentication","message":"不合法的access_token","requestid":"r-1"}`}
		}
		return f(c)
	}
}

func (v *ding) message(id string) adapters.Request {
	now := time.Now()
	return v.signRobot([]byte(fmt.Sprintf(`{"msgId":"msg%s==","createAt":%d,"conversationType":"1","conversationId":"cid1","senderId":"$:LWCP_v1:$1","senderStaffId":"lilei",
		"senderNick":"李雷","senderCorpId":%q,"chatbotCorpId":%q,"chatbotUserId":"$:LWCP_v1:$bot","robotCode":%q,"isInAtList":false,
		"msgtype":"text","text":{"content":" 采购"}}`, id, now.UnixMilli(), confCorp, confCorp, confClient)), now)
}

func hmacText(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func (v *ding) signRobot(body []byte, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	h := http.Header{}
	h.Set("timestamp", ts)
	h.Set("sign", hmacText(confSecret, ts+"\n"+confSecret))
	return adapters.Request{Method: "POST", Header: h, Body: body, ReceivedAt: time.Now()}
}

func (v *ding) signCard(body []byte, at time.Time, secret string) adapters.Request {
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	h := http.Header{}
	h.Set("x-ddpaas-signature-timestamp", ts)
	h.Set("x-ddpaas-signature", hmacText(secret, ts))
	return adapters.Request{Method: "POST", Header: h, Body: body, ReceivedAt: time.Now()}
}

// press finds the button among the variables of the card sent last.
func (v *ding) press(t *testing.T, ref adapters.MessageRef, verb string) adapters.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(v.cards[v.last])) {
		value := v.cards[v.last][name]
		id, ok := strings.CutSuffix(name, "_value")
		if !ok || !strings.Contains(value, fmt.Sprintf("%q:%q", "verb", verb)) {
			continue
		}
		content, err := json.Marshal(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{id}, "params": map[string]string{"value": value, "tv": "1"}}})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]any{"type": "actionCallback", "outTrackId": v.last, "corpId": confCorp, "userId": "lilei", "content": string(content)})
		if err != nil {
			t.Fatal(err)
		}
		v.presses++
		return v.signCard(body, time.Now().Add(time.Duration(v.presses)*time.Millisecond), confCard)
	}
	t.Fatalf("the card has no button %s: %v", verb, v.cards[v.last])
	return adapters.Request{}
}

func (v *ding) key() ([]byte, cipher.Block) {
	key, err := base64.RawStdEncoding.DecodeString(confKey)
	if err != nil {
		v.t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		v.t.Fatal(err)
	}
	return key, block
}

// seal encrypts and signs an event as the vendor does. The random part is fixed: the same body makes the same call.
func (v *ding) seal(body, owner string, at time.Time) adapters.Request {
	key, block := v.key()
	plain := binary.BigEndian.AppendUint32([]byte("conformance-rnd1"), uint32(len(body)))
	plain = append(append(plain, body...), owner...)
	n := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	enc := base64.StdEncoding.EncodeToString(plain)
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	b, err := json.Marshal(map[string]string{"encrypt": enc})
	if err != nil {
		v.t.Fatal(err)
	}
	q := url.Values{"signature": {sign(ts, "nonce", enc)}, "timestamp": {ts}, "nonce": {"nonce"}}
	return adapters.Request{Method: "POST", Header: http.Header{}, Query: q, Body: b, ReceivedAt: time.Now()}
}

func sign(ts, nonce, enc string) string {
	parts := []string{confToken, ts, nonce, enc}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// isSuccess checks the encrypted answer to an event.
func (v *ding) isSuccess(r adapters.Response) error {
	var in map[string]string
	if err := json.Unmarshal(r.Body, &in); err != nil || len(in) != 4 {
		return fmt.Errorf("not four texts: %v", err)
	}
	if sign(in["timeStamp"], in["nonce"], in["encrypt"]) != in["msg_signature"] {
		return errors.New("wrong signature")
	}
	key, block := v.key()
	b, err := base64.StdEncoding.DecodeString(in["encrypt"])
	if err != nil || len(b)%32 != 0 {
		return fmt.Errorf("%d bytes, %v", len(b), err)
	}
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(b, b)
	if n := binary.BigEndian.Uint32(b[16:]); n != 7 || string(b[20:27]) != "success" || !strings.HasPrefix(string(b[27:]), confClient) {
		return fmt.Errorf("decrypted to %q", b)
	}
	return nil
}
