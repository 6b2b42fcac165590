// Package apiclient makes JSON calls to a suite's server API, for the adapters that don't use a vendor's kit:
// a deadline for each call, a cap on answers, what net/http tells of a failed call turned into a Kind, the
// vendor's codes judged by a table (Codes), and secrets kept out of errors (Redact).
//
// It does not retry, does not follow redirects (a token would travel with them) and writes no log.
package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"magpie/adapters"
)

// Defaults of a Client.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxBody = 8 << 20
)

// Client calls one host. It is safe for concurrent use; its fields are not changed after the first call.
type Client struct {
	Connection      string       // named in errors
	Base            string       // "https://open.feishu.cn", no slash at the end
	HTTP            *http.Client // nil: one of its own
	Timeout         time.Duration
	MaxBody         int64  // bytes of an answer; 0 is DefaultMaxBody
	RequestIDHeader string // answer header with the vendor's trace id

	once atomic.Pointer[http.Client]
}

// Call is one call.
type Call struct {
	Op     string // "send"; named in errors
	Method string
	Path   string // starts with a slash
	Query  url.Values
	Header http.Header // beside Content-Type
	Body   any         // encoded as JSON; nil is no body
}

// Reply is what came back, whatever its status.
type Reply struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string
}

// Do makes the call. Its error is an *adapters.Error: KindTransient when nothing was sent or the call only
// reads; KindUnknown when the request, or a part of it, was written and no whole answer came; KindInvalid
// when the body can't be encoded. A Reply of any status is not an error.
func (c *Client) Do(ctx context.Context, call Call) (Reply, error) {
	var body io.Reader
	if call.Body != nil {
		b, err := encode(call.Body)
		if err != nil {
			return Reply{}, c.fail(call, adapters.KindInvalid, fmt.Errorf("encode body: %w", err))
		}
		body = bytes.NewReader(b)
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { written.Store(true) },
	})
	target := c.Base + call.Path
	if len(call.Query) > 0 {
		target += "?" + call.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, target, body)
	if err != nil {
		return Reply{}, c.fail(call, adapters.KindInvalid, err)
	}
	for k, vs := range call.Header {
		req.Header[k] = vs
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}

	resp, err := c.client().Do(req)
	if err != nil {
		return Reply{}, c.fail(call, c.outcome(call, written.Load()), err)
	}
	defer resp.Body.Close()
	limit := c.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	rep := Reply{Status: resp.StatusCode, Header: resp.Header, Body: b, RequestID: resp.Header.Get(c.RequestIDHeader)}
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("answer is over %d bytes", limit)
	}
	if err != nil {
		e := c.fail(call, c.outcome(call, true), fmt.Errorf("read answer: %w", err))
		e.RequestID = rep.RequestID
		return Reply{}, e
	}
	return rep, nil
}

// outcome judges a call that got no answer: one that changes something and was written may have happened.
func (c *Client) outcome(call Call, written bool) adapters.Kind {
	if written && call.Method != http.MethodGet {
		return adapters.KindUnknown
	}
	return adapters.KindTransient
}

func (c *Client) fail(call Call, kind adapters.Kind, err error) *adapters.Error {
	return &adapters.Error{Connection: c.Connection, Op: call.Op, Kind: kind, Err: withoutQuery(err)}
}

// client is the given one, without its redirects.
func (c *Client) client() *http.Client {
	if h := c.once.Load(); h != nil {
		return h
	}
	var h http.Client
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.once.CompareAndSwap(nil, &h)
	return c.once.Load()
}

// encode is json.Marshal that leaves < and > readable: card markup is full of them, and six bytes for each
// count against the vendor's limits.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// withoutQuery removes query and user from the address inside net/http's error: tokens travel there.
func withoutQuery(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	addr := "the server"
	if p, perr := url.Parse(u.URL); perr == nil {
		p.RawQuery, p.User, p.Fragment = "", nil, ""
		addr = p.String()
	}
	return fmt.Errorf("%s %s: %w", strings.ToLower(u.Op), addr, u.Err)
}
