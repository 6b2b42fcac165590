package wecom

import "time"

// spawn runs f in a goroutine that Close waits for; it does nothing once closed.
func (s *Server) spawn(f func()) {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.closed {
		s.wg.Go(f)
	}
}

// enter counts the caller's goroutine among those that Close waits for; it must call s.wg.Done unless closed.
func (s *Server) enter() bool {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.closed {
		s.wg.Add(1)
	}
	return !s.closed
}

// after runs f when d has passed, unless the server is closed before.
func (s *Server) after(d time.Duration, f func()) {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return
	}
	s.nextID++
	id := s.nextID
	s.stops[id] = s.clock.AfterFunc(d, func() {
		s.life.Lock()
		delete(s.stops, id)
		s.life.Unlock()
		s.spawn(f)
	})
}

// Close implements simulator.Suite: waiting redeliveries are given up, connections closed, state saved.
func (s *Server) Close() error {
	s.life.Lock()
	already := s.closed
	s.closed = true
	for _, stop := range s.stops {
		stop()
	}
	clear(s.stops)
	s.life.Unlock()
	if already {
		return nil
	}
	s.cancel()
	s.mu.Lock()
	for _, r := range s.robots {
		for _, c := range r.sockets {
			c.hangUp()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
	s.client.CloseIdleConnections()
	return s.saver.Save()
}
