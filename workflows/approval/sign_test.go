package approval_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const signedFlow = `kind: approval
id: contract
name: 合同审批
start: {commands: [合同]}
form:
  - {id: name, type: text, label: 名称}
  - {id: photo, type: image, label: 照片}
steps:
  - {id: one, approve: {by: ["person:han.meimei", "person:sun.li"], mode: all, sign: true}}
  - {id: two, approve: {by: "person:han.meimei", sign: true, fields: {name: edit}}}
rules: {same_person: whole}
`

var signedAt = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func toSign(t *testing.T) *workflowstest.Bench {
	t.Helper()
	b := workflowstest.New(program(t, signedFlow, env(t)), workflowstest.NewCompany(), signedAt)
	form := map[string]event.Value{"name": event.Text("合同")}
	must(t, workflowstest.Set(form, "photo.file", "门头.png"))
	must(t, b.Begin("li.lei", form))
	return b
}

// Nobody agrees without a signature of their own, whichever way the decision comes in, and whatever is called one.
func TestNobodyAgreesUnsigned(t *testing.T) {
	t.Parallel()
	good := event.File{ID: "s1", Name: "signature.png", Type: "image/png", Size: 900, Sum: strings.Repeat("ab", 32)}
	with := func(change func(f *event.File)) map[string]event.Value {
		f := good
		change(&f)
		return map[string]event.Value{workflows.SignatureInput: event.Files(f)}
	}
	for name, c := range map[string]struct {
		connection, element, verb string
		data                      map[string]string
		form                      map[string]event.Value
		want                      string
	}{
		"a card":               {"feishu", "btn", "approve", nil, nil, "sign_required"},
		"a page":               {"pages", "page", "approve", nil, nil, "sign_required"},
		"a word in the chat":   {"magpie", "", "approve", nil, map[string]event.Value{"opinion": event.Text("同意")}, "sign_required"},
		"many at once":         {"magpie", "", "approve", map[string]string{workflows.InBatch: "1"}, nil, workflows.InBatch},
		"many at once, signed": {"magpie", "", "approve", map[string]string{workflows.InBatch: "1"}, with(func(*event.File) {}), workflows.InBatch},
		"by the other form":    {"wecom", "", "more", nil, map[string]event.Value{"do": event.Text("approve")}, "sign_required"},
		"a name":               {"wecom", "", "approve", nil, map[string]event.Value{workflows.SignatureInput: event.Text("韩梅梅")}, "sign_required"},
		"no file":              {"pages", "page", "approve", nil, map[string]event.Value{workflows.SignatureInput: event.Files()}, "sign_required"},
		"two": {"pages", "page", "approve", nil, map[string]event.Value{workflows.SignatureInput: event.Files(good, event.File{ID: "s2", Type: "image/png", Size: 1, Sum: good.Sum})},
			"sign_required"},
		"a document":      {"pages", "page", "approve", nil, with(func(f *event.File) { f.Type = "application/pdf" }), "sign_required"},
		"nothing in it":   {"pages", "page", "approve", nil, with(func(f *event.File) { f.Size = 0 }), "sign_required"},
		"too large":       {"pages", "page", "approve", nil, with(func(f *event.File) { f.Size = workflows.MaxSignature + 1 }), "sign_required"},
		"no digest":       {"pages", "page", "approve", nil, with(func(f *event.File) { f.Sum = "" }), "sign_required"},
		"a made-up one":   {"pages", "page", "approve", nil, with(func(f *event.File) { f.Sum = "sum" }), "sign_required"},
		"no id":           {"pages", "page", "approve", nil, with(func(f *event.File) { f.ID = "" }), "sign_required"},
		"from the form":   {"pages", "page", "approve", nil, nil, "sign_again"},
		"somebody else's": {"pages", "page", "approve", nil, nil, "sign_again"},
		"a good one":      {"pages", "page", "approve", nil, with(func(*event.File) {}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := toSign(t)
			press := func(person, seat string, form map[string]event.Value) string {
				t.Helper()
				must(t, b.Do(event.Event{Kind: event.KindCardAction, Connection: c.connection, Actor: event.Actor{Person: person, Type: event.ActorUser},
					Body: &event.Action{Slot: "task/one/1/" + seat, Verb: c.verb, Form: form, Data: c.data, Element: c.element, Rev: b.Inst.Rev}}))
				if b.Refusal != nil {
					return b.Refusal.Code
				}
				return ""
			}
			form := c.form
			switch name {
			case "from the form":
				files, err := b.Program.(workflows.FileKeeper).Files(b.Inst, "han.meimei")
				if err != nil || len(files) != 1 {
					t.Fatalf("%v %v", files, err)
				}
				form = map[string]event.Value{workflows.SignatureInput: event.Files(files...)}
			case "somebody else's":
				form = with(func(*event.File) {})
				if code := press("sun.li", "1", form); code != "" {
					t.Fatal(code)
				}
			}
			if code := press("han.meimei", "0", form); code != c.want {
				t.Errorf("refused as %q, want %q", code, c.want)
			}
			for _, e := range b.Trail {
				if e.Kind == "voted" && e.Actor == "han.meimei" && c.want != "" {
					t.Errorf("they voted: %s", e.Data)
				}
			}
		})
	}
}

// The chain holds the digest of a signature, the private part where it lies: when that is erased the state names the
// picture no longer, and the chain still leads to the state.
func TestSignatureErased(t *testing.T) {
	t.Parallel()
	b := toSign(t)
	sign := b.Signature()
	f := sign.Files[0]
	must(t, b.Press("han.meimei", "task/one/1/0", "approve", map[string]event.Value{workflows.SignatureInput: sign}))
	if b.Refusal != nil {
		t.Fatal(b.Refusal)
	}
	vote := b.Trail[len(b.Trail)-1]
	for i := range b.Trail {
		if b.Trail[i].Kind == "voted" {
			vote = b.Trail[i]
		}
	}
	if !strings.Contains(string(vote.Data), `"sign":"`+f.Sum+`"`) || strings.Contains(string(vote.Data), f.ID) || !strings.Contains(string(vote.Private), `"`+f.ID+`"`) {
		t.Errorf("the vote is %s and %s", vote.Data, vote.Private)
	}
	names := func(state json.RawMessage) bool { return strings.Contains(string(state), `"`+f.ID+`"`) }
	if !names(b.Inst.State) {
		t.Error("the state does not name the picture: it would be pruned")
	}
	see := func() (string, []event.File) {
		t.Helper()
		told, err := b.Program.(workflows.Teller).Tell(b.Inst, b.Trail)
		must(t, err)
		for _, l := range told {
			if l.Who == "韩梅梅" {
				return l.What.Default + "/" + l.What.I18n["en-US"], l.Files
			}
		}
		return "", nil
	}
	want := []event.File{{ID: f.ID, Name: "手写签名.png", Type: "image/png", Size: f.Size, Sum: f.Sum}}
	if what, got := see(); what != "在「one」签名同意/signed and approved “one”" || !cmp.Equal(got, want) {
		t.Errorf("%s %v", what, got)
	}
	for _, who := range []string{"li.lei", "han.meimei", "sun.li"} {
		files, err := b.Program.(workflows.FileKeeper).Files(b.Inst, who)
		if must(t, err); len(files) != 2 || files[1].ID != f.ID {
			t.Errorf("%s may open %v", who, files)
		}
	}
	for i := range b.Trail {
		if b.Trail[i].Actor == "han.meimei" {
			b.Trail[i].Private, b.Trail[i].Salt = nil, ""
		}
	}
	state, err := approval.Rebuild(b.Trail)
	if must(t, err); names(state) {
		t.Errorf("the state still names the picture: %s", state)
	}
	b.Inst.State = state
	if what, got := see(); !strings.HasPrefix(what, "在「one」签名同意") || got != nil {
		t.Errorf("%s %v", what, got)
	}
}

// An approver who may change the form signs in the same form; who only looks at it for another, or sees an old card,
// is asked for nothing.
func TestSignCards(t *testing.T) {
	t.Parallel()
	b := toSign(t)
	card := func(slot string) map[string]any { return b.Cards[slot].View }
	if v := card("task/one/1/0"); v["sign"] != true || v["edit"] != nil {
		t.Errorf("%v %v", v["sign"], v["edit"])
	}
	must(t, b.Press("sun.li", "task/one/1/1", "delegate", map[string]event.Value{"who": event.List("chen.jie"), "opinion": event.Text("先看")}))
	if v := card("task/one/1/1/2"); v["sign"] != nil {
		t.Error("who looks at it for another is asked to sign")
	}
	must(t, b.Press("chen.jie", "task/one/1/1/2", "approve", nil))
	must(t, b.Press("sun.li", "task/one/1/1/3", "approve", map[string]event.Value{workflows.SignatureInput: b.Signature()}))
	must(t, b.Press("han.meimei", "task/one/1/0", "approve", map[string]event.Value{workflows.SignatureInput: b.Signature()}))
	if v := card("task/one/1/0"); b.Refusal != nil || v["sign"] != nil {
		t.Errorf("%v %v", b.Refusal, v["sign"])
	}
	inputs, _ := card("task/two/1/0")["edit"].(map[string]any)["inputs"].([]any)
	var names []string
	for _, in := range inputs {
		names = append(names, in.(map[string]any)["name"].(string))
	}
	if d := cmp.Diff([]string{"field_name", "opinion", "signature"}, names); d != "" {
		t.Error(d)
	}
	must(t, b.Press("han.meimei", "task/two/1/0", "approve", map[string]event.Value{"field_name": event.Text("新合同")}))
	if b.Refusal == nil || b.Refusal.Code != "sign_required" {
		t.Errorf("%v", b.Refusal)
	}
	must(t, b.Press("han.meimei", "task/two/1/0", "reject", map[string]event.Value{"reason": event.Text("条款不清")}))
	if b.Refusal != nil || b.Inst.Status != workflows.StatusRejected {
		t.Errorf("%v %s", b.Refusal, b.Inst.Status)
	}
}
