package playground

import "magpie/simulator"

// plainView is a card of a suite whose cards are not drawn here: what it says, and all that can be done.
type plainView struct {
	Prefix  string
	Text    string
	Inputs  []simulator.Input
	Buttons []simulator.Button
}

func plainCard(viewer string, m simulator.Message) *plainView {
	return &plainView{Prefix: "m-" + viewer + "-" + m.ID, Text: m.Text, Inputs: m.Inputs, Buttons: m.Buttons}
}
