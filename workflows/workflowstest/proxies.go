package workflowstest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// proxies are the grants as an answer about people carries them: all, since whom they lead to is for the
// program to follow.
func (c *Company) proxies() []event.Proxy {
	var out []event.Proxy
	for _, g := range c.Proxies {
		p := c.People[g.To]
		out = append(out, event.Proxy{
			ID: g.ID, Of: g.Of, To: event.Person{ID: p.ID, Name: p.Name, Title: p.Title, Active: p.Active},
			From: g.From, Until: g.Until, Flows: g.Flows, Max: g.Max, Open: g.Open,
		})
	}
	return out
}

// proxy reads "OF TO from=2026-03-02 until=2026-03-09 flows=purchase,leave max=500 open": a standing grant.
func (s *story) proxy(rest string) error {
	words := strings.Fields(rest)
	if len(words) < 2 {
		return fmt.Errorf("who for whom?")
	}
	g := workflows.Proxy{ID: "g" + strconv.Itoa(len(s.company.Proxies)+1), Of: words[0], To: words[1], From: s.b.Now}
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		var err error
		switch key {
		case "from":
			g.From, err = time.ParseInLocation(time.DateOnly, value, s.loc)
		case "until":
			g.Until, err = time.ParseInLocation(time.DateOnly, value, s.loc)
		case "flows":
			g.Flows = strings.Split(value, ",")
		case "max":
			g.Max = value
		case "open":
			g.Open = true
		default:
			err = fmt.Errorf("%q is not known", w)
		}
		if err != nil {
			return err
		}
	}
	s.company.Proxies = append(s.company.Proxies, g)
	return nil
}

// away tells the instance what the server tells it of somebody whose grants count: "away PERSON".
func (s *story) away(person string) error {
	return s.b.Do(event.Event{
		ID: "away:" + person, Kind: event.KindPersonAway, Connection: "magpie", Actor: event.Actor{Type: event.ActorSystem},
		Body: &event.Directory{Person: person, Proxies: s.company.proxies()},
	})
}
