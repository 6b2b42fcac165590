package approval

import (
	"encoding/json"
	"fmt"

	"magpie/workflows"
)

// fact is one thing that happened: an entry of the trail, and the only thing that changes a state.
// Its exported fields are the entry's data; what is personal stands in secret, the entry's private part.
type fact interface {
	kind() string
	apply(s *state, at stamp, actor string)
}

// keeper is a fact with personal text.
type keeper interface {
	fact
	secret() any // pointer to the private part
}

// newFact makes an empty fact of a kind.
func newFact(kind string) (fact, error) {
	switch kind {
	case "started":
		return &started{}, nil
	case "kept":
		return &kept{}, nil
	case "admitted":
		return &admitted{}, nil
	case "submitted":
		return &submitted{}, nil
	case "asked":
		return &asked{}, nil
	case "answered":
		return &answered{}, nil
	case "skipped":
		return &skipped{}, nil
	case "branched":
		return &branched{}, nil
	case "split":
		return &split{}, nil
	case "arrived":
		return &arrived{}, nil
	case "revoking":
		return &revoking{}, nil
	case "revoked":
		return &revoked{}, nil
	case "returned":
		return &returned{}, nil
	case "reopened":
		return &reopened{}, nil
	case "resubmitted":
		return &resubmitted{}, nil
	case "entered":
		return &entered{}, nil
	case "stuck":
		return &stuck{}, nil
	case "opened":
		return &opened{}, nil
	case "voted":
		return &voted{}, nil
	case "closed":
		return &closed{}, nil
	case "moved":
		return &moved{}, nil
	case "named":
		return &named{}, nil
	case "joined":
		return &joined{}, nil
	case "overdue":
		return &overdue{}, nil
	case "reminded":
		return &reminded{}, nil
	case "urged":
		return &urged{}, nil
	case "told":
		return &told{}, nil
	case "delegated":
		return &delegated{}, nil
	case "advised":
		return &advised{}, nil
	case "added":
		return &added{}, nil
	case "unseated":
		return &unseated{}, nil
	case "edited":
		return &edited{}, nil
	case "commented":
		return &commented{}, nil
	case "offered":
		return &offered{}, nil
	case "requested":
		return &requested{}, nil
	case "ended":
		return &ended{}, nil
	case "migrated":
		return &migrated{}, nil
	case "recounted":
		return &recounted{}, nil
	case workflows.EntryErased:
		return &erased{}, nil
	}
	if f := flowFact(kind); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("unknown trail entry %q", kind)
}

// readFact reads a trail entry. An erased private part leaves its texts empty.
func readFact(e workflows.Entry) (fact, error) {
	f, err := newFact(e.Kind)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(e.Data, f); err != nil {
		return nil, fmt.Errorf("trail entry %d (%s): %w", e.Seq, e.Kind, err)
	}
	if k, ok := f.(keeper); ok && len(e.Private) > 0 {
		if err := json.Unmarshal(e.Private, k.secret()); err != nil {
			return nil, fmt.Errorf("private part of trail entry %d (%s): %w", e.Seq, e.Kind, err)
		}
	}
	return f, nil
}

// evolve applies a trail entry to a state.
func evolve(s *state, e workflows.Entry) error {
	f, err := readFact(e)
	if err != nil {
		return err
	}
	f.apply(s, stampOf(e.At), e.Actor)
	return nil
}

// Rebuild folds a trail into the state that is stored with the instance.
func Rebuild(trail []workflows.Entry) (json.RawMessage, error) {
	s := &state{}
	for _, e := range trail {
		if err := evolve(s, e); err != nil {
			return nil, err
		}
	}
	return encodeState(s), nil
}
