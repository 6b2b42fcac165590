package wecom

import "time"

// windows count what happened lately, by key: sliding windows, so that no burst slips through a boundary.
type windows struct {
	seen  map[string][]time.Time
	swept time.Time
}

// longest is the longest window there is; keys idle for longer are swept once in as long.
const longest = time.Hour

// room tells whether fewer than n have happened under key within per.
func (w *windows) room(key string, n int, per time.Duration, now time.Time) bool {
	w.sweep(now)
	list := w.seen[key]
	for len(list) > 0 && !list[0].Add(longest).After(now) {
		list = list[1:]
	}
	if len(list) > 0 {
		w.seen[key] = list
	}
	if len(list) < n {
		return true
	}
	return !list[len(list)-n].Add(per).After(now)
}

// note counts one more under key.
func (w *windows) note(key string, now time.Time) { w.seen[key] = append(w.seen[key], now) }

func (w *windows) sweep(now time.Time) {
	if now.Sub(w.swept) <= longest {
		return
	}
	w.swept = now
	for k, list := range w.seen {
		if now.Sub(list[len(list)-1]) > longest {
			delete(w.seen, k)
		}
	}
}

// What one member is shown of one app at most; the surplus is dropped without an error.
//
// Source: WeCom developer documents, "Frequency limits" (path 90312), checked 2026-11.
const (
	memberMinute = 30
	memberHour   = 1000
	groupMinute  = 200    // of one app's groups together
	groupDay     = 10_000 // the same
	pushMinute   = 20     // messages of one push
)

// admit counts a message of an app to a person, unless they have had too many.
func (s *Server) admit(app, person string, now time.Time) bool {
	key := "to " + app + " " + person
	if !s.rates.room(key, memberMinute, time.Minute, now) || !s.rates.room(key, memberHour, time.Hour, now) {
		s.warn("a message of %s to %s was dropped: more than %d a minute or %d an hour", app, person, memberMinute, memberHour)
		return false
	}
	s.rates.note(key, now)
	return true
}

// admitGroup counts a message of an app's group to a member.
func (s *Server) admitGroup(app, person string, now time.Time) bool {
	key := "group " + app + " " + person
	day := s.quotas.day("groupday "+app+" "+person, now)
	if !s.rates.room(key, groupMinute, time.Minute, now) || day.n >= groupDay {
		s.warn("a group message of %s to %s was dropped: more than %d a minute or %d a day", app, person, groupMinute, groupDay)
		return false
	}
	day.n++
	s.rates.note(key, now)
	return true
}

// quotas count within fixed spans, by key, and block for a while who went beyond.
type quotas map[string]*quota

type quota struct {
	span    int64 // which one n is of
	n       int
	blocked time.Time
}

// zone is where a quota's day begins and ends.
var zone = time.FixedZone("CST", 8*60*60)

// day is the count of one key for the calendar day.
func (q quotas) day(key string, now time.Time) *quota {
	local := now.In(zone)
	return q.of(key, int64(local.Year())*1000+int64(local.YearDay()))
}

func (q quotas) of(key string, span int64) *quota {
	c := q[key]
	if c == nil {
		c = &quota{}
		q[key] = c
	}
	if c.span != span {
		c.span, c.n = span, 0
	}
	return c
}

// Calls of one API by one corp; beyond, it is blocked for as long again.
const (
	apiMinute = 10_000
	apiHour   = 150_000
)

// basic applies the limits that most APIs share.
func (q quotas) basic(api string, now time.Time) *apiError {
	minute, hour := q.of("m "+api, now.Unix()/60), q.of("h "+api, now.Unix()/3600)
	if now.Before(minute.blocked) || now.Before(hour.blocked) {
		return fail(45009)
	}
	minute.n++
	hour.n++
	switch {
	case minute.n > apiMinute:
		minute.blocked = now.Add(time.Minute)
		return fail(45009)
	case hour.n > apiHour:
		hour.blocked = now.Add(time.Hour)
		return fail(45009)
	}
	return nil
}
