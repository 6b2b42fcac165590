package webhook

import (
	"encoding/base32"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// KeptAttempts is how many attempts are kept for each connection.
const KeptAttempts = 20

// Attempt is one call that was refused, failed, or was a handshake, as an operator sees it who wants to
// know why a vendor's console says no. Nothing of the body is in it.
type Attempt struct {
	At      time.Time
	Request string // the request id that the response carried
	Method  string // GET, POST, or "socket"
	Remote  string // address of the peer
	Status  int
	Step    string // "handshake", or where it failed: "method", "body", "receive", "backlog", "store", "write", "panic"
	Reason  string // why; "" for a handshake that went well
	Bytes   int
}

// Seen is what came in for a connection.
type Seen struct {
	Taken     int64     // deliveries with events that were stored
	LastTaken time.Time // zero when there was none
	Attempts  []Attempt // newest first
}

type attempts struct {
	mu sync.Mutex
	by map[string]*ring
}

type ring struct {
	taken int64
	last  time.Time
	list  [KeptAttempts]Attempt
	n     int // ever added
}

// Seen tells what came in for a connection since the process started.
func (h *Handler) Seen(connection string) Seen {
	h.attempts.mu.Lock()
	defer h.attempts.mu.Unlock()
	r := h.attempts.by[connection]
	if r == nil {
		return Seen{}
	}
	s := Seen{Taken: r.taken, LastTaken: r.last}
	for i := max(0, r.n-KeptAttempts); i < r.n; i++ {
		s.Attempts = append(s.Attempts, r.list[i%KeptAttempts])
	}
	slices.Reverse(s.Attempts)
	return s
}

// add keeps a trip. Deliveries that were taken are only counted: at full speed they would push out what
// somebody is looking for.
func (a *attempts) add(connection string, t *trip, method, remote string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.by[connection]
	if r == nil {
		if a.by == nil {
			a.by = map[string]*ring{}
		}
		r = &ring{}
		a.by[connection] = r
	}
	if t.err == nil && t.events > 0 {
		r.taken++
		r.last = t.received
		return
	}
	at := Attempt{At: t.received, Request: t.id, Method: method, Remote: remote, Status: t.status, Step: t.step, Bytes: t.bytes}
	if t.err != nil {
		at.Reason = t.err.Error()
	} else {
		at.Step = "handshake"
	}
	r.list[r.n%KeptAttempts] = at
	r.n++
}

// requestID takes over an id that a proxy gave, if it is one, and makes one otherwise.
func requestID(given string) string {
	if len(given) < 8 || len(given) > 64 {
		return newRequestID()
	}
	for i := 0; i < len(given); i++ {
		c := given[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.') {
			return newRequestID()
		}
	}
	return given
}

// newRequestID makes 26 characters. They name a request, they protect nothing: asking the kernel for
// randomness each time would be for nothing.
func newRequestID() string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	var text [26]byte
	requestIDs.Encode(text[:], b[:])
	return string(text[:])
}

var requestIDs = base32.StdEncoding.WithPadding(base32.NoPadding)
