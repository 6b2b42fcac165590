package adapterstest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Call is one call that a Server got.
type Call struct {
	Method, Path string
	Query        string
	Header       http.Header
	Body         []byte
}

// Answer is what a Server says. The zero Answer is 200 with an empty body.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
	After  time.Duration // how long it takes
	Hangup bool          // the connection is cut instead
}

// Server is a vendor's API that answers by script: handlers by method and path, and faults that come
// before them. A call that nothing answers fails the test. Safe for concurrent use.
type Server struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	handlers map[string]func(Call) Answer
	faults   []fault
	calls    []Call
}

type fault struct {
	prefix string
	answer Answer
	times  int
}

// NewServer starts one; it is closed with the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, handlers: map[string]func(Call) Answer{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// On answers calls of a method whose path is path, or begins with it if it ends in a slash; the longest
// one counts.
func (s *Server) On(method, path string, f func(Call) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[method+" "+path] = f
}

// Fault answers the next calls whose path begins with prefix with a instead of what On says.
func (s *Server) Fault(prefix string, a Answer, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{prefix, a, times})
}

// Heal forgets all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Calls lists the calls so far whose path begins with prefix, oldest first.
func (s *Server) Calls(prefix string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if strings.HasPrefix(c.Path, prefix) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	c := Call{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body}
	a := s.answer(c)
	if a.After > 0 {
		select {
		case <-time.After(a.After):
		case <-r.Context().Done():
			return
		}
	}
	if a.Hangup {
		panic(http.ErrAbortHandler)
	}
	for k, v := range a.Header {
		w.Header().Set(k, v)
	}
	if w.Header().Get("Content-Type") == "" && bytes.HasPrefix([]byte(a.Body), []byte("{")) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	if a.Status != 0 {
		w.WriteHeader(a.Status)
	}
	_, _ = io.WriteString(w, a.Body)
}

// answer finds the answer to a call: a fault, or what On said.
func (s *Server) answer(c Call) Answer {
	s.mu.Lock()
	s.calls = append(s.calls, c)
	for i := range s.faults {
		if f := &s.faults[i]; f.times > 0 && strings.HasPrefix(c.Path, f.prefix) {
			f.times--
			s.mu.Unlock()
			return f.answer
		}
	}
	var found func(Call) Answer
	longest := -1
	for k, f := range s.handlers {
		method, path, _ := strings.Cut(k, " ")
		if method == c.Method && len(path) > longest && (path == c.Path || strings.HasSuffix(path, "/") && strings.HasPrefix(c.Path, path)) {
			found, longest = f, len(path)
		}
	}
	s.mu.Unlock()
	if found == nil {
		s.t.Errorf("the vendor was asked %s %s, which the test does not expect", c.Method, c.Path)
		return Answer{Status: http.StatusNotFound}
	}
	return found(c)
}
