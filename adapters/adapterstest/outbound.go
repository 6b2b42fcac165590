package adapterstest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

func is[T any](p adapters.Platform) bool { _, ok := p.(T); return ok }

// capabilities checks that what is declared is there, and that what is not says Unsupported.
func (k *kit) capabilities() {
	caps, p := k.conn.Capabilities(), k.Platform
	if caps.Platform == "" || len(caps.Transports) == 0 {
		k.Errorf("platform %q, transports %v", caps.Platform, caps.Transports)
	}
	ref := adapters.MessageRef{Message: event.Ref{Scope: event.Scope{Platform: caps.Platform}, Kind: event.RefMessage, ID: "none"}}
	type ability struct {
		name     string
		declared bool
		has      bool
		call     func(context.Context) error
	}
	abilities := []ability{
		{"answer", caps.Answer, is[adapters.Answerer](p), func(context.Context) error {
			_, err := k.conn.EncodeAnswer(event.Event{}, nil)
			return err
		}},
		{"late answer", caps.LateAnswer, is[adapters.LateAnswerer](p), func(ctx context.Context) error {
			return k.conn.AnswerLate(ctx, event.Handle{}, card.Card{})
		}},
		{"recall", caps.Recall, is[adapters.Recaller](p), func(ctx context.Context) error { return k.conn.Recall(ctx, ref) }},
		{"receipts", caps.Receipts, is[adapters.ReceiptReader](p), func(ctx context.Context) error { _, err := k.conn.Readers(ctx, ref); return err }},
		{"directory", caps.Directory, is[adapters.Directory](p), func(ctx context.Context) error { _, err := k.conn.Accounts(ctx); return err }},
		{"groups", caps.Groups, is[adapters.Grouper](p), func(ctx context.Context) error { _, err := k.conn.Groups(ctx); return err }},
		{"chats", caps.Chats, is[adapters.ChatManager](p), func(ctx context.Context) error { _, err := k.conn.Chats(ctx); return err }},
	}
	for _, level := range []card.UrgeLevel{card.UrgeApp, card.UrgeSMS, card.UrgePhone} {
		declared := false
		for _, l := range caps.Urge {
			declared = declared || l == level
		}
		abilities = append(abilities, ability{"urge by " + string(level), declared, is[adapters.Urger](p), func(ctx context.Context) error {
			_, err := k.conn.Urge(ctx, ref, level, nil)
			return err
		}})
	}
	for _, a := range abilities {
		switch {
		case a.declared && !a.has:
			k.Errorf("%s is declared, but not there", a.name)
		case !a.declared:
			if err := k.seen(a.call(k.Context())); adapters.KindOf(err) != adapters.KindUnsupported {
				k.Errorf("%s is not declared, but says %v", a.name, err)
			}
		}
	}
	if _, ok := p.(adapters.Updater); caps.Update && !ok {
		k.Error("update is declared, but not there")
	}
	for _, g := range caps.Budgets {
		if g.Op == "" || g.N <= 0 || g.Every <= 0 || g.Scope != adapters.PerApp && g.Scope != adapters.PerRecipient && g.Scope != adapters.PerMessage {
			k.Errorf("budget %+v", g)
		}
	}
}

// sizes draws cards far beyond every limit. They are drawn smaller, and say what was lost; none is larger
// than the vendor takes, and none has lost an action without saying so.
func (k *kit) sizes() {
	caps := k.conn.Capabilities()
	if _, ok := k.Platform.(adapters.CardEncoder); !ok {
		k.without("card encoder")
		return
	}
	text := strings.Repeat("很长的内容 ", 200)
	for name, grow := range map[string]func(*card.Card, int){
		"markdown": func(c *card.Card, i int) { c.Body = append(c.Body, &card.Markdown{Text: card.T(text)}) },
		"fields": func(c *card.Card, i int) {
			c.Body = append(c.Body, &card.Fields{Items: []card.Field{{Label: card.T(fmt.Sprint("项", i)), Value: card.T(text)}}})
		},
		"tables": func(c *card.Card, i int) {
			tb := &card.Table{Cols: []card.Column{{Name: "a", Label: card.T("列")}}}
			for range 20 {
				tb.Rows = append(tb.Rows, []card.Text{card.T(text[:60])})
			}
			c.Body = append(c.Body, tb)
		},
		"notes": func(c *card.Card, i int) {
			for range 10 {
				c.Body = append(c.Body, &card.Note{Text: card.T("x")})
			}
		},
	} {
		for _, n := range []int{1, 8, 64} {
			c := *Card(k.To, "k").Card
			c.Body = append(card.Elements(nil), c.Body...)
			for i := range n {
				grow(&c, i)
			}
			w, losses, err := k.conn.EncodeCard(c, adapters.EncodeOptions{})
			if k.seen(err) != nil {
				k.Errorf("%d %s: %v", n, name, err)
				continue
			}
			if caps.MaxCardBytes > 0 && len(w.Body) > caps.MaxCardBytes {
				k.Errorf("%d %s: %d bytes, the limit is %d", n, name, len(w.Body), caps.MaxCardBytes)
			}
			if n == 64 && name != "notes" && len(losses) == 0 {
				k.Errorf("%d %s: drawn in %d bytes without a loss", n, name, len(w.Body))
			}
			said := false
			for _, l := range losses {
				said = said || l.Severity == card.Interaction
			}
			for _, b := range c.Actions {
				if !bytes.Contains(w.Body, []byte(b.Label.Default)) && !said {
					k.Errorf("%d %s: the button %s has disappeared", n, name, b.Label.Default)
				}
			}
		}
	}
}

// pure draws one card many times at once.
func (k *kit) pure() {
	if _, ok := k.Platform.(adapters.CardEncoder); !ok {
		k.without("card encoder")
		return
	}
	c := *Card(k.To, "k").Card
	first, _, err := k.conn.EncodeCard(c, adapters.EncodeOptions{})
	if k.seen(err) != nil {
		k.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				w, _, err := k.conn.EncodeCard(c, adapters.EncodeOptions{})
				if k.seen(err) != nil || !bytes.Equal(w.Body, first.Body) {
					k.Errorf("drawn differently: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if _, _, err := k.conn.EncodeCard(card.Card{}, adapters.EncodeOptions{}); adapters.KindOf(k.seen(err)) != adapters.KindInvalid {
		k.Errorf("an empty card: %v", err)
	}
}

func (k *kit) faults() {
	for kind, arm := range k.Faults {
		arm()
		_, err := k.conn.Send(k.Context(), Card(k.To, "fault-"+string(kind)))
		if got := adapters.KindOf(k.seen(err)); got != kind {
			k.Errorf("want %s, got %q: %v", kind, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), "conn") {
			k.Errorf("%s: does not name the connection: %v", kind, err)
		}
	}
	if _, err := k.conn.Send(k.Context(), card.Message{Key: "x", To: event.Ref{Scope: event.Scope{Platform: "elsewhere"}, Kind: event.RefUser, ID: "u"}, Text: card.T("x")}); adapters.KindOf(k.seen(err)) != adapters.KindNotFound && adapters.KindOf(err) != adapters.KindInvalid {
		k.Errorf("an address of another suite: %v", err)
	}
	if _, err := k.conn.Send(k.Context(), card.Message{Key: "y", To: k.To}); adapters.KindOf(k.seen(err)) != adapters.KindInvalid {
		k.Errorf("a message with nothing in it: %v", err)
	}
	ctx, cancel := context.WithCancel(k.Context())
	cancel()
	if _, err := k.conn.Send(ctx, Card(k.To, "cancelled")); k.seen(err) == nil {
		k.Error("sent although its context was over")
	}
}

func (k *kit) idempotent() {
	if k.conn.Capabilities().SendKey == 0 || k.Sends == nil {
		k.without("idempotency key")
		return
	}
	before := k.Sends()
	one, _ := k.send("same")
	two, _ := k.send("same")
	if one.Message != two.Message || k.Sends()-before != 1 {
		k.Errorf("messages %v and %v, %d sent", one.Message, two.Message, k.Sends()-before)
	}
}

func (k *kit) expired() {
	if k.TokenFetches == nil {
		k.without("access tokens")
		return
	}
	k.send("a")
	before := k.TokenFetches()
	k.ExpireToken()
	k.send("b")
	k.send("c")
	if n := k.TokenFetches() - before; n != 1 {
		k.Errorf("%d fetches after the token expired", n)
	}
}

func (k *kit) stampede() {
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if _, err := k.conn.Send(k.Context(), Card(k.To, fmt.Sprint("many-", i))); k.seen(err) != nil {
				k.Errorf("send %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if k.TokenFetches != nil && k.TokenFetches() != 1 {
		k.Errorf("%d tokens were fetched", k.TokenFetches())
	}
}
