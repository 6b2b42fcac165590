package simulator

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// guard keeps other web sites out of the persons' side, which speaks for anybody without a password: a page
// from elsewhere open in the same browser must not press buttons here.
//
// A browser names the page a request comes from in Origin or Sec-Fetch-Site; those must be our own. A site
// that points its own name at 127.0.0.1 would pass that, so the name asked for must be localhost, a bare
// address, or one that was allowed. Programs send none of it and are let through.
func (h *Hub) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.knownHost(r.Host) {
			writeError(w, http.StatusForbidden, "foreign_host", "ask for localhost or an address, not "+r.Host)
			return
		}
		if !sameOrigin(r) {
			writeError(w, http.StatusForbidden, "cross_origin", "requests from other sites are refused")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h *Hub) knownHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil
}

func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
