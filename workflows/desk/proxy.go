package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Proxies is where standing proxies are kept.
type Proxies interface {
	// GrantProxy keeps a grant; workflows.ErrNotFound when one of the two is not there, or is no longer.
	GrantProxy(ctx context.Context, p workflows.Proxy) (workflows.Proxy, error)
	// RevokeProxy ends one now; workflows.ErrNotFound when it was ended already.
	RevokeProxy(ctx context.Context, id, actor string) (workflows.Proxy, error)
	// Proxies lists those that count now or will, the newest first: of a person or to them, "" for everybody's.
	Proxies(ctx context.Context, person string, past bool) ([]workflows.Proxy, error)
}

// proxy sees to who decides in the writer's place. What is answered goes to them alone.
func (d *Desk) proxy(ctx context.Context, ev event.Event, rest string) ([]workflows.Effect, error) {
	first, after, _ := strings.Cut(rest, " ")
	var out []workflows.Effect
	var err error
	switch {
	case d.o.Proxies == nil:
		return []workflows.Effect{d.say(ev, textNoProxies())}, nil
	case rest == "" || proxyShow[fold(rest)]:
		out, err = d.proxies(ctx, ev)
	case proxyEnd[fold(first)]:
		out, err = d.endProxies(ctx, ev, strings.TrimSpace(after))
	default:
		out, err = d.grant(ctx, ev, rest)
	}
	if err == nil && !private(ev) {
		out = append(out, d.say(ev, textSentToYou()))
	}
	return out, err
}

// tell writes to the person alone, where they wrote.
func (d *Desk) tell(ev event.Event, key string, t card.Text) workflows.Effect {
	e := workflows.SendText{Key: "proxy/" + key, To: d.to(ev), Text: t}
	if private(ev) {
		e.To, e.ReplyTo = where(ev), messageOf(ev)
	}
	return e
}

// proxies lists who decides for the writer, and for whom they do.
func (d *Desk) proxies(ctx context.Context, ev event.Event) ([]workflows.Effect, error) {
	all, err := d.o.Proxies.Proxies(ctx, ev.Actor.Person, false)
	if err != nil {
		return nil, err
	}
	var mine, others []card.Text
	for _, p := range all {
		who, list := p.To, &mine
		if p.Of != ev.Actor.Person {
			who, list = p.Of, &others
		}
		name, err := d.name(ctx, who)
		if err != nil {
			return nil, err
		}
		terms := d.terms(p)
		*list = append(*list, text("%[1]s：%[2]s", "%[1]s: %[3]s", name, terms.Default, terms.In(english)))
	}
	return []workflows.Effect{d.tell(ev, "list", textProxies(mine, others))}, nil
}

// endProxies ends the writer's own grants: all, or those to somebody.
func (d *Desk) endProxies(ctx context.Context, ev event.Event, whose string) ([]workflows.Effect, error) {
	me := ev.Actor.Person
	to, problem, err := d.somebody(ctx, ev, whose)
	switch {
	case err != nil:
		return nil, err
	case !problem.IsZero() && whose != "":
		return []workflows.Effect{d.tell(ev, "end", problem)}, nil
	}
	all, err := d.o.Proxies.Proxies(ctx, me, false)
	if err != nil {
		return nil, err
	}
	var out []workflows.Effect
	var ended []string
	for _, p := range all {
		if p.Of != me || to.person != "" && p.To != to.person {
			continue
		}
		switch _, err := d.o.Proxies.RevokeProxy(ctx, p.ID, actor(me)); {
		case errors.Is(err, workflows.ErrNotFound): // ended meanwhile
			continue
		case err != nil:
			return nil, err
		}
		name, err := d.name(ctx, p.To)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ended, name) {
			mine, err := d.name(ctx, me)
			if err != nil {
				return nil, err
			}
			out = append(out, workflows.SendText{Key: "proxy/ended/" + p.To, To: workflows.To{Person: p.To}, Text: textNoLongerProxy(mine)})
			ended = append(ended, name)
		}
	}
	d.changed()
	if len(ended) == 0 {
		return []workflows.Effect{d.tell(ev, "end", textNothingToEnd(to.name))}, nil
	}
	return append(out, d.tell(ev, "end", textEnded(ended))), nil
}

// grant has somebody decide in the writer's place.
func (d *Desk) grant(ctx context.Context, ev event.Event, rest string) ([]workflows.Effect, error) {
	no := func(t card.Text) ([]workflows.Effect, error) {
		return []workflows.Effect{d.tell(ev, "grant", t)}, nil
	}
	me := ev.Actor.Person
	to, problem, err := d.somebody(ctx, ev, rest)
	switch {
	case err != nil:
		return nil, err
	case !problem.IsZero():
		return no(problem)
	case to.person == me:
		return no(textNotYourself())
	}
	p := workflows.Proxy{Of: me, To: to.person, Actor: actor(me)}
	if problem = d.readTerms(&p, to.rest, ev.At); !problem.IsZero() {
		return no(problem)
	}
	all, err := d.o.Proxies.Proxies(ctx, "", false)
	if err != nil {
		return nil, err
	}
	same, others := false, false
	for _, q := range all {
		if q.Of != me {
			continue
		}
		alike := q.To == p.To && q.Until.Equal(p.Until) && q.Max == p.Max && q.Open == p.Open && slices.Equal(q.Flows, p.Flows) && !q.From.After(p.From)
		same, others = same || alike, others || !alike
	}
	if !same { // what is written twice, or handled twice, is one grant
		switch p, err = d.o.Proxies.GrantProxy(ctx, p); {
		case errors.Is(err, workflows.ErrNotFound):
			return no(textNotThere(to.name))
		case err != nil:
			return nil, err
		}
		d.changed()
	}
	mine, err := d.name(ctx, me)
	if err != nil {
		return nil, err
	}
	return []workflows.Effect{
		d.tell(ev, "grant", textGranted(to.name, d.terms(p), others, circle(all, p))),
		workflows.SendText{Key: "proxy/told", To: workflows.To{Person: p.To}, Text: textYouAreProxy(mine, d.terms(p))},
	}, nil
}

// circle reports whether grants that count at the same time lead from a proxy back to whose place it takes: then
// that person keeps deciding.
func circle(all []workflows.Proxy, p workflows.Proxy) bool {
	seen, next := map[string]bool{}, []string{p.To}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		if at == p.Of {
			return true
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		for _, q := range all {
			if q.Of == at && (q.Until.IsZero() || q.Until.After(p.From)) && (p.Until.IsZero() || q.From.Before(p.Until)) {
				next = append(next, q.To)
			}
		}
	}
	return false
}

// one is somebody who was named, and what was written after that.
type one struct{ person, name, rest string }

// somebody finds the one person that is named, by mention or by name.
func (d *Desk) somebody(ctx context.Context, ev event.Event, rest string) (one, card.Text, error) {
	rest = glued.ReplaceAllString(rest, " $1")
	who, rest, problem, err := d.persons(ctx, ev, asked{act: proxied, rest: rest})
	switch {
	case err != nil:
		return one{}, problem, err
	case !problem.IsZero():
		return one{}, problem, nil
	case len(who) > 1:
		return one{}, textOneProxy(), nil
	}
	name, err := d.name(ctx, who[0])
	return one{who[0], name, rest}, card.Text{}, err
}

func (d *Desk) name(ctx context.Context, id string) (string, error) {
	p, err := d.o.People.Person(ctx, id)
	if errors.Is(err, workflows.ErrNotFound) || err == nil && p.Name == "" {
		return id, nil
	}
	return p.Name, err
}

func (d *Desk) changed() {
	if d.o.Changed != nil {
		d.o.Changed()
	}
}

// actor is how the record names somebody who did it in chat.
func actor(person string) string { return "person:" + person }

// terms words the window and the limits of a grant.
func (d *Desk) terms(p workflows.Proxy) card.Text {
	var until string
	last := startOfDay(p.Until.In(d.o.Location))
	switch {
	case p.Until.IsZero():
	case last: // the day that was named
		until = p.Until.In(d.o.Location).Add(-time.Minute).Format(time.DateOnly)
	default:
		until = d.moment(p.Until)
	}
	var flows []string
	for _, id := range p.Flows {
		flows = append(flows, d.flowName(id))
	}
	return textTerms(d.moment(p.From), until, last, flows, p.Max, p.Open)
}

func (d *Desk) moment(t time.Time) string {
	t = t.In(d.o.Location)
	if startOfDay(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

func startOfDay(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
