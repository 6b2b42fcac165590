package feishu

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// Life of an access token, and the rest of it at which a new one is handed out instead.
const (
	tokenLife  = 2 * time.Hour
	tokenRenew = 30 * time.Minute
)

type accessToken struct {
	app     *app
	until   time.Time
	revoked bool
}

// fetchToken is POST /auth/v3/tenant_access_token/internal (and its app_access_token twin).
//
// Source: Feishu Open Platform, "Get custom app's tenant_access_token", checked 2026-11: with half an hour or
// more left, the same token comes again; with less, a new one, and both are good.
func fetchToken(q *request) (answer, *apiError) {
	var in struct {
		AppID     string `json:"app_id"`
		AppSecret string `json:"app_secret"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	a, code := q.s.identify(in.AppID, in.AppSecret)
	if a == nil {
		return nil, legacy(code)
	}
	name, life := q.s.tokenFor(a, q.now)
	out := answer{"msg": "ok", "expire": int(life / time.Second), "tenant_access_token": name}
	if strings.Contains(q.http.URL.Path, "/app_access_token/") {
		out["app_access_token"] = name
	}
	return out, nil
}

// identify checks an app id and secret; code is why not.
func (s *Server) identify(id, secret string) (a *app, code int) {
	for _, a := range s.apps {
		if a.AppID != id {
			continue
		}
		if subtle.ConstantTimeCompare([]byte(a.AppSecret), []byte(secret)) != 1 {
			return nil, 10015
		}
		return a, 0
	}
	return nil, 10014
}

// tokenFor finds the app's token with at least half an hour left, or makes one.
func (s *Server) tokenFor(a *app, now time.Time) (string, time.Duration) {
	for name, t := range s.tokens {
		left := t.until.Sub(now)
		if left <= 0 {
			delete(s.tokens, name)
			continue
		}
		if t.app == a && !t.revoked && left >= tokenRenew {
			return name, left
		}
	}
	name := "t-" + random(42)
	s.tokens[name] = &accessToken{app: a, until: now.Add(tokenLife)}
	return name, tokenLife
}

// authorize finds the app a request speaks for. expire is the fault that spoils the token it brings.
func (s *Server) authorize(q *request, expire bool) (*app, *apiError) {
	header := q.http.Header.Get("Authorization")
	if header == "" {
		return nil, fail(99991661)
	}
	name, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer || name == "" {
		return nil, &apiError{status: http.StatusBadRequest, code: 99991671, msg: texts[99991671]}
	}
	t := s.tokens[name]
	if t != nil && expire {
		t.revoked = true
	}
	if t == nil || t.revoked || !t.until.After(q.now) {
		return nil, fail(99991663)
	}
	return t.app, nil
}
