package loopback

import (
	"context"
	"fmt"
	"slices"

	"magpie/adapters"
	"magpie/adapters/event"
)

type chat struct {
	key     string
	ref     event.Ref
	title   string
	members []event.Ref
}

// AddUser makes a person of the suite known, for the directory and for groups.
func (p *Platform) AddUser(id, name string) event.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.ref(event.RefUser, id)
	p.users = append(p.users, event.Account{Refs: []event.Ref{r}, Name: name, Active: true, Depts: []string{"root"}})
	return r
}

// Departments gives the one there is.
func (p *Platform) Departments(context.Context) ([]event.Department, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("directory"); err != nil {
		return nil, err
	}
	return []event.Department{{Ref: p.ref(event.RefDept, "root"), Name: p.tenant}}, nil
}

// Accounts lists those whom AddUser made known.
func (p *Platform) Accounts(context.Context) ([]event.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("directory"); err != nil {
		return nil, err
	}
	return slices.Clone(p.users), nil
}

// Account reads one.
func (p *Platform) Account(_ context.Context, ref event.Ref) (event.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("directory"); err != nil {
		return event.Account{}, err
	}
	i := slices.IndexFunc(p.users, func(a event.Account) bool { return slices.Contains(a.Refs, ref) })
	if i < 0 {
		return event.Account{}, failure("account", adapters.KindNotFound, fmt.Errorf("no user %q", ref.ID))
	}
	return p.users[i], nil
}

// AddGroup makes a group of people known.
func (p *Platform) AddGroup(id, name string, members ...event.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.groups = append(p.groups, event.UserGroup{ID: id, Name: name, Members: members})
}

// Groups lists those that AddGroup made known.
func (p *Platform) Groups(context.Context) ([]event.UserGroup, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("groups"); err != nil {
		return nil, err
	}
	return slices.Clone(p.groups), nil
}

// Chats lists the groups.
func (p *Platform) Chats(context.Context) ([]event.Chat, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("chats"); err != nil {
		return nil, err
	}
	var out []event.Chat
	for _, c := range p.chats {
		out = append(out, event.Chat{Chat: c.ref, Title: c.title})
	}
	return out, nil
}

// CreateChat makes a group; the same key again gives the same one.
func (p *Platform) CreateChat(_ context.Context, key, title string, members []event.Ref) (event.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("chats"); err != nil {
		return event.Ref{}, err
	}
	if i := slices.IndexFunc(p.chats, func(c chat) bool { return c.key == key }); i >= 0 && key != "" {
		return p.chats[i].ref, nil
	}
	c := chat{key: key, ref: p.ref(event.RefChat, fmt.Sprintf("chat%d", len(p.chats)+1)), title: title, members: slices.Clone(members)}
	p.chats = append(p.chats, c)
	return c.ref, nil
}

// AddMembers adds people to a group. Those whom the directory does not know are refused.
func (p *Platform) AddMembers(_ context.Context, ref event.Ref, members []event.Ref) (refused []event.Ref, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.chatAt("add members", ref)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		known := slices.ContainsFunc(p.users, func(a event.Account) bool { return slices.Contains(a.Refs, m) })
		switch {
		case !known:
			refused = append(refused, m)
		case !slices.Contains(p.chats[i].members, m):
			p.chats[i].members = append(p.chats[i].members, m)
		}
	}
	return refused, nil
}

// Members lists who is in a group.
func (p *Platform) Members(_ context.Context, ref event.Ref) ([]event.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.chatAt("members", ref)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.chats[i].members), nil
}

// chatAt finds a group. Called with the lock held.
func (p *Platform) chatAt(op string, ref event.Ref) (int, error) {
	if err := p.scripted("chats"); err != nil {
		return 0, err
	}
	i := slices.IndexFunc(p.chats, func(c chat) bool { return c.ref == ref })
	if i < 0 {
		return 0, failure(op, adapters.KindNotFound, fmt.Errorf("no chat %q", ref.ID))
	}
	return i, nil
}
