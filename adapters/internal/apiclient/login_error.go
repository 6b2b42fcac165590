package apiclient

import (
	"errors"

	"magpie/adapters"
)

// LoginError makes sure that a failed log-in is KindForbidden only where the visitor is the reason: persons are
// the vendor's codes for that. What else the vendor forbids is the app's trouble (its secret, its rights, its
// address), which somebody has to mend: KindUnauthenticated.
func LoginError(err error, persons ...string) error {
	var e *adapters.Error
	if !errors.As(err, &e) || e.Kind != adapters.KindForbidden || e.Code == "" {
		return err
	}
	for _, code := range persons {
		if e.Code == code {
			return err
		}
	}
	ours := *e
	ours.Kind = adapters.KindUnauthenticated
	return &ours
}
