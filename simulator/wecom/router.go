package wecom

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// maxBody is more than any call may carry; each API has its own limits below it. Bytes.
const maxBody = 32 << 20

// keepCalls is how many calls Calls remembers.
const keepCalls = 2000

// request is one call of the API on its way through.
type request struct {
	s     *Server
	app   *app
	http  *http.Request
	path  string
	query url.Values
	body  []byte
	in    object // the body of a POST that takes JSON
	ip    string
	now   time.Time
	raw   *rawAnswer // instead of JSON
	robot *robot     // that a card is of, whose cards differ a little
}

// rawAnswer is a file or a page.
type rawAnswer struct {
	status int
	header map[string]string
	body   []byte
}

// answer is a handler's success: what stands beside errcode and errmsg.
type answer map[string]any

// route is one API below /cgi-bin. Its handler runs under Server.mu.
type route struct {
	post     bool // takes POST; otherwise a GET, though POST is let pass
	open     bool // no access token
	form     bool // the body is not JSON
	unpaced  bool // not counted against the API's basic limit
	contacts bool // also, or only, for the contact-sync assistant
	only     bool // only for it
	run      func(*request) (answer, *apiError)
}

// Handler implements simulator.Suite.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, rt := range routes {
		mux.Handle("/cgi-bin/"+path, s.serve(path, rt))
	}
	mux.HandleFunc("GET "+socketPath, s.serveSocket)
	mux.HandleFunc("GET /connect/oauth2/authorize", s.serveSignIn)
	mux.HandleFunc("GET /wwlogin/sso/login", s.serveSignIn)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.record(r, http.StatusNotFound, 0)
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") { // the gateway does not tidy paths up
			s.record(r, http.StatusNotFound, 0)
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve is the gateway in front of one API.
func (s *Server) serve(path string, rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{s: s, http: r, path: r.URL.Path, query: r.URL.Query(), now: s.now(), ip: remoteIP(r)}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.reply(w, q, nil, failf(45002, "the request is too large"))
			return
		}
		q.body = body
		s.mu.Lock()
		fault := s.faults.Take(r.URL.Path, rt.open)
		if fault == faultDrop {
			s.mu.Unlock()
			s.record(r, 0, 0)
			simulator.Cut(w)
			return
		}
		out, refusal := s.gate(q, path, rt, fault)
		s.mu.Unlock()
		if fault == faultTimeout {
			// The call has been carried out; only the answer gets lost.
			s.record(r, 0, 0)
			s.hold(r)
			simulator.Cut(w)
			return
		}
		s.reply(w, q, out, refusal)
	})
}

// gate checks what the gateway checks and lets the handler run.
func (s *Server) gate(q *request, path string, rt route, fault string) (answer, *apiError) {
	switch fault {
	case faultServer:
		return nil, fail(-1)
	case faultRate:
		return nil, fail(45009)
	}
	if !rt.open {
		a, refusal := s.authorize(q, fault == faultExpire)
		if refusal != nil {
			return nil, refusal
		}
		switch {
		case a.sync && !rt.contacts, !a.sync && rt.only:
			return nil, fail(48002)
		case a.TrustedIPs != nil && !slices.Contains(a.TrustedIPs, q.ip):
			return nil, fail(60020)
		}
		q.app = a
		if !rt.unpaced {
			if refusal := s.quotas.basic(path, q.now); refusal != nil {
				return nil, refusal
			}
		}
	}
	q.in = object{map[string]any{}, new(bool)}
	if rt.post && !rt.form {
		if refusal := q.read(); refusal != nil {
			return nil, refusal
		}
	}
	return rt.run(q)
}

// read decodes the body of a POST.
func (q *request) read() *apiError {
	if q.http.Method != http.MethodPost || len(q.body) == 0 {
		return failf(40063, "this API takes a POST with a body")
	}
	refused, tolerated := escapes(q.body)
	if refused {
		return fail(40033)
	}
	if tolerated {
		q.s.warn(`%s: the body has \u003c, \u003e or \u0026, which may be refused`, q.path)
	}
	in, err := parseObject(q.body)
	if err != nil {
		return failf(40058, "the body is not JSON")
	}
	q.in = in
	return nil
}

// internal is a request of nobody's, for what arrives by other ways than a call. Callers hold s.mu.
func (s *Server) internal(a *app) *request {
	return &request{s: s, app: a, path: "reply", now: s.now(), in: object{map[string]any{}, new(bool)}}
}

// reply writes success or refusal, and remembers the call.
func (s *Server) reply(w http.ResponseWriter, q *request, out answer, refusal *apiError) {
	h := w.Header()
	if refusal == nil && q.raw != nil {
		for k, v := range q.raw.header {
			h.Set(k, v)
		}
		s.record(q.http, q.raw.status, 0)
		w.WriteHeader(q.raw.status)
		_, _ = w.Write(q.raw.body)
		return
	}
	code := 0
	body := map[string]any{"errcode": 0, "errmsg": "ok"}
	if q.in.odd != nil && *q.in.odd {
		body["errmsg"] = "ok. Warning: wrong json format. "
	}
	if refusal != nil {
		code = refusal.code
		body = map[string]any{"errcode": code, "errmsg": refusal.message(q.now, q.ip)}
		if q.in.odd != nil && *q.in.odd {
			body["errmsg"] = "Warning: wrong json format. " + refusal.message(q.now, q.ip)
		}
	}
	for k, v := range out {
		body[k] = v
	}
	h.Set("Content-Type", "application/json; charset=UTF-8")
	s.record(q.http, http.StatusOK, code)
	_ = json.NewEncoder(w).Encode(body)
}

// record remembers a call, without its secrets; status 0 means that it was never answered.
func (s *Server) record(r *http.Request, status, code int) {
	c := simulator.Call{Method: r.Method, Path: shown(r.URL), Status: status, Code: code, At: s.now()}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	if len(s.calls) > keepCalls {
		s.calls = slices.Clone(s.calls[len(s.calls)-keepCalls:])
	}
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "call", Text: c.Method + " " + c.Path + " " + describe(status, code)})
}

// hidden are the query fields that speak for somebody.
var hidden = []string{"access_token", "corpsecret", "key", "code", "response_code"}

// shown is an address as the log keeps it.
func shown(u *url.URL) string {
	q := u.Query()
	for _, name := range hidden {
		if q.Has(name) {
			q.Set(name, "***")
		}
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + strings.ReplaceAll(q.Encode(), "%2A%2A%2A", "***")
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
