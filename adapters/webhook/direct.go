package webhook

import (
	"context"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Press takes in a press that came another way than from a suite: from a page of ours, which has checked
// who presses. It is stored, decided and, when it came before, answered with the outcome of then, as a suite's
// press is, within the same budget. known is false when the outcome is not known in time; the press is
// finished later. On an error it is not stored. The cards that follow leave at once: no suite waits for an
// answer.
func (h *Handler) Press(ctx context.Context, ev event.Event) (toast *card.Toast, known bool, err error) {
	t := &trip{id: requestID(""), received: h.o.Now()}
	ev.ReceivedAt = t.received.UTC().Truncate(time.Millisecond)
	if ev.TraceID == "" {
		ev.TraceID = t.id
	}
	result := make(chan pressed, 1)
	h.work.Go(func() {
		p := h.handle(context.WithoutCancel(ctx), t, ev, h.o.AnswerBudget)
		result <- p
		if len(p.held) > 0 {
			h.o.Release(p.held)
		}
	})
	timer := time.NewTimer(h.o.AnswerBudget)
	defer timer.Stop()
	var p pressed
	select {
	case p = <-result:
	case <-timer.C:
	}
	if p.err != nil {
		return nil, false, p.err
	}
	if h.o.Metrics.Answer != nil {
		h.o.Metrics.Answer(ev.Connection, h.o.Now().Sub(t.received), p.known)
	}
	return p.toast, p.known, nil
}
