package workflowstest

import (
	"fmt"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// maxSimulated bounds the decisions of a dry run.
const maxSimulated = 1000

// Simulate predicts the path of a request: it hands the form in and lets everybody who is asked agree at
// once. An error says that the form is refused, or why the path can't be told.
func Simulate(p workflows.Program, person string, form map[string]event.Value, now time.Time, o Options) (workflows.Explanation, error) {
	b := New(p, o.People, now)
	if err := b.Begin(person, form); err != nil {
		return workflows.Explanation{}, err
	}
	if b.Refusal != nil {
		return workflows.Explanation{}, b.Refusal
	}
	if b.Inst.Status == workflows.StatusDraft && b.Toast != nil {
		x, err := b.Explain()
		if err != nil {
			return x, err
		}
		return x, fmt.Errorf("the form is refused: %s", b.Toast.Text.Default)
	}
	for range maxSimulated {
		open := b.Open()
		if len(open) == 0 {
			return b.Explain()
		}
		if err := b.Press(open[0].Person, b.SlotOf(open[0]), "approve", nil); err != nil {
			return workflows.Explanation{}, err
		}
		if b.Refusal != nil {
			return workflows.Explanation{}, b.Refusal
		}
	}
	return workflows.Explanation{}, fmt.Errorf("still open after %d decisions", maxSimulated)
}
