package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// tokenBytes of the MAC are kept: 128 bits, so that a button stays small.
const tokenBytes = 16

// Sign makes the token of a button, as Draw puts it on cards: for tests and tools that press without
// having been sent a card.
func Sign(key []byte, slot string, rev int64, verb string) string { return sign(key, slot, rev, verb) }

// sign makes the token of a button: it binds slot, revision and verb, so that a press can only say what
// we offered. What the press may do is judged again on the server in any case.
func sign(key []byte, slot string, rev int64, verb string) string {
	m := hmac.New(sha256.New, key)
	for _, s := range [...]string{"magpie/button/1", slot, strconv.FormatInt(rev, 10), verb} {
		m.Write(strconv.AppendInt(nil, int64(len(s)), 10))
		m.Write([]byte{':'})
		m.Write([]byte(s))
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:tokenBytes])
}

// verify tells whether a press carries a token that we made for just this button.
func verify(key []byte, a *event.Action) bool {
	return hmac.Equal([]byte(a.Token), []byte(sign(key, a.Slot, a.Rev, a.Verb)))
}

// signCard puts tokens on every button of a card that acts.
func signCard(key []byte, c *card.Card) {
	buttons(c, func(b *card.Button) {
		if b.Verb != "" {
			b.Token = sign(key, c.Slot, c.Rev, b.Verb)
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
