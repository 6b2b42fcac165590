package adapters

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Kind classifies a failed call, for the caller's decision.
type Kind string

const (
	KindTransient       Kind = "transient"       // try again later, with the same key
	KindRateLimited     Kind = "rate_limited"    // try again after RetryAfter
	KindUnauthenticated Kind = "unauthenticated" // inbound: not authentic; outbound: token refused even after a refresh
	KindForbidden       Kind = "forbidden"       // rights missing: an administrator must act
	KindNotFound        Kind = "not_found"       // the person, chat or message is not there for us
	KindGone            Kind = "gone"            // the message can't be changed any more: send a new one
	KindInvalid         Kind = "invalid"         // refused for its content: encode lower, or fix
	KindUnsupported     Kind = "unsupported"     // the suite can't do it: see Capabilities
	KindUnknown         Kind = "unknown"         // outcome unknown: it may have happened
)

// Error is what every call to a suite fails with.
type Error struct {
	Connection string
	Op         string // "send", "update", "receive", "token", …
	Kind       Kind
	Code       string        // the vendor's number as text; "" when there is none
	RequestID  string        // the vendor's trace id, for their support
	RetryAfter time.Duration // only with KindRateLimited; 0 is "not said"
	Err        error         // for operators; never holds a secret
}

// Error is one line for operators.
func (e *Error) Error() string {
	s := e.Op
	if e.Connection != "" {
		s = e.Connection + ": " + s
	}
	s += ": " + string(e.Kind)
	if e.Code != "" {
		s += " (code " + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + scrub(e.Err).Error()
	}
	if e.RequestID != "" {
		s += " [request " + e.RequestID + "]"
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf classifies any error: that of the first *Error in its chain; a deadline or cancellation is
// KindUnknown, since the call may have reached the vendor; anything else is KindTransient. KindOf(nil) is "".
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return KindUnknown
	}
	return KindTransient
}

// Unsupported makes the error for what a suite can't do.
func Unsupported(connection, op string) error {
	return &Error{Connection: connection, Op: op, Kind: KindUnsupported, Err: fmt.Errorf("this suite has no %s", op)}
}

// scrub removes the query from URLs inside net/http's errors: tokens travel there.
func scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if p, perr := url.Parse(u.URL); perr == nil {
			p.RawQuery, p.User = "", nil
			return fmt.Errorf("%s %s: %w", u.Op, p, u.Err)
		}
		return u.Err
	}
	return err
}
