package approval_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const proxyFlow = `
kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form: [{id: item, type: text, label: 内容, required: true}]
steps: [{id: leader, name: 主管, approve: {by: initiator.manager}}]
`

// Whoever reads the trail sees who decided in whose place, and by which grants; a rebuilt state knows it too.
func TestProxyIsOnRecord(t *testing.T) {
	t.Parallel()
	n, ps := config.Parse("flow.yaml", []byte(proxyFlow), config.NoVariables())
	if ps.Bad() {
		t.Fatal(ps)
	}
	p, ps := approval.Kind{}.Compile(n, workflows.Env{})
	if ps.Bad() {
		t.Fatal(ps)
	}
	now := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	c := workflowstest.NewCompany()
	c.Proxies = []workflows.Proxy{
		{ID: "g1", Of: "han.meimei", To: "sun.li", From: now}, {ID: "g2", Of: "sun.li", To: "chen.jie", From: now, Until: now.Add(time.Hour)},
	}
	b := workflowstest.New(p, c, now)
	do := func(err error) {
		t.Helper()
		if err != nil || b.Refusal != nil {
			t.Fatal(err, b.Refusal)
		}
	}
	do(b.Do(b.Message("li.lei", "采购", event.ConvDirect)))
	do(b.Press("li.lei", "initiator", "submit", map[string]event.Value{"item": event.Text("键盘")}))
	do(b.Press("chen.jie", "task/leader/1/0", "approve", nil))
	var vote struct {
		For    string   `json:"for"`
		Grants []string `json:"grants"`
	}
	for _, e := range b.Trail {
		if e.Kind == "voted" {
			if err := json.Unmarshal(e.Data, &vote); err != nil {
				t.Fatal(err)
			}
			if e.Actor != "chen.jie" {
				t.Errorf("voted by %s", e.Actor)
			}
		}
	}
	if vote.For != "han.meimei" || !slices.Equal(vote.Grants, []string{"g1", "g2"}) {
		t.Errorf("the vote says %+v", vote)
	}
	state, err := approval.Rebuild(b.Trail)
	if err != nil || string(state) != string(b.Inst.State) {
		t.Errorf("rebuilt: %v\n%s\n%s", err, state, b.Inst.State)
	}
	told, err := p.(workflows.Teller).Tell(b.Inst, b.Trail)
	if err != nil || !slices.ContainsFunc(told, func(l workflows.Told) bool { return l.Who == "陈洁（代韩梅梅）" }) {
		t.Errorf("%v: %+v", err, told)
	}
}
