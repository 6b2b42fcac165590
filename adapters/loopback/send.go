package loopback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Send keeps a message. The same key again gives the first one's reference.
func (p *Platform) Send(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	if err := ctx.Err(); err != nil {
		return adapters.MessageRef{}, err
	}
	text, body, losses, err := p.draw(m)
	if err != nil {
		return adapters.MessageRef{}, failure("send", adapters.KindInvalid, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("send"); err != nil {
		return adapters.MessageRef{}, err
	}
	if m.To.IsZero() || m.To.Scope.Platform != platformName {
		return adapters.MessageRef{}, failure("send", adapters.KindNotFound, fmt.Errorf("no such address: %s", m.To))
	}
	if i, ok := p.byKey[m.Key]; ok && m.Key != "" {
		return p.refTo(i, losses), nil
	}
	out := Message{ID: fmt.Sprintf("m%d", len(p.messages)+1), To: m.To, Text: text, Card: body, SentAt: p.now().UTC()}
	if m.ReplyTo != nil {
		i, err := p.find("send", m.ReplyTo.ID)
		if err != nil {
			return adapters.MessageRef{}, err
		}
		out.ReplyTo = p.messages[i].ID
	}
	p.messages = append(p.messages, out)
	p.byKey[m.Key] = len(p.messages) - 1
	return p.refTo(len(p.messages)-1, losses), nil
}

// draw encodes what a message shows.
func (p *Platform) draw(m card.Message) (text string, body []byte, losses []card.Loss, err error) {
	if m.Card == nil {
		if m.Text.Default == "" {
			return "", nil, nil, errors.New("nothing to send")
		}
		if max := p.Capabilities().MaxTextBytes; len(m.Text.Default) > max {
			return "", nil, nil, fmt.Errorf("text is longer than %d bytes", max)
		}
		return m.Text.Default, nil, nil, nil
	}
	w, losses, err := p.EncodeCard(*m.Card, adapters.EncodeOptions{})
	return m.Card.PlainText(), w.Body, losses, err
}

// EncodeCard writes the neutral card itself. Level 1 and above is its plain text. A card too large for its
// level is encoded one level lower; one whose text is too large as well is cut, and says so.
func (p *Platform) EncodeCard(c card.Card, o adapters.EncodeOptions) (adapters.Wire, []card.Loss, error) {
	if err := c.Validate(); err != nil {
		return adapters.Wire{}, nil, fmt.Errorf("card: %w", err)
	}
	if o.Level == 0 {
		b, err := json.Marshal(c)
		if err != nil {
			return adapters.Wire{}, nil, fmt.Errorf("card: %w", err)
		}
		if len(b) <= maxCardBytes {
			return adapters.Wire{Kind: "card", Body: b}, nil, nil
		}
	}
	losses := []card.Loss{{Path: "body", Element: "card", What: "shown as text", Severity: card.Content}}
	if len(c.Choices()) > 0 {
		losses = append(losses, card.Loss{Path: "actions", Element: "button", What: "replied to in text", Severity: card.Interaction})
	}
	plain := c
	for {
		text := plain.PlainTextIn(o.Lang)
		b, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			return adapters.Wire{}, nil, fmt.Errorf("card: %w", err)
		}
		if len(b) <= maxCardBytes {
			return adapters.Wire{Kind: "text", Body: b}, losses, nil
		}
		// Elements go from the end; forms and buttons stay, so that no action disappears.
		i := slices.IndexFunc(plain.Body, func(e card.Element) bool { _, form := e.(*card.Form); return !form })
		if i < 0 {
			return adapters.Wire{}, nil, fmt.Errorf("card is larger than %d bytes, even as text with nothing but its actions", maxCardBytes)
		}
		for j := len(plain.Body) - 1; j >= 0; j-- {
			if _, form := plain.Body[j].(*card.Form); !form {
				losses = append(losses, card.Loss{Path: fmt.Sprintf("body[%d]", j), Element: card.Name(plain.Body[j]), What: "left out", Severity: card.Content})
				plain.Body = slices.Delete(slices.Clone(plain.Body), j, j+1)
				break
			}
		}
	}
}

// Update replaces a message's card. KindGone for one that was recalled.
func (p *Platform) Update(ctx context.Context, ref adapters.MessageRef, m card.Message) (adapters.MessageRef, error) {
	if err := ctx.Err(); err != nil {
		return adapters.MessageRef{}, err
	}
	text, body, losses, err := p.draw(m)
	if err != nil {
		return adapters.MessageRef{}, failure("update", adapters.KindInvalid, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("update"); err != nil {
		return adapters.MessageRef{}, err
	}
	i, err := p.find("update", ref.Message.ID)
	if err != nil {
		return adapters.MessageRef{}, err
	}
	p.messages[i].Text, p.messages[i].Card = text, body
	p.messages[i].Updates++
	return p.refTo(i, losses), nil
}

// Recall takes a message back.
func (p *Platform) Recall(_ context.Context, ref adapters.MessageRef) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("recall"); err != nil {
		return err
	}
	i, err := p.find("recall", ref.Message.ID)
	if err != nil {
		return err
	}
	p.messages[i].Recalled = true
	return nil
}

// Urge notes an urge. Everybody is reached.
func (p *Platform) Urge(_ context.Context, ref adapters.MessageRef, level card.UrgeLevel, _ []event.Ref) ([]event.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("urge"); err != nil {
		return nil, err
	}
	if level != card.UrgeApp {
		return nil, failure("urge", adapters.KindUnsupported, fmt.Errorf("no urge by %s", level))
	}
	i, err := p.find("urge", ref.Message.ID)
	if err != nil {
		return nil, err
	}
	p.messages[i].Urged = append(p.messages[i].Urged, level)
	return nil, nil
}

// Readers lists those whom MarkRead named.
func (p *Platform) Readers(_ context.Context, ref adapters.MessageRef) ([]adapters.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.scripted("readers"); err != nil {
		return nil, err
	}
	i, err := p.find("readers", ref.Message.ID)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.messages[i].ReadBy), nil
}

// MarkRead has a person read a message.
func (p *Platform) MarkRead(message, user string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.find("read", message)
	if err != nil {
		return err
	}
	p.messages[i].ReadBy = append(p.messages[i].ReadBy, adapters.Reader{Ref: p.ref(event.RefUser, user), At: p.now().UTC()})
	return nil
}

// Messages lists what was sent, oldest first.
func (p *Platform) Messages() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.messages)
}

// PressBody makes the body that the suite would send when a user presses a button of a sent card.
// The button is one of the card's actions, or of its forms with the values handed in.
func (p *Platform) PressBody(message, user, id string, b card.Button, form map[string]event.Value) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.find("press", message)
	if err != nil {
		return nil, err
	}
	var c card.Card
	if err := json.Unmarshal(p.messages[i].Card, &c); err != nil {
		return nil, fmt.Errorf("message %s has no card: %w", message, err)
	}
	return json.Marshal(inbound{ID: id, Type: "press", At: p.now().UTC(), User: user, Message: message,
		Value: &value{c.Slot, c.Rev, b.Verb, b.Token, b.Data}, Form: form})
}

// find gives a message that is still there. Called with the lock held.
func (p *Platform) find(op, id string) (int, error) {
	i := slices.IndexFunc(p.messages, func(m Message) bool { return m.ID == id })
	switch {
	case i < 0:
		return 0, failure(op, adapters.KindNotFound, fmt.Errorf("no message %q", id))
	case p.messages[i].Recalled:
		return 0, failure(op, adapters.KindGone, fmt.Errorf("message %q was recalled", id))
	}
	return i, nil
}

// refTo names a message. Called with the lock held.
func (p *Platform) refTo(i int, losses []card.Loss) adapters.MessageRef {
	m := p.messages[i]
	r := adapters.MessageRef{Message: p.ref(event.RefMessage, m.ID), SentAt: m.SentAt, Losses: losses}
	if m.To.Kind == event.RefChat {
		r.Chat = m.To
	}
	return r
}
