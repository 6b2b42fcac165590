package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// MaxBody is the largest body accepted, in bytes.
const MaxBody = 1 << 20

// maxDropped is how much is still read, and thrown away, of a body that is too large.
const maxDropped = 4 * MaxBody

// Options are what a Handler is made of. Connections, Inbox and Engine are required.
type Options struct {
	// Connections finds a connection by its id; it may change while the handler runs.
	Connections func(id string) (*adapters.Connection, bool)
	Inbox       Inbox
	Engine      Engine
	// Release is given the outbox rows that waited for an answer, once it is written: delivery.Pump.Kick.
	// It must not block. nil: they leave when they are due.
	Release func(ids []string)

	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: discards
	Metrics Metrics

	// AnswerBudget is how long after receipt a press may take until it is answered without its outcome.
	// Defaults to 1.5 s; the vendors' own limits are 2 to 5 s, end to end.
	AnswerBudget time.Duration
	// Lease is how long this process keeps an event to itself. Defaults to 30 s.
	Lease time.Duration
	// StoreTimeout bounds the store for events that are delivered again. Defaults to 2.5 s.
	StoreTimeout time.Duration
	// KeepTrying is how long a press is offered to a store that fails. Defaults to 30 s.
	KeepTrying time.Duration
	// MaxBacklog and MaxBacklogAge are the limits of the inbox past which new events are refused with 503;
	// presses and handshakes are still taken. Default to 200 000 events and 10 minutes; negative is no limit.
	MaxBacklog    int
	MaxBacklogAge time.Duration
}

// Metrics are told what happens. Each may be nil; they must not block.
type Metrics struct {
	Request func(connection string, status int, took time.Duration)
	Event   func(connection string, kind event.Kind, isNew bool)
	// Answer is one press answered: how long after receipt, and whether its outcome was in it.
	Answer func(connection string, took time.Duration, withOutcome bool)
	// Lost is a press that was answered but could not be stored afterwards.
	Lost func(connection string)
}

// Handler serves the vendors' callbacks. Safe for concurrent use.
type Handler struct {
	o        Options
	backlog  backlog
	attempts attempts
	work     sync.WaitGroup // presses that outlived their answer, looks at the backlog
}

// New makes a Handler.
func New(o Options) *Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Release == nil {
		o.Release = func([]string) {}
	}
	def(&o.AnswerBudget, 1500*time.Millisecond)
	def(&o.Lease, 30*time.Second)
	def(&o.StoreTimeout, 2500*time.Millisecond)
	def(&o.KeepTrying, 30*time.Second)
	def(&o.MaxBacklogAge, 10*time.Minute)
	def(&o.MaxBacklog, 200_000)
	h := &Handler{o: o}
	h.backlog.read, h.backlog.work = o.Inbox.Backlog, &h.work
	return h
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Wait blocks until presses that outlived their answer are stored and handed over, at most until ctx ends.
// Called at shutdown, after the HTTP server.
func (h *Handler) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { h.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trip is one delivery on its way in.
type trip struct {
	conn     *adapters.Connection
	id       string // request id; the events' TraceID
	received time.Time

	status int
	events int
	bytes  int
	step   string // where it was refused
	err    error  // why
	after  func() // once the answer is written
}

// ServeHTTP takes one callback. The connection is the path value "connection", or what follows /webhook/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &trip{id: requestID(r.Header.Get("X-Request-Id")), received: h.o.Now()}
	w.Header()["X-Request-Id"] = []string{t.id}
	id := connectionID(r)
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			h.o.Log.Error("panic while taking a webhook", "request", t.id, "connection", id, "panic", p, "stack", string(debug.Stack()))
			t.step, t.err = "panic", errors.New("panic, see the log")
			if t.status == 0 {
				t.status = http.StatusInternalServerError
				w.WriteHeader(t.status)
			}
			if t.after != nil {
				t.after()
			}
		}
		h.finish(t, id, r)
	}()
	conn, ok := h.o.Connections(id)
	if !ok {
		refuse(w, t, http.StatusNotFound, "connection", errors.New("no such connection"))
		return
	}
	t.conn = conn
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		refuse(w, t, http.StatusMethodNotAllowed, "method", errors.New("method "+r.Method))
		return
	}
	body, err := readBody(w, r)
	t.bytes = len(body)
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		refuse(w, t, status, "body", err)
		return
	}
	req := adapters.Request{Method: r.Method, Header: r.Header, Body: body, ReceivedAt: t.received}
	if r.URL.RawQuery != "" {
		req.Query = r.URL.Query()
	}
	d, err := conn.Receive(r.Context(), req)
	if err != nil {
		refuse(w, t, statusOf(err), "receive", err)
		return
	}
	// What was read is taken in even if the client goes away meanwhile.
	resp, err := h.take(context.WithoutCancel(r.Context()), t, d)
	if err != nil {
		if t.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		refuse(w, t, t.status, t.step, err)
		return
	}
	h.write(w, t, resp)
}

// write sends the answer out and then lets go what waited for it, whether the client is still there or not.
func (h *Handler) write(w http.ResponseWriter, t *trip, resp adapters.Response) {
	if t.after != nil {
		defer t.after()
	}
	t.status = resp.Status
	if t.status == 0 {
		t.status = http.StatusOK
	}
	head := w.Header()
	if resp.ContentType != "" {
		head["Content-Type"] = []string{resp.ContentType}
	}
	head["Content-Length"] = []string{strconv.Itoa(len(resp.Body))}
	w.WriteHeader(t.status)
	if len(resp.Body) > 0 {
		if _, err := w.Write(resp.Body); err != nil {
			t.step, t.err = "write", err
		}
	}
	if t.after != nil { // the answer must be out before the rows are
		if err := http.NewResponseController(w).Flush(); err != nil && t.err == nil && !errors.Is(err, http.ErrNotSupported) {
			t.step, t.err = "write", err
		}
	}
}

func refuse(w http.ResponseWriter, t *trip, status int, step string, err error) {
	t.status, t.step, t.err = status, step, err
	w.Header()["Content-Length"] = []string{"0"}
	w.WriteHeader(status)
}

// statusOf says what a refused call is answered with: nothing of the reason.
func statusOf(err error) int {
	switch adapters.KindOf(err) {
	case adapters.KindUnauthenticated:
		return http.StatusUnauthorized
	case adapters.KindInvalid:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// finish writes the one log line of a request and keeps the attempt.
func (h *Handler) finish(t *trip, id string, r *http.Request) {
	took := h.o.Now().Sub(t.received)
	if t.conn != nil {
		h.attempts.add(id, t, r.Method, r.RemoteAddr)
	} else {
		id = "" // not ours to repeat: anybody may ask for any path
	}
	if h.o.Metrics.Request != nil {
		h.o.Metrics.Request(id, t.status, took)
	}
	level := slog.LevelInfo
	if t.status >= 500 || t.step == "write" {
		level = slog.LevelWarn
	}
	if !h.o.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs, slog.String("request", t.id), slog.String("connection", id), slog.String("method", r.Method),
		slog.Int("status", t.status), slog.Int("bytes", t.bytes), slog.Int("events", t.events), slog.Duration("took", took))
	if t.err != nil {
		attrs = append(attrs, slog.String("step", t.step), slog.String("reason", t.err.Error()))
	}
	h.o.Log.LogAttrs(r.Context(), level, "webhook", attrs...)
}

// readBody reads at most MaxBody, whatever Content-Length says. The rest of a body that is too large is read and dropped, up to
// maxDropped: a sender that is still writing when the connection is closed sees a reset instead of the answer.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, err error) {
	defer func() {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			_, _ = io.CopyN(io.Discard, r.Body, maxDropped) // whatever comes of it, the answer is the same
		}
	}()
	if r.ContentLength > MaxBody {
		w.Header().Set("Connection", "close") // of what is not dropped nothing is read
		return nil, &http.MaxBytesError{Limit: MaxBody}
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	// Its own buffer, not one of a pool: an event may keep the body as its Raw.
	size := int64(512)
	if r.ContentLength > 0 {
		size = min(r.ContentLength, 64<<10) + 1 // and one, so that the end is seen without growing
	}
	src := http.MaxBytesReader(w, r.Body, MaxBody)
	buf := make([]byte, 0, size)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := src.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

func connectionID(r *http.Request) string {
	if id := r.PathValue("connection"); id != "" {
		return id
	}
	_, id, _ := strings.Cut(r.URL.Path, "/webhook/")
	return id
}
