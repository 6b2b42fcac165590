package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// wire is the network connection below a connection of the driver. It can hold back statements and send them
// together: a shared transaction is six statements none of which needs the answer to the one before, and waiting for
// each cost this process and the server more than carrying them out. The server answers in order, however they come.
// Not for concurrent use, as the connection above it.
type wire struct {
	net.Conn
	timeout time.Duration // for the answers of what was held
	holding bool
	out     []byte // held
	asked   int    // answers that the driver was given in advance
	in      []byte
}

var _ syscall.Conn = (*wire)(nil) // the driver looks whether an idle connection still lives

// SyscallConn is that of the connection.
func (w *wire) SyscallConn() (syscall.RawConn, error) {
	c, ok := w.Conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("%T has no SyscallConn", w.Conn)
	}
	return c.SyscallConn()
}

// Commands of the protocol, the first byte after a packet's head.
const (
	comStmtExecute  = 0x17
	comStmtLongData = 0x18 // has no answer
	packetHead      = 4
)

// okPacket is the answer that the driver gets at once: nothing touched.
var okPacket = []byte{7, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}

// errHeld: what was to be held back is no statement.
var errHeld = errors.New("mysql: only statements can be sent together")

// Write sends, or holds back.
func (w *wire) Write(p []byte) (int, error) {
	if !w.holding {
		return w.Conn.Write(p)
	}
	if len(p) <= packetHead || p[packetHead] != comStmtExecute && p[packetHead] != comStmtLongData {
		return 0, errHeld
	}
	w.out = append(w.out, p...)
	return len(p), nil
}

// Read receives. For a statement that was held back it says that all went well; what the server says is read when it
// is sent.
func (w *wire) Read(p []byte) (int, error) {
	if !w.holding {
		return w.Conn.Read(p)
	}
	if len(p) < len(okPacket) {
		return 0, io.ErrShortBuffer
	}
	w.asked++
	return copy(p, okPacket), nil
}

// hold begins to hold statements back.
func (w *wire) hold() { w.holding, w.out, w.asked = true, w.out[:0], 0 }

// send sends what was held back, and tells how many rows each statement touched. An error of the server is that of
// the first statement that failed; those before it have their rows, and those after it were carried out or failed as
// well, so that the transaction must be rolled back. After any other error the connection is closed.
func (w *wire) send() (rows []int64, err error) {
	w.holding = false
	defer func() {
		if cap(w.out) > 1<<20 {
			w.out = nil
		}
		if e := (*mysql.MySQLError)(nil); err != nil && !errors.As(err, &e) {
			_ = w.Conn.Close()
		}
	}()
	if err := w.SetDeadline(time.Now().Add(w.timeout)); err != nil {
		return nil, err
	}
	if _, err := w.Conn.Write(w.out); err != nil {
		return nil, err
	}
	w.in = w.in[:0]
	at := 0
	var first error
	for range w.asked {
		body, err := w.packet(&at)
		if err != nil {
			return rows, err
		}
		n, err := answer(body)
		if e := (*mysql.MySQLError)(nil); err != nil && !errors.As(err, &e) {
			return rows, err
		}
		if first == nil {
			first = err
		}
		if first == nil {
			rows = append(rows, n)
		}
	}
	if at != len(w.in) {
		return rows, fmt.Errorf("mysql: %d bytes after the last answer", len(w.in)-at)
	}
	if err := w.SetDeadline(time.Time{}); err != nil {
		return rows, err
	}
	return rows, first
}

// packet reads the next packet, which is an answer and so the second of its exchange.
func (w *wire) packet(at *int) ([]byte, error) {
	need := packetHead
	for {
		if have := w.in[*at:]; len(have) >= packetHead {
			need = packetHead + int(have[0]) + int(have[1])<<8 + int(have[2])<<16
			if have[3] != 1 {
				return nil, fmt.Errorf("mysql: an answer has the number %d", have[3])
			}
			if len(have) >= need {
				*at += need
				return have[packetHead:need], nil
			}
		}
		if len(w.in) == cap(w.in) || cap(w.in)-*at < need {
			w.in = append(make([]byte, 0, max(4096, 2*cap(w.in), *at+need)), w.in...)
		}
		n, err := w.Conn.Read(w.in[len(w.in):cap(w.in)])
		w.in = w.in[:len(w.in)+n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// answer reads what the server says to a statement that gives no rows.
func answer(b []byte) (rows int64, err error) {
	if len(b) == 0 {
		return 0, errors.New("mysql: an answer is empty")
	}
	switch b[0] {
	case 0x00:
		n, ok := lengthCoded(b[1:])
		if !ok {
			return 0, errors.New("mysql: an answer is cut short")
		}
		return n, nil
	case 0xff:
		if len(b) < 3 {
			return 0, errors.New("mysql: an error is cut short")
		}
		e := &mysql.MySQLError{Number: binary.LittleEndian.Uint16(b[1:])}
		text := b[3:]
		if len(text) >= 6 && text[0] == '#' {
			copy(e.SQLState[:], text[1:6])
			text = text[6:]
		}
		e.Message = string(text)
		return 0, e
	}
	return 0, fmt.Errorf("mysql: an answer begins with %#x", b[0])
}

// lengthCoded reads a number whose first byte says how long it is.
func lengthCoded(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	size := 0
	switch b[0] {
	case 0xfc:
		size = 2
	case 0xfd:
		size = 3
	case 0xfe:
		size = 8
	case 0xfb, 0xff:
		return 0, false
	default:
		return int64(b[0]), true
	}
	if len(b) < 1+size {
		return 0, false
	}
	var n uint64
	for i := size; i > 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return int64(n), true
}

// wireKey is where Connect finds the wire that was dialed for it.
type wireKey struct{}

// dialWire makes the driver dial wires, unless something stands between it and the network that would have to be
// undone: encryption or compression.
func dialWire(cfg *mysql.Config) {
	if cfg.TLS != nil || cfg.TLSConfig != "" || cfg.DialFunc != nil || cfg.Net != "tcp" && cfg.Net != "unix" || strings.Contains(cfg.FormatDSN(), "compress=true") {
		return
	}
	timeout := cfg.ReadTimeout
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		w := &wire{Conn: c, timeout: timeout}
		if to, ok := ctx.Value(wireKey{}).(**wire); ok {
			*to = w
		}
		return w, nil
	}
}

// execAll carries out statements one after the other and tells how many rows each touched, in one exchange with the
// server where that can be. After an error, which is that of the first that failed, the rows of those before it are
// told; later ones may have been carried out, and the transaction must be rolled back.
func (c *writeConn) execAll(ctx context.Context, list []part) (rows []int64, err error) {
	if c.wire != nil {
		for _, x := range list {
			if st, err := c.prepared(ctx, x.q); err != nil {
				return nil, err
			} else if st == nil {
				return c.execEach(ctx, list)
			}
		}
	}
	if c.wire == nil || len(list) < 2 {
		return c.execEach(ctx, list)
	}
	c.wire.hold()
	for _, x := range list {
		if _, err := c.stmts[x.q].Exec(x.args); err != nil {
			c.wire.holding = false
			_ = c.wire.Conn.Close() // nothing was sent, but who knows what the driver thinks
			return nil, err
		}
	}
	rows, err = c.wire.send()
	if err != nil && len(rows) < len(list) {
		c.forget(list[len(rows)].q)
	}
	return rows, err
}

func (c *writeConn) execEach(ctx context.Context, list []part) (rows []int64, err error) {
	for _, x := range list {
		n, err := c.exec(ctx, x.q, x.args)
		if err != nil {
			return rows, err
		}
		rows = append(rows, n)
	}
	return rows, nil
}
