package pages

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"magpie/web"
	"magpie/workflows"
)

// resendEvery is how often one card may be asked for again.
const resendEvery = 10 * time.Minute

// resend sends the card of an expired link to its person, in their own chat. Whoever holds the old link learns
// nothing by it.
func (h *Handler) resend(w http.ResponseWriter, r *http.Request, l web.Link) {
	key := l.Slot + "\x00" + l.Person
	if !h.resent.take(key, h.now()) {
		h.say(w, r, http.StatusOK, "resent_wait")
		return
	}
	err := h.o.Desk.Resend(r.Context(), l.Slot, l.Person)
	switch {
	case err == nil:
		h.say(w, r, http.StatusOK, "resent")
		return
	case errors.Is(err, workflows.ErrNotFound):
		h.say(w, r, http.StatusOK, "resent_gone")
	default:
		h.fail(w, r, "resend", err)
	}
	h.resent.free(key)
}

// throttle lets each key through once in a while. The zero throttle is ready.
type throttle struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// throttleMax bounds the keys kept.
const throttleMax = 10_000

func (t *throttle) take(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.last[key]; ok && now.Sub(at) < resendEvery {
		return false
	}
	if t.last == nil {
		t.last = map[string]time.Time{}
	}
	if len(t.last) >= throttleMax {
		for k, at := range t.last {
			if now.Sub(at) >= resendEvery {
				delete(t.last, k)
			}
		}
		if len(t.last) >= throttleMax {
			return false
		}
	}
	t.last[key] = now
	return true
}

func (t *throttle) free(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, key)
}
