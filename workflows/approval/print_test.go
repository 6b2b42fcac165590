package approval

import (
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/workflows"
)

// A print says what its reader may see: an approver whose step hides a field does not find it there, and text that
// was erased is said to be.
func TestSheet(t *testing.T) {
	t.Parallel()
	p := &Program{
		def: workflows.Definition{ID: "x", Name: "付款申请"}, loc: time.UTC, title: template.Must(template.New("").Parse("付款")),
		fields: []field{{id: "why", label: "事由", typ: typeText}, {id: "amount", label: "金额", typ: typeMoney}, {id: "note", label: "备注", typ: typeLongText}},
		nodes:  map[string]*node{"a": {id: "a", rights: map[string]string{"amount": rightHidden}}, "b": {id: "b"}},
	}
	s := &state{
		Status: workflows.StatusApproved, By: "li.lei", No: "7", Title: "付款", People: map[string]person{"li.lei": {Name: "李雷", Dept: "研发部"}},
		Form: map[string]value{"why": {T: "设备"}, "amount": {T: "1000.5"}}, Begun: 1, Sent: 2, Ended: 3,
		Runs: []run{{Node: "a", Round: 1, Seats: []seat{{ID: "0", Person: "han.meimei"}}}, {Node: "b", Round: 1, Seats: []seat{{ID: "0", Person: "wang.fang"}}}},
	}
	in := workflows.Instance{ID: "i", State: encodeState(s)}
	why, amount := workflows.SheetField{Label: "事由", Value: "设备"}, workflows.SheetField{Label: "金额", Value: "¥1,000.50", Capitals: "壹仟元伍角整"}
	for person, want := range map[string][]workflows.SheetField{
		"": {why, amount}, "li.lei": {why, amount}, "wang.fang": {why, amount}, "han.meimei": {why},
	} {
		got, err := p.Sheet(in, person)
		if err != nil {
			t.Fatal(err)
		}
		if got.Flow != "付款申请" || got.Status.Default != "已通过" || got.Status.In("en-US") != "Approved" || got.No != "7" || got.Initiator != "李雷" || got.Dept != "研发部" || got.Sent.IsZero() || got.Ended.IsZero() {
			t.Errorf("%s: %+v", person, got)
		}
		if d := cmp.Diff(want, got.Fields); d != "" {
			t.Errorf("%q sees (-want +got):\n%s", person, d)
		}
	}
	s.Erased, s.Title, s.Form = 4, "", map[string]value{"amount": {T: "1000.5"}}
	in.State = encodeState(s)
	got, err := p.Sheet(in, "")
	if err != nil || got.Title != workflows.TextErased || len(got.Fields) != 3 || got.Fields[0].Value != workflows.TextErased || !strings.HasPrefix(got.Fields[1].Value, "¥") {
		t.Errorf("erased: %+v, %v", got, err)
	}
}
