package dingtalk

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
	"os"
)

// seeds adds the bodies of a folder of goldens.
func seeds(f *testing.F, dir string, add func(adapters.Request)) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*", "request.http"))
	if err != nil || len(files) == 0 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		r, err := adapterstest.ParseRequest(raw)
		if err != nil {
			f.Fatal(err)
		}
		add(r)
	}
}

// sound checks what every decoded event must be.
func sound(t *testing.T, d adapters.Delivery, err error) {
	t.Helper()
	if k := adapters.KindOf(err); err != nil && k != adapters.KindInvalid && k != adapters.KindUnauthenticated {
		t.Errorf("kind %q: %v", k, err)
	}
	for _, ev := range d.Events {
		b, err := json.Marshal(ev)
		var back event.Event
		if err != nil || json.Unmarshal(b, &back) != nil || ev.ID == "" || len(ev.ID) < 4 {
			t.Errorf("event %+v can't be stored: %v", ev, err)
		}
		if (ev.Kind == event.KindUnknown) != (ev.Body == nil) {
			t.Errorf("kind %s with body %T", ev.Kind, ev.Body)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	seeds(f, "events", func(r adapters.Request) { f.Add(r.Body) })
	r := testReceiver()
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := r.Receive(adapters.Request{Method: "POST", Body: body, ReceivedAt: testNow,
			Query: map[string][]string{"signature": {"x"}, "timestamp": {"1783610513000"}, "nonce": {"n"}}})
		if adapters.KindOf(err) != adapters.KindUnauthenticated || len(d.Events) > 0 {
			t.Errorf("taken without a signature: %v", err)
		}
	})
}

func FuzzEvent(f *testing.F) {
	seeds(f, "frames", func(r adapters.Request) {
		if fr, err := readFrame(r.Body); err == nil {
			f.Add(fr.Headers["eventType"], []byte(fr.Data))
		}
	})
	r := testReceiver()
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		flat, err := flatEnvelope(data)
		if err == nil && json.Valid(data) {
			flat.typ = typ
			sound(t, adapters.Delivery{Events: []event.Event{r.decodeEvent(flat, testNow)}}, nil)
		}
	})
}

func FuzzMessage(f *testing.F) {
	seeds(f, "events", func(r adapters.Request) { f.Add(r.Body) })
	r := testReceiver()
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := r.message(body, "", testNow)
		sound(t, d, err)
	})
}

func FuzzPress(f *testing.F) {
	seeds(f, "events", func(r adapters.Request) { f.Add(r.Body) })
	r := testReceiver()
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := r.press(body, "1", testNow)
		sound(t, d, err)
	})
}

func FuzzFrame(f *testing.F) {
	seeds(f, "frames", func(r adapters.Request) { f.Add(r.Body) })
	r := testReceiver()
	f.Fuzz(func(t *testing.T, raw []byte) {
		fr, err := readFrame(raw)
		if err != nil {
			return
		}
		d, err := r.ReceiveFrame(fr, testNow)
		sound(t, d, err)
	})
}
