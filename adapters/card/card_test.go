package card

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
)

// full is a card with every element and every field set.
func full() *Card {
	alt := Alt{Fallback: Elements{&Note{Text: T("见详情")}}}
	return &Card{
		Slot: "i1/initiator", Rev: 3, Template: "approval.pending", Title: Text{Default: "采购申请", I18n: map[string]string{"en-US": "Purchase"}},
		Tone: Warning, Status: T("待审批"), Summary: T("李雷的采购申请 <b>"), Link: "https://bot.example.com/m/i1", Sharing: PerPerson, Digest: "d", Lang: []string{"zh-CN", "en-US"},
		Ext: map[string]json.RawMessage{"feishu": json.RawMessage(`{"a":[1,2]}`)},
		Body: Elements{
			&Markdown{Alt: alt, Text: T("**急** [@李雷](person:ou_1)\n- a")},
			&Fields{Items: []Field{{Label: T("金额"), Value: T("¥300"), Short: true}}},
			&Image{Key: "img_1", Desc: T("合同")},
			&Divider{},
			&Note{Text: T("小字")},
			&Table{Cols: []Column{{Name: "name", Label: T("品名")}, {Name: "qty", Label: T("数量"), Right: true}}, Rows: [][]Text{{T("键盘"), T("2")}}},
			&Columns{Items: []ColumnBox{{Weight: 2, Body: Elements{&Note{Text: T("左")}}}, {Body: Elements{&Collapse{Title: T("里"), Body: Elements{&Divider{}}}}}}},
			&People{Label: T("抄送"), Persons: []Person{{ID: "li.lei", Name: "李雷", Ref: event.Ref{Scope: event.Scope{Platform: "feishu"}, Kind: event.RefUser, ID: "ou_1"}}, {Name: "韩梅梅"}}},
			&Progress{Steps: []Step{{Name: T("主管"), Note: T("韩梅梅 10:32 已同意"), State: StepDone}, {Name: T("财务")}}, Current: 1},
			&Collapse{Title: T("更多"), Body: Elements{&Markdown{Text: T("x")}}},
			&Form{ID: "decide", Problem: T("请填写原因"), Fold: T("更多操作"), Inputs: []Input{
				{Name: "reason", Label: T("原因"), Placeholder: T("为什么"), Kind: InputLongText, Required: true, Default: event.Text("无"), Max: 200},
				{Name: "who", Label: T("转交给"), Kind: InputPerson},
				{Name: "level", Label: T("级别"), Kind: InputSelect, Options: []Option{{"a", T("甲")}, {"b", T("乙")}}},
			}, Submit: Button{Verb: "reject", Label: T("拒绝"), Style: StyleDanger, Data: map[string]string{"task": "t1"}, Confirm: &Confirm{Title: T("确定？"), Body: T("不可撤销")}, Page: "https://m.example/m/c/1", Token: "tok", Bare: true},
				Others: []Button{{Verb: "return", Label: T("退回")}}},
		},
		Actions: []Button{{Verb: "approve", Label: T("同意"), Style: StylePrimary}, {URL: "https://example.com/doc", Label: T("制度")}},
	}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	want := full()
	want.Body = append(want.Body,
		&Files{Label: T("附件"), Items: []event.File{{ID: "f1", Name: "合同.pdf", Type: "application/pdf", Size: 1_234_567, Sum: "ab"}, {ID: "f2", Name: "小.txt", Size: 12}}},
		&Form{ID: "lines", Live: true, Inputs: []Input{
			{Name: "lines", Label: T("明细"), Kind: InputTable, Min: 1, Max: 20, Columns: []Input{
				{Name: "name", Label: T("品名"), Kind: InputText}, {Name: "sum", Label: T("小计"), Kind: InputOutput}},
				Default: event.Table(event.Row{"name": event.Text("键盘"), "sum": event.Text("2")})},
			{Name: "files", Label: T("附件"), Kind: InputFile, Accept: []string{"pdf"}, Images: true, MaxBytes: 1 << 20, Default: event.Files(event.File{ID: "f1", Name: "合同.pdf", Size: 3})},
			{Name: "hint", Label: T("请附合同"), Kind: InputNote},
			{Name: "total", Label: T("合计"), Kind: InputOutput, Default: event.Text("¥2.00")},
		}, Submit: Button{Verb: "submit", Label: T("提交")}})
	// Every field of the model is in the sample, so that none can be lost unseen.
	seen := map[string]bool{}
	marks(reflect.ValueOf(want), seen)
	for _, typ := range []any{Card{}, Markdown{}, Fields{}, Field{}, Image{}, Divider{}, Note{}, Table{}, Column{}, Columns{}, ColumnBox{}, People{}, Person{}, Progress{}, Step{}, Collapse{}, Form{}, Input{}, Option{}, Button{}, Confirm{}, Files{}} {
		rt := reflect.TypeOf(typ)
		for i := range rt.NumField() {
			name := rt.Name() + "." + rt.Field(i).Name
			if !seen[name] && rt.Field(i).Name != "Alt" && name != "Image.URL" {
				t.Errorf("the sample does not set %s", name)
			}
		}
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Card
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, &got); d != "" {
		t.Error(d)
	}
	again, err := json.Marshal(got)
	if err != nil || string(again) != string(b) {
		t.Errorf("the second encoding differs (%v):\n%s\n%s", err, b, again)
	}
	if !strings.Contains(string(b), `{"type":"note","text":{"text":"小字"}}`) {
		t.Errorf("shape: %s", b)
	}
	if err := want.Validate(); err != nil {
		t.Errorf("the sample is not valid: %v", err)
	}
}

// marks notes the fields that are set anywhere below v.
func marks(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			marks(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			marks(v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				seen[v.Type().Name()+"."+v.Type().Field(i).Name] = true
			}
			marks(v.Field(i), seen)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"type":"collapse","body":[`, 40) + strings.Repeat(`]}`, 40)
	for name, c := range map[string]struct{ in, want string }{
		"unknown type": {`{"body":[{"type":"video"}]}`, `element 0: unknown type "video"`},
		"no type":      {`{"body":[{}]}`, `element 0: unknown type ""`},
		"null element": {`{"body":[null]}`, `element 0: unknown type ""`},
		"number":       {`{"body":[7]}`, "element 0"},
		"nested":       {`{"body":[{"type":"collapse","body":[{"type":"x"}]}]}`, `element 0 (collapse): element 0: unknown type "x"`},
		"fallback":     {`{"body":[{"type":"note","fallback":[{"type":"x"}]}]}`, `unknown type "x"`},
		"too deep":     {`{"body":[` + deep + `]}`, "too deep"},
	} {
		var got Card
		if err := json.Unmarshal([]byte(c.in), &got); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, es := range map[string]Elements{"nil": {nil}, "typed nil": {(*Note)(nil)}} {
		if _, err := json.Marshal(es); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
}

func TestValidateReportsEveryMistake(t *testing.T) {
	t.Parallel()
	yes := Button{Verb: "ok", Label: T("好")}
	in := func(name string, k InputKind) Input { return Input{Name: name, Label: T("x"), Kind: k} }
	form := func(f Form) *Form {
		if f.Submit.Label.IsZero() {
			f.Submit = yes
		}
		if f.Inputs == nil {
			f.Inputs = []Input{in("a"+f.ID, InputText)}
		}
		return &f
	}
	for name, c := range map[string]struct {
		change func(*Card)
		want   []string
	}{
		"nothing": {func(c *Card) { *c = Card{} }, []string{"title: is required", "summary: is required"}},
		"blank":   {func(c *Card) { c.Title = T(" \n") }, []string{"title: is required"}},
		"words": {func(c *Card) { c.Tone, c.Sharing, c.Link, c.Rev = "loud", "x", "javascript:1", -1 }, []string{
			"rev: is negative", `tone: "loud" is none of info, success, warning, danger`, `sharing: "x" is not per_person`, "link: is not an http or https address"}},
		"buttons": {func(c *Card) {
			c.Actions = []Button{{Label: T("a")}, {Label: T("b"), Verb: "v", URL: "https://a.cn"}, {Verb: "bad verb"}, {Label: T("c"), URL: "file:///x", Style: "big", Confirm: &Confirm{}}}
		}, []string{"actions[0]: needs exactly one of verb and url", "actions[1]: needs exactly one of verb and url", "actions[2].label: is required",
			`actions[2].verb: "bad verb" has characters other than letters, digits and underscore`, "actions[3].url: is not an http or https address",
			`actions[3].style: "big" is none of primary, danger`, "actions[3].confirm: asks nothing"}},
		"data": {func(c *Card) {
			c.Actions = []Button{{Verb: "v", Label: T("a"), Data: map[string]string{strings.Repeat("k", 65): ""}}}
		}, []string{"actions[0].data: is longer than 64 characters"}},
		"table": {func(c *Card) {
			c.Body = Elements{&Table{Cols: []Column{{Name: "a"}, {Name: "a"}, {}}, Rows: [][]Text{{T("1")}}}, &Table{}}
		}, []string{`body[0].cols[1].name: "a" is used twice`, "body[0].cols[2].name: is required", "body[0].rows[0]: has 1 cells for 3 columns", "body[1].cols: is empty"}},
		"misplaced": {func(c *Card) {
			tb := &Table{Cols: []Column{{Name: "a"}}}
			c.Body = Elements{&Collapse{Title: T("x"), Body: Elements{tb}}, &Columns{Items: []ColumnBox{{Weight: 9, Body: Elements{form(Form{ID: "f"})}}}}}
		}, []string{"body[0].body[0]: is a table inside another element; tables stand at the root", "body[1].items[0].weight: is not between 1 and 5",
			"body[1].items[0].body[0]: is a form inside another element; forms stand at the root"}},
		"forms": {func(c *Card) {
			c.Body = Elements{
				form(Form{ID: "f", Inputs: []Input{in("a", InputText), in("a", "colour"), {Name: "b!", Kind: InputNumber, Max: -1}}}),
				form(Form{ID: "f", Inputs: []Input{in("a", InputText)}, Others: []Button{{Label: T("x"), URL: "https://a.cn"}}}),
			}
		}, []string{`body[0].inputs[1].name: "a" is used twice`, `body[0].inputs[1].kind: "colour" is not a kind of input`,
			`body[0].inputs[2].name: "b!" has characters other than letters, digits and underscore`, "body[0].inputs[2].label: is required", "body[0].inputs[2].max: is negative",
			`body[1].id: "f" is used twice`, `body[1].inputs[0].name: "a" is used twice`, "body[1].others[0].url: a submit acts, it opens nothing"}},
		"options": {func(c *Card) {
			sel, text := in("s", InputSelect), in("t", InputText)
			text.Options = []Option{{"x", T("x")}}
			two := in("u", InputMultiSelect)
			two.Options = []Option{{"x", T("x")}, {"x", T("")}, {"", T("y")}}
			two.Default = event.Text("x")
			c.Body = Elements{form(Form{ID: "f", Inputs: []Input{sel, text, two}})}
		}, []string{"body[0].inputs[0].options: is empty", "body[0].inputs[1].options: belong to select and multiselect only",
			"body[0].inputs[2].default: is a text; a multiselect input holds a list", `body[0].inputs[2].options[1].value: "x" is used twice`,
			"body[0].inputs[2].options[1].label: is required", "body[0].inputs[2].options[2].value: is required"}},
		"the rest": {func(c *Card) {
			c.Body = Elements{nil, (*Note)(nil), &Markdown{}, &Note{}, &Fields{}, &Fields{Items: []Field{{}}}, &Image{}, &Image{Key: "k", URL: "https://a.cn"}, &Image{URL: "x"},
				&Columns{}, &People{Persons: []Person{{}}}, &Progress{Current: 1}, &Progress{Steps: []Step{{State: "odd"}}, Current: 2}, &Collapse{}}
		}, []string{"body[0]: is empty", "body[1]: is empty", "body[2].text: is required", "body[3].text: is required", "body[4].items: is empty",
			"body[5].items[0].label: is required", "body[6]: needs exactly one of key and url", "body[7]: needs exactly one of key and url", "body[8].url: is not an http or https address",
			"body[9].items: is empty", "body[10].persons[0]: has neither name nor ref", "body[11].steps: is empty", "body[11].current: 1 is not between -1 and 0",
			"body[12].current: 2 is not between -1 and 1", "body[12].steps[0].name: is required", `body[12].steps[0].state: "odd" is none of active, done, failed, skipped`, "body[13].title: is required"}},
		"a replacement may repeat names": {func(c *Card) {
			f := form(Form{ID: "f"})
			f.Fallback = Elements{form(Form{ID: "f"}), &Note{}}
			c.Body = Elements{f}
		}, []string{"body[0].fallback[1].text: is required"}},
		"nested too deep": {func(c *Card) {
			es := Elements{&Divider{}}
			for range 7 {
				es = Elements{&Collapse{Title: T("x"), Body: es}}
			}
			c.Body = es
		}, []string{"body[0].body[0].body[0].body[0].body[0].body[0].body: is nested deeper than 5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cd := &Card{Title: T("t"), Summary: T("s")}
			c.change(cd)
			var ms Mistakes
			if !errors.As(cd.Validate(), &ms) {
				t.Fatal("no Mistakes")
			}
			var got []string
			for _, m := range ms {
				got = append(got, m.String())
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := full()
	if w := c.Warnings(); w != nil {
		t.Errorf("%v", w)
	}
	c.Link = ""
	if w := c.Warnings(); len(w) != 1 || w[0].Path != "link" {
		t.Errorf("%v", w)
	}
	if w := (&Card{Actions: []Button{{URL: "https://a.cn", Label: T("x")}}}).Warnings(); w != nil {
		t.Errorf("a link is no action: %v", w)
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	want := `【待审批】采购申请
急 @李雷
· a
金额：¥300
合同
────
小字
· 品名：键盘 | 数量：2
左
里
────
抄送：李雷、韩梅梅
✓ 主管：韩梅梅 10:32 已同意
▶ 财务
更多
x
更多操作：
请填写原因
需填写：原因（必填）
需填写：转交给
需填写：级别：甲、乙
回复 1 拒绝
回复 2 退回
回复 3 同意
制度：https://example.com/doc
详情：https://bot.example.com/m/i1`
	c := full()
	if d := cmp.Diff(want, c.PlainText()); d != "" {
		t.Error(d)
	}
	for _, ch := range c.Choices() {
		if line := "回复 " + string(rune('0'+ch.Number)) + " " + ch.Button.Label.Default; !strings.Contains(want, line) {
			t.Errorf("choice %+v is not the one shown", ch)
		}
	}
	en := c.PlainTextIn("en-US")
	if !strings.HasPrefix(en, "[待审批] Purchase\n") || !strings.Contains(en, "Reply 3 to 同意") || !strings.Contains(en, "Details: https://") {
		t.Errorf("english: %s", en)
	}
	bare := &Card{Title: T("停电"), Summary: T("今晚停电"), Tone: Danger}
	if got := bare.PlainText(); got != "【警告】停电\n今晚停电" {
		t.Errorf("bare: %q", got)
	}
}

func FuzzCardJSON(f *testing.F) {
	b, _ := json.Marshal(full())
	f.Add(b)
	f.Add([]byte(`{"body":[{"type":"form"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Card
		if json.Unmarshal(b, &c) != nil {
			return
		}
		_ = c.Validate()
		_, _ = c.PlainText(), c.Warnings()
		first, err := json.Marshal(c)
		if err != nil {
			return // Ext that is no JSON
		}
		var again Card
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("own output is refused: %v\n%s", err, first)
		}
		if second, _ := json.Marshal(again); string(second) != string(first) {
			t.Fatalf("not stable:\n%s\n%s", first, second)
		}
	})
}

func TestFilesAreNamed(t *testing.T) {
	t.Parallel()
	f := Files{Label: T("附件"), Items: []event.File{{Name: "合同.pdf", Size: 1_250_000}, {Name: "a.txt", Size: 999}, {Name: "b.doc", Size: 1500}}}
	if got := f.Fields().Items[0].Value.Default; got != "合同.pdf（1.3 MB）\na.txt（999 B）\nb.doc（2 KB）" {
		t.Error(got)
	}
	form := Form{Inputs: []Input{{Label: T("说明"), Kind: InputNote}, {Label: T("明细"), Kind: InputTable}, {Label: T("事由"), Kind: InputText}, {Label: T("合计"), Kind: InputOutput}}}
	asked, at := form.Asked()
	if d := cmp.Diff([]string{"明细"}, form.PageOnly()); d != "" || len(asked) != 2 || at[0] != 1 || at[1] != 2 {
		t.Errorf("%s %v", d, at)
	}
	for what, c := range map[string]Input{
		"is empty":                     {Name: "t", Label: T("x"), Kind: InputTable},
		"belong to a table only":       {Name: "t", Label: T("x"), Kind: InputText, Columns: []Input{{Name: "a", Label: T("a"), Kind: InputText}}},
		"a table can't stand in":       {Name: "t", Label: T("x"), Kind: InputTable, Columns: []Input{{Name: "a", Label: T("a"), Kind: InputTable}}},
		`columns[1].name: "a" is used`: {Name: "t", Label: T("x"), Kind: InputTable, Columns: []Input{{Name: "a", Label: T("a"), Kind: InputText}, {Name: "a", Label: T("a"), Kind: InputDate}}},
	} {
		card := Card{Title: T("t"), Summary: T("s"), Body: Elements{&Form{ID: "f", Inputs: []Input{c}, Submit: Button{Verb: "v", Label: T("v")}}}}
		if err := card.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
