package apiclient

import (
	"net/http"
	"strconv"
	"time"

	"magpie/adapters"
)

// Codes says what a vendor's code means to us. It is data: each adapter has its own table.
type Codes map[int]adapters.Kind

// Kind judges a code that is not "ok". A code that is not in the table is judged by the HTTP status; one
// that came with a good status is KindInvalid, since repeating what was refused for an unknown reason
// is no better.
func (c Codes) Kind(code, status int) adapters.Kind {
	if k, ok := c[code]; ok {
		return k
	}
	return StatusKind(status)
}

// StatusKind judges an answer by its HTTP status alone.
func StatusKind(status int) adapters.Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return adapters.KindRateLimited
	case status == http.StatusUnauthorized:
		return adapters.KindUnauthenticated
	case status == http.StatusForbidden:
		return adapters.KindForbidden
	case status == http.StatusNotFound:
		return adapters.KindNotFound
	case status == http.StatusRequestTimeout, status >= 500:
		return adapters.KindTransient
	}
	return adapters.KindInvalid
}

// RetryAfter reads how long to wait from the first of the headers that has whole seconds; 0 is "not said".
// A wait over a day is cut to a day: it is a mistake, or no rate limit.
func RetryAfter(h http.Header, names ...string) time.Duration {
	for _, n := range names {
		if s, err := strconv.Atoi(h.Get(n)); err == nil && s > 0 {
			return min(time.Duration(s)*time.Second, 24*time.Hour)
		}
	}
	return 0
}
