package approval

import (
	"fmt"
	"strconv"
	"strings"

	"magpie/config"
)

// approveSpec is who decides a step, and how.
type approveSpec struct {
	By   selectors `yaml:"by,required"`
	Mode modeSpec  `yaml:"mode"`
	Veto *bool     `yaml:"veto"`
}

// modeKind is how the seats of a step decide together.
type modeKind string

const (
	modeAny      modeKind = "any"      // 或签: the first answer decides
	modeAll      modeKind = "all"      // 会签: all must agree
	modeSequence modeKind = "sequence" // 依次: all must agree, one after the other
	modeRatio    modeKind = "ratio"    // at least N percent
	modeCount    modeKind = "count"    // at least N
)

// modeSpec is any, all, sequence, {ratio: 60%} or {count: 2}.
type modeSpec struct {
	Kind modeKind
	N    int // percent or count
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
		want := "any, all, sequence, {ratio: 60%} or {count: 2}"
		if near := config.Nearest(word, []string{"any", "all", "sequence"}); near != "" {
			want = "did you mean " + near + "?"
		}
		return config.Problems{n.Problem(fmt.Sprintf("%q is not a mode", word), want)}
	}
	var long struct {
		Ratio string `yaml:"ratio"`
		Count int    `yaml:"count" jsonschema:"minimum=1,maximum=100"`
	}
	ps := n.Decode(&long)
	if ps.Bad() {
		return ps
	}
	switch {
	case (long.Ratio == "") == (long.Count == 0):
		ps = append(ps, n.Problem("a mode needs either ratio or count", "{ratio: 60%} or {count: 2}"))
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
