package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Link is where a signed address leads, and for whom.
type Link struct {
	Slot   string // card slot: "<instance>/<slot>"
	Person string // person id; the page is nobody else's
	Verb   string // the act to ask for; "" for the whole card
	// Login is the connection whose suite must confirm who opens the page; "": whoever has the address is
	// taken for the person.
	Login   string
	Expires time.Time // whole minutes
}

// LinkLife is how long an address leads somewhere. It is made anew whenever its card is drawn.
const LinkLife = 7 * 24 * time.Hour

// Errors of Open. Who holds a token that was never ours learns nothing from them.
var (
	ErrBadLink = errors.New("the link is not ours")
	// ErrLinkExpired comes with the Link: it was ours.
	ErrLinkExpired = errors.New("the link has expired")
)

const (
	linkVersion = 1
	linkMAC     = 16  // bytes: 128 bits, so that an address stays short
	maxPart     = 255 // bytes of a part
	// MaxToken is the length of the longest token, in characters. Usual ones have about 120.
	MaxToken = (1 + 4 + 4*(1+maxPart) + linkMAC + 2) / 3 * 4
)

// Signer makes and reads tokens. It is safe for concurrent use. The zero Signer opens nothing.
type Signer struct{ key []byte }

// NewSigner derives its own key from the installation's, so that no token of one use is good for another.
func NewSigner(key []byte, use string) Signer {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("magpie/web/" + use + "/1"))
	return Signer{m.Sum(nil)}
}

// MAC is the keyed digest of some parts, unambiguous about where one ends: 16 bytes.
func (s Signer) MAC(parts ...string) []byte {
	m := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		m.Write(n[:])
		m.Write([]byte(p))
	}
	return m.Sum(nil)[:linkMAC]
}

// Is tells, in constant time, whether a digest is that of the parts.
func (s Signer) Is(mac []byte, parts ...string) bool {
	return len(s.key) > 0 && hmac.Equal(mac, s.MAC(parts...))
}

// Token writes a link for an address: a version, the expiry in minutes, the parts with their lengths, and
// the digest of all that; base64 without padding. "" when a part is longer than 255 bytes.
func (s Signer) Token(l Link) string {
	parts := [...]string{l.Slot, l.Person, l.Verb, l.Login}
	b := make([]byte, 0, 160)
	b = append(b, linkVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(l.Expires.Unix()/60))
	for _, p := range parts {
		if len(p) > maxPart {
			return ""
		}
		b = append(append(b, byte(len(p))), p...)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, s.MAC(string(b))...))
}

// Open reads a token. An expired one comes back with ErrLinkExpired, what is not ours with ErrBadLink.
func (s Signer) Open(token string, now time.Time) (Link, error) {
	if len(token) > MaxToken || strings.ContainsAny(token, "\r\n") { // which base64 passes over
		return Link{}, ErrBadLink
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 1+4+4+linkMAC {
		return Link{}, ErrBadLink
	}
	body, mac := b[:len(b)-linkMAC], b[len(b)-linkMAC:]
	if !s.Is(mac, string(body)) || body[0] != linkVersion {
		return Link{}, ErrBadLink
	}
	l := Link{Expires: time.Unix(int64(binary.BigEndian.Uint32(body[1:5]))*60, 0).UTC()}
	rest := body[5:]
	for _, p := range [...]*string{&l.Slot, &l.Person, &l.Verb, &l.Login} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return Link{}, ErrBadLink
		}
		n := 1 + int(rest[0])
		*p, rest = string(rest[1:n]), rest[n:]
	}
	if len(rest) > 0 || l.Slot == "" || l.Person == "" {
		return Link{}, ErrBadLink
	}
	if !now.Before(l.Expires) {
		return l, ErrLinkExpired
	}
	return l, nil
}

// Expiry is when a link that is made now ends: after LinkLife, at the full hour, so that a card drawn twice
// within an hour carries the same addresses.
func Expiry(now time.Time) time.Time {
	return now.Add(LinkLife).Truncate(time.Hour).Add(time.Hour).UTC()
}
