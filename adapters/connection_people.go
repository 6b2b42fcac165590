package adapters

import (
	"context"

	"magpie/adapters/event"
)

// Departments pulls all departments that the app may see. PullTimeout.
func (c *Connection) Departments(ctx context.Context) ([]event.Department, error) {
	p, ok := c.directory()
	if !ok {
		return nil, Unsupported(c.ID, "directory")
	}
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	ds, err := p.Departments(ctx)
	return ds, c.fail("departments", err)
}

// Accounts pulls all accounts that the app may see, or fails: never a part of them. PullTimeout.
func (c *Connection) Accounts(ctx context.Context) ([]event.Account, error) {
	p, ok := c.directory()
	if !ok {
		return nil, Unsupported(c.ID, "directory")
	}
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	as, err := p.Accounts(ctx)
	return as, c.fail("accounts", err)
}

// Account reads one person. KindNotFound, KindForbidden.
func (c *Connection) Account(ctx context.Context, ref event.Ref) (event.Account, error) {
	p, ok := c.directory()
	if !ok {
		return event.Account{}, Unsupported(c.ID, "directory")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	a, err := p.Account(ctx, ref)
	return a, c.fail("account", err)
}

// Groups pulls the groups of people that the suite keeps beside departments, or fails: never a part of them.
// KindUnsupported, KindForbidden. PullTimeout.
func (c *Connection) Groups(ctx context.Context) ([]event.UserGroup, error) {
	p, ok := c.p.(Grouper)
	if !ok || !c.caps.Groups {
		return nil, Unsupported(c.ID, "groups")
	}
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	gs, err := p.Groups(ctx)
	return gs, c.fail("groups", err)
}

func (c *Connection) directory() (Directory, bool) {
	p, ok := c.p.(Directory)
	return p, ok && c.caps.Directory
}

// Chats lists the groups that the bot is in. PullTimeout.
func (c *Connection) Chats(ctx context.Context) ([]event.Chat, error) {
	p, ok := c.chats()
	if !ok {
		return nil, Unsupported(c.ID, "chats")
	}
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	cs, err := p.Chats(ctx)
	return cs, c.fail("chats", err)
}

// CreateChat makes a group; the same key again gives the same group where the suite can tell.
func (c *Connection) CreateChat(ctx context.Context, key, title string, members []event.Ref) (event.Ref, error) {
	p, ok := c.chats()
	if !ok {
		return event.Ref{}, Unsupported(c.ID, "chats")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	r, err := p.CreateChat(ctx, key, title, members)
	return r, c.fail("create chat", err)
}

// AddMembers adds people to a group; refused are those that the suite did not let in.
func (c *Connection) AddMembers(ctx context.Context, chat event.Ref, members []event.Ref) (refused []event.Ref, err error) {
	p, ok := c.chats()
	if !ok {
		return nil, Unsupported(c.ID, "chats")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	refused, err = p.AddMembers(ctx, chat, members)
	return refused, c.fail("add members", err)
}

// Members lists who is in a group. PullTimeout.
func (c *Connection) Members(ctx context.Context, chat event.Ref) ([]event.Ref, error) {
	p, ok := c.chats()
	if !ok {
		return nil, Unsupported(c.ID, "chats")
	}
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	rs, err := p.Members(ctx, chat)
	return rs, c.fail("members", err)
}

func (c *Connection) chats() (ChatManager, bool) {
	p, ok := c.p.(ChatManager)
	return p, ok && c.caps.Chats
}
