package adapters

import (
	"context"

	"magpie/adapters/event"
)

// Login is a suite that can tell a page of ours who opens it. Who has the settings for it says so in
// Capabilities.Login.
type Login interface {
	// LoginURL is where a viewer is sent; they come back to an address of ours (back, absolute, without a query:
	// some suites take only addresses that are registered, letter by letter) with "code" and "state" added to
	// it, or with "error" when they did not want to. state is letters and digits, at most 128. userAgent tells
	// the suite's own client, where nobody is asked anything, from other browsers. "" when the connection is
	// not set up for it: its pages then take whoever holds a link for the person. Whether it is "" depends on
	// the settings alone. Pure.
	LoginURL(back, state, userAgent string) string
	// LoginUser exchanges the code that a viewer came back with for the account that logged in. A code is good
	// once and for minutes: KindInvalid when it is not, KindForbidden when it is of somebody outside.
	LoginUser(ctx context.Context, r LoginReturn) (event.Ref, error)
	// LoginClient reports whether a browser is the suite's own client. Pure.
	LoginClient(userAgent string) bool
}

// LoginReturn is what a viewer comes back with. Back and State are those of LoginURL.
type LoginReturn struct{ Code, Back, State string }

// Logins reports whether the suite tells pages who opens them.
func (c *Connection) Logins() bool {
	p, ok := c.p.(Login)
	return ok && p.LoginURL("https://magpie.invalid/", "x", "") != ""
}

// LoginURL is where a viewer is sent to log in, "" when the suite has no login for us.
func (c *Connection) LoginURL(back, state, userAgent string) string {
	p, ok := c.p.(Login)
	if !ok {
		return ""
	}
	return p.LoginURL(back, state, userAgent)
}

// LoginClient reports whether a browser is the client of this connection's suite.
func (c *Connection) LoginClient(userAgent string) bool {
	p, ok := c.p.(Login)
	return ok && p.LoginClient(userAgent)
}

// LoginUser says whose login a code is.
func (c *Connection) LoginUser(ctx context.Context, r LoginReturn) (event.Ref, error) {
	p, ok := c.p.(Login)
	if !ok {
		return event.Ref{}, Unsupported(c.ID, "login")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	ref, err := p.LoginUser(ctx, r)
	return ref, c.fail("login", err)
}
