package apiclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
)

func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &Client{Connection: "main", Base: s.URL, RequestIDHeader: "X-Log"}
}

func TestDoSendsJSONAndGivesTheAnswer(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if string(b) != `{"a":"<x>"}` || r.Header.Get("Content-Type") != "application/json; charset=utf-8" ||
			r.URL.RawQuery != "k=v" || r.Header.Get("Authorization") != "Bearer t" {
			t.Errorf("%s %s %v", b, r.URL, r.Header)
		}
		w.Header().Set("X-Log", "log-1")
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"code":1}`)
	})
	rep, err := c.Do(context.Background(), Call{Op: "send", Method: "POST", Path: "/p", Query: url.Values{"k": {"v"}},
		Header: http.Header{"Authorization": {"Bearer t"}}, Body: map[string]string{"a": "<x>"}})
	if err != nil || rep.Status != 400 || string(rep.Body) != `{"code":1}` || rep.RequestID != "log-1" {
		t.Fatalf("%+v, %v", rep, err)
	}
}

// TestOutcomes: what is known about a call that got no whole answer.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method string
		handler      http.HandlerFunc
		base         string
		want         adapters.Kind
	}{
		{"refused before anything was written", "POST", nil, closedPort(t), adapters.KindTransient},
		{"no answer in time", "POST", hangUp, "", adapters.KindUnknown},
		{"no answer in time to a read", "GET", hangUp, "", adapters.KindTransient},
		{"cut in the middle of the answer", "POST", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		}, "", adapters.KindUnknown},
		{"cut without an answer", "PATCH", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", adapters.KindUnknown},
		{"answer too long", "POST", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 2000)) }, "", adapters.KindUnknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := &Client{Base: tc.base}
			if tc.handler != nil {
				c = serve(t, tc.handler)
			}
			c.Timeout, c.MaxBody = 200*time.Millisecond, 1000
			_, err := c.Do(context.Background(), Call{Op: "send", Method: tc.method, Path: "/p", Query: url.Values{"token": {"s3cr3t"}}, Body: 1})
			var e *adapters.Error
			if !errors.As(err, &e) || e.Kind != tc.want || e.Op != "send" {
				t.Fatalf("got %v, want %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the query is in the error: %v", err)
			}
		})
	}
}

// hangUp never answers. The body is read, so that the server sees the client leave.
func hangUp(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the token went to another host") })
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.Base, http.StatusTemporaryRedirect)
	})
	rep, err := c.Do(context.Background(), Call{Method: "POST", Path: "/", Body: 1})
	if err != nil || rep.Status != http.StatusTemporaryRedirect {
		t.Fatalf("%+v, %v", rep, err)
	}
}

func TestCallersDeadlineWins(t *testing.T) {
	t.Parallel()
	c := serve(t, hangUp)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Do(ctx, Call{Method: "POST", Path: "/"}); adapters.KindOf(err) != adapters.KindUnknown {
		t.Fatal(err)
	}
}

func TestBodyThatCantBeEncoded(t *testing.T) {
	t.Parallel()
	c := &Client{Base: "http://127.0.0.1:1"}
	if _, err := c.Do(context.Background(), Call{Method: "POST", Body: func() {}}); adapters.KindOf(err) != adapters.KindInvalid {
		t.Fatal(err)
	}
}

func TestCodesAndStatus(t *testing.T) {
	t.Parallel()
	codes := Codes{7: adapters.KindGone}
	for _, tc := range []struct {
		code, status int
		want         adapters.Kind
	}{
		{7, 200, adapters.KindGone}, {7, 503, adapters.KindGone}, {8, 200, adapters.KindInvalid}, {8, 400, adapters.KindInvalid},
		{8, 401, adapters.KindUnauthenticated}, {8, 403, adapters.KindForbidden}, {8, 404, adapters.KindNotFound},
		{8, 408, adapters.KindTransient}, {8, 429, adapters.KindRateLimited}, {8, 500, adapters.KindTransient}, {8, 504, adapters.KindTransient},
	} {
		if got := codes.Kind(tc.code, tc.status); got != tc.want {
			t.Errorf("%d with HTTP %d: %s, want %s", tc.code, tc.status, got, tc.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]time.Duration{"52": 52 * time.Second, "": 0, "-1": 0, "soon": 0, "999999999": 24 * time.Hour} {
		if got := RetryAfter(http.Header{"X-Reset": {v}}, "X-Other", "X-Reset"); got != want {
			t.Errorf("%q: %s, want %s", v, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, bad := range map[string]string{
		"bad secret hunter2hunter2":                  "hunter2",
		"token t-g1044abcDEF_x.y is invalid":         "g1044abc",
		`{"access_token":"eyJhbGciOi"} refused`:      "eyJhbGciOi",
		"app_secret=abcdef123456&app_id=cli_1":       "abcdef123456",
		"Authorization: Bearer eyJ0eXAiOiJKV1Qi.abc": "eyJ0eXAi",
		"line\nbreak and \x1b[31m colour":            "\n",
	} {
		got := Redact(in, "hunter2hunter2", "")
		if strings.Contains(got, bad) || strings.ContainsAny(got, "\n\x1b") {
			t.Errorf("%q became %q", in, got)
		}
	}
	if got := Redact("Access denied. scopes: [im:message:send_as_bot]"); got != "Access denied. scopes: [im:message:send_as_bot]" {
		t.Error(got)
	}
	if got := Redact(strings.Repeat("长", 500)); len([]rune(got)) != 300 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("token t-g1044abcDEF", "s3cr3t")
	f.Fuzz(func(t *testing.T, in, secret string) {
		got := Redact(in+secret+in, secret)
		if len(secret) > 8 && !strings.Contains("<secret>", secret) && strings.Contains(got, secret) {
			t.Fatalf("%q is in %q", secret, got)
		}
	})
}
