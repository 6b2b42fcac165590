package approval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"magpie/config"
)

// approveSpec is who decides a step, and how.
type approveSpec struct {
	By   selectors `yaml:"by,required"`
	Mode modeSpec  `yaml:"mode"`
	// From and AtMost belong to by: chosen.
	From   selectors `yaml:"from" jsonschema_description:"of by: chosen: among whom the initiator chooses; anybody without it"`
	AtMost int       `yaml:"at_most" jsonschema:"minimum=1,maximum=20" jsonschema_description:"of by: chosen: how many may be chosen; one without it"`
	Veto   *bool     `yaml:"veto"`
	// Abstain gives the button 弃权.
	Abstain string      `yaml:"abstain" jsonschema:"enum=counts,enum=ignored" jsonschema_description:"lets them abstain: counts leaves them among those that the mode counts, ignored takes them out"`
	Allow   *allowed    `yaml:"allow" jsonschema_description:"what may be done beside deciding; all of it when it is not given"`
	Fields  *rightsSpec `yaml:"fields" jsonschema_description:"field to what its approvers may do with it: read (the default), edit, or hidden"`
	// Sign is for steps whose approvals are signed by hand.
	Sign bool `yaml:"sign" jsonschema_description:"true: whoever agrees signs by hand, on a page"`
	// Batch is false where the step is not to be decided together with others.
	Batch *bool `yaml:"batch" jsonschema_description:"false: it is not decided together with others, but by itself"`
}

// allowed is a list of what may be done at a task beside deciding it.
type allowed []string

// allowances are the words of `allow:`.
var allowances = []string{"transfer", "delegate", "add_sign", "return"}

// DecodeYAML reads a list of words, each once.
func (l *allowed) DecodeYAML(n *config.Node) config.Problems {
	var words []string
	ps := n.Decode(&words)
	*l = allowed{}
	for i, w := range words {
		at := n
		if items := n.Items(); i < len(items) {
			at = items[i]
		}
		switch {
		case !slices.Contains(allowances, w):
			want := "one of " + strings.Join(allowances, ", ")
			if near := config.Nearest(w, allowances); near != "" {
				want = "did you mean " + near + "?"
			}
			ps = append(ps, at.Problem(fmt.Sprintf("%q can't be allowed", w), want))
		case slices.Contains(*l, w):
			ps = append(ps, at.Problem(w+" is given twice", "remove one"))
		}
		*l = append(*l, w)
	}
	return ps
}

// modeKind is how the seats of a step decide together.
type modeKind string

const (
	modeAny      modeKind = "any"      // 或签: the first answer decides
	modeAll      modeKind = "all"      // 会签: all must agree
	modeSequence modeKind = "sequence" // 依次: all must agree, one after the other
	modeRatio    modeKind = "ratio"    // at least N percent
	modeCount    modeKind = "count"    // at least N
	modeWeight   modeKind = "weight"   // who agree weigh more than N
)

// modeSpec is any, all, sequence, {ratio: 60%}, {count: 2} or {weight: 50, of: {"role:finance": 2, zhang.wei: 3}}.
type modeSpec struct {
	Kind modeKind
	N    int     // percent, count, or the weight that must be exceeded
	Of   []share // of weight: who weighs more than one, the first that fits
}

// share is what those weigh whom a selector names.
type share struct {
	who    string // a selector, or person:ID
	weight int
}

// DecodeYAML reads either form.
func (m *modeSpec) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() != config.Map {
		var word string
		if ps := n.Decode(&word); ps.Bad() {
			return ps
		}
		switch k := modeKind(word); k {
		case modeAny, modeAll, modeSequence:
			m.Kind = k
			return nil
		}
		want := "any, all, sequence, {ratio: 60%}, {count: 2} or {weight: 50, of: {…}}"
		if near := config.Nearest(word, []string{"any", "all", "sequence"}); near != "" {
			want = "did you mean " + near + "?"
		}
		return config.Problems{n.Problem(fmt.Sprintf("%q is not a mode", word), want)}
	}
	var long struct {
		Ratio  string       `yaml:"ratio"`
		Count  int          `yaml:"count" jsonschema:"minimum=1,maximum=100"`
		Weight int          `yaml:"weight" jsonschema:"minimum=1,maximum=10000"`
		Of     *config.Node `yaml:"of"`
	}
	ps := n.Decode(&long)
	if ps.Bad() {
		return ps
	}
	given := 0
	for _, has := range []bool{long.Ratio != "", long.Count != 0, long.Weight != 0} {
		if has {
			given++
		}
	}
	switch {
	case given != 1:
		ps = append(ps, n.Problem("a mode needs one of ratio, count and weight", "{ratio: 60%}, {count: 2} or {weight: 50, of: {…}}"))
	case long.Of != nil && long.Weight == 0:
		ps = append(ps, n.Key("of").Problem("of belongs to weight", "remove it"))
	case long.Weight > 0:
		m.Kind, m.N = modeWeight, long.Weight
		ps = append(ps, m.shares(long.Of)...)
	case long.Count > 0:
		m.Kind, m.N = modeCount, long.Count
	default:
		p, err := strconv.Atoi(strings.TrimSuffix(long.Ratio, "%"))
		if err != nil || !strings.HasSuffix(long.Ratio, "%") || p < 1 || p > 100 {
			return append(ps, n.At("ratio").Problem(fmt.Sprintf("%q is not a whole percentage", long.Ratio), "1% to 100%"))
		}
		m.Kind, m.N = modeRatio, p
	}
	return ps
}

// shares reads who weighs how much.
func (m *modeSpec) shares(of *config.Node) config.Problems {
	if of == nil || of.Kind() == config.Null {
		return nil
	}
	if of.Kind() != config.Map || len(of.Keys()) > maxAsked {
		return config.Problems{of.Problem("is not a mapping of at most 20 entries", `{"role:finance": 2, zhang.wei: 3}`)}
	}
	var ps config.Problems
	for _, who := range of.Keys() {
		text := of.Get(who).Text()
		w, err := strconv.Atoi(text)
		if err != nil || w < 1 || w > 1000 {
			ps = append(ps, of.Get(who).Problem(fmt.Sprintf("%q is not a weight", text), "1 to 1000"))
			continue
		}
		m.Of = append(m.Of, share{who: who, weight: w})
	}
	return ps
}
