package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Hub puts the suites of one company under /sim: each suite's own API below its name, and the persons' side
// below /sim/api.
type Hub struct {
	company *Company
	bus     *Bus
	suites  []Suite
	page    http.Handler
	done    chan struct{}
	once    sync.Once
}

// NewHub collects the suites. They share the company and the bus; the bus may be nil.
func NewHub(company *Company, bus *Bus, suites ...Suite) *Hub {
	if bus == nil {
		bus = &Bus{}
	}
	return &Hub{company: company, bus: bus, suites: suites, done: make(chan struct{})}
}

// SetPage serves everything else below /sim, the playground. Call it before Handler.
func (h *Hub) SetPage(page http.Handler) { h.page = page }

// Company is what the suites have in their directories.
func (h *Hub) Company() *Company { return h.company }

// Bus carries the suites' notices.
func (h *Hub) Bus() *Bus { return h.bus }

// Suite finds one by name.
func (h *Hub) Suite(name string) (Suite, error) {
	for _, s := range h.suites {
		if s.Name() == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("suite %q: %w", name, ErrNotFound)
}

// Handler serves everything below /sim/; the prefix is not stripped from what it is given.
func (h *Hub) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, s := range h.suites {
		base := "/sim/" + s.Name()
		mux.Handle(base+"/", http.StripPrefix(base, s.Handler()))
	}
	mux.Handle("/sim/api/", h.guard(h.api()))
	if h.page != nil {
		mux.Handle("/sim/", h.page)
	}
	return mux
}

// EndStreams ends the event streams, which a server that shuts down would wait for.
func (h *Hub) EndStreams() { h.once.Do(func() { close(h.done) }) }

// Close ends the event streams and closes every suite.
func (h *Hub) Close() error {
	h.EndStreams()
	errs := make([]error, 0, len(h.suites))
	for _, s := range h.suites {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
