package approval

import "magpie/workflows"

// revoking: the initiator asked to withdraw an approved request.
type revoking struct {
	Round int `json:"round"`
	p     struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*revoking) kind() string                        { return "revoking" }
func (f *revoking) secret() any                       { return &f.p }
func (f *revoking) apply(s *state, _ stamp, _ string) { s.Revoke = f.p.Reason }

// revoked: an approved request was withdrawn.
type revoked struct{}

func (*revoked) kind() string { return "revoked" }
func (*revoked) apply(s *state, at stamp, _ string) {
	s.Status, s.Why, s.Reason, s.EndBy, s.Ended = workflows.StatusRevoked, "revoked", s.Revoke, s.By, at
}
