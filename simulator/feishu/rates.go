package feishu

import (
	"math"
	"time"
)

// windows count what happened lately, by key: sliding windows, so that no burst slips through a boundary.
type windows struct {
	seen  map[string][]time.Time
	swept time.Time
}

// longest is the longest window there is; keys idle for longer are swept once in as long.
const longest = time.Minute

// take counts one more under key unless n have happened within per already; then it says how long until
// there is room.
func (w *windows) take(key string, n int, per time.Duration, now time.Time) (ok bool, wait time.Duration) {
	if now.Sub(w.swept) > longest {
		w.swept = now
		for k, list := range w.seen {
			if now.Sub(list[len(list)-1]) > longest {
				delete(w.seen, k)
			}
		}
	}
	list := w.seen[key]
	for len(list) > 0 && !list[0].Add(per).After(now) {
		list = list[1:]
	}
	if len(list) >= n {
		return false, list[len(list)-n].Add(per).Sub(now)
	}
	w.seen[key] = append(list, now)
	return true, 0
}

// gateway applies the limits that most APIs share: 50 a second and 1000 a minute for one API of one app.
func (w *windows) gateway(key string, now time.Time) *apiError {
	for _, limit := range []struct {
		name string
		n    int
		per  time.Duration
	}{{"s", 50, time.Second}, {"m", 1000, time.Minute}} {
		if ok, wait := w.take(key+limit.name, limit.n, limit.per, now); !ok {
			return tooFast(limit.n, int(math.Ceil(wait.Seconds())))
		}
	}
	return nil
}

// fiveASecond is the business limit on one receiver or one message.
func (w *windows) fiveASecond(key string, now time.Time) *apiError {
	if ok, _ := w.take(key, 5, time.Second, now); !ok {
		return fail(230020)
	}
	return nil
}
