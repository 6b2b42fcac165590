package apiclient

import (
	"errors"
	"fmt"

	"magpie/adapters"
)

// NoToken tells why a call could not be made for want of a token, as a failure of the operation that wanted
// one: of the kind that getting the token failed with. An error that no suite gave means that only the waiting
// ended; nothing was sent then, so it is transient.
func NoToken(connection, op string, err error) error {
	var e *adapters.Error
	if errors.As(err, &e) {
		named := *e
		named.Op, named.Err = op, fmt.Errorf("get a token: %w", e.Err)
		return &named
	}
	return &adapters.Error{Connection: connection, Op: op, Kind: adapters.KindTransient, Err: err}
}
