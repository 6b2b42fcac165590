package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/internal/apiclient"
)

var _ adapters.Login = (*Platform)(nil)

// LoginURL leads a viewer to DingTalk's log-in: inside DingTalk it is a tap, elsewhere it shows a QR code. It is ""
// unless login is set: back has to be registered with the app, letter by letter.
// Source: DingTalk Open Platform, "Obtain user personal information", checked 2026-08.
func (p *Platform) LoginURL(back, state, _ string) string {
	if !p.cfg.Login {
		return ""
	}
	q := url.Values{"redirect_uri": {back}, "response_type": {"code"}, "client_id": {p.cfg.ClientID}, "scope": {"openid corpid"},
		"state": {state}, "prompt": {"consent"}, "corpId": {p.cfg.CorpID}}
	return p.cfg.LoginURL + "/oauth2/auth?" + q.Encode()
}

// LoginUser exchanges the code of a log-in, which is good once and for five minutes, for the account. Who is not of
// the organisation is KindForbidden.
// Source: DingTalk Open Platform, "Obtain the token of a user", "Obtain the address book information of a user",
// checked 2026-08.
func (p *Platform) LoginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	ref, err := p.loginUser(ctx, r)
	return ref, apiclient.LoginError(err, loginPersons...)
}

// loginPersons are the codes of a visitor who is not of the organisation, or outside of what the app may see.
var loginPersons = []string{"60121", "33012", "50002", "50004"}

func (p *Platform) loginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	if r.Code == "" {
		return event.Ref{}, p.api.fail(opLogin, adapters.KindInvalid, apiclient.Reply{}, "no code")
	}
	token, err := p.userToken(ctx, r.Code)
	if err != nil {
		return event.Ref{}, err
	}
	var me struct {
		Union looseText `json:"unionId"`
	}
	rep, err := p.api.api.Do(ctx, apiclient.Call{
		Op: opLogin, Method: http.MethodGet, Path: "/v1.0/contact/users/me", Header: http.Header{"X-Acs-Dingtalk-Access-Token": {token}},
	})
	if err := p.loginAnswer(rep, err, &me, token); err != nil {
		return event.Ref{}, err
	}
	if me.Union == "" {
		return event.Ref{}, p.api.fail(opLogin, adapters.KindTransient, rep, "answer without the account")
	}
	user, err := p.userOf(ctx, opLogin, string(me.Union))
	if err != nil {
		return event.Ref{}, err
	}
	return p.scoped().user(user), nil
}

// userToken exchanges a code for the token of its person.
func (p *Platform) userToken(ctx context.Context, code string) (string, error) {
	rep, err := p.api.api.Do(ctx, apiclient.Call{Op: opLogin, Method: http.MethodPost, Path: "/v1.0/oauth2/userAccessToken", Body: map[string]string{
		"clientId": p.cfg.ClientID, "clientSecret": p.cfg.ClientSecret.Reveal(), "code": code, "grantType": "authorization_code",
	}})
	var out struct {
		Token string `json:"accessToken"`
		Corp  string `json:"corpId"`
	}
	if err := p.loginAnswer(rep, err, &out, code); err != nil {
		return "", err
	}
	switch {
	case out.Token == "":
		return "", p.api.fail(opLogin, adapters.KindTransient, rep, "answer without a token")
	case out.Corp != "" && out.Corp != p.cfg.CorpID:
		return "", &adapters.Error{Connection: p.cfg.ID, Op: opLogin, Kind: adapters.KindForbidden, Err: errors.New("the visitor logged in to another organisation")}
	}
	return out.Token, nil
}

// loginAnswer decodes an answer on the new host to a call without the app's token.
func (p *Platform) loginAnswer(rep apiclient.Reply, err error, out any, secret string) error {
	if err != nil {
		return readOnly(err) // at worst the viewer begins anew
	}
	code, env, err := p.api.open(opLogin, http.MethodGet, rep, callOptions{})
	if err != nil {
		return err
	}
	if code != "" {
		return p.api.refusal(opLogin, rep, code, env, secret)
	}
	if err := json.Unmarshal(rep.Body, out); err != nil {
		return p.api.fail(opLogin, adapters.KindTransient, rep, "the answer is not of the known form")
	}
	return nil
}

// LoginClient reports whether a browser is DingTalk's.
func (p *Platform) LoginClient(userAgent string) bool {
	return strings.Contains(strings.ToLower(userAgent), "dingtalk")
}
