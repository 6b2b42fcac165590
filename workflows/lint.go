package workflows

import (
	"context"

	"magpie/config"
)

// Linter is a Kind that can hold a flow against the people there are: selectors that find nobody, steps that
// too few can decide, people who would decide about themselves. It is for magpie check.
type Linter interface {
	// Lint returns warnings with positions in src, what p was compiled from. everyone are the persons who could
	// start a flow, for what depends on the initiator; it may be a sample of them.
	Lint(ctx context.Context, src *config.Node, p Program, people People, everyone []string) config.Problems
}
