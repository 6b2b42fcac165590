package workflows

// Act is a thing that a test can do, and which keys it takes.
type Act struct {
	Verb string // as in YAML, and the verb of the button
	// Own acts are those of the initiator's card, Admin those of an administrator; all others are made at a
	// task of a step.
	Own, Admin bool
	Who, To    bool // the act names persons; steps
	Form       bool // the act may hand values of the form in
	Any        bool // the step may be left out
	Several    bool // the act decides several tasks at once
	Sign       bool // the act may be signed by hand
}

// Acts are the verbs of `do:`, in the order in which they are listed to people.
func Acts() []Act {
	return []Act{
		{Verb: "approve", Form: true, Sign: true}, {Verb: "reject", Form: true}, {Verb: "abstain"},
		{Verb: "transfer", Who: true}, {Verb: "delegate", Who: true},
		{Verb: "add_before", Who: true}, {Verb: "add_after", Who: true}, {Verb: "add_beside", Who: true}, {Verb: "remove_sign", Who: true},
		{Verb: "return", To: true}, {Verb: "comment", Who: true, Any: true},
		{Verb: "resubmit", Own: true, Form: true}, {Verb: "cancel", Own: true}, {Verb: "withdraw", Own: true}, {Verb: "revoke", Own: true}, {Verb: "urge", Own: true},
		{Verb: "terminate", Admin: true},
		{Verb: "batch", Any: true, Several: true},
		{Verb: "press", Who: true, To: true, Form: true, Any: true, Sign: true},
	}
}

// Deed is the act that is set, with what it takes; ok is false when none is, or when several keys are.
// Wait, left and expect are no acts: then act is nil and ok true.
func (d TestDo) Deed() (kind Act, act *TestAct, ok bool) {
	given := 0
	for i, a := range []*TestAct{
		d.Approve, d.Reject, d.Abstain, d.Transfer, d.Delegate, d.AddBefore, d.AddAfter, d.AddBeside, d.RemoveSign,
		d.Return, d.Comment, d.Resubmit, d.Cancel, d.Withdraw, d.Revoke, d.Urge, d.Terminate, d.Batch, d.Press,
	} {
		if a != nil {
			kind, act = Acts()[i], a
			given++
		}
	}
	for _, set := range []bool{d.Wait != "", d.Left != nil, d.Expect != nil} {
		if set {
			given++
		}
	}
	return kind, act, given == 1
}
