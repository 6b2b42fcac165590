package wecom

import "time"

// tokenLife is how long an access token is good.
const tokenLife = 2 * time.Hour

// Guessing at secrets gets an address banned.
const (
	wrongSecrets = 2000 // within an hour
	banned       = time.Hour
)

type accessToken struct {
	app   *app
	until time.Time
}

// fetchToken is GET /cgi-bin/gettoken.
//
// Source: WeCom developer documents, "Get access_token" (path 91039), checked 2026-11. The same token comes
// until it expires, as the older document says; whether expires_in is what is left of it then, as here, is
// not documented.
func fetchToken(q *request) (answer, *apiError) {
	s, corp, secret := q.s, q.query.Get("corpid"), q.query.Get("corpsecret")
	ban := s.quotas.of("wrong secrets "+q.ip, q.now.Unix()/3600)
	switch {
	case q.now.Before(ban.blocked):
		return nil, fail(45009)
	case corp == "":
		return nil, fail(41002)
	case secret == "":
		return nil, fail(41004)
	case corp != s.state.CorpID:
		return nil, fail(40013)
	}
	for _, a := range append(s.apps[:len(s.apps):len(s.apps)], s.contacts) {
		if sameText(a.Secret, secret) {
			name, left := s.tokenFor(a, q.now)
			return answer{"access_token": name, "expires_in": int(left / time.Second)}, nil
		}
	}
	if ban.n++; ban.n >= wrongSecrets {
		ban.blocked = q.now.Add(banned)
	}
	return nil, fail(40001)
}

// tokenFor finds the app's token, or makes one. Expired ones are kept a day, so that they are told expired
// rather than unknown.
func (s *Server) tokenFor(a *app, now time.Time) (string, time.Duration) {
	for name, t := range s.tokens {
		switch left := t.until.Sub(now); {
		case left < -24*time.Hour:
			delete(s.tokens, name)
		case left > 0 && t.app == a:
			return name, left
		}
	}
	name := secret(214)
	s.tokens[name] = &accessToken{app: a, until: now.Add(tokenLife)}
	return name, tokenLife
}

// authorize finds the app a request speaks for. expire is the fault that ends the token it brings.
func (s *Server) authorize(q *request, expire bool) (*app, *apiError) {
	name := q.query.Get("access_token")
	if name == "" {
		return nil, fail(41001)
	}
	t := s.tokens[name]
	if t == nil {
		return nil, fail(40014)
	}
	if expire && t.until.After(q.now) {
		t.until = q.now
	}
	if !t.until.After(q.now) {
		return nil, fail(42001)
	}
	return t.app, nil
}
