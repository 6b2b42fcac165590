package engine

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// InstanceID derives the id of an instance from its key and the receipt of the event that starts it: the same
// event, handled twice, finds the instance it made the first time. 26 characters, opaque; they begin with the
// time, so that instances of the same hour stand together in the store, and what is in use stays in its
// cache. An instance that later events find by its key has no time in its id.
func InstanceID(definition, key string, began time.Time) string {
	if began.IsZero() {
		return hashID(definition, key)
	}
	var t [8]byte
	binary.BigEndian.PutUint64(t[:], uint64(began.UnixMilli())<<20)
	return idEncoding.EncodeToString(t[:5]) + hashID(definition, key)[:18]
}

// hashID makes a short opaque id of some parts.
func hashID(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return idEncoding.EncodeToString(h[:16])
}
