package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// heartbeat is how often a silent stream says that it lives, so that proxies and the page do not give it up.
const heartbeat = 15 * time.Second

// getEvents streams the bus as server-sent events, one notice each; ?suite= and ?person= narrow it.
func (h *Hub) getEvents(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	suite, person := r.URL.Query().Get("suite"), r.URL.Query().Get("person")
	notices, cancel := h.bus.Subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	_ = rc.SetWriteDeadline(time.Time{}) // a stream outlives any deadline of its server
	if _, err := fmt.Fprint(w, "retry: 1000\n: welcome\n\n"); err != nil || rc.Flush() != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for n := 1; ; {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-h.done:
			return
		case <-beat.C:
			_, err = fmt.Fprint(w, ": alive\n\n")
		case notice := <-notices:
			if suite != "" && notice.Suite != suite ||
				person != "" && len(notice.Persons) > 0 && !slices.Contains(notice.Persons, person) {
				continue
			}
			var data []byte
			if data, err = json.Marshal(notice); err == nil {
				_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", n, data)
				n++
			}
		}
		if err != nil || rc.Flush() != nil {
			return
		}
	}
}
