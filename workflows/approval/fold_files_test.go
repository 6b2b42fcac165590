package approval_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// A trail names each file with the digest of what was handed in, where it belongs, and whether the request still has it:
// attachments, also in a form that came back, and hand signatures. What was erased is named no more.
func TestFoldNamesFiles(t *testing.T) {
	t.Parallel()
	b := workflowstest.New(program(t, `kind: approval
id: contract
name: 合同审批
start: {commands: [合同]}
form:
  - {id: name, type: text, label: 名称}
  - {id: papers, type: attachment, label: 合同, max: 3}
steps:
  - {id: one, approve: {by: ["person:han.meimei", "person:sun.li"], mode: all, sign: true}}
`, env(t)), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	papers := func(names ...string) map[string]event.Value {
		form := map[string]event.Value{"name": event.Text("合同")}
		for i, n := range names {
			one := map[string]event.Value{}
			must(t, workflowstest.Set(one, "papers.file", n))
			if i == 0 {
				form["papers"] = one["papers"]
				continue
			}
			v := form["papers"]
			v.Files = append(v.Files, one["papers"].Files...)
			form["papers"] = v
		}
		return form
	}
	sign := func(who string) map[string]event.Value {
		form := map[string]event.Value{workflows.SignatureInput: b.Signature()}
		k, _ := b.TaskOf("one", who)
		must(t, b.Press(who, b.SlotOf(k), "approve", form))
		if b.Refusal != nil {
			t.Fatal(b.Refusal)
		}
		return form
	}
	first := papers("a.pdf", "b.pdf")
	must(t, b.Begin("li.lei", first))
	k, _ := b.TaskOf("one", "han.meimei")
	must(t, b.Press("han.meimei", b.SlotOf(k), "return", map[string]event.Value{"step": event.List("start"), "opinion": event.Text("换一份")}))
	second := papers("c.pdf")
	second["papers"] = event.Files(append(second["papers"].Files, first["papers"].Files[1])...)
	must(t, b.Press("li.lei", "initiator", "submit", second))
	pictures := []event.File{sign("han.meimei")[workflows.SignatureInput].Files[0], sign("sun.li")[workflows.SignatureInput].Files[0]}
	if b.Inst.Status != workflows.StatusApproved {
		t.Fatal(b.Inst.Status)
	}

	named := func(trail []workflows.Entry) (out []string) {
		t.Helper()
		f, err := approval.Kind{}.Fold(trail)
		must(t, err)
		for _, x := range f.Files {
			if x.File.Sum == "" || x.Seq == 0 || trail[x.Seq-1].Kind == "" {
				t.Errorf("named is %+v", x)
			}
			out = append(out, fmt.Sprintln(trail[x.Seq-1].Kind, x.Where, x.File.ID, x.File.Sum, x.File.Size, x.Kept))
		}
		return out
	}
	line := func(kind, where string, f event.File, kept bool) string {
		return fmt.Sprintln(kind, where, f.ID, f.Sum, f.Size, kept)
	}
	a, c := first["papers"].Files, second["papers"].Files
	want := []string{
		line("submitted", "field papers", a[0], false), line("submitted", "field papers", a[1], true), line("resubmitted", "field papers", c[0], true),
		line("voted", "seat one/2/0", pictures[0], true), line("voted", "seat one/2/1", pictures[1], true),
	}
	if diff := cmp.Diff(want, named(b.Trail)); diff != "" {
		t.Error(diff)
	}
	bare := append([]workflows.Entry(nil), b.Trail...)
	for i := range bare {
		if bare[i].Kind == "voted" && bare[i].Actor == "sun.li" || bare[i].Kind == "submitted" {
			bare[i].Private, bare[i].Salt = nil, ""
		}
	}
	// b.pdf is named by the form that was handed in again.
	want = []string{line("resubmitted", "field papers", c[0], true), line("resubmitted", "field papers", c[1], true), line("voted", "seat one/2/0", pictures[0], true)}
	if diff := cmp.Diff(want, named(bare)); diff != "" {
		t.Error(diff)
	}
}
