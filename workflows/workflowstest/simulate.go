package workflowstest

import (
	"fmt"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// maxSimulated bounds the decisions of a dry run.
const maxSimulated = 1000

// Prediction is the path that a request would take when everybody agrees.
type Prediction struct {
	workflows.Explanation
	Path []workflows.PathStep // forks and copies included; nil when the kind can't tell
	// Stopped says why the path could not be followed to the end: a step wants more than a word.
	Stopped string
}

// Simulate predicts the path of a request: it hands the form in and lets everybody who is asked agree at
// once. An error says that the form is refused, or why the path can't be told.
func Simulate(p workflows.Program, person string, form map[string]event.Value, now time.Time, o Options) (Prediction, error) {
	b := New(p, o.People, now)
	if err := b.Begin(person, form); err != nil {
		return Prediction{}, err
	}
	if b.Refusal != nil {
		return Prediction{}, b.Refusal
	}
	if b.Inst.Status == workflows.StatusDraft && b.Toast != nil {
		x, err := b.predict("")
		if err != nil {
			return x, err
		}
		return x, fmt.Errorf("the form is refused: %s", b.Toast.Text.Default)
	}
	for range maxSimulated {
		open := b.Open()
		if len(open) == 0 {
			return b.predict("")
		}
		in := b.entered(b.SlotOf(open[0]))
		in[workflows.SignatureInput] = b.Signature()
		if err := b.Press(open[0].Person, b.SlotOf(open[0]), "approve", in); err != nil {
			return Prediction{}, err
		}
		if b.Refusal != nil {
			return b.predict(fmt.Sprintf("%s can't simply agree at %s: %s", open[0].Person, open[0].Node, b.Refusal.Message.Default))
		}
	}
	return Prediction{}, fmt.Errorf("still open after %d decisions", maxSimulated)
}

func (b *Bench) predict(stopped string) (Prediction, error) {
	x, err := b.Explain()
	if err != nil {
		return Prediction{}, err
	}
	out := Prediction{Explanation: x, Stopped: stopped}
	if p, ok := b.Program.(workflows.Pather); ok {
		out.Path, err = p.Path(b.Inst, b.Trail)
	}
	return out, err
}
