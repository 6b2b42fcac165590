package dingtalk

import "time"

// windows count what happened lately, by key: sliding windows, so that no burst slips through a boundary.
type windows struct {
	seen  map[string][]time.Time
	swept time.Time
}

// longest is the longest window there is; keys idle for longer are swept once in as long.
const longest = time.Minute

// take counts one more under key unless n have happened within per already.
func (w *windows) take(key string, n int, per time.Duration, now time.Time) bool {
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
		w.seen[key] = list
		return false
	}
	w.seen[key] = append(list, now)
	return true
}

// beijing is the zone of DingTalk's days and months.
var beijing = time.FixedZone("CST", 8*60*60)

// usage is what the organisation has used of its quota, all its apps together.
//
// Source: DingTalk, "Application development platform billing model", checked 2026-08.
type usage struct {
	Month  string `json:"month"` // 2006-01 in Beijing
	Calls  int    `json:"calls"`
	Pushes int    `json:"pushes"`
}

func (s *Server) usageAt(now time.Time) *usage {
	if month := now.In(beijing).Format("2006-01"); s.state.Usage.Month != month {
		s.state.Usage = usage{Month: month}
	}
	return &s.state.Usage
}

// countCall uses up one billable call; false when there is none left. Callers hold s.mu.
func (s *Server) countCall(now time.Time) bool {
	u := s.usageAt(now)
	if s.limits.Calls > 0 && u.Calls >= s.limits.Calls {
		return false
	}
	u.Calls++
	s.touch()
	return true
}

// countPush uses up one event, robot message or card callback; false when there is none left. Callers hold s.mu.
func (s *Server) countPush(now time.Time) bool {
	u := s.usageAt(now)
	if s.limits.Pushes > 0 && u.Pushes >= s.limits.Pushes {
		return false
	}
	u.Pushes++
	s.touch()
	return true
}

// Usage tells how many billable calls and pushes of this month have been used.
func (s *Server) Usage() (calls, pushes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.usageAt(s.now())
	return u.Calls, u.Pushes
}
