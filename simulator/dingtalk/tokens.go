package dingtalk

import (
	"crypto/subtle"
	"time"
)

// tokenLife is an access token's, from the last time it was asked for.
const tokenLife = 2 * time.Hour

type accessToken struct {
	app     *app
	until   time.Time
	revoked bool
}

// newToken is POST /v1.0/oauth2/accessToken.
//
// Source: DingTalk Open Platform, "Obtain the access token of an internal app", checked 2026-08: asked for
// again within its life, the same token comes, and lives on.
func newToken(q *request) (answer, *apiError) {
	var in struct{ AppKey, AppSecret string }
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	a := q.s.identify(in.AppKey, in.AppSecret)
	if a == nil {
		return nil, badSecret(false)
	}
	return answer{"accessToken": q.s.tokenFor(a, q.now), "expireIn": int(tokenLife / time.Second)}, nil
}

// oldToken is GET /gettoken.
func oldToken(q *request) (answer, *apiError) {
	a := q.s.identify(q.query.Get("appkey"), q.query.Get("appsecret"))
	if a == nil {
		return nil, badSecret(true)
	}
	return answer{"access_token": q.s.tokenFor(a, q.now), "expires_in": int(tokenLife / time.Second)}, nil
}

// identify finds the app of a client id, nil when the secret is not its.
func (s *Server) identify(id, secret string) *app {
	for _, a := range s.apps {
		if a.ClientID == id && subtle.ConstantTimeCompare([]byte(a.ClientSecret), []byte(secret)) == 1 {
			return a
		}
	}
	return nil
}

// tokenFor is the app's token; both hosts take it.
func (s *Server) tokenFor(a *app, now time.Time) string {
	for name, t := range s.tokens {
		if now.Sub(t.until) > tokenLife {
			delete(s.tokens, name) // kept so long to be told expired rather than unknown
			continue
		}
		if t.app == a && !t.revoked && t.until.After(now) {
			t.until = now.Add(tokenLife)
			return name
		}
	}
	name := random(32)
	s.tokens[name] = &accessToken{app: a, until: now.Add(tokenLife)}
	return name
}

// authorize finds the app a request speaks for. expire is the fault that spoils the token it brings.
func (s *Server) authorize(q *request, old, expire bool) (*app, *apiError) {
	name := q.http.Header.Get("x-acs-dingtalk-access-token")
	if old {
		name = q.query.Get("access_token")
	}
	t := s.tokens[name]
	if t == nil {
		return nil, badToken(old, false)
	}
	if expire {
		t.revoked = true
	}
	if t.revoked || !t.until.After(q.now) {
		return nil, badToken(old, true)
	}
	return t.app, nil
}
