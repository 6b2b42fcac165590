package feishu

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
)

var updateEvents = flag.Bool("update-events", false, "write the goldens of testdata/events")

// The secrets of testdata/events, all invented.
const (
	testKey    = "kudryavka"
	testToken  = "v_tok_0123456789"
	testApp    = "cli_a7f3c2d1e4b5900c"
	testTenant = "16a9c1e2f3d45b67"
	testBot    = "ou_9e0f1a2b3c4d5e6f708192a3b4c5d699"
)

// testNow is one second after the fixtures' events.
var testNow = time.Unix(1780992001, 0).UTC()

// golden is one case of testdata/events: a request as it comes over the wire, how the connection is set
// up, and what has to come out.
type golden struct {
	name string
	dir  string
	req  adapters.Request
	cfg  goldenConfig
}

// goldenConfig is config.json of a case; the zero value is the plain connection of the fixtures.
type goldenConfig struct {
	AppID      string    `json:"app_id"`
	Tenant     string    `json:"tenant"`
	EncryptKey string    `json:"encrypt_key"`
	Now        time.Time `json:"now"`
	NoBot      bool      `json:"no_bot"` // the bot's own id is not known yet
}

func (c goldenConfig) receiver() *receiver {
	r := newReceiver(receiverOptions{
		Connection: "feishu-main", AppID: c.AppID, Tenant: c.Tenant,
		EncryptKey: config.NewSecret(c.EncryptKey), VerificationToken: config.NewSecret(testToken),
		Now: func() time.Time { return c.Now },
	})
	if !c.NoBot {
		r.setBot(testBot)
	}
	return r
}

func loadGoldens(t testing.TB) []golden {
	t.Helper()
	dirs, err := filepath.Glob("testdata/events/*/request.http")
	if err != nil || len(dirs) < 88 {
		t.Fatalf("%d goldens found, err %v", len(dirs), err)
	}
	var gs []golden
	for _, file := range dirs {
		dir := filepath.Dir(file)
		g := golden{name: filepath.Base(dir), dir: dir}
		g.cfg = goldenConfig{AppID: testApp, Tenant: testTenant, Now: testNow}
		if b, err := os.ReadFile(filepath.Join(dir, "config.json")); err == nil {
			if err := json.Unmarshal(b, &g.cfg); err != nil {
				t.Fatal(err)
			}
		}
		g.req = readRequest(t, file)
		g.req.ReceivedAt = g.cfg.Now
		gs = append(gs, g)
	}
	return gs
}

// readRequest reads a request as text: first line, headers, an empty line, and the body to the last byte.
func readRequest(t testing.TB, file string) adapters.Request {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := bytes.Cut(b, []byte("\n\n"))
	first, headers, ok2 := bytes.Cut(head, []byte("\n"))
	if !ok || !ok2 {
		t.Fatalf("%s: no header", file)
	}
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(headers, "\n\n"...)))).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	method, _, _ := strings.Cut(string(first), " ")
	return adapters.Request{Method: method, Header: http.Header(h), Body: body}
}

// goldenDelivery is what want.json holds.
type goldenDelivery struct {
	Events   []event.Event   `json:"events"`
	Response json.RawMessage `json:"response"`
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, g := range loadGoldens(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			got, err := g.cfg.receiver().Receive(context.Background(), g.req)
			if err != nil {
				t.Fatal(err)
			}
			if got.Response.Status != 200 || !strings.HasPrefix(got.Response.ContentType, "application/json") {
				t.Errorf("response %+v", got.Response)
			}
			compareGolden(t, filepath.Join(g.dir, "want.json"), got)
		})
	}
}

// compareGolden compares what was decoded with want.json, byte by byte, and reads it back.
func compareGolden(t *testing.T, file string, d adapters.Delivery) {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(goldenDelivery{d.Events, d.Response.Body}); err != nil {
		t.Fatal(err)
	}
	if *updateEvents {
		if err := os.WriteFile(file, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), buf.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	var back goldenDelivery
	if err := json.Unmarshal(buf.Bytes(), &back); err != nil {
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
}
