package engine

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// InstanceID derives the id of an instance from what it is about: the same event, delivered or handled
// twice, finds the instance it made the first time. 26 characters, opaque.
func InstanceID(definition, connection, key string) string {
	return hashID(definition, connection, key)
}

// hashID makes a short opaque id of some parts.
func hashID(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return idEncoding.EncodeToString(h[:16])
}
