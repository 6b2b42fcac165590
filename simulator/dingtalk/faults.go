package dingtalk

import (
	"fmt"
	"net/http"
	"time"

	"magpie/simulator"
)

// What the faults are here. timeout: the call is carried out and never answered. drop_connection: with an API
// named, or without a stream connection, the call is cut before it is carried out; otherwise the stream
// connections are closed. expire_token: the token a call brings is no longer good. redeliver: an acknowledged
// push comes again at once.
const (
	faultRate    = simulator.FaultRate
	faultServer  = simulator.FaultServer
	faultTimeout = simulator.FaultTimeout
	faultExpire  = simulator.FaultExpire
	faultDrop    = simulator.FaultDrop
)

// holdFor is the longest that the timeout fault keeps a call without an answer.
const holdFor = 2 * time.Minute

// Fault implements simulator.Suite. Times of 0 is 1.
func (s *Server) Fault(f simulator.Fault) error {
	f, err := f.Checked()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(f.Notice())
	s.faults.Put(f, s.dropSockets)
	return nil
}

// dropSockets closes every stream connection and reports whether there were any.
func (s *Server) dropSockets() bool {
	any := false
	for _, a := range s.apps {
		for _, c := range a.sockets {
			any = true
			c.hangUp()
		}
	}
	return any
}

// hold keeps a call waiting until the client gives up.
func (s *Server) hold(r *http.Request) { simulator.Hold(s.ctx, r, s.clock, holdFor) }

// describe is a call's outcome in words.
func describe(status, code int, word string) string {
	switch {
	case status == 0:
		return "no answer"
	case word != "":
		return fmt.Sprintf("%d %s", status, word)
	case code != 0:
		return fmt.Sprintf("%d errcode %d", status, code)
	}
	return fmt.Sprint(status)
}
