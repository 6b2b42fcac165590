package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// received is said when a press was taken but its outcome is not known in time.
var received = &card.Toast{
	Kind: card.ToastInfo,
	Text: card.Text{Default: "已收到，正在处理", I18n: map[string]string{"en-US": "Received, working on it"}},
}

// writtenWithin is how long a long connection may take to say that an answer was written.
const writtenWithin = 500 * time.Millisecond

// errBehind is why an event is refused while the inbox is too far behind.
var errBehind = errors.New("the inbox is too far behind")

// Sink is the inbound path for a connection's listener: the same as for a webhook, without HTTP.
// Its error means "not stored, send it again".
func (h *Handler) Sink(conn *adapters.Connection) adapters.Sink {
	return func(ctx context.Context, d adapters.Delivery) (resp adapters.Response, err error) {
		t := &trip{conn: conn, id: requestID(""), received: h.o.Now()}
		defer func() {
			if p := recover(); p != nil {
				h.o.Log.Error("panic while taking an event", "request", t.id, "connection", conn.ID, "panic", p, "stack", string(debug.Stack()))
				t.status, t.step, t.err = http.StatusInternalServerError, "panic", errors.New("panic, see the log")
				resp, err = adapters.Response{}, t.err
				if t.after != nil {
					t.after()
				}
			}
			if t.status == 0 {
				t.status = http.StatusOK
			}
			h.attempts.add(conn.ID, t, "socket", "")
			took := h.o.Now().Sub(t.received)
			if h.o.Metrics.Request != nil {
				h.o.Metrics.Request(conn.ID, t.status, took)
			}
			h.o.Log.InfoContext(ctx, "socket", "request", t.id, "connection", conn.ID, "status", t.status, "events", t.events, "took", took, "step", t.step)
		}()
		resp, err = h.take(context.WithoutCancel(ctx), t, d)
		if err != nil {
			t.err = err
			return adapters.Response{}, fmt.Errorf("%s: take event: %w", conn.ID, err)
		}
		if after := t.after; after != nil {
			var once sync.Once
			fallback := time.AfterFunc(writtenWithin, func() { once.Do(after) })
			resp.Written = func() { fallback.Stop(); once.Do(after) }
		}
		return resp, nil
	}
}

// take stores what was delivered and says what to answer. On an error t.status and t.step are set.
func (h *Handler) take(ctx context.Context, t *trip, d adapters.Delivery) (adapters.Response, error) {
	caps := t.conn.Capabilities()
	press := -1
	for i := range d.Events {
		ev := &d.Events[i]
		ev.Connection = t.conn.ID
		ev.ReceivedAt = t.received.UTC().Truncate(time.Millisecond)
		if ev.TraceID == "" {
			ev.TraceID = t.id
		}
		if ev.Reply.Mode == event.ReplyAnswer {
			if ev.Reply.Deadline.IsZero() && caps.AnswerBudget > 0 {
				ev.Reply.Deadline = ev.ReceivedAt.Add(caps.AnswerBudget)
			}
			if press < 0 && t.conn.Answers() {
				press = i
			}
		}
	}
	t.events = len(d.Events)
	if press < 0 && len(d.Events) > 0 && h.backlog.behind(h.o.Now(), h.o.MaxBacklog, h.o.MaxBacklogAge) {
		t.status, t.step = http.StatusServiceUnavailable, "backlog"
		return adapters.Response{}, errBehind
	}
	taken := make([]newly, 0, 1) // nearly all deliveries are of one event
	enqueue := func() {
		for _, n := range taken {
			h.o.Engine.Enqueue(n.id, n.token, d.Events[n.event])
		}
	}
	for i := range d.Events {
		if i == press {
			continue
		}
		st, err := h.put(ctx, d.Events[i], h.o.StoreTimeout)
		if err != nil {
			t.status, t.step = http.StatusServiceUnavailable, "store"
			return adapters.Response{}, err
		}
		if st.New {
			taken = append(taken, newly{st.ID, st.Token, i})
		}
	}
	var resp adapters.Response
	if press >= 0 {
		var err error
		if resp, err = h.press(ctx, t, d, press); err != nil {
			t.status, t.step = http.StatusServiceUnavailable, "store"
			enqueue()
			return adapters.Response{}, err
		}
	} else {
		resp = d.Response
	}
	enqueue()
	return resp, nil
}

// newly is an event of a delivery that was stored for the first time.
type newly struct {
	id, token string
	event     int // its place in the delivery
}

// put stores one event.
func (h *Handler) put(ctx context.Context, ev event.Event, within time.Duration) (adapters.Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	st, err := h.o.Inbox.Put(ctx, ev, h.o.Lease)
	if err != nil {
		return st, fmt.Errorf("store event %s: %w", ev.ID, err)
	}
	if h.o.Metrics.Event != nil {
		h.o.Metrics.Event(ev.Connection, ev.Kind, st.New)
	}
	return st, nil
}
