package longconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"magpie/adapters"
)

const (
	endpointPath = "/callback/ws/endpoint"
	maxEndpoint  = 64 << 10 // bytes of the answer
	callTimeout  = 10 * time.Second
)

// Codes of the bootstrap and of the handshake.
const (
	codeOK              = 0
	codeBusy            = 1
	codeInternal        = 1000040343
	codeTooManyConns    = 1000040350
	handshakeAuthFailed = 514
	handshakeForbidden  = 403
)

// refusal is an answer after which trying again is of no use.
type refusal struct {
	code int
	msg  string
}

func (r *refusal) Error() string { return fmt.Sprintf("refused with %d: %.200s", r.code, r.msg) }

// asError makes the error that Listen returns.
func (r *refusal) asError(connection string) error {
	kind := adapters.KindUnauthenticated
	switch r.code {
	case codeTooManyConns, handshakeForbidden:
		kind = adapters.KindForbidden
	}
	return &adapters.Error{
		Connection: connection, Op: "listen", Kind: kind, Code: strconv.Itoa(r.code), Err: r,
	}
}

// clientConfig is how the server wants us to behave, in seconds. It comes with the address and with pongs.
type clientConfig struct {
	ReconnectInterval int `json:"ReconnectInterval"`
	ReconnectNonce    int `json:"ReconnectNonce"`
	PingInterval      int `json:"PingInterval"`
}

// defaultConfig holds until the server says something else.
var defaultConfig = clientConfig{ReconnectInterval: 120, ReconnectNonce: 30, PingInterval: 120}

// with takes over what the other one says, within reason. Zero is "not said". How often we may try to
// connect again (ReconnectCount) is not taken over: a bot that gave up would stay deaf until somebody
// notices.
func (c clientConfig) with(o clientConfig) clientConfig {
	take := func(to *int, v, most int) {
		if v > 0 {
			*to = min(v, most)
		}
	}
	take(&c.ReconnectInterval, o.ReconnectInterval, 3600)
	take(&c.ReconnectNonce, o.ReconnectNonce, 300)
	take(&c.PingInterval, o.PingInterval, 600)
	return c
}

// endpoint is where to connect to.
type endpoint struct {
	url     *url.URL
	service int32
	conn    string // the connection's id, for the log
	config  clientConfig
}

// bootstrap asks for the address of a connection. A *refusal is final; after any other error one may try
// again. No error holds the secret or the address, which is a secret as well.
func (l *Listener) bootstrap(ctx context.Context) (endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in, err := json.Marshal(map[string]string{"AppID": l.o.AppID, "AppSecret": l.o.AppSecret.Reveal(), "ClientAssertion": ""})
	if err != nil {
		return endpoint{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(l.o.Domain, "/")+endpointPath, bytes.NewReader(in))
	if err != nil {
		return endpoint{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Locale", "zh")
	resp, err := l.http.Do(req)
	if err != nil {
		return endpoint{}, fmt.Errorf("ask for an address: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxEndpoint))
	if err != nil {
		return endpoint{}, fmt.Errorf("ask for an address: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return endpoint{}, fmt.Errorf("ask for an address: HTTP %d", resp.StatusCode)
	}
	var out struct {
		Code *int   `json:"code"`
		Msg  string `json:"msg"`
		Data struct {
			URL    string       `json:"URL"`
			Config clientConfig `json:"ClientConfig"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &out); err != nil || out.Code == nil {
		return endpoint{}, errors.New("ask for an address: the answer is not what it should be")
	}
	switch *out.Code {
	case codeOK:
	case codeBusy, codeInternal:
		return endpoint{}, fmt.Errorf("ask for an address: code %d: %.200s", *out.Code, out.Msg)
	default:
		return endpoint{}, &refusal{*out.Code, out.Msg}
	}
	return l.parseEndpoint(out.Data.URL, out.Data.Config)
}

// parseEndpoint checks the address. What was asked for over TLS must not lead to a connection without.
func (l *Listener) parseEndpoint(raw string, cfg clientConfig) (endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return endpoint{}, errors.New("ask for an address: got none")
	}
	if u.Scheme == "ws" && strings.HasPrefix(strings.ToLower(l.o.Domain), "https:") {
		return endpoint{}, errors.New("ask for an address: got one without TLS")
	}
	q := u.Query()
	service, err := strconv.ParseInt(q.Get("service_id"), 10, 32)
	if err != nil && q.Get("service_id") != "" {
		return endpoint{}, errors.New("ask for an address: service_id is no number")
	}
	return endpoint{url: u, service: int32(service), conn: q.Get("device_id"), config: cfg}, nil
}

// dial opens the connection.
func (l *Listener) dial(ctx context.Context, ep endpoint) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, resp, err := l.dialer.DialContext(ctx, ep.url.String(), nil)
	if err == nil {
		conn.SetReadLimit(maxMessage)
		return conn, nil
	}
	if resp != nil {
		defer resp.Body.Close()
		return nil, handshakeError(resp)
	}
	var u *url.Error
	if errors.As(err, &u) { // its text holds the address with its ticket
		err = u.Err
	}
	return nil, fmt.Errorf("connect to %s: %w", ep.url.Host, err)
}

// handshakeError reads the headers that explain why a connection was refused.
func handshakeError(resp *http.Response) error {
	code, err := strconv.Atoi(resp.Header.Get("Handshake-Status"))
	if err != nil || code == 0 {
		code = resp.StatusCode
	}
	msg := resp.Header.Get("Handshake-Msg")
	detail, _ := strconv.Atoi(resp.Header.Get("Handshake-Autherrcode"))
	switch {
	case code == handshakeForbidden:
		return &refusal{code, msg}
	case code == handshakeAuthFailed && detail == codeTooManyConns:
		return &refusal{detail, msg}
	}
	return fmt.Errorf("connect: refused with %d (%d): %.200s", code, detail, msg)
}
