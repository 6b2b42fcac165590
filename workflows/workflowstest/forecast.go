package workflowstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// foresee has a view say what is ahead, as whoever draws it does.
func (b *Bench) foresee(view any) any {
	f, ok := view.(workflows.Foreseer)
	if !ok {
		return view
	}
	return f.Foresee(func(l workflows.Lookup) (event.Lookup, error) { return b.People.Resolve(context.Background(), l) })
}

// Ahead is what a view says of a request that is not handed in yet, one line a step: name：note.
func Ahead(view map[string]any) []string {
	var out []string
	list, _ := view["ahead"].([]any)
	for _, raw := range list {
		m, _ := raw.(map[string]any)
		line, _ := m["name"].(string)
		if note, _ := m["note"].(string); note != "" {
			line += "：" + note
		}
		out = append(out, line)
	}
	return out
}

// Forecast is what the initiator's form says of who would be asked, with what they have entered so far; nil: with what
// the card holds.
func (b *Bench) Forecast(form map[string]event.Value) ([]string, error) {
	if form == nil {
		return Ahead(b.Cards[slotInitiator].View), nil
	}
	d, ok := b.Program.(workflows.Drafter)
	if !ok {
		return nil, fmt.Errorf("kind %s has no drafts", b.Program.Definition().Kind)
	}
	_, view, ok, err := d.Draft(b.Inst, slotInitiator, b.Inst.Initiator, form, b.Now)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("there is nothing to fill in")
	}
	raw, err := json.Marshal(b.foresee(view))
	if err != nil {
		return nil, fmt.Errorf("view of a draft: %w", err)
	}
	var seen map[string]any
	if err := json.Unmarshal(raw, &seen); err != nil {
		return nil, fmt.Errorf("view of a draft: %w", err)
	}
	return Ahead(seen), nil
}

// forecast reads "item=键盘 amount=300 says 直属主管：韩梅梅 → 财务审核：条件不成立": what the form says when that is filled
// in. Without values it is what stands on the card.
func (s *story) forecast(rest string) error {
	values, want, ok := strings.Cut(rest, "says ")
	if !ok {
		return fmt.Errorf("says what?")
	}
	var form map[string]event.Value
	if values = strings.TrimSpace(values); values != "" {
		form = fields(values)
	}
	got, err := s.b.Forecast(form)
	if err != nil {
		return err
	}
	if line := strings.Join(got, " → "); line != strings.TrimSpace(want) {
		return fmt.Errorf("it says\n\t%s", line)
	}
	return nil
}
