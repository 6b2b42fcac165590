package dingtalk

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/simulator"
)

const (
	maxBody   = 24 << 20 // bytes; more than any call may carry
	keepCalls = 2000     // calls that Calls remembers
)

// request is one call on its way through.
type request struct {
	s     *Server
	app   *app
	http  *http.Request
	query url.Values
	body  []byte
	now   time.Time
}

// answer is what a handler succeeds with; on the old host errcode and errmsg are added.
type answer map[string]any

// route is one API. Its handler runs under Server.mu.
type route struct {
	old   bool   // on oapi.dingtalk.com
	top   bool   // of the old host's /topapi
	open  bool   // no access token
	free  bool   // not counted against the monthly quota
	plain bool   // no request_id in the answer, as the oldest calls and the webhooks
	scope string // needed; "" for none
	run   func(*request) (answer, *apiError)
}

// Handler implements simulator.Suite. Below it, /api stands for the host api.dingtalk.com, /oapi for
// oapi.dingtalk.com, /login for login.dingtalk.com and /connect for the stream gateway.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, rt := range newRoutes {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" /api"+path, s.serve(pattern, &rt))
	}
	for pattern, rt := range oldRoutes {
		rt.old = true
		method, path, _ := strings.Cut(pattern, " ")
		rt.top = strings.HasPrefix(path, "/topapi/")
		mux.Handle(method+" /oapi"+path, s.serve(pattern, &rt))
	}
	mux.HandleFunc("POST /api/v1.0/gateway/connections/open", s.serveOpen)
	mux.HandleFunc("GET "+socketPath, s.serveSocket)
	mux.HandleFunc("GET "+loginPath, s.serveLogin)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.reply(w, r, &route{}, nil, &apiError{status: http.StatusNotFound, code: "InvalidAction.NotFound",
			msg: "Specified api is not found, please check your url and method."})
	})
	mux.HandleFunc("/oapi/", func(w http.ResponseWriter, r *http.Request) {
		s.reply(w, r, &route{old: true}, nil, deny(22, "Invalid method"))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.record(r, http.StatusNotFound, 0, "")
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The gateways do not tidy paths up: a doubled slash is another path.
		if strings.Contains(r.URL.Path, "//") {
			s.record(r, http.StatusNotFound, 0, "")
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve is the gateway in front of one API.
func (s *Server) serve(pattern string, rt *route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.reply(w, r, rt, nil, tooLarge(rt.old))
			return
		}
		s.mu.Lock()
		fault := s.faults.Take(r.URL.Path, rt.open)
		if fault == faultDrop {
			s.mu.Unlock()
			s.record(r, 0, 0, "")
			simulator.Cut(w)
			return
		}
		req := &request{s: s, http: r, query: r.URL.Query(), body: body, now: s.now()}
		out, refusal := s.gate(req, pattern, rt, fault)
		s.mu.Unlock()
		if fault == faultTimeout {
			// The call has been carried out; only the answer gets lost.
			s.record(r, 0, 0, "")
			s.hold(r)
			simulator.Cut(w)
			return
		}
		s.reply(w, r, rt, out, refusal)
	})
}

// gate checks what the gateway checks and lets the handler run. Calls that it refuses do not count against
// the quota.
func (s *Server) gate(req *request, pattern string, rt *route, fault string) (answer, *apiError) {
	switch fault {
	case faultServer:
		return nil, serverError(rt.old)
	case faultRate:
		return nil, tooFast(rt)
	}
	if !rt.open {
		a, refusal := s.authorize(req, rt.old, fault == faultExpire)
		if refusal != nil {
			return nil, refusal
		}
		req.app = a
		if rt.scope != "" && !a.granted(rt.scope) {
			return nil, noScope(rt.old, rt.scope)
		}
		if n := s.limits.PerSecond; n > 0 && !s.rates.take(a.ClientID+" "+pattern, n, time.Second, req.now) {
			return nil, tooFast(rt)
		}
	}
	if !rt.free && !s.countCall(req.now) {
		return nil, overQuota(rt.old)
	}
	return rt.run(req)
}

func (a *app) granted(scope string) bool { return a.Scopes == nil || slices.Contains(a.Scopes, scope) }

// reply writes success or refusal in the host's shape, and remembers the call.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, rt *route, out answer, refusal *apiError) {
	status, number, word := http.StatusOK, 0, ""
	requestID := strings.ToUpper(randomUUID())
	if rt.old {
		requestID = strings.ToLower(randomLetters(12))
	}
	body := map[string]any{}
	switch {
	case refusal != nil:
		body = refusal.body(rt.old, requestID)
		word = refusal.code
		number = refusal.number
		if !rt.old {
			status, number = refusal.status, refusal.status
		}
	case rt.old:
		body = map[string]any{"errcode": 0, "errmsg": "ok", "request_id": requestID}
		for k, v := range out {
			body[k] = v
		}
	case out != nil:
		body = out
	}
	if rt.plain {
		delete(body, "request_id")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.record(r, status, number, word)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// record remembers a call; status 0 means that it was never answered.
func (s *Server) record(r *http.Request, status, code int, word string) {
	u := *r.URL
	q := u.Query()
	for _, secret := range []string{"access_token", "appsecret", "session", "ticket", "code"} {
		if q.Has(secret) {
			q.Set(secret, "…")
		}
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), url.QueryEscape("…"), "…")
	c := simulator.Call{Method: r.Method, Path: u.RequestURI(), Status: status, Code: code, At: s.now()}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	if len(s.calls) > keepCalls {
		s.calls = slices.Clone(s.calls[len(s.calls)-keepCalls:])
	}
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "call", Text: c.Method + " " + c.Path + " " + describe(status, code, word)})
}

// into decodes the body as a JSON object into v.
func (q *request) into(v any) *apiError {
	d := json.NewDecoder(bytes.NewReader(q.body))
	if err := d.Decode(v); err != nil {
		return badParam("body", "the body is not the JSON that this API takes: %v", err)
	}
	return nil
}

// intoOld is into with the old host's refusal.
func (q *request) intoOld(v any) *apiError {
	if err := json.Unmarshal(q.body, v); err != nil {
		return badField("the body is not the JSON that this API takes: %v", err)
	}
	return nil
}

func (q *request) path(name string) string { return q.http.PathValue(name) }

// number is an integer that may come as a string, as clients of the old host send it.
type number int64

func (n *number) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if text == "null" {
		return nil
	}
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	v, err := strconv.ParseInt(text, 10, 64)
	*n = number(v)
	return err
}

// nameList is a list of names that may come as one text with commas between them.
type nameList []string

func (l *nameList) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*l = splitList(text)
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

func splitList(text string) []string {
	var out []string
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// page cuts a list at a token, which is the index to go on from.
func page[T any](list []T, token string, size, most int) (part []T, next string, ok bool) {
	from := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(list) {
			return nil, "", false
		}
		from = n
	}
	if size < 1 || size > most {
		return nil, "", false
	}
	to := min(from+size, len(list))
	if to < len(list) {
		next = strconv.Itoa(to)
	}
	return append([]T{}, list[from:to]...), next, true
}
