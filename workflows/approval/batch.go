package approval

// single reports whether a step is to be decided by itself: its author says so, or its approvers may change the form.
func (n *node) single() bool {
	for _, right := range n.rights {
		if right == "edit" {
			return true
		}
	}
	return n.alone
}
