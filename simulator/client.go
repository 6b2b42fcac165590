package simulator

import (
	"net/http"
	"time"
)

// NoRedirects is a client for sending events out: it answers with a redirect itself instead of following it.
// given is copied, and shares its connections with the copy; nil is a client with connections of its own.
func NoRedirects(given *http.Client) *http.Client {
	if given == nil {
		given = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}}
	}
	client := *given
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}
