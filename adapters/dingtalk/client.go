package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
	"magpie/adapters/internal/tokens"
)

// Names of operations, in errors and in the table of codes.
const (
	opToken     = "token"
	opSend      = "send"
	opUpdate    = "update"
	opRecall    = "recall"
	opUrge      = "urge"
	opReaders   = "readers"
	opDirectory = "directory"
	opAccount   = "account"
	opChats     = "chats"
	opTodo      = "todo"
	opLogin     = "login"
	opRegister  = "register card callback"
)

// client calls both hosts with the token of one app: the new one takes it in a header, the old one in the query.
type client struct {
	cfg    Config
	api    *apiclient.Client
	oapi   *apiclient.Client
	tokens *tokens.Source
	quota  quota
}

func newClient(cfg Config, h *http.Client, now func() time.Time, shared adapters.Shared) *client {
	host := func(base string) *apiclient.Client {
		return &apiclient.Client{Connection: cfg.ID, Base: base, HTTP: h, Timeout: cfg.Timeout, RequestIDHeader: "X-Acs-Request-Id"}
	}
	c := &client{cfg: cfg, api: host(cfg.APIURL), oapi: host(cfg.OAPIURL)}
	c.quota.now, c.quota.calls, c.quota.reads = now, cfg.MonthlyCalls, cfg.MonthlyReads
	c.quota.spending.with, c.quota.spending.name = shared, "spent/dingtalk/"+cfg.ID+"/"+cfg.ClientID
	c.tokens = tokens.New(func(ctx context.Context) (tokens.Token, error) { return c.fetchToken(ctx, now) }, tokens.Options{Now: now}.Share(shared, "dingtalk/"+cfg.ID+"/"+cfg.ClientID, cfg.ClientSecret.Reveal()))
	return c
}

// reply is what both hosts say beside the payload: the new one with a code that is a word and a status that
// is not 200, the old one with a number and 200, and what stands before both with neither.
type reply struct {
	Code      looseText `json:"code"`
	Message   looseText `json:"message"`
	RequestID looseText `json:"requestid"`
	Denied    struct {
		Scopes looseList `json:"requiredScopes"`
	} `json:"accessdenieddetail"`

	ErrCode    *looseText `json:"errcode"`
	ErrMsg     looseText  `json:"errmsg"`
	SubCode    looseText  `json:"sub_code"`
	SubMsg     looseText  `json:"sub_msg"`
	RequestID2 looseText  `json:"request_id"`

	Punish looseText `json:"punish"`
}

// callOptions say what is special about a call.
type callOptions struct {
	old  bool // on the old host
	free bool // not counted against the month's calls
	read bool // a question about readers
}

// call makes one call on the new host and decodes its answer into out (nil: not wanted).
func (c *client) call(ctx context.Context, op, method, path string, q url.Values, in, out any) error {
	return c.do(ctx, op, method, path, q, in, out, callOptions{})
}

// contact makes one call on the old host that only reads the address book. Such calls are free.
func (c *client) contact(ctx context.Context, op, path string, in, out any) error {
	return c.do(ctx, op, http.MethodPost, path, nil, in, out, callOptions{old: true, free: true})
}

// do makes one call. A refused token is replaced and the call made once more; nothing else is repeated.
func (c *client) do(ctx context.Context, op, method, path string, q url.Values, in, out any, o callOptions) error {
	for again := false; ; again = true {
		token, err := c.tokens.Get(ctx)
		if err != nil {
			return apiclient.NoToken(c.cfg.ID, op, err)
		}
		call := apiclient.Call{Op: op, Method: method, Path: path, Query: q, Body: in}
		host := c.api
		if o.old {
			host = c.oapi
			call.Query = url.Values{"access_token": {token}}
			for k, v := range q {
				call.Query[k] = v
			}
		} else {
			call.Header = http.Header{"X-Acs-Dingtalk-Access-Token": {token}}
		}
		if !o.free && !again {
			c.quota.call(o.read)
		}
		rep, err := host.Do(ctx, call)
		if err != nil {
			if o.free || o.read { // it only reads, whatever its method
				return readOnly(err)
			}
			return err
		}
		code, env, err := c.open(op, method, rep, o)
		switch {
		case err != nil:
			return err
		case code == "":
			return c.decode(op, method, rep, out, o)
		case refusedToken[code]:
			c.tokens.Refuse(token)
			if !again {
				continue
			}
		}
		return c.refusal(op, rep, code, env, token)
	}
}

// readOnly takes back that the outcome of a call that changes nothing is unknown.
func readOnly(err error) error {
	var e *adapters.Error
	if errors.As(err, &e) && e.Kind == adapters.KindUnknown {
		e.Kind = adapters.KindTransient
	}
	return err
}

// open finds the code of an answer; "" is success. An answer that is none of DingTalk's comes from something
// in between: of a call that changes something, a good status then leaves the outcome open.
func (c *client) open(op, method string, rep apiclient.Reply, o callOptions) (string, reply, error) {
	var env reply
	bad := decodeLenient(rep.Body, &env)
	switch {
	case bad == nil && env.Punish != "":
		e := c.fail(op, adapters.KindRateLimited, rep, "DingTalk has blocked our address for a while")
		e.RetryAfter = 5 * time.Minute
		return "", env, e
	case bad == nil && env.ErrCode != nil:
		code := string(*env.ErrCode)
		if code == "88" && env.SubCode != "" {
			code = string(env.SubCode) // the number outside only says that there is one inside
		}
		if code == "0" || code == "" {
			code = ""
		}
		return code, env, nil
	case bad == nil && env.Code != "" && env.Code != "0" && !strings.EqualFold(string(env.Code), "ok") && (rep.Status >= 300 || env.Message != ""):
		return string(env.Code), env, nil
	case bad == nil && rep.Status < 300 && !o.old, rep.Status == http.StatusNoContent, rep.Status < 300 && len(rep.Body) == 0 && !o.old:
		return "", env, nil
	}
	kind := apiclient.StatusKind(rep.Status)
	if rep.Status < 300 {
		kind = adapters.KindUnknown
		if method == http.MethodGet || o.free || o.read {
			kind = adapters.KindTransient
		}
	}
	return "", env, c.fail(op, kind, rep, fmt.Sprintf("HTTP %d without an answer of DingTalk's", rep.Status))
}

// decode reads what an answer carries.
func (c *client) decode(op, method string, rep apiclient.Reply, out any, o callOptions) error {
	if out == nil || len(rep.Body) == 0 {
		return nil
	}
	if err := decodeLenient(rep.Body, out); err != nil {
		kind := adapters.KindUnknown // it was accepted, but we can't tell as what
		if method == http.MethodGet || o.free || o.read {
			kind = adapters.KindTransient
		}
		return c.fail(op, kind, rep, "the answer is not of the known form")
	}
	return nil
}

// refusal makes the error for an answer with a code.
func (c *client) refusal(op string, rep apiclient.Reply, code string, env reply, token string) error {
	text := string(env.Message + env.ErrMsg)
	if env.SubMsg != "" {
		text = string(env.SubMsg)
	}
	if len(env.Denied.Scopes) > 0 {
		text += " [" + strings.Join(env.Denied.Scopes, ", ") + "]"
	}
	if usedUp[code] {
		c.quota.exhausted()
	}
	e := c.fail(op, kindOf(op, code, rep.Status), rep, apiclient.Redact(text, c.cfg.ClientSecret.Reveal(), token))
	e.Code = code
	if e.Kind == adapters.KindRateLimited {
		e.RetryAfter = retryAfter(code)
	}
	if id := string(env.RequestID + env.RequestID2); e.RequestID == "" {
		e.RequestID = id
	}
	return e
}

func (c *client) fail(op string, kind adapters.Kind, rep apiclient.Reply, what string) *adapters.Error {
	e := &adapters.Error{Connection: c.cfg.ID, Op: op, Kind: kind, RequestID: rep.RequestID, Err: errors.New(what)}
	if kind == adapters.KindRateLimited {
		e.RetryAfter = apiclient.RetryAfter(rep.Header, "Retry-After")
	}
	return e
}

// fetchToken asks for an access token. Both hosts take the same.
// Source: DingTalk Open Platform, "Obtain the access token of an internal app", checked 2026-08.
func (c *client) fetchToken(ctx context.Context, now func() time.Time) (tokens.Token, error) {
	asked := now()
	rep, err := c.api.Do(ctx, apiclient.Call{
		Op: opToken, Method: http.MethodPost, Path: "/v1.0/oauth2/accessToken",
		Body: map[string]string{"appKey": c.cfg.ClientID, "appSecret": c.cfg.ClientSecret.Reveal()},
	})
	if err != nil {
		return tokens.Token{}, readOnly(err) // a token fetched twice hurts nobody
	}
	code, env, err := c.open(opToken, http.MethodGet, rep, callOptions{})
	if err != nil {
		return tokens.Token{}, err
	}
	if code != "" {
		return tokens.Token{}, c.refusal(opToken, rep, code, env, "")
	}
	var t struct {
		Token  string   `json:"accessToken"`
		Expire looseInt `json:"expireIn"`
	}
	if err := json.Unmarshal(rep.Body, &t); err != nil || t.Token == "" || t.Expire <= 0 {
		return tokens.Token{}, c.fail(opToken, adapters.KindTransient, rep, "answer without a token")
	}
	return tokens.Token{Value: t.Token, Expires: asked.Add(time.Duration(t.Expire) * time.Second)}, nil
}
