package feishu

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/internal/apiclient"
)

var _ adapters.Login = (*Platform)(nil)

// loginCodes are the refusals of a log-in by which it has to begin anew: the code is unknown, used or expired, or
// belongs to another log-in.
// Source: Feishu Open Platform, "Get user_access_token" (v2), checked 2026-11.
var loginCodes = apiclient.Codes{
	20003: adapters.KindInvalid, 20004: adapters.KindInvalid, 20065: adapters.KindInvalid, 20024: adapters.KindInvalid,
	20049: adapters.KindInvalid, 20071: adapters.KindInvalid,
	20008: adapters.KindForbidden, 20010: adapters.KindForbidden, 20066: adapters.KindForbidden,
	20002: adapters.KindUnauthenticated, 20009: adapters.KindUnauthenticated, 20048: adapters.KindUnauthenticated, 20069: adapters.KindUnauthenticated,
	20072: adapters.KindTransient,
}

// loginPersons are the codes of a visitor who may not log in: unknown, without the app, or left.
var loginPersons = []string{"20008", "20010", "20066"}

// LoginURL leads a viewer to Feishu's log-in: inside Feishu it is silent, elsewhere it shows a QR code. It is "" unless
// login is set: back has to be registered with the app, letter by letter.
// Source: Feishu Open Platform, "Obtain authorization code", checked 2026-11.
func (p *Platform) LoginURL(back, state, _ string) string {
	if !p.cfg.Login {
		return ""
	}
	sum := sha256.Sum256([]byte(p.verifier(state)))
	q := url.Values{"client_id": {p.cfg.AppID}, "response_type": {"code"}, "redirect_uri": {back}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	return p.cfg.LoginURL + "/open-apis/authen/v1/authorize?" + q.Encode()
}

// verifier binds a code to the log-in that asked for it: a code that was caught elsewhere is worth nothing. It
// follows from the state, so that nothing has to be kept.
func (p *Platform) verifier(state string) string {
	m := hmac.New(sha256.New, []byte(p.cfg.AppSecret.Reveal()))
	m.Write([]byte("magpie login " + p.cfg.ID + " " + state))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// LoginUser exchanges the code of a log-in, which is good once and for five minutes, for the account. Who is of
// another tenant is KindForbidden.
// Source: Feishu Open Platform, "Get user_access_token" (v2), "Get user information", checked 2026-11.
func (p *Platform) LoginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	ref, err := p.loginUser(ctx, r)
	return ref, apiclient.LoginError(err, loginPersons...)
}

func (p *Platform) loginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	if r.Code == "" {
		return event.Ref{}, p.api.fail(opLogin, adapters.KindInvalid, apiclient.Reply{}, "no code")
	}
	token, err := p.userToken(ctx, r)
	if err != nil {
		return event.Ref{}, err
	}
	rep, err := p.api.api.Do(ctx, apiclient.Call{
		Op: opLogin, Method: http.MethodGet, Path: "/open-apis/authen/v1/user_info", Header: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return event.Ref{}, err
	}
	env, err := p.api.open(opLogin, http.MethodGet, rep)
	if err != nil {
		return event.Ref{}, err
	}
	if env.Code != 0 {
		return event.Ref{}, p.api.refusal(opLogin, rep, env, token)
	}
	var who struct {
		OpenID string `json:"open_id"`
		Tenant string `json:"tenant_key"`
	}
	if err := json.Unmarshal(env.Data, &who); err != nil || who.OpenID == "" || who.Tenant == "" {
		return event.Ref{}, p.api.fail(opLogin, adapters.KindTransient, rep, "answer without the account")
	}
	s, err := p.needTenant(ctx, opLogin)
	if err != nil {
		if adapters.KindOf(err) == adapters.KindForbidden {
			err = &adapters.Error{Connection: p.cfg.ID, Op: opLogin, Kind: adapters.KindUnauthenticated, Err: err}
		}
		return event.Ref{}, err
	}
	if who.Tenant != s.tenant {
		return event.Ref{}, &adapters.Error{Connection: p.cfg.ID, Op: opLogin, Kind: adapters.KindForbidden, Err: errors.New("the visitor is of another tenant")}
	}
	return s.user(who.OpenID), nil
}

// userToken exchanges a code for the token of its person. Answers stand outside of data here, and refusals have
// OAuth's words beside Feishu's code.
func (p *Platform) userToken(ctx context.Context, r adapters.LoginReturn) (string, error) {
	rep, err := p.api.api.Do(ctx, apiclient.Call{Op: opLogin, Method: http.MethodPost, Path: "/open-apis/authen/v2/oauth/token", Body: map[string]string{
		"grant_type": "authorization_code", "client_id": p.cfg.AppID, "client_secret": p.cfg.AppSecret.Reveal(),
		"code": r.Code, "redirect_uri": r.Back, "code_verifier": p.verifier(r.State),
	}})
	if err != nil {
		return "", passing(err)
	}
	var out struct {
		Code  *int   `json:"code"`
		Msg   string `json:"msg"`
		Why   string `json:"error_description"`
		Token string `json:"access_token"`
	}
	switch err := json.Unmarshal(rep.Body, &out); {
	case err != nil || out.Code == nil: // of something in between
		kind := apiclient.StatusKind(rep.Status)
		if rep.Status < 300 || kind == adapters.KindInvalid {
			kind = adapters.KindTransient
		}
		return "", p.api.fail(opLogin, kind, rep, fmt.Sprintf("HTTP %d without a Feishu answer", rep.Status))
	case *out.Code != 0:
		return "", p.api.refusal(opLogin, rep, envelope{Code: *out.Code, Msg: out.Msg + out.Why}, r.Code)
	case out.Token == "":
		return "", p.api.fail(opLogin, adapters.KindTransient, rep, "answer without a token")
	}
	return out.Token, nil
}

// passing takes back that the outcome of a call is unknown that may be lost: the viewer begins anew.
func passing(err error) error {
	var e *adapters.Error
	if errors.As(err, &e) && e.Kind == adapters.KindUnknown {
		e.Kind = adapters.KindTransient
	}
	return err
}

// LoginClient reports whether a browser is Feishu's.
func (p *Platform) LoginClient(userAgent string) bool {
	agent := strings.ToLower(userAgent)
	return strings.Contains(agent, "lark/") || strings.Contains(agent, "feishu")
}
