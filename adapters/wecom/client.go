package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
	"magpie/adapters/internal/tokens"
)

// Names of operations, in errors.
const (
	opToken     = "token"
	opSend      = "send"
	opUpdate    = "update"
	opRecall    = "recall"
	opDirectory = "directory"
	opGroups    = "groups"
	opAccount   = "account"
	opChats     = "chats"
	opLogin     = "login"
	opMedia     = "media"
)

// client calls the server API with the token of one app.
type client struct {
	api    *apiclient.Client
	tokens *tokens.Source
	cfg    Config
	log    *slog.Logger
	cache  *kept // the library's
}

func newClient(cfg Config, h *http.Client, now func() time.Time, log *slog.Logger, shared adapters.Shared) *client {
	c := &client{cfg: cfg, log: log, cache: &kept{now: now}, api: &apiclient.Client{Connection: cfg.ID, Base: cfg.BaseURL, HTTP: h, Timeout: cfg.Timeout}}
	// A wrong secret that is tried again and again has our address banned for an hour.
	c.tokens = tokens.New(func(ctx context.Context) (tokens.Token, error) { return c.fetchToken(ctx, now) },
		tokens.Options{Now: now, Backoff: 2 * time.Second, MaxWait: 10 * time.Minute}.Share(shared, "wecom/"+cfg.ID+"/"+cfg.CorpID+"/"+strconv.FormatInt(cfg.AgentID, 10), cfg.Secret.Reveal()))
	return c
}

// status is what stands in every answer. Some successes leave the code out.
type status struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

// call makes one call with the app's token and decodes the answer into out (nil: not wanted). A refused
// token is replaced and the call made once more; nothing else is repeated.
func (c *client) call(ctx context.Context, op, method, path string, q url.Values, in, out any) error {
	for again := false; ; again = true {
		token, err := c.tokens.Get(ctx)
		if err != nil {
			return apiclient.NoToken(c.cfg.ID, op, err)
		}
		with := url.Values{"access_token": {token}}
		for k, v := range q {
			with[k] = v
		}
		rep, err := c.api.Do(ctx, apiclient.Call{Op: op, Method: method, Path: path, Query: with, Body: in})
		if err != nil {
			return err
		}
		st, err := c.open(op, method, rep)
		if err != nil {
			return err
		}
		if refusedToken[st.Code] {
			c.tokens.Refuse(token)
			if !again {
				continue
			}
		}
		if st.Code != 0 {
			return c.refusal(op, rep, st, token)
		}
		return c.data(op, method, rep, out)
	}
}

// bare makes one call to an address that is a secret itself: a push or a robot's answer address.
func (c *client) bare(ctx context.Context, op, path string, q url.Values, in, out any) error {
	rep, err := c.api.Do(ctx, apiclient.Call{Op: op, Method: http.MethodPost, Path: path, Query: q, Body: in})
	if err != nil {
		return err
	}
	st, err := c.open(op, http.MethodPost, rep)
	if err != nil {
		return err
	}
	if st.Code != 0 {
		return c.refusal(op, rep, st, q.Get("key"))
	}
	return c.data(op, http.MethodPost, rep, out)
}

// fetchToken asks for a token of the app.
// Source: WeCom developer documents, "Get access_token" (path 91039), checked 2026-11.
func (c *client) fetchToken(ctx context.Context, now func() time.Time) (tokens.Token, error) {
	asked := now()
	rep, err := c.api.Do(ctx, apiclient.Call{
		Op: opToken, Method: http.MethodGet, Path: "/cgi-bin/gettoken",
		Query: url.Values{"corpid": {c.cfg.CorpID}, "corpsecret": {c.cfg.Secret.Reveal()}},
	})
	if err != nil {
		return tokens.Token{}, err
	}
	st, err := c.open(opToken, http.MethodGet, rep)
	if err != nil {
		return tokens.Token{}, err
	}
	if st.Code != 0 {
		return tokens.Token{}, c.refusal(opToken, rep, st, "")
	}
	var t struct {
		Token  string `json:"access_token"`
		Expire int    `json:"expires_in"`
	}
	if err := json.Unmarshal(rep.Body, &t); err != nil || t.Token == "" || t.Expire <= 0 {
		return tokens.Token{}, c.fail(opToken, adapters.KindTransient, "answer without a token")
	}
	return tokens.Token{Value: t.Token, Expires: asked.Add(time.Duration(t.Expire) * time.Second)}, nil
}

// open reads the code. An answer that is no JSON object comes from something in between: of a call that
// changes something, a good HTTP status then leaves the outcome open.
func (c *client) open(op, method string, rep apiclient.Reply) (status, error) {
	var st status
	if body := strings.TrimSpace(string(rep.Body)); rep.Status < 300 && strings.HasPrefix(body, "{") && json.Unmarshal(rep.Body, &st) == nil {
		if st.Code == 0 && strings.Contains(st.Msg, "Warning:") && c.log != nil {
			c.log.Error("WeCom took a request that it could not read well", "connection", c.cfg.ID, "op", op, "errmsg", apiclient.Redact(st.Msg, c.secrets()...))
		}
		return st, nil
	}
	kind := apiclient.StatusKind(rep.Status)
	if rep.Status < 300 {
		kind = adapters.KindUnknown
		if method == http.MethodGet {
			kind = adapters.KindTransient
		}
	}
	return status{}, c.fail(op, kind, fmt.Sprintf("HTTP %d without a WeCom answer", rep.Status))
}

// data decodes what an answer carries.
func (c *client) data(op, method string, rep apiclient.Reply, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(rep.Body, out); err != nil {
		kind := adapters.KindUnknown // it was accepted, but we can't tell as what
		if method == http.MethodGet {
			kind = adapters.KindTransient
		}
		return c.fail(op, kind, "the answer is not of the known form")
	}
	return nil
}

// refusal makes the error for an answer with a code.
func (c *client) refusal(op string, rep apiclient.Reply, st status, secret string) error {
	e := c.fail(op, codes.Kind(st.Code, rep.Status), apiclient.Redact(st.Msg, append(c.secrets(), secret)...))
	e.Code = strconv.Itoa(st.Code)
	switch {
	case st.Code == 45033:
		e.RetryAfter = 2 * time.Second
	case e.Kind == adapters.KindRateLimited:
		e.RetryAfter = time.Minute // the shortest block; after a longer one this comes back
	}
	if e.Kind == adapters.KindInvalid && st.Code >= 846600 && st.Code <= 846699 {
		e.Kind = adapters.KindTransient
	}
	return e
}

func (c *client) secrets() []string {
	s := []string{c.cfg.Secret.Reveal(), c.cfg.BotSecret.Reveal(), c.tokens.Current()}
	for _, n := range sortedNames(c.cfg.Pushes) {
		s = append(s, c.cfg.Pushes[n].Reveal())
	}
	return s
}

func (c *client) fail(op string, kind adapters.Kind, what string) *adapters.Error {
	return &adapters.Error{Connection: c.cfg.ID, Op: op, Kind: kind, Err: errors.New(what)}
}

// codeOf is the vendor's code of an error, "" when it has none.
func codeOf(err error) string {
	var e *adapters.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
