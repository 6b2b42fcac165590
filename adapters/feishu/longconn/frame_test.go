package longconn

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The bytes are what the vendor's own client sends.
func TestPingFrameBytes(t *testing.T) {
	t.Parallel()
	f := pingFrame(33554678)
	want := "0800100018f681801020002a0c0a0474797065120470696e6732003a004a00"
	if got := hex.EncodeToString(f.marshal()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseFrame(t *testing.T) {
	t.Parallel()
	// SeqID 300, LogID 2, service -1, method 1, one header with a field of the future in it, unknown
	// fields of every wire type, payload "hi", LogIDNew "n".
	raw, err := hex.DecodeString("08ac02" + "1002" + "18ffffffffffffffffff01" + "2001" +
		"2a0b" + "0a026b31" + "12027631" + "9a0600" +
		"5005" + "590102030405060708" + "6501020304" + "6a0178" +
		"42026869" + "4a016e")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseFrame(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := frame{seqID: 300, logID: 2, service: -1, method: 1, headers: []header{{"k1", "v1"}}, payload: []byte("hi"), logIDNew: "n"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{}, header{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseFrameRefuses(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"cut off in a number":   "08ac",
		"cut off in bytes":      "4205686900",
		"length out of range":   "42ffffffffffffffffff01",
		"number too long":       "08ffffffffffffffffffff01",
		"field zero":            "0000",
		"group":                 "0b0c",
		"cut off fixed64":       "5901",
		"cut off in the header": "2a020a05",
		"header not UTF-8":      "2a030a01ff",
	} {
		raw, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := parseFrame(raw); err == nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
	var many frame
	for i := range maxHeaders + 1 {
		many.headers = append(many.headers, header{fmt.Sprint(i), "v"})
	}
	if _, err := parseFrame(many.marshal()); err == nil {
		t.Error("too many headers")
	}
}

func FuzzFrame(f *testing.F) {
	ping, data := pingFrame(33554678), dataFrame(typeEvent, "m1", `{"id":"1"}`)
	f.Add(ping.marshal())
	f.Add(data.marshal())
	f.Add([]byte{0x42, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		one, err := parseFrame(b)
		if err != nil {
			return
		}
		two, err := parseFrame(one.marshal())
		if err != nil {
			t.Fatalf("what we write can't be read: %v", err)
		}
		if diff := cmp.Diff(one, two, cmp.AllowUnexported(frame{}, header{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAssemblerBounds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1780992000, 0)
	a := newAssembler(func() time.Time { return now })

	// Parts that never become whole are forgotten after 5 s.
	a.add("old", 2, 0, []byte("x"))
	now = now.Add(partialLife + time.Millisecond)
	if _, complete, _ := a.add("old", 2, 1, []byte("y")); complete {
		t.Error("a part was kept too long")
	}
	// Within 5 s of the last part they are kept.
	now = now.Add(partialLife)
	if got, complete, _ := a.add("old", 2, 0, []byte("x")); !complete || string(got) != "xy" {
		t.Errorf("got %q %v", got, complete)
	}
	// Sent anew, split in another way.
	a.add("re", 3, 0, []byte("a"))
	a.add("re", 2, 0, []byte("b"))
	if got, complete, _ := a.add("re", 2, 1, []byte("c")); !complete || string(got) != "bc" {
		t.Errorf("got %q %v", got, complete)
	}
	// Empty parts are parts.
	a.add("empty", 2, 0, nil)
	if got, complete, _ := a.add("empty", 2, 1, []byte("z")); !complete || string(got) != "z" {
		t.Errorf("got %q %v", got, complete)
	}
	if len(a.waiting) != 0 || a.held != 0 {
		t.Errorf("%d bytes of %d payloads are left", a.held, len(a.waiting))
	}

	for i := range 10 * maxPartial {
		now = now.Add(time.Millisecond)
		a.add(fmt.Sprint(i), 2, 0, []byte("x"))
	}
	if len(a.waiting) > maxPartial {
		t.Errorf("%d payloads are waiting", len(a.waiting))
	}
	big := bytes.Repeat([]byte("x"), maxHeld/3)
	for i := range 20 {
		now = now.Add(time.Millisecond)
		a.add(fmt.Sprintf("big%d", i), 2, 0, big)
	}
	if a.held > maxHeld {
		t.Errorf("%d bytes are held", a.held)
	}
	for _, bad := range [][2]int{{1, 0}, {0, 0}, {-1, 0}, {2, 2}, {2, -1}, {maxParts + 1, 0}, {1 << 40, 5}} {
		if _, _, ok := a.add("bad", bad[0], bad[1], nil); ok {
			t.Errorf("sum %d, seq %d was taken", bad[0], bad[1])
		}
	}
	if _, _, ok := a.add("", 2, 0, nil); ok {
		t.Error("a part without an id was taken")
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{2, 0, 1, 2, 1, 1})
	f.Add([]byte{3, 2, 1, 3, 1, 1, 3, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Unix(1780992000, 0)
		a := newAssembler(func() time.Time { return now })
		for ; len(b) >= 3; b = b[3:] {
			now = now.Add(time.Duration(b[2]) * 100 * time.Millisecond)
			a.add(fmt.Sprint(b[2]%4), int(int8(b[0])), int(int8(b[1])), b)
			total := 0
			for _, p := range a.waiting {
				sum, missing := 0, 0
				for _, part := range p.parts {
					if sum += len(part); part == nil {
						missing++
					}
				}
				if sum != p.size || missing != p.missing || missing == 0 {
					t.Fatalf("kept %d bytes and %d missing, counted %d and %d", sum, missing, p.size, p.missing)
				}
				total += sum
			}
			if total != a.held {
				t.Fatalf("held %d, counted %d", total, a.held)
			}
		}
	})
}
