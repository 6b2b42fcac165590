package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web"
	"magpie/web/pages"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// openPages makes the employee pages. Without server.public_url they have no addresses, and show nothing.
func (a *App) openPages(key []byte) (err error) {
	a.pages, err = pages.New(pages.Options{
		Desk: pageDesk{a}, Work: a.store, People: colleagues{a}, Unread: a.unread, Files: a.store, Gate: gate{a}, Shelf: shelf{&a.shared}, Sheet: a.sheet, Key: key, Now: a.o.Now, Log: a.o.Log,
		Base:     func() string { return a.config().Server.PublicURL },
		Location: func() *time.Location { return a.config().Server.Location },
	})
	return err
}

// pageAddress is where a card's links lead.
func (a *App) pageAddress(p engine.Page) string {
	l := web.Link{Slot: p.Slot, Person: p.Person, Verb: p.Verb}
	if c, ok := a.connection(p.Connection); ok && c.Logins() {
		l.Login = c.ID
	}
	return a.pages.Address(l)
}

// mountPages adds the pages to the HTTP surface.
func (a *App) mountPages(r *gin.Engine) {
	for _, method := range [...]string{http.MethodGet, http.MethodHead, http.MethodPost} {
		r.Handle(method, "/m/*page", gin.WrapH(a.pages))
	}
}

// gate is the suites' log-ins as the pages see them.
type gate struct{ a *App }

// Ways implements pages.Gate.
func (g gate) Ways(userAgent string) []pages.Way {
	var out []pages.Way
	for _, id := range g.a.order() {
		if c, ok := g.a.connection(id); ok && c.Logins() {
			out = append(out, pages.Way{Connection: id, Suite: c.Suite, Here: c.LoginClient(userAgent)})
		}
	}
	return out
}

// LoginURL implements pages.Gate.
func (g gate) LoginURL(connection, back, state, userAgent string) string {
	c, ok := g.a.connection(connection)
	if !ok {
		return ""
	}
	return c.LoginURL(back, state, userAgent)
}

// Login implements pages.Gate.
func (g gate) Login(ctx context.Context, connection string, r pages.Return) (string, error) {
	c, ok := g.a.connection(connection)
	if !ok {
		return "", nil
	}
	ref, err := c.LoginUser(ctx, adapters.LoginReturn{Code: r.Code, Back: r.Back, State: r.State})
	switch adapters.KindOf(err) {
	case "":
	case adapters.KindInvalid:
		g.a.o.Log.Info("the code of a log-in to the pages was refused", "connection", connection, "err", err)
		return "", pages.ErrCode
	case adapters.KindForbidden, adapters.KindNotFound:
		g.a.o.Log.Info("a log-in to the pages was refused", "connection", connection, "err", err)
		return "", nil
	default:
		return "", err
	}
	p, err := g.a.people.ByRef(ctx, []event.Ref{ref})
	if errors.Is(err, workflows.ErrNotFound) {
		return "", nil
	}
	return p.ID, err
}

// pageDesk is the engine, the store and the inbound path as the pages see them.
type pageDesk struct{ a *App }

// Show implements pages.Desk.
func (d pageDesk) Show(ctx context.Context, slot string) (card.Card, error) {
	return d.a.engine.Show(ctx, slot)
}

// slotAdmin is the slot in which kinds of flows show administrators what they may do. Its card is never sent.
const slotAdmin = "admin"

// Look implements pages.Desk. An instance is seen by whoever has or had a card of it, and by administrators.
func (d pageDesk) Look(ctx context.Context, instance, person string) (pages.Seen, error) {
	in, p, err := d.a.engine.Load(ctx, instance)
	if err != nil {
		return pages.Seen{}, err
	}
	t, ok := p.(workflows.Teller)
	if !ok {
		return pages.Seen{}, workflows.ErrNotFound
	}
	slots, err := t.Slots(in, person)
	if err != nil {
		return pages.Seen{}, err
	}
	s := pages.Seen{Instance: in, Mine: len(slots) > 0}
	if in.Initiator != person && d.a.administers(ctx, person) {
		admin := ""
		if c, ok := p.(workflows.Projector); ok { // a card of their own, with what only they may do
			if _, _, there, err := c.Card(in, slotAdmin, d.a.o.Now()); err == nil && there {
				admin = slotAdmin
			}
		}
		switch {
		case s.Mine && admin != "":
			s.Admin = in.ID + "/" + admin
		case admin != "":
			slots, s.Mine = []string{admin}, true
		case !s.Mine:
			if slots, err = t.Slots(in, ""); err != nil {
				return pages.Seen{}, err
			}
		}
	}
	if len(slots) == 0 {
		return pages.Seen{}, workflows.ErrNotFound
	}
	s.Slot = in.ID + "/" + slots[0]
	if s.Kin, err = d.kin(ctx, in, p, person); err != nil {
		return pages.Seen{}, err
	}
	trail, err := d.a.store.TrailOf(ctx, in.ID)
	if err != nil {
		return pages.Seen{}, err
	}
	s.Told, err = t.Tell(in, trail)
	return s, err
}

// Draft implements pages.Desk.
func (d pageDesk) Draft(ctx context.Context, slot, person string, form map[string]event.Value) (card.Card, bool, error) {
	return d.a.engine.Draft(ctx, slot, person, form)
}

// Files implements pages.Desk.
func (d pageDesk) Files(ctx context.Context, instance, person string) ([]event.File, error) {
	in, p, err := d.a.engine.Load(ctx, instance)
	if err != nil {
		return nil, err
	}
	k, ok := p.(workflows.FileKeeper)
	if !ok {
		return nil, nil
	}
	return k.Files(in, person)
}

// maxKin is how many other instances a page leads to.
const maxKin = 20

// kin lists the instances that an instance was started by or has started, as far as a person may see them.
func (d pageDesk) kin(ctx context.Context, in workflows.Instance, p workflows.Program, person string) ([]pages.Kin, error) {
	r, ok := p.(workflows.Relative)
	if !ok {
		return nil, nil
	}
	all, err := r.Relatives(in)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	admin := d.a.administers(ctx, person)
	var out []pages.Kin
	for _, k := range all[:min(len(all), maxKin)] {
		other, prog, err := d.a.engine.Load(ctx, k.Instance)
		if errors.Is(err, workflows.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t, ok := prog.(workflows.Teller)
		if !ok {
			continue
		}
		slots, err := t.Slots(other, person)
		if err != nil {
			return nil, err
		}
		if len(slots) > 0 || admin {
			out = append(out, pages.Kin{Instance: k.Instance, Up: k.Up, Name: prog.Definition().Name + " " + workflows.NumberEnd(k.Instance)})
		}
	}
	return out, nil
}

// Press implements pages.Desk: a press on a page goes the way of all presses.
func (d pageDesk) Press(ctx context.Context, ev event.Event) (*card.Toast, bool, error) {
	return d.a.hooks.Press(ctx, ev)
}

// Resend implements pages.Desk.
func (d pageDesk) Resend(ctx context.Context, slot, person string) error {
	return d.a.engine.Resend(ctx, slot, person)
}

// administers reports whether a person has the role admin.
func (a *App) administers(ctx context.Context, person string) bool {
	if len(a.live.Get().project.env.Roles["admin"]) == 0 {
		return false
	}
	who, err := a.people.Resolve(ctx, workflows.Lookup{ID: "admin", Selectors: []string{"role:admin"}})
	if err != nil {
		a.o.Log.Warn("find the administrators", "err", err)
		return false
	}
	return slices.ContainsFunc(who.Persons, func(p event.Person) bool { return p.ID == person && p.Active })
}

// colleagues is the roster as the pages see it. Who looks for somebody before the directory was read waits a moment for
// it, and is then shown who is known.
type colleagues struct{ a *App }

// Person implements pages.People.
func (c colleagues) Person(ctx context.Context, id string) (workflows.Person, error) {
	return c.a.people.Person(ctx, id)
}

// Search implements pages.People.
func (c colleagues) Search(ctx context.Context, words string, limit int) ([]pages.Colleague, error) {
	if err := c.a.asked.settled(ctx); err != nil && !errors.Is(err, errUnsettled) {
		return nil, err
	}
	found, err := c.a.people.Search(ctx, words, limit)
	out := make([]pages.Colleague, len(found))
	for i, f := range found {
		out[i] = pages.Colleague{ID: f.ID, Name: f.Name, Dept: f.Dept, Title: f.Title}
	}
	return out, err
}

// Departments implements pages.People.
func (c colleagues) Departments(ctx context.Context, words string, limit int) ([]string, error) {
	if err := c.a.asked.settled(ctx); err != nil && !errors.Is(err, errUnsettled) {
		return nil, err
	}
	return c.a.people.Departments(ctx, words, limit)
}
