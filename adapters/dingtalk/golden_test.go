package dingtalk

import (
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
	"magpie/config"
)

var _ = flag.Bool("update", false, "write the goldens")

// The secrets of testdata, all invented.
const (
	testClient = "dingue4kfzdxbynxxxxx"
	testSecret = "this is secret"
	testCorp   = "ding9f50b15bccd16741"
	testToken  = "tokenxxxx"
	testKey    = "o1w0aum42yaptlz8alnhwikjd3jenzt9cb9wmzptgus"
	testCard   = "example-secret"
)

// testNow is one second after the fixtures' events.
var testNow = time.UnixMilli(1783610514000).UTC()

func testConfig() Config {
	cfg := Config{
		ID: "ding-main", Suite: Name, ClientID: testClient, ClientSecret: config.NewSecret(testSecret), CorpID: testCorp,
		Token: config.NewSecret(testToken), AESKey: config.NewSecret(testKey), CardSecret: config.NewSecret(testCard), AgentID: 836390886,
		Templates: map[string]Template{templateCard: {"card.schema", 1}, templateForm: {"form.schema", 1}},
	}
	cfg.setDefaults()
	return cfg
}

func testReceiver() *receiver {
	r := newReceiver(testConfig(), func() time.Time { return testNow }, slog.New(slog.DiscardHandler))
	r.random = func(b []byte) { copy(b, "0123456789abcdef01234567") }
	return r
}

// goldenDelivery is what want.json holds.
type goldenDelivery struct {
	Events   []event.Event   `json:"events"`
	Response json.RawMessage `json:"response"`
}

func golden(t *testing.T, d adapters.Delivery, err error) goldenDelivery {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	g := goldenDelivery{d.Events, d.Response.Body}
	if len(g.Response) == 0 {
		g.Response = nil
	}
	b, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back goldenDelivery
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for i, ev := range d.Events {
		if len(ev.Raw) == 0 || !json.Valid(ev.Raw) {
			t.Errorf("event %d: the decrypted body is not kept", i)
		}
		ev.Raw = nil
		if diff := cmp.Diff(ev, back.Events[i]); diff != "" {
			t.Errorf("event %d is not the same after storing it (-want +got):\n%s", i, diff)
		}
	}
	return g
}

// What comes over HTTP: encrypted events, signed messages and signed presses.
func TestGoldenEvents(t *testing.T) {
	t.Parallel()
	adapterstest.Goldens(t, "testdata/events", func(t *testing.T, c adapterstest.Case) any {
		c.Request.ReceivedAt = testNow
		d, err := testReceiver().Receive(c.Request)
		return golden(t, d, err)
	})
}

// readFrame reads a frame of the stream.
func readFrame(b []byte) (Frame, error) {
	var in struct {
		Type    string            `json:"type"`
		Headers map[string]string `json:"headers"`
		Data    string            `json:"data"`
	}
	err := json.Unmarshal(b, &in)
	return Frame{Type: in.Type, Topic: in.Headers["topic"], Headers: in.Headers, Data: in.Data}, err
}

// What comes over the stream.
func TestGoldenFrames(t *testing.T) {
	t.Parallel()
	adapterstest.Goldens(t, "testdata/frames", func(t *testing.T, c adapterstest.Case) any {
		f, err := readFrame(c.Request.Body)
		if err != nil {
			t.Fatal(err)
		}
		d, err := testReceiver().ReceiveFrame(f, testNow)
		return golden(t, d, err)
	})
}

// Both bodies of an event say the same.
func TestBothTransportsAgree(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/frames/*/request.http")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d frames, %v", len(files), err)
	}
	compared := 0
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		twin, err := os.ReadFile(filepath.Join("testdata/events", name, "request.http"))
		if err != nil {
			continue
		}
		compared++
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fr, _ := adapterstest.ParseRequest(raw)
		f, err := readFrame(fr.Body)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := testReceiver().ReceiveFrame(f, testNow)
		if err != nil {
			t.Fatal(err)
		}
		req, err := adapterstest.ParseRequest(twin)
		if err != nil {
			t.Fatal(err)
		}
		req.ReceivedAt = testNow
		hook, err := testReceiver().Receive(req)
		if err != nil {
			t.Fatal(err)
		}
		a, b := hook.Events[0], stream.Events[0]
		a.Raw, b.Raw, a.Delivery, b.Delivery = nil, nil, "", ""
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: -http +stream\n%s", name, diff)
		}
	}
	if compared < 20 {
		t.Errorf("only %d events came both ways", compared)
	}
}

// apiSample is a recorded call and its answer.
type apiSample struct {
	Request struct {
		Method string          `json:"method"`
		URL    string          `json:"url"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Status   int             `json:"status"`
	Response json.RawMessage `json:"response"`
}

func sample(t testing.TB, name string) apiSample {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "api", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s apiSample
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is what the vendor said.
func (s apiSample) answer() adapterstest.Answer {
	return adapterstest.Answer{Status: s.Status, Body: strings.TrimSpace(string(s.Response))}
}
