package approval

import (
	"fmt"
	"slices"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// proxied says that a seat is decided in somebody's place.
type proxied struct {
	For    string   `json:"for,omitempty"`    // whose place it is
	Grants []string `json:"grants,omitempty"` // what led from them to whoever sits there
}

// grant is a standing proxy as an answer about people brought it.
type grant struct {
	ID    string   `json:"i"`
	Of    string   `json:"o"`
	To    string   `json:"t"`
	From  stamp    `json:"f"`
	Until stamp    `json:"u,omitempty"`
	Flows []string `json:"w,omitempty"`
	Max   string   `json:"m,omitempty"`
	Open  bool     `json:"p,omitempty"`
	who   person
}

func grantsOf(ps []event.Proxy) []grant {
	var out []grant
	for _, p := range ps {
		if p.To.Active {
			out = append(out, grant{
				ID: p.ID, Of: p.Of, To: p.To.ID, From: stampOf(p.From), Until: stampOf(p.Until), Flows: p.Flows, Max: p.Max, Open: p.Open,
				who: person{Name: p.To.Name, Dept: p.To.Dept, Title: p.To.Title},
			})
		}
	}
	return out
}

// counts reports whether a grant holds now for this request. before is when the person was asked already,
// 0 when they are asked only now: what waited when the window began is handed on only by a grant that says so.
func (d *decider) counts(g grant, before stamp) bool {
	now := stampOf(d.now)
	switch {
	case now < g.From || g.Until != 0 && now >= g.Until:
		return false
	case before != 0 && before < g.From && !g.Open:
		return false
	case len(g.Flows) > 0 && !slices.Contains(g.Flows, d.p.def.ID):
		return false
	}
	return d.within(g.Max)
}

// within reports whether no amount of the form is above a limit. In a rehearsal one that is not filled in yet may be.
func (d *decider) within(limit string) bool {
	if limit == "" {
		return true
	}
	most, err := cond.ParseDecimal(limit)
	if err != nil {
		return false
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if v := d.s.Form[f.id]; f.typ == typeMoney && v.T != "" {
			if n, err := cond.ParseDecimal(v.T); err != nil || n > most {
				return false
			}
		}
	}
	return d.dry == nil || !d.amountsOver(limit)
}

// stand is who decides in a person's place: themself when there is no grant, or when the chain of grants leads
// in a circle, is too long, or ends at somebody who may not. Then why says so.
type stand struct {
	person string
	who    person
	proxied
	why string // cycle, long, initiator, seated
}

// standFor follows the grants from a person. taken reports whether somebody has a place of their own already.
func (d *decider) standFor(id string, grants []grant, before stamp, taken func(string) bool) stand {
	at, seen := stand{person: id}, map[string]bool{id: true}
	keep := func(why string) stand { return stand{person: id, why: why} }
	for {
		i := slices.IndexFunc(grants, func(g grant) bool { return g.Of == at.person && d.counts(g, before) })
		if i < 0 {
			break
		}
		g := grants[i]
		switch {
		case seen[g.To]:
			return keep("cycle")
		case len(at.Grants) == workflows.MaxProxyHops:
			return keep("long")
		}
		seen[g.To] = true
		at.person, at.who, at.For, at.Grants = g.To, g.who, id, append(at.Grants, g.ID)
	}
	switch {
	case at.person == id:
		return at
	case at.person == d.s.By && d.p.self != "ask":
		return keep("initiator")
	case taken(at.person):
		return keep("seated")
	}
	return at
}

// stands puts proxies into the places of those who are away. Everybody whose proxy does not count is told why.
func (d *decider) stands(n *node, who []string, grants []grant) []seatFact {
	out := make([]seatFact, len(who))
	named := map[string]person{}
	for i, id := range who {
		x := d.standFor(id, grants, 0, func(p string) bool {
			return slices.Contains(who, p) || slices.ContainsFunc(out[:i], func(f seatFact) bool { return f.Person == p })
		})
		out[i] = seatFact{Person: x.person, proxied: x.proxied}
		if x.For != "" && x.who.Name != "" {
			named[x.person] = x.who
		}
		d.kept(n, id, x.why)
	}
	d.name(named)
	return out
}

// name remembers what people are called who came with a grant.
func (d *decider) name(who map[string]person) {
	for id := range who {
		if _, ok := d.s.People[id]; ok {
			delete(who, id)
		}
	}
	if len(who) > 0 {
		f := &named{}
		f.p.People = who
		d.emit(f)
	}
}

// kept tells somebody that their proxy could not take their place.
func (d *decider) kept(n *node, id, why string) {
	text, ok := proxyTexts[why]
	if !ok {
		return
	}
	d.effect(workflows.SendText{
		Key: fmt.Sprintf("proxy/%s/%d/%s/%s", n.id, d.s.rounds(n.id), id, why), To: workflows.To{Person: id},
		Text: card.T(fmt.Sprintf(textProxyKept, d.titleAt(n), text)),
	})
}

// away hands on what waits for somebody whose proxy counts now. When it comes again there is nothing left to do.
func (d *decider) away(b *event.Directory) {
	grants := grantsOf(b.Proxies)
	if b.Person == "" || len(grants) == 0 || d.s.Status.Ended() && d.s.revoking() == nil {
		return
	}
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		if r.State != runOpen || d.p.nodes[r.Node] == nil {
			continue
		}
		for k := range r.Seats {
			x := &r.Seats[k]
			if x.State != workflows.TaskOpen || x.Person != b.Person || x.Task > maxHandovers {
				continue
			}
			to := d.standFor(x.Person, grants, x.At, r.sits)
			if to.person == x.Person {
				continue // whoever is told of it is told once, when they are asked
			}
			d.stopTimer(r, x)
			f := &moved{place: place{r.Node, r.Round, x.ID}, To: to.person, Why: "proxy", Was: workflows.TaskTransferred, proxied: to.proxied}
			if x.For != "" {
				f.For, f.Grants = x.For, append(slices.Clone(x.Grants), f.Grants...)
			}
			f.p.People = map[string]person{to.person: to.who}
			d.emit(f)
			d.open(d.p.nodes[r.Node], r, x)
		}
	}
}

// maxHandovers is how often a seat changes hands by rules at most.
const maxHandovers = 20

// who is what a seat's decider is called: 韩梅梅（代王芳）.
func (s *state) who(x *seat) string {
	if x.For == "" {
		return s.name(x.Person)
	}
	return fmt.Sprintf(textInPlaceOf, s.name(x.Person), s.name(x.For))
}

// named: people are called so.
type named struct {
	p struct {
		People map[string]person `json:"people,omitempty"`
	}
}

func (*named) kind() string                        { return "named" }
func (f *named) secret() any                       { return &f.p }
func (f *named) apply(s *state, _ stamp, _ string) { s.know(f.p.People) }
