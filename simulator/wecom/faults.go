package wecom

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Faults that can be switched on. timeout: the call is carried out and never answered. drop_connection: with
// an API named, or without a long connection, the call is cut before it is carried out; otherwise the long
// connections are closed. expire_token: the token a call brings has expired. redeliver: an acknowledged
// event comes again at once. server_error is the vendor's "system is busy".
const (
	faultRate      = "rate_limit"
	faultServer    = "server_error"
	faultTimeout   = "timeout"
	faultExpire    = "expire_token"
	faultRedeliver = "redeliver"
	faultDrop      = "drop_connection"
)

// holdFor is the longest that the timeout fault keeps a call without an answer.
const holdFor = 2 * time.Minute

// Fault implements simulator.Suite. Times of 0 is 1.
func (s *Server) Fault(f simulator.Fault) error {
	if !slices.Contains([]string{faultRate, faultServer, faultTimeout, faultExpire, faultRedeliver, faultDrop}, f.Kind) {
		return fmt.Errorf("fault %q: %w: rate_limit, server_error, timeout, expire_token, redeliver or drop_connection", f.Kind, simulator.ErrInvalid)
	}
	if f.Times < 0 || f.Times > 10_000 {
		return fmt.Errorf("times %d: %w: 1 to 10000", f.Times, simulator.ErrInvalid)
	}
	f.Times = max(f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(simulator.Notice{Type: "fault", Text: fmt.Sprintf("%s ×%d %s", f.Kind, f.Times, f.API)})
	if f.Kind == faultDrop && f.API == "" && s.dropSockets() {
		if f.Times--; f.Times == 0 {
			return nil
		}
		f.API = socketPath // the rest is for the connections that follow
	}
	s.faults = append(s.faults, &f)
	return nil
}

// takeFault uses one up that fits a call. Fetching a token is spared unless the fault names it.
func (s *Server) takeFault(path string, open bool) string {
	for i, f := range s.faults {
		if f.Kind == faultRedeliver || open && f.API == "" || !strings.Contains(path, f.API) || f.API == socketPath && path != socketPath {
			continue
		}
		return s.useFault(i)
	}
	return ""
}

// takeRedelivery uses up a redeliver fault that fits an event.
func (s *Server) takeRedelivery(event string) bool {
	for i, f := range s.faults {
		if f.Kind == faultRedeliver && strings.Contains(event, f.API) {
			s.useFault(i)
			return true
		}
	}
	return false
}

func (s *Server) useFault(i int) string {
	f := s.faults[i]
	if f.Times--; f.Times == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return f.Kind
}

// dropSockets closes every long connection and reports whether there were any.
func (s *Server) dropSockets() bool {
	any := false
	for _, r := range s.robots {
		for _, c := range r.sockets {
			any = true
			c.hangUp()
		}
	}
	return any
}

// hold keeps a call waiting until the client gives up.
func (s *Server) hold(r *http.Request) {
	late := make(chan struct{})
	stop := s.clock.AfterFunc(holdFor, func() { close(late) })
	defer stop()
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	case <-late:
	}
}

// describe is a call's outcome in words.
func describe(status, code int) string {
	switch {
	case status == 0:
		return "no answer"
	case code != 0:
		return fmt.Sprintf("%d code %d", status, code)
	}
	return fmt.Sprint(status)
}
