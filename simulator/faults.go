package simulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The kinds of Fault that every suite has.
const (
	FaultRate      = "rate_limit"
	FaultServer    = "server_error"
	FaultTimeout   = "timeout"
	FaultExpire    = "expire_token"
	FaultRedeliver = "redeliver"
	FaultDrop      = "drop_connection"
)

// Checked is the fault as suites take it: Times of 0 is 1. An unknown kind or a count outside 0 to 10000 is
// ErrInvalid.
func (f Fault) Checked() (Fault, error) {
	if !slices.Contains([]string{FaultRate, FaultServer, FaultTimeout, FaultExpire, FaultRedeliver, FaultDrop}, f.Kind) {
		return Fault{}, fmt.Errorf("fault %q: %w: rate_limit, server_error, timeout, expire_token, redeliver or drop_connection", f.Kind, ErrInvalid)
	}
	if f.Times < 0 || f.Times > 10_000 {
		return Fault{}, fmt.Errorf("times %d: %w: 1 to 10000", f.Times, ErrInvalid)
	}
	f.Times = max(f.Times, 1)
	return f, nil
}

// Notice tells the bus that the fault has been switched on.
func (f Fault) Notice() Notice {
	return Notice{Type: "fault", Text: fmt.Sprintf("%s ×%d %s", f.Kind, f.Times, f.API)}
}

// Faults are the faults of one suite that wait to happen, oldest first. Not safe for concurrent use: a suite
// guards them with the mutex that guards what they interrupt.
type Faults struct {
	// Socket is the path that long connections are opened at, "" without any. A fault that names just it fits no
	// other path.
	Socket string

	waiting []Fault
}

// Put adds a checked fault. FaultDrop without an API is about the long connections: hangUp closes those that
// are open and reports whether there were any. If so that was the first time, and the further ones are for the
// connections that follow; if not, the fault is for whatever call comes next.
func (l *Faults) Put(f Fault, hangUp func() bool) {
	if f.Kind == FaultDrop && f.API == "" && hangUp() {
		if f.Times--; f.Times == 0 {
			return
		}
		f.API = l.Socket
	}
	l.waiting = append(l.waiting, f)
}

// Take uses up the first fault that fits a call and gives its kind, "" if none does. An open call, which brings
// no token because it fetches one, is spared unless the fault names it. FaultRedeliver fits no call.
func (l *Faults) Take(path string, open bool) string {
	for i, f := range l.waiting {
		spared := open && f.API == "" || l.Socket != "" && f.API == l.Socket && path != l.Socket
		if f.Kind != FaultRedeliver && !spared && strings.Contains(path, f.API) {
			return l.use(i)
		}
	}
	return ""
}

// TakeRedelivery uses up a FaultRedeliver that fits an event type and reports whether there was one.
func (l *Faults) TakeRedelivery(eventType string) bool {
	for i, f := range l.waiting {
		if f.Kind == FaultRedeliver && strings.Contains(eventType, f.API) {
			l.use(i)
			return true
		}
	}
	return false
}

func (l *Faults) use(i int) string {
	kind := l.waiting[i].Kind
	if l.waiting[i].Times--; l.waiting[i].Times == 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return kind
}

// Hold keeps a call waiting without an answer until its client gives up, ctx ends, or most has passed on the clock.
func Hold(ctx context.Context, r *http.Request, clock Clock, most time.Duration) {
	late := make(chan struct{})
	stop := clock.AfterFunc(most, func() { close(late) })
	defer stop()
	select {
	case <-r.Context().Done():
	case <-ctx.Done():
	case <-late:
	}
}

// Cut closes a call's connection without a word; the handler must return then. Taking it over works below any
// router; where that is not possible (HTTP/2), Cut panics with http.ErrAbortHandler, by which net/http aborts.
func Cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}
