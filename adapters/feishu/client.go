package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
	"magpie/adapters/internal/tokens"
)

// Names of operations, in errors and in the table of codes.
const (
	opToken      = "token"
	opSend       = "send"
	opUpdate     = "update"
	opAnswerLate = "answer_late"
	opRecall     = "recall"
	opUrge       = "urge"
	opReaders    = "readers"
	opDirectory  = "directory"
	opGroups     = "groups"
	opAccount    = "account"
	opChats      = "chats"
	opSelf       = "self"
	opLogin      = "login"
)

// client calls the server API with the tenant token of one app.
type client struct {
	api    *apiclient.Client
	tokens *tokens.Source
	cfg    Config
	pause  func(ctx context.Context, d time.Duration) error
}

func newClient(cfg Config, h *http.Client, now func() time.Time, shared adapters.Shared) *client {
	c := &client{cfg: cfg, pause: pause, api: &apiclient.Client{
		Connection: cfg.ID, Base: cfg.BaseURL, HTTP: h, Timeout: cfg.Timeout, RequestIDHeader: "X-Tt-Logid",
	}}
	c.tokens = tokens.New(func(ctx context.Context) (tokens.Token, error) { return c.fetchToken(ctx, now) }, tokens.Options{Now: now}.Share(shared, "feishu/"+cfg.ID+"/"+cfg.AppID, cfg.AppSecret.Reveal()))
	return c
}

// envelope is what every answer is wrapped in.
type envelope struct {
	Code  int             `json:"code"`
	Msg   string          `json:"msg"`
	Data  json.RawMessage `json:"data"`
	Error struct {
		LogID       string            `json:"log_id"`
		Permissions []violation       `json:"permission_violations"`
		Fields      []json.RawMessage `json:"field_violations"`
	} `json:"error"`
}

// violation is a right that the app lacks.
type violation struct {
	Subject string `json:"subject"`
}

// call makes one call with the tenant token and decodes the answer's data into out (nil: not wanted).
func (c *client) call(ctx context.Context, op, method, path string, q url.Values, in, out any) error {
	rep, env, err := c.do(ctx, op, method, path, q, in)
	if err != nil {
		return err
	}
	return c.data(op, method, rep, env, out)
}

// do makes one call with the tenant token. A refused token is replaced and the call made once more;
// nothing else is repeated.
func (c *client) do(ctx context.Context, op, method, path string, q url.Values, in any) (apiclient.Reply, envelope, error) {
	for again := false; ; again = true {
		token, err := c.tokens.Get(ctx)
		if err != nil {
			return apiclient.Reply{}, envelope{}, apiclient.NoToken(c.cfg.ID, op, err)
		}
		rep, err := c.api.Do(ctx, apiclient.Call{
			Op: op, Method: method, Path: path, Query: q, Body: in,
			Header: http.Header{"Authorization": {"Bearer " + token}},
		})
		if err != nil {
			return rep, envelope{}, err
		}
		env, err := c.open(op, method, rep)
		if err != nil {
			return rep, env, err
		}
		switch {
		case env.Code == 0, alreadyDone[env.Code]:
			return rep, env, nil
		case refusedToken[env.Code]:
			c.tokens.Refuse(token)
			if !again {
				continue
			}
		}
		return rep, env, c.refusal(op, rep, env, token)
	}
}

const (
	// slowDowns is how often in a row one page may be refused because of the rate; each refusal is waited out.
	slowDowns = 5
	// maxPause bounds one such wait, whatever the suite says.
	maxPause = 30 * time.Second
)

// paced reads one part of a listing. A listing of thousands goes faster than the suite's rate when the suite answers quickly:
// given up there, it would be given up at the same page each time.
func (c *client) paced(ctx context.Context, op, path string, q url.Values, out any) error {
	for n := 1; ; n++ {
		err := c.call(ctx, op, http.MethodGet, path, q, nil, out)
		var e *adapters.Error
		if !errors.As(err, &e) || e.Kind != adapters.KindRateLimited || n > slowDowns {
			return err
		}
		if c.pause(ctx, min(max(e.RetryAfter, time.Second), maxPause)) != nil {
			return err
		}
	}
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pages calls a listing until its last page, as fast as the suite lets it. each decodes one page's items; a page
// that fails makes the whole listing fail.
func (c *client) pages(ctx context.Context, op, path string, q url.Values, each func(data json.RawMessage) error) error {
	q = maps.Clone(q)
	seen := map[string]bool{}
	for {
		var raw json.RawMessage
		if err := c.paced(ctx, op, path, q, &raw); err != nil {
			return err
		}
		var page struct {
			More  bool   `json:"has_more"`
			Token string `json:"page_token"`
		}
		err := json.Unmarshal(raw, &page)
		if err == nil {
			err = each(raw)
		}
		if err != nil {
			return c.fail(op, adapters.KindTransient, apiclient.Reply{}, "a page is not of the known form")
		}
		if !page.More {
			return nil
		}
		if page.Token == "" || seen[page.Token] {
			return c.fail(op, adapters.KindTransient, apiclient.Reply{}, "the listing does not come to an end")
		}
		seen[page.Token] = true
		q.Set("page_token", page.Token)
	}
}

// fetchToken asks for a tenant token.
// Source: Feishu Open Platform, "Get tenant_access_token (self-built app)", checked 2026-11.
func (c *client) fetchToken(ctx context.Context, now func() time.Time) (tokens.Token, error) {
	asked := now()
	rep, err := c.api.Do(ctx, apiclient.Call{
		Op: opToken, Method: http.MethodPost, Path: "/open-apis/auth/v3/tenant_access_token/internal",
		Body: map[string]string{"app_id": c.cfg.AppID, "app_secret": c.cfg.AppSecret.Reveal()},
	})
	if err != nil {
		var e *adapters.Error
		if errors.As(err, &e) && e.Kind == adapters.KindUnknown {
			e.Kind = adapters.KindTransient // a token fetched twice hurts nobody
		}
		return tokens.Token{}, err
	}
	env, err := c.open(opToken, http.MethodGet, rep)
	if err != nil {
		return tokens.Token{}, err
	}
	var t struct {
		Token  string `json:"tenant_access_token"`
		Expire int    `json:"expire"`
	}
	if env.Code != 0 {
		return tokens.Token{}, c.refusal(opToken, rep, env, "")
	}
	if err := json.Unmarshal(rep.Body, &t); err != nil || t.Token == "" || t.Expire <= 0 {
		return tokens.Token{}, c.fail(opToken, adapters.KindTransient, rep, "answer without a token")
	}
	return tokens.Token{Value: t.Token, Expires: asked.Add(time.Duration(t.Expire) * time.Second)}, nil
}

// open reads the envelope. An answer that is not one comes from something in between (a proxy, a gateway
// in trouble): of a call that changes something, a good status then leaves the outcome open.
func (c *client) open(op, method string, rep apiclient.Reply) (envelope, error) {
	var env envelope
	var has struct {
		Code *int `json:"code"`
	}
	if json.Unmarshal(rep.Body, &has) == nil && has.Code != nil && json.Unmarshal(rep.Body, &env) == nil {
		return env, nil
	}
	kind := apiclient.StatusKind(rep.Status)
	if rep.Status < 300 {
		kind = adapters.KindUnknown
		if method == http.MethodGet {
			kind = adapters.KindTransient
		}
	}
	return envelope{}, c.fail(op, kind, rep, fmt.Sprintf("HTTP %d without a Feishu answer", rep.Status))
}

// data decodes what an answer carries.
func (c *client) data(op, method string, rep apiclient.Reply, env envelope, out any) error {
	if out == nil || len(env.Data) == 0 || env.Code != 0 {
		return nil
	}
	if err := json.Unmarshal(env.Data, out); err != nil {
		kind := adapters.KindUnknown // it was accepted, but we can't tell as what
		if method == http.MethodGet {
			kind = adapters.KindTransient
		}
		return c.fail(op, kind, rep, "answer's data is not of the known form")
	}
	return nil
}

// refusal makes the error for an answer with a code.
func (c *client) refusal(op string, rep apiclient.Reply, env envelope, token string) error {
	text := env.Msg
	var scopes []string
	for _, v := range env.Error.Permissions {
		if v.Subject != "" && !strings.Contains(text, v.Subject) {
			scopes = append(scopes, v.Subject)
		}
	}
	if len(scopes) > 0 {
		text += " [" + strings.Join(scopes, ", ") + "]"
	}
	e := c.fail(op, kindOf(op, env.Code, rep.Status), rep, apiclient.Redact(text, c.cfg.AppSecret.Reveal(), token))
	e.Code = strconv.Itoa(env.Code)
	if e.RequestID == "" {
		e.RequestID = env.Error.LogID
	}
	return e
}

func (c *client) fail(op string, kind adapters.Kind, rep apiclient.Reply, what string) *adapters.Error {
	e := &adapters.Error{Connection: c.cfg.ID, Op: op, Kind: kind, RequestID: rep.RequestID, Err: errors.New(what)}
	if kind == adapters.KindRateLimited {
		e.RetryAfter = apiclient.RetryAfter(rep.Header, "x-ogw-ratelimit-reset", "Retry-After")
	}
	return e
}
