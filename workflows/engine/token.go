package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

const (
	// tokenBytes of the MAC are kept: 128 bits, so that a button stays small.
	tokenBytes = 16
	// macChars is how long that is as text. A token of this length is of a card that was sent before cards had a
	// digest; in others the digest follows.
	macChars = (tokenBytes*8 + 5) / 6
)

// Sign makes the token of a button, as Draw puts it on cards without a digest: for tests and tools that press
// without having been sent a card.
func Sign(key []byte, slot string, rev int64, verb string) string {
	return sign(key, slot, rev, verb, "")
}

// sign makes the token of a button: it binds slot, revision, verb and the digest of the card, so that a press can
// only say what we offered, on the card that offered it. What the press may do is judged again on the server in
// any case.
func sign(key []byte, slot string, rev int64, verb, saw string) string {
	m := hmac.New(sha256.New, key)
	part := func(s string) {
		m.Write(strconv.AppendInt(nil, int64(len(s)), 10))
		m.Write([]byte{':'})
		m.Write([]byte(s))
	}
	for _, s := range [...]string{"magpie/button/1", slot, strconv.FormatInt(rev, 10), verb} {
		part(s)
	}
	raw, err := hex.DecodeString(saw)
	if err != nil || len(raw) == 0 {
		return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:tokenBytes])
	}
	part(saw)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:tokenBytes]) + base64.RawURLEncoding.EncodeToString(raw)
}

// seen is the digest in a token, hex; "" when there is none.
func seen(token string) string {
	if len(token) <= macChars {
		return ""
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token[macChars:])
	if err != nil {
		return ""
	}
	return hex.EncodeToString(raw)
}

// verify tells whether a press carries a token that we made for just this button.
func verify(key []byte, a *event.Action) bool {
	return hmac.Equal([]byte(a.Token), []byte(sign(key, a.Slot, a.Rev, a.Verb, seen(a.Token))))
}

// digest stands for what a person sees on a card: everything that the template made of the instance.
func digest(c card.Card) (string, error) {
	c.Digest = ""
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("digest of the card in slot %s: %w", c.Slot, err)
	}
	d := sha256.Sum256(b)
	return hex.EncodeToString(d[:]), nil
}

// signCard puts tokens on every button of a card that acts.
func signCard(key []byte, c *card.Card) {
	buttons(c, func(b *card.Button) {
		if b.Verb != "" {
			b.Token = sign(key, c.Slot, c.Rev, b.Verb, c.Digest)
		}
	})
}

// buttons visits every button of a card, the submits of its forms included.
func buttons(c *card.Card, visit func(*card.Button)) {
	for i := range c.Actions {
		visit(&c.Actions[i])
	}
	walk(c.Body, func(e card.Element) {
		if f, ok := e.(*card.Form); ok {
			visit(&f.Submit)
			for i := range f.Others {
				visit(&f.Others[i])
			}
		}
	})
}

// walk visits elements, those inside others and the authors' fallbacks.
func walk(body []card.Element, visit func(card.Element)) {
	for _, e := range body {
		visit(e)
		switch e := e.(type) {
		case *card.Columns:
			for _, b := range e.Items {
				walk(b.Body, visit)
			}
		case *card.Collapse:
			walk(e.Body, visit)
		}
		walk(card.FallbackOf(e), visit)
	}
}
