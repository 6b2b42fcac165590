package wecom

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"magpie/simulator"
)

// Press implements simulator.Suite. The button is one of the card's buttons by key or label, or the id of a
// link; form has the choices by question_key.
//
// Status is "ok" when the callback was acknowledged; "timeout" or "failed" when it was not, and then it comes
// again by itself; "disabled", "incomplete" or "recalled" when the client would not even send it. There is
// never a toast from the app: WeCom has none.
func (s *Server) Press(ctx context.Context, person, messageID, button string, form map[string]any) (simulator.PressResult, error) {
	p, done, err := s.begin(person, messageID, button, form)
	if err != nil || done != nil {
		if done == nil {
			done = &simulator.PressResult{}
		}
		return *done, err
	}
	err = p.send(ctx)
	result := simulator.PressResult{Status: "ok"}
	switch {
	case err == nil:
	case errors.Is(err, simulator.ErrClosed):
		return simulator.PressResult{}, err
	case errors.Is(err, errLate) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		result.Status = "timeout"
	default:
		result.Status = "failed"
	}
	s.publish(simulator.Notice{Type: "press", Persons: []string{person}, Chat: chatOf(p.message, person), Message: p.message.ID,
		Text: person + " " + result.Status})
	return result, nil
}

// press is one callback about to leave.
type press struct {
	message *message
	send    func(context.Context) error
}

func refusePress(status, toast string) *simulator.PressResult {
	return &simulator.PressResult{Status: status, Toast: &simulator.Toast{Type: "error", Content: toast}}
}

// begin does what the client does before it sends anything. done is set when there is nothing to send.
func (s *Server) begin(person, messageID, button string, form map[string]any) (*press, *simulator.PressResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, nil, simulator.ErrClosed
	}
	m, err := s.message(person, messageID)
	if err != nil {
		return nil, nil, err
	}
	if m.Recalled {
		return nil, refusePress("recalled", "消息已撤回"), nil
	}
	s.markRead(m, person)
	if m.Type != "template_card" {
		if slices.ContainsFunc(otherButtons(m), func(b simulator.Button) bool { return b.ID == button || b.Label == button }) {
			return nil, &simulator.PressResult{Status: "ok"}, nil // only opens a page
		}
		return nil, nil, fmt.Errorf("button %q of message %q: %w", button, messageID, simulator.ErrNotFound)
	}
	laid := m.view(person)
	b := laid.find(button)
	switch {
	case b == nil:
		return nil, nil, fmt.Errorf("button %q of message %q: %w", button, messageID, simulator.ErrNotFound)
	case b.Disabled:
		return nil, refusePress("disabled", "按钮不可用"), nil
	case b.question != "" && s.robotNamed(m.From) != nil:
		s.ask(s.robotNamed(m.From), person, s.state.Chats[m.Chat], b.question)
		return nil, &simulator.PressResult{Status: "ok"}, nil
	case b.key == "":
		return nil, &simulator.PressResult{Status: "ok"}, nil // only opens a page
	case !b.selector && len(form) > 0:
		return nil, nil, fmt.Errorf("button %q takes no choices: %w", button, simulator.ErrInvalid)
	}
	var selected []selection
	if b.selector {
		var done *simulator.PressResult
		if selected, done, err = laid.choices(form); err != nil || done != nil {
			return nil, done, err
		}
	}
	if r := s.robotNamed(m.From); r != nil {
		return s.pressRobot(r, m, person, laid.kind, b.key, selected), nil, nil
	}
	return s.pressApp(s.appNamed(m.From), m, person, laid.kind, b, selected)
}

// selection is one question's answer.
type selection struct {
	question string
	options  []string
}

// choices are the answers to a card's questions: what the form says, else what was chosen already.
func (v *cardView) choices(form map[string]any) ([]selection, *simulator.PressResult, error) {
	var out []selection
	known := map[string]bool{}
	for _, in := range v.inputs {
		known[in.Name] = true
		chosen := in.chosen
		if given, there := form[in.Name]; there && !in.disabled {
			list, err := in.read(given)
			if err != nil {
				return nil, nil, err
			}
			chosen = list
		}
		if len(chosen) == 0 {
			return nil, refusePress("incomplete", "请先选择"), nil
		}
		out = append(out, selection{in.Name, chosen})
	}
	for name := range form {
		if !known[name] {
			return nil, nil, fmt.Errorf("input %q: %w", name, simulator.ErrInvalid)
		}
	}
	return out, nil, nil
}

// read checks what was given for a question, in the card's order.
func (in viewInput) read(given any) ([]string, error) {
	var list []string
	switch given := given.(type) {
	case nil:
	case string:
		if given != "" {
			list = []string{given}
		}
	case []string:
		list = given
	case []any:
		for _, one := range given {
			text, isText := one.(string)
			if !isText {
				return nil, fmt.Errorf("input %q: %w: not a list of texts", in.Name, simulator.ErrInvalid)
			}
			list = append(list, text)
		}
	default:
		return nil, fmt.Errorf("input %q: %w: neither a text nor a list", in.Name, simulator.ErrInvalid)
	}
	if len(list) > 1 && !in.many {
		return nil, fmt.Errorf("input %q: %w: takes one option", in.Name, simulator.ErrInvalid)
	}
	var out []string
	for _, option := range in.Options {
		if slices.Contains(list, option.Value) || slices.Contains(list, option.Label) {
			out = append(out, option.Value)
		}
	}
	if len(out) != len(list) {
		return nil, fmt.Errorf("input %q: %w: %v has no such option", in.Name, simulator.ErrInvalid, list)
	}
	return out, nil
}

// pressApp makes the event of a press on an app's card, with a code of its own. Callers hold s.mu.
func (s *Server) pressApp(a *app, m *message, person, kind string, b *viewButton, selected []selection) (*press, *simulator.PressResult, error) {
	if a == nil {
		return nil, nil, fmt.Errorf("the card of message %q calls nobody back: %w", m.ID, simulator.ErrInvalid)
	}
	name := "template_card_event"
	if b.menu {
		name = "template_card_menu_event"
	}
	fields := []field{text("EventKey", b.key), text("TaskId", m.TaskID), text("CardType", kind), text("ResponseCode", s.newCode(a, m))}
	if len(selected) > 0 {
		fields = append(fields, group("SelectedItems", selectedFields(selected)...))
	}
	to, _ := s.endpoint(a.ID)
	d := &delivery{to: to, event: name, body: s.event(a, s.userID(person), name, fields...)}
	d.replied = func(reply []byte) {
		if b.menu || a.HonorCardReplies {
			s.passive(a, person, m, reply)
			return
		}
		s.warn("%s: the reply to template_card_event was passed over", a.ID)
	}
	// The event is repeated whatever becomes of whoever pressed, so only the waiting ends with ctx.
	return &press{message: m, send: func(ctx context.Context) error { return s.wait(ctx, d) }}, nil, nil
}

func selectedFields(selected []selection) []field {
	out := []field{}
	for _, sel := range selected {
		ids := []field{}
		for _, id := range sel.options {
			ids = append(ids, text("OptionId", id))
		}
		out = append(out, group("SelectedItem", text("QuestionKey", sel.question), group("OptionIds", ids...)))
	}
	return out
}

// wait sends a callback and returns what became of the first attempt.
func (s *Server) wait(ctx context.Context, d *delivery) error {
	outcome := make(chan error, 1)
	if !s.life.Spawn(func() { outcome <- s.attempt(d) }) {
		return simulator.ErrClosed
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
