package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/simulator"
)

// accepted is a card as a suite shows it: the simulated suite is sent it as the real one would be, so that
// what it refuses is refused here as well.
type accepted struct {
	card  json.RawMessage
	names map[string]string // account id → name
}

// sendToSimulator sends a card to somebody of the sample company and reads back what they see. plain is for a
// DingTalk without our card templates.
func sendToSimulator(ctx context.Context, suite string, drawn card.Card, plain bool) (_ accepted, err error) {
	dir, err := os.MkdirTemp("", "magpie-picture-")
	if err != nil {
		return accepted{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return accepted{}, err
	}
	sim := simulation{company: simulator.SampleCompany().Within(suite), bus: &simulator.Bus{}, log: slog.New(slog.DiscardHandler),
		base: "http://" + ln.Addr().String(), data: dir, transport: "websocket"}
	all, err := sim.startAll([]string{suite})
	if err != nil {
		return accepted{}, errors.Join(err, ln.Close())
	}
	hub := simulator.NewHub(sim.company, sim.bus, all...)
	server := &http.Server{Handler: hub.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(ln) }()
	defer func() { err = errors.Join(err, server.Close(), hub.Close()) }()
	conn, err := sim.connect(dir, all[0], plain)
	if err != nil {
		return accepted{}, err
	}
	return showTo(ctx, conn, all[0], drawn)
}

// templatesBlock is where the sample names the card templates that the simulated DingTalk has.
var templatesBlock = regexp.MustCompile(`(?m)^    templates:\n(?:      .*\n)*`)

// connect opens the sample's connection to a simulated suite.
func (s simulation) connect(dir string, suite simulator.Suite, plain bool) (*adapters.Connection, error) {
	if err := prepareData(dir, false, []string{suite.Name()}); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "magpie.yaml")
	if plain {
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, templatesBlock.ReplaceAll(b, nil), 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	vars := s.variables([]simulator.Suite{suite})
	cfg, ps := config.Load(file, config.Env(func(name string) (string, bool) { v, ok := vars[name]; return v, ok }))
	if cfg == nil || len(cfg.Connections) != 1 {
		return nil, fmt.Errorf("the sample's configuration: %w", ps)
	}
	return adapters.Open(cfg.Connections[0], platforms[suite.Name()], adapters.Env{})
}

// showTo sends a card to the first person of the company and reads it back from their chat.
func showTo(ctx context.Context, conn *adapters.Connection, suite simulator.Suite, drawn card.Card) (accepted, error) {
	accounts, err := conn.Accounts(ctx)
	if err != nil {
		return accepted{}, err
	}
	byName, out := map[string]event.Ref{}, accepted{names: map[string]string{}}
	for _, a := range accounts {
		byName[a.Name] = a.Refs[0]
		out.names[a.Refs[0].ID] = a.Name
	}
	for _, e := range drawn.Body {
		if people, ok := e.(*card.People); ok {
			for i := range people.Persons {
				people.Persons[i].Ref = byName[people.Persons[i].Name]
			}
		}
	}
	const reader = "zhang.wei"
	if _, err := conn.Send(ctx, card.Message{Key: "picture", Connection: conn.ID, To: byName["张伟"], Slot: drawn.Slot, Rev: drawn.Rev, Card: &drawn}); err != nil {
		return accepted{}, err
	}
	seen, err := suite.Messages(reader, "")
	if err != nil {
		return accepted{}, err
	}
	for _, m := range seen {
		if len(m.Card) > 0 {
			out.card = m.Card
		}
	}
	if out.card == nil {
		return accepted{}, fmt.Errorf("%s has no card for this: it is sent as a text; see --text", suite.Name())
	}
	return out, nil
}
