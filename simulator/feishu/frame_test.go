package feishu

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"

	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"
)

const pingHex = "0800100018f681801020002a0c0a0474797065120470696e6732003a004a00"

func TestFrameIsTheClientsPing(t *testing.T) {
	t.Parallel()
	f := &frame{Service: serviceID, Method: frameControl, Headers: []frameHeader{{"type", "ping"}}}
	if got := hex.EncodeToString(f.marshal()); got != pingHex {
		t.Errorf("ping is %s, want %s", got, pingHex)
	}
}

// What we write, the vendor's generated code reads, and the reverse.
func TestFrameAgreesWithTheSDK(t *testing.T) {
	t.Parallel()
	ours := &frame{SeqID: 1 << 60, LogID: 7, Service: -1, Method: frameData, Headers: []frameHeader{{"type", "event"}, {"空", "值"}},
		PayloadEncoding: "gzip", Type: "json", Payload: []byte(`{"a":1}`), LogIDNew: "x"}
	var theirs larkws.Frame
	if err := theirs.Unmarshal(ours.marshal()); err != nil {
		t.Fatal(err)
	}
	raw, err := theirs.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := unmarshalFrame(raw)
	if err != nil || !reflect.DeepEqual(back, ours) {
		t.Errorf("came back as %+v (%v), want %+v", back, err, ours)
	}
}

func TestFrameRefused(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"", "08", "0800100018f6818010", "0800100018002a", "ff", "0800100018002000420a61", "00", "0b"} {
		raw, _ := hex.DecodeString(h)
		if f, err := unmarshalFrame(raw); err == nil {
			t.Errorf("%q was read as %+v", h, f)
		}
	}
}

func FuzzFrame(f *testing.F) {
	ping, _ := hex.DecodeString(pingHex)
	f.Add(ping)
	f.Add((&frame{Method: frameData, Payload: []byte("{}"), Headers: []frameHeader{{"type", "event"}}}).marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := unmarshalFrame(raw)
		if err != nil {
			return
		}
		again, err := unmarshalFrame(first.marshal())
		if err != nil {
			t.Fatalf("%x: what was read can not be read again: %v", raw, err)
		}
		if !bytes.Equal(first.marshal(), again.marshal()) {
			t.Fatalf("%x: %+v became %+v", raw, first, again)
		}
	})
}
