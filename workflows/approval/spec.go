package approval

import (
	"fmt"
	"strconv"
	"strings"

	"magpie/adapters/card"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// spec is a workflow file of kind approval.
type spec struct {
	Kind        string               `yaml:"kind,required" jsonschema:"enum=approval"`
	ID          string               `yaml:"id,required"`
	Name        string               `yaml:"name,required"`
	Description string               `yaml:"description" jsonschema_description:"one line for the help text"`
	Start       startSpec            `yaml:"start"`
	Form        []fieldSpec          `yaml:"form,required"`
	Title       string               `yaml:"title" jsonschema_description:"of an instance; {{.form.FIELD}} and {{.initiator.name}} are filled in"`
	Steps       []stepSpec           `yaml:"steps,required"`
	Rules       rulesSpec            `yaml:"rules"`
	Accept      acceptSpec           `yaml:"accept_loss" jsonschema_description:"suite to what its cards may lose of this workflow: interaction means that pages of Magpie take over"`
	On          *config.Node         `yaml:"on"`
	Tests       []workflows.TestSpec `yaml:"tests"`
}

// acceptSpec is suite → what may be lost there.
type acceptSpec map[string][]card.Severity

type startSpec struct {
	Commands []string  `yaml:"commands,scalar"`
	Menu     []string  `yaml:"menu,scalar"`
	Who      selectors `yaml:"who"`
}

type stepSpec struct {
	ID       string       `yaml:"id"`
	Name     string       `yaml:"name"`
	If       string       `yaml:"if" jsonschema_description:"a condition on form.FIELD and initiator.FIELD; the step is skipped when it is not true"`
	Approve  *approveSpec `yaml:"approve"`
	Remind   *remindSpec  `yaml:"remind"`
	Timeout  *timeoutSpec `yaml:"timeout"`
	IfNobody string       `yaml:"if_nobody" jsonschema_description:"when no approver is found: skip, reject, admin (the default) or person:ID"`
	CC       *ccSpec      `yaml:"cc"`
	Branch   []armSpec    `yaml:"branch"`
	Parallel *config.Node `yaml:"parallel"`
}

type approveSpec struct {
	By   selectors `yaml:"by,required"`
	Mode modeSpec  `yaml:"mode"`
	Veto *bool     `yaml:"veto"`
}

type remindSpec struct {
	After  workcal.Span `yaml:"after,required"`
	Every  workcal.Span `yaml:"every"`
	AtMost int          `yaml:"at_most" jsonschema:"minimum=1,maximum=20"`
}

type timeoutSpec struct {
	After workcal.Span `yaml:"after,required"`
	Then  string       `yaml:"then,required" jsonschema:"enum=remind,enum=escalate,enum=transfer,enum=approve,enum=reject"`
	To    selectors    `yaml:"to"`
}

type ccSpec struct {
	To selectors `yaml:"to,required"`
}

type armSpec struct {
	If    string     `yaml:"if"`
	Else  bool       `yaml:"else"`
	Steps []stepSpec `yaml:"steps"`
}

type rulesSpec struct {
	SamePerson          string `yaml:"same_person" jsonschema:"enum=off,enum=consecutive,enum=whole,enum=skip_repeat"`
	InitiatorIsApprover string `yaml:"initiator_is_approver" jsonschema:"enum=ask,enum=skip,enum=manager"`
	Withdraw            string `yaml:"withdraw" jsonschema:"enum=until_final,enum=never"`
}

// selectors is one selector or a list of them.
type selectors []string

// DecodeYAML reads either form. Inside [ ] YAML takes role:finance for a mapping; the message says so.
func (l *selectors) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() != config.List {
		*l = selectors{""}
		return n.Decode(&(*l)[0])
	}
	var ps config.Problems
	if len(n.Items()) == 0 {
		ps = append(ps, n.Problem("is an empty list", "give at least one"))
	}
	for _, item := range n.Items() {
		if keys := item.Keys(); len(keys) == 1 {
			text := keys[0] + ":" + item.Get(keys[0]).Text()
			ps = append(ps, item.Problem(fmt.Sprintf("%s is read as a mapping inside [ ]", text), fmt.Sprintf("put it in quotes: %q", text)))
			continue
		}
		var text string
		ps = append(ps, item.Decode(&text)...)
		*l = append(*l, text)
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
