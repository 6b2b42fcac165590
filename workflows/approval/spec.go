package approval

import (
	"fmt"

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
	Checks      []checkSpec          `yaml:"checks" jsonschema_description:"rules between fields"`
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
	Return   *returnSpec  `yaml:"return"`
	Failed   string       `yaml:"if_rejected" jsonschema_description:"what a refused step leads to: end (the default), start (the initiator changes the form), or the id of a step before it"`
	CC       *ccSpec      `yaml:"cc"`
	Flow     *flowSpec    `yaml:"flow" jsonschema_description:"starts another workflow as the same initiator"`
	Branch   []armSpec    `yaml:"branch"`
	// Parallel holds ways that are all gone at the same time, Inclusive those whose condition holds.
	Parallel  [][]stepSpec `yaml:"parallel" jsonschema_description:"lists of steps that are all gone at the same time; what follows waits for all of them"`
	Inclusive []armSpec    `yaml:"inclusive" jsonschema_description:"like branch, but every arm whose condition holds is gone; else is for when none does"`
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

// returnSpec says where the approvers of a step may send the request back to.
type returnSpec struct {
	To   []string `yaml:"to,scalar" jsonschema_description:"start (the initiator) and ids of steps before this one; without it all that were passed"`
	Then string   `yaml:"then" jsonschema:"enum=again,enum=back,enum=ask" jsonschema_description:"again: everything from there on is done once more; back: only that step, then this one; ask: whoever returns it chooses"`
}

// revokeSpec is how a request is withdrawn after it was approved.
type revokeSpec struct {
	Within  workcal.Span `yaml:"within"`
	Approve *approveSpec `yaml:"approve,required"`
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
	SamePerson          string      `yaml:"same_person" jsonschema:"enum=off,enum=consecutive,enum=whole,enum=skip_repeat"`
	InitiatorIsApprover string      `yaml:"initiator_is_approver" jsonschema:"enum=ask,enum=skip,enum=manager"`
	Withdraw            string      `yaml:"withdraw" jsonschema:"enum=until_final,enum=never"`
	Revoke              *revokeSpec `yaml:"revoke" jsonschema_description:"whether a request may be withdrawn after it was approved: until when, and who must agree"`
	Urge                *urgeSpec   `yaml:"urge"`
	Allow               *allowed    `yaml:"allow" jsonschema_description:"approve.allow of the steps that give none"`
}

// urgeSpec is how often the initiator may urge.
type urgeSpec struct {
	Every workcal.Span `yaml:"every,required" jsonschema_description:"how long one person is left alone after they were urged"`
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
