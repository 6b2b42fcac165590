package workflowstest

import (
	"slices"
	"sort"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// Batch has a person approve or reject several of their tasks at once, as from their list in chat: those that wait
// when they press, the oldest first, each by a press of its own. steps are those that are meant, none of them: all.
// Left says which wanted a decision of their own; the first other refusal stays in Refusal.
func (b *Bench) Batch(by, verb, opinion string, steps []string) error {
	var meant []workflows.Task
	for _, t := range b.Open() {
		if t.Person == by && t.Node != workflows.NodeStart && (len(steps) == 0 || slices.Contains(steps, t.Node)) {
			meant = append(meant, t)
		}
	}
	if len(meant) == 0 {
		where := "any step"
		if len(steps) > 0 {
			where = strings.Join(steps, ", ")
		}
		return &noTask{by: by, step: where, open: b.openWords()}
	}
	sort.SliceStable(meant, func(i, k int) bool { return meant[i].OpenedAt.Before(meant[k].OpenedAt) })
	b.Left = nil
	var first *workflows.Refusal
	for _, t := range meant {
		press := workflows.DecideTogether(b.Inst.ID+"/"+b.SlotOf(t), verb, opinion)
		press.Rev = b.Cards[b.SlotOf(t)].Rev
		if err := b.Do(event.Event{Kind: event.KindCardAction, Connection: "loop", Actor: b.actor(by), Body: press}); err != nil {
			return err
		}
		switch r := b.Refusal; {
		case r == nil:
		case r.Code == workflows.InBatch:
			b.Left = append(b.Left, t.Node)
		case first == nil:
			first = r
		}
	}
	b.Refusal = first
	return nil
}
