package wecom

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// The credentials of the fixtures, all invented; those of testdata/crypto.
const (
	testCorp  = "ww0123456789abcdef"
	testAgent = 1000002
	testToken = "T0kenForTests123"
	testKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

var testRandom = []byte("0123456789abcdef")

// testNow is shortly after the fixtures' events.
var testNow = time.Unix(1760001000, 0).UTC()

func testConfig() Config {
	c := Config{ID: "wecom-main", Suite: Name, CorpID: testCorp, AgentID: testAgent, Secret: config.NewSecret("app-secret"),
		Token: config.NewSecret(testToken), AESKey: config.NewSecret(testKey)}
	c.setDefaults()
	return c
}

func robotConfig() Config {
	c := testConfig()
	c.ID, c.Kind = "wecom-bot", KindRobot
	return c
}

func newTest(t testing.TB, cfg Config, now time.Time) *Platform {
	t.Helper()
	p, err := newPlatform(cfg, adapters.Env{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// callback seals and signs a body as WeCom does, at a time. The random bytes are fixed: the same body makes the
// same call.
func callback(t testing.TB, receive, plain string, at time.Time) adapters.Request {
	t.Helper()
	s, err := newSealer(testToken, testKey, receive)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.seal([]byte(plain), testRandom)
	if err != nil {
		t.Fatal(err)
	}
	body := "<xml><ToUserName><![CDATA[" + testCorp + "]]></ToUserName><Encrypt><![CDATA[" + sealed + "]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>"
	if receive == "" {
		b, _ := json.Marshal(map[string]string{"encrypt": sealed})
		body = string(b)
	}
	return signedCall(s, sealed, body, at)
}

func signedCall(s *sealer, sealed, body string, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.Unix(), 10)
	return adapters.Request{
		Method: http.MethodPost, Body: []byte(body), ReceivedAt: at.Add(time.Second),
		Query: url.Values{"msg_signature": {s.sign(ts, "nonce1", sealed)}, "timestamp": {ts}, "nonce": {"nonce1"}},
	}
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func secretOf(s string) config.Secret { return config.NewSecret(s) }

// buttonOf is the button that a press was on.
func buttonOf(a event.Action) card.Button {
	return card.Button{Verb: a.Verb, Token: a.Token, Data: a.Data}
}
