package adapters

import (
	"context"
	"errors"
	"testing"

	"magpie/adapters/event"
)

// gate is a suite with a login, once it is set up.
type gate struct {
	bare
	setUp bool
}

func (g *gate) LoginURL(back, state, _ string) string {
	if !g.setUp {
		return ""
	}
	return "https://login.example/?to=" + back + "&state=" + state
}

func (g *gate) LoginClient(agent string) bool { return agent == "gate" }

func (g *gate) LoginUser(ctx context.Context, r LoginReturn) (event.Ref, error) {
	if _, ok := ctx.Deadline(); !ok {
		return event.Ref{}, errors.New("no deadline")
	}
	if r != (LoginReturn{"good", "b", "s"}) {
		return event.Ref{}, &Error{Op: "login", Kind: KindInvalid, Err: errors.New("code is used up")}
	}
	return event.Ref{Kind: event.RefUser, ID: "u1"}, nil
}

func TestLogin(t *testing.T) {
	t.Parallel()
	none, off, on := New("none", &bare{}), New("off", &gate{}), New("on", &gate{setUp: true})
	if none.Logins() || off.Logins() || !on.Logins() {
		t.Errorf("logins: %v %v %v", none.Logins(), off.Logins(), on.Logins())
	}
	if got := none.LoginURL("b", "s", ""); got != "" {
		t.Errorf("a suite without login sends people to %s", got)
	}
	if got := on.LoginURL("b", "s", ""); got != "https://login.example/?to=b&state=s" {
		t.Error(got)
	}
	if none.LoginClient("gate") || !off.LoginClient("gate") || on.LoginClient("curl") {
		t.Error("whose client it is")
	}
	if _, err := none.LoginUser(t.Context(), LoginReturn{"good", "b", "s"}); KindOf(err) != KindUnsupported {
		t.Error(err)
	}
	if ref, err := on.LoginUser(t.Context(), LoginReturn{"good", "b", "s"}); err != nil || ref.ID != "u1" {
		t.Error(ref, err)
	}
	_, err := on.LoginUser(t.Context(), LoginReturn{"bad", "b", "s"})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != KindInvalid || e.Connection != "on" {
		t.Error(err)
	}
}
