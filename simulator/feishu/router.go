package feishu

import (
	"encoding/json"
	"io"
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

// request is one call of the open API on its way through.
type request struct {
	s     *Server
	app   *app
	http  *http.Request
	query url.Values
	body  []byte
	now   time.Time
}

// answer is a handler's success: what stands beside code and msg.
type answer map[string]any

// data wraps what the newer APIs answer with.
func data(v any) answer { return answer{"data": v} }

// route is one API. Its handler runs under Server.mu.
type route struct {
	scope string // needed; "" for none
	open  bool   // no access token
	run   func(*request) (answer, *apiError)
}

// Handler implements simulator.Suite.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, rt := range routes {
		mux.Handle(pattern, s.serve(pattern, rt))
	}
	mux.HandleFunc("POST /callback/ws/endpoint", s.serveEndpoint)
	mux.HandleFunc("GET /ws/v2", s.serveSocket)
	mux.HandleFunc("GET "+authorizePath, s.serveLogin)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.record(r, http.StatusNotFound, 0)
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The gateway does not tidy paths up: a doubled slash is another path.
		if strings.Contains(r.URL.Path, "//") {
			s.record(r, http.StatusNotFound, 0)
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve is the gateway in front of one API.
func (s *Server) serve(pattern string, rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logID := s.now().Format("20060102150405") + strings.ToUpper(random(20))
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.reply(w, r, logID, nil, &apiError{status: http.StatusRequestEntityTooLarge, code: 9499, msg: "request body is too large"})
			return
		}
		s.mu.Lock()
		fault := s.faults.Take(r.URL.Path, rt.open)
		if fault == faultDrop {
			s.mu.Unlock()
			s.record(r, 0, 0)
			simulator.Cut(w)
			return
		}
		req := &request{s: s, http: r, query: r.URL.Query(), body: body, now: s.now()}
		out, refusal := s.gate(req, pattern, rt, fault)
		s.mu.Unlock()
		if fault == faultTimeout {
			// The call has been carried out; only the answer gets lost.
			s.record(r, 0, 0)
			s.hold(r)
			simulator.Cut(w)
			return
		}
		s.reply(w, r, logID, out, refusal)
	})
}

// gate checks what the gateway checks and lets the handler run.
func (s *Server) gate(req *request, pattern string, rt route, fault string) (answer, *apiError) {
	switch fault {
	case faultServer:
		return nil, &apiError{status: http.StatusInternalServerError, code: 2200, msg: texts[2200]}
	case faultRate:
		return nil, tooFast(100, 1)
	}
	if !rt.open {
		a, refusal := s.authorize(req, fault == faultExpire)
		if refusal != nil {
			return nil, refusal
		}
		req.app = a
		if rt.scope != "" && a.Scopes != nil && !slices.Contains(a.Scopes, rt.scope) {
			return nil, noScope(rt.scope)
		}
		if refusal := s.rates.gateway(a.AppID+" "+pattern+" ", req.now); refusal != nil {
			return nil, refusal
		}
	}
	return rt.run(req)
}

// reply writes success or refusal, and remembers the call.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, logID string, out answer, refusal *apiError) {
	status, code := http.StatusOK, 0
	body := map[string]any{"code": 0, "msg": "success"}
	h := w.Header()
	if refusal != nil {
		status, code = refusal.status, refusal.code
		body = refusal.body(logID)
		for k, v := range refusal.header {
			h.Set(k, v)
		}
	}
	for k, v := range out {
		body[k] = v
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Tt-Logid", logID)
	s.record(r, status, code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// record remembers a call; status 0 means that it was never answered.
func (s *Server) record(r *http.Request, status, code int) {
	c := simulator.Call{Method: r.Method, Path: r.URL.RequestURI(), Status: status, Code: code, At: s.now()}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	if len(s.calls) > keepCalls {
		s.calls = slices.Clone(s.calls[len(s.calls)-keepCalls:])
	}
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "call", Text: c.Method + " " + c.Path + " " + describe(status, code)})
}

// into decodes the body as a JSON object; the gateway words what is wrong with it.
func (q *request) into(v any) *apiError {
	if err := json.Unmarshal(q.body, v); err != nil {
		return badField("body", "the request body is not the JSON this API takes: "+err.Error())
	}
	return nil
}

// idType reads a query field that names a kind of person id; open_id when absent.
func (q *request) idType(field string) (string, *apiError) {
	switch t := q.query.Get(field); t {
	case "":
		return "open_id", nil
	case "open_id", "union_id", "user_id":
		return t, nil
	default:
		return "", badField(field, field+" is optional, options: [open_id, union_id, user_id]")
	}
}

func (q *request) path(name string) string { return q.http.PathValue(name) }
