package apiclient

import (
	"errors"
	"testing"

	"magpie/adapters"
)

func TestLoginError(t *testing.T) {
	t.Parallel()
	of := func(kind adapters.Kind, code string) error {
		return &adapters.Error{Connection: "c", Op: "login", Kind: kind, Code: code, Err: errors.New("x")}
	}
	for _, c := range []struct {
		err  error
		want adapters.Kind
	}{
		{nil, ""}, {of(adapters.KindForbidden, ""), adapters.KindForbidden}, {of(adapters.KindForbidden, "1"), adapters.KindForbidden},
		{of(adapters.KindForbidden, "2"), adapters.KindUnauthenticated}, {of(adapters.KindInvalid, "2"), adapters.KindInvalid},
	} {
		if got := adapters.KindOf(LoginError(c.err, "1", "3")); got != c.want {
			t.Errorf("%v is %q, want %q", c.err, got, c.want)
		}
	}
}
