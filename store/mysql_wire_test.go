package store

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// statement is a packet of the protocol as the driver sends it.
func statement(text string) []byte {
	n := 1 + len(text)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, comStmtExecute}, text...)
}

// answerOf is a packet as the server sends it.
func answerOf(body ...byte) []byte {
	n := len(body)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 1}, body...)
}

// wired is a wire to a server that reads what must come and then answers.
func wired(t *testing.T, want string, answers ...[]byte) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			return // the wire hears no answer
		}
		for _, a := range answers {
			if _, err := c.Write(a); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, c)
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &wire{Conn: c, timeout: time.Minute}
}

func TestWireSendsTogether(t *testing.T) {
	t.Parallel()
	one, two, three := statement("one"), statement("two"), statement("three")
	all := string(slices.Concat(one, two, three))
	failed := append([]byte{0xff, 0x26, 0x04, '#'}, "23000Duplicate entry"...)
	big := []byte{0x00, 0xfc, 0x2c, 0x01, 0x00, 0, 0, 0, 0} // 300 rows
	for name, c := range map[string]struct {
		answers [][]byte
		rows    []int64
		number  uint16 // of the server's error
		broken  bool
	}{
		"all well":          {[][]byte{answerOf(0, 2, 0, 0, 0, 0, 0), answerOf(big...), answerOf(0, 1, 0, 0, 0, 0, 0)}, []int64{2, 300, 1}, 0, false},
		"the second failed": {[][]byte{answerOf(0, 2, 0, 0, 0, 0, 0), answerOf(failed...), answerOf(0, 1, 0, 0, 0, 0, 0)}, []int64{2}, 1062, false},
		"a result set":      {[][]byte{answerOf(3, 0, 0, 0, 0, 0, 0), answerOf(0, 1, 0, 0, 0, 0, 0), answerOf(0, 1, 0, 0, 0, 0, 0)}, nil, 0, true},
		"one too many":      {[][]byte{slices.Concat(answerOf(0, 1, 0, 0, 0, 0, 0), answerOf(0, 1, 0, 0, 0, 0, 0), answerOf(0, 1, 0, 0, 0, 0, 0), answerOf(0, 1, 0, 0, 0, 0, 0))}, []int64{1, 1, 1}, 0, true},
		"another number":    {[][]byte{answerOf(0, 1, 0, 0, 0, 0, 0), {7, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0}, answerOf(0, 1, 0, 0, 0, 0, 0)}, []int64{1}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wired(t, all, c.answers...)
			w.hold()
			for _, p := range [][]byte{one, two, three} {
				if n, err := w.Write(p); err != nil || n != len(p) {
					t.Fatalf("held %d bytes of %d (%v)", n, len(p), err)
				}
				got := make([]byte, 4096)
				if n, err := w.Read(got); err != nil || !slices.Equal(got[:n], okPacket) {
					t.Fatalf("the driver is told %v (%v)", got[:n], err)
				}
			}
			rows, err := w.send()
			var e *mysql.MySQLError
			switch {
			case c.broken:
				if _, after := w.Conn.Write([]byte("x")); err == nil || errors.As(err, &e) || after == nil {
					t.Fatalf("gave %v (%v), and the connection is open", rows, err)
				}
			case c.number == 0 && err != nil, c.number != 0 && (!errors.As(err, &e) || e.Number != c.number || string(e.SQLState[:]) != "23000"):
				t.Fatalf("failed with %v, want number %d", err, c.number)
			}
			if !slices.Equal(rows, c.rows) {
				t.Fatalf("rows %v, want %v", rows, c.rows)
			}
		})
	}
}

// A server that is gone is an error, not a wait.
func TestWireOver(t *testing.T) {
	t.Parallel()
	w := wired(t, string(statement("x"))+"never sent")
	if c, ok := w.Conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	w.hold()
	_, _ = w.Write(statement("x"))
	_, _ = w.Read(make([]byte, 64))
	if rows, err := w.send(); err == nil {
		t.Fatalf("gave %v", rows)
	}
}

// Only statements are held back: anything else waits for an answer of its own kind.
func TestWireHoldsStatementsOnly(t *testing.T) {
	t.Parallel()
	w := &wire{}
	w.hold()
	for _, p := range [][]byte{nil, {1, 0, 0, 0}, {6, 0, 0, 0, 0x03, 'B', 'E', 'G', 'I', 'N'}} {
		if _, err := w.Write(p); !errors.Is(err, errHeld) {
			t.Errorf("held %v (%v)", p, err)
		}
	}
}

// The store's own connections are wires, but where something stands between.
func TestDialWire(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]bool{
		"root@tcp(127.0.0.1:3306)/m": true, "root@unix(/m.sock)/m": true,
		"root@tcp(127.0.0.1:3306)/m?tls=skip-verify": false, "root@tcp(127.0.0.1:3306)/m?tls=preferred": false,
		"root@tcp(127.0.0.1:3306)/m?compress=true": false,
	} {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if dialWire(cfg); (cfg.DialFunc != nil) != want {
			t.Errorf("%s: a wire is %v, want %v", dsn, !want, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0xfc, 0x2c, 0x01})
	f.Add([]byte{0, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(append([]byte{0xff, 0x26, 0x04, '#'}, "23000Duplicate entry"...))
	f.Add([]byte{0xff, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := answer(b)
		if err == nil && (len(b) < 2 || b[0] != 0) {
			t.Fatal(fmt.Sprint("takes ", b, " for ", rows))
		}
	})
}
