package adapters

import "context"

// Shared keeps small values for all processes on one database: access tokens, and what was spent of a vendor's
// allowances. Values that must not be read there are sealed by who keeps them. Safe for concurrent use.
type Shared interface {
	// Get reads a value, nil when there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Swap sets a value if it is still old (nil: if there is none), and tells whether it did. Two values that are
	// put in place of the same one have to differ.
	Swap(ctx context.Context, name string, old, value []byte) (bool, error)
}
