package wecom

import (
	"context"
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

var _ = flag.Bool("update", false, "write the goldens")

// goldenDelivery is what want.json holds.
type goldenDelivery struct {
	Events   []event.Event `json:"events"`
	Status   int           `json:"status"`
	Response string        `json:"response,omitempty"`
}

// TestGoldens takes every call of testdata/events: an app's, unless the case begins with aibot.
func TestGoldens(t *testing.T) {
	t.Parallel()
	adapterstest.Goldens(t, "testdata/events", func(t *testing.T, c adapterstest.Case) any {
		cfg := testConfig()
		if strings.HasPrefix(filepath.Base(c.Dir), "aibot") {
			cfg = robotConfig()
		}
		c.Request.ReceivedAt = testNow
		if strings.HasPrefix(filepath.Base(c.Dir), "vector") {
			c.Request.ReceivedAt = seconds(c.Request.Query.Get("timestamp"))
		}
		d, err := newTest(t, cfg, testNow).Receive(context.Background(), c.Request)
		if err != nil {
			t.Fatal(err)
		}
		got := goldenDelivery{d.Events, d.Response.Status, string(d.Response.Body)}
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var back goldenDelivery
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		for i, ev := range d.Events {
			if len(ev.Raw) == 0 {
				t.Errorf("event %d: the decrypted body is not kept", i)
			}
			ev.Raw = nil
			if diff := cmp.Diff(ev, back.Events[i]); diff != "" {
				t.Errorf("event %d is not the same after storing it (-want +got):\n%s", i, diff)
			}
		}
		return got
	})
}

// drawnGolden is what a want.json of testdata/cards holds.
type drawnGolden struct {
	Kind   string          `json:"kind"`
	Card   json.RawMessage `json:"card,omitempty"`
	Text   string          `json:"text,omitempty"`
	Losses []card.Loss     `json:"losses"`
}

// TestCardGoldens draws every card of testdata/cards for a person.
func TestCardGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cards/*.card.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cards, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".card.json"), func(t *testing.T) {
			t.Parallel()
			var c card.Card
			if err := json.Unmarshal(readFile(t, file), &c); err != nil {
				t.Fatal(err)
			}
			p := newTest(t, testConfig(), testNow)
			w, losses, err := p.EncodeCard(c, adapters.EncodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := drawnGolden{Kind: w.Kind, Losses: losses}
			if w.Kind == "text" {
				got.Text = string(w.Body)
			} else {
				got.Card = w.Body
				if ps := checkStrict(w.Body); len(ps) > 0 {
					t.Errorf("WeCom would refuse it:\n%s", strings.Join(ps, "\n"))
				}
			}
			if err := adapterstest.CompareJSON(strings.TrimSuffix(file, ".card.json")+".want.json", got); err != nil {
				t.Error(err)
			}
		})
	}
}
