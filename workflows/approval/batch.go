package approval

// single reports whether a step is to be decided by itself: its author says so, or its approvers sign, or may change
// the form.
func (n *node) single() bool {
	if n.sign {
		return true
	}
	for _, right := range n.rights {
		if right == "edit" {
			return true
		}
	}
	return n.alone
}
