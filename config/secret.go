package config

// Secret is a value that is never shown: it prints, formats and marshals as <secret>.
// The zero Secret is "not given".
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal gives the value, for the one place that must send or compare it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether none was given.
func (s Secret) IsZero() bool { return s.value == "" }

// String hides the value.
func (s Secret) String() string { return "<secret>" }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "<secret>" }

// MarshalText hides the value from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }
