package workflows

import "magpie/adapters/event"

// Post sends an event of ours to another instance, or starts one. It is put into the inbox in the commit that it
// is an effect of: it is handled once, after that, whatever happens to the process meanwhile. What one instance
// sends to another arrives in order.
type Post struct {
	// Key names it in the instance that sends it, at most 255 bytes: a Post to the same place under a key that
	// was used before is none.
	Key string
	// Instance is where it goes. Without it Start is the flow to begin, and StartKey the sender's name for the
	// new instance: a second start under the same name finds the first instance.
	Instance        string
	Start, StartKey string
	// As is the person who acts, "" for the system. Somebody who has left can't act.
	As   string
	Kind event.Kind
	// Body belongs to Kind. The slot of an *event.Action is the instance's own name for it, and needs no token.
	Body event.Body
	// Answer: what came of it, a refusal too, comes back to the sender as an event.KindAnswer.
	Answer bool
	// Tell is who is told what came of it as a text, refusals included. Optional.
	Tell *event.Tell
}

func (Post) effect() {}

// InBatch marks, in the Data of an event.Action, a decision that is made together with others; and it is the code of
// a Refusal of what must be decided by itself.
const InBatch = "batch"
