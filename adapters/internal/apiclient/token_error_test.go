package apiclient

import (
	"context"
	"errors"
	"testing"

	"magpie/adapters"
)

func TestNoToken(t *testing.T) {
	t.Parallel()
	cause := &adapters.Error{Op: "token", Kind: adapters.KindForbidden, Code: "40013", Err: errors.New("wrong secret")}
	var e *adapters.Error
	if err := NoToken("c", "send", cause); !errors.As(err, &e) || e.Op != "send" || e.Kind != adapters.KindForbidden || e.Code != "40013" || cause.Op != "token" {
		t.Errorf("%+v, the cause is now %+v", e, cause)
	}
	// A wait that ended sent nothing, though an interrupted call would have an unknown outcome.
	if err := NoToken("c", "send", context.DeadlineExceeded); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("%v is %s", err, adapters.KindOf(err))
	}
}
