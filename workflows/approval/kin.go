package approval

import (
	"fmt"
	"slices"

	"magpie/workflows"
)

var _ workflows.Relative = (*Program)(nil)

// Relatives implements workflows.Relative.
func (p *Program) Relatives(in workflows.Instance) ([]workflows.Kin, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return nil, fmt.Errorf("relatives of %s: %w", in.ID, err)
	}
	var out []workflows.Kin
	if s.Parent != nil {
		out = append(out, workflows.Kin{Instance: s.Parent.ID, Up: true})
	}
	for i := range s.Runs {
		k := workflows.Kin{Instance: s.Runs[i].Child}
		if k.Instance != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out, nil
}
