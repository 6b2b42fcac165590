package wecom

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/oauth"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/internal/apiclient"
)

var _ adapters.Login = (*Platform)(nil)

// LoginURL leads a viewer to WeCom's log-in: inside WeCom's own browser it is silent, elsewhere it shows a
// QR code. It is "" unless login is set: back's host has to be the app's trusted domain. state is given back; WeCom takes letters and digits.
// Source: WeCom developer documents, "Web page authorization" (path 91022), "Log-in in a browser" (98152), checked 2026-11.
func (p *Platform) LoginURL(back, state, userAgent string) string {
	agent := strconv.FormatInt(p.cfg.AgentID, 10)
	if p.cfg.Kind == KindRobot || !p.cfg.Login {
		return ""
	}
	if p.LoginClient(userAgent) {
		q := url.Values{"appid": {p.cfg.CorpID}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {state}, "agentid": {agent}}
		return p.cfg.OAuthURL + "/connect/oauth2/authorize?" + q.Encode() + "#wechat_redirect"
	}
	q := url.Values{"login_type": {"CorpApp"}, "appid": {p.cfg.CorpID}, "agentid": {agent}, "redirect_uri": {back}, "state": {state}}
	return p.cfg.LoginURL + "/wwlogin/sso/login?" + q.Encode()
}

// LoginUser exchanges the code of a log-in, which is good once and for five minutes, for the account. Who is not of
// the corp is KindForbidden.
// Source: WeCom developer documents, "Who visits" (path 91023), checked 2026-11.
func (p *Platform) LoginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	ref, err := p.loginUser(ctx, r)
	return ref, apiclient.LoginError(err, "50002", "60111") // the member is outside of what the app may see, or gone
}

func (p *Platform) loginUser(ctx context.Context, r adapters.LoginReturn) (event.Ref, error) {
	code := r.Code
	switch {
	case p.cfg.Kind == KindRobot:
		return event.Ref{}, adapters.Unsupported(p.cfg.ID, "login")
	case code == "" || !plainID(code):
		return event.Ref{}, p.invalid(opLogin, errors.New("not a code of WeCom"))
	}
	var got *oauth.GetUserInfoResponse
	err := p.api.library(ctx, opLogin, true, func(wc *workcontext.Context) (err error) {
		got, err = oauth.NewOauth(wc).GetUserInfo(code)
		return err
	})
	if err != nil {
		return event.Ref{}, err
	}
	if got.UserID == "" {
		return event.Ref{}, &adapters.Error{Connection: p.cfg.ID, Op: opLogin, Kind: adapters.KindForbidden, Err: errors.New("the visitor is not a member of the corp")}
	}
	return p.refs().user(got.UserID), nil
}

// LoginClient reports whether a browser is WeCom's.
func (p *Platform) LoginClient(userAgent string) bool {
	return strings.Contains(strings.ToLower(userAgent), "wxwork")
}
