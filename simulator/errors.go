package simulator

import "errors"

// What a suite's person-side methods answer with, wrapped in what was asked for.
var (
	// ErrNotFound: no such person, chat, message or button, or not one this person can see.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: the request makes no sense, whatever the state.
	ErrInvalid = errors.New("invalid request")
	// ErrClosed: the suite has been closed.
	ErrClosed = errors.New("closed")
)
