package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// Seal sets PrevHash and Hash of an entry. The hash is SHA-256 over a fixed, length-prefixed sequence:
// prev_hash, instance, seq, at (RFC 3339, UTC, milliseconds), kind, actor, event, data, the salted digest
// of private, and card where there is one. Data must be what json.Marshal made: it is hashed byte for byte,
// and kept so.
func Seal(e *Entry, prev string) {
	e.PrevHash = prev
	e.Hash = HashEntry(*e, PrivateDigest(*e))
}

// PrivateDigest is the salted digest that stands for the private part: hex, "" when there is none.
// It is stored beside the text, so that the chain still verifies after the text was erased.
func PrivateDigest(e Entry) string {
	if e.Private == nil {
		return ""
	}
	d := sha256.Sum256(append([]byte(e.Salt+"\x00"), e.Private...))
	return hex.EncodeToString(d[:])
}

// HashEntry computes what Hash must be, given the digest of the private part.
func HashEntry(e Entry, private string) string {
	var seq [20]byte
	var at [32]byte
	var few [1024]byte // more than nearly every entry needs
	b := few[:0]
	b = appendPart(b, e.PrevHash)
	b = appendPart(b, e.Instance)
	b = appendPart(b, strconv.AppendInt(seq[:0], e.Seq, 10))
	b = appendPart(b, e.At.UTC().AppendFormat(at[:0], timeLayout))
	b = appendPart(b, e.Kind)
	b = appendPart(b, e.Actor)
	b = appendPart(b, e.Event)
	b = appendPart(b, e.Data)
	b = appendPart(b, private)
	if e.Card != "" {
		b = appendPart(b, e.Card)
	}
	d := sha256.Sum256(b)
	return hex.EncodeToString(d[:])
}

// appendPart writes a text and how many bytes it has before it.
func appendPart[T string | []byte | json.RawMessage](b []byte, s T) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}

const timeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes an instant as it is hashed and exported.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// Data marshals the data of an entry. It panics on a type that JSON can't hold: a bug.
func Data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("trail data: " + err.Error())
	}
	return b
}
