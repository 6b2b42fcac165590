package feishu

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// card20 is a whole card around a body's elements.
func card20(elements string) string {
	return `{"schema":"2.0","body":{"elements":[` + elements + `]}}`
}

func form20(elements string) string {
	return card20(`{"tag":"form","name":"f","elements":[` + elements + `]}`)
}

const submit = `{"tag":"button","name":"go","text":{"tag":"plain_text","content":"提交"},"form_action_type":"submit"}`

func repeat(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }

func nested(levels int) string {
	inner := `{"tag":"hr"}`
	for range levels {
		inner = `{"tag":"column_set","columns":[{"tag":"column","elements":[` + inner + `]}]}`
	}
	return inner
}

func TestCardRules(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{}, {ID: "second"}}})
	person := b.openID("li.lei")
	ids, _ := b.Account("li.lei")
	b.mu.Lock()
	b.state.Images["img_mine"], b.state.Images["img_other"] = "feishu-main", "second"
	b.mu.Unlock()
	const table = `{"tag":"table","columns":[{"name":"a","data_type":"text"}],"rows":[{"a":"x"}]}`
	const mdTable = `{"tag":"markdown","content":"| a | b |\n| - | - |\n| 1 | 2 |"}`
	columns := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"name":"c%d","data_type":"text"}`, i))
		}
		return `{"tag":"table","columns":[` + strings.Join(list, ",") + `],"rows":[]}`
	}
	button := func(more string) string {
		return `{"tag":"button","text":{"tag":"plain_text","content":"好"}` + more + `}`
	}
	for _, c := range []struct {
		name, card string
		code       int    // inside 230099; 0 is accepted
		path       string // part of ErrPath
	}{
		{"empty card", `{}`, 0, ""},
		{"only a schema", `{"schema":"2.0"}`, 0, ""},
		{"sample approval", string(sample(t, "card_v2_approval.json")), 0, ""},
		{"sample form", string(sample(t, "card_v2_form.json")), 0, ""},
		{"sample of 1.0", string(sample(t, "card_v1_minimal.json")), 0, ""},
		{"1.0 ignores what it does not know", `{"elements":[{"tag":"hr","nonsense":1}],"more":2}`, 0, ""},
		{"1.0 with elements that are no list", `{"elements":{}}`, errJSON, "ROOT -> elements"},
		{"not JSON", `{`, errJSON, "ROOT"},
		{"not an object", `[]`, errJSON, "ROOT"},
		{"unknown schema", `{"schema":"3.0"}`, errJSON, "ROOT -> schema"},
		{"template nobody has", `{"type":"template","data":{"template_id":"x"}}`, errTmpl, ""},
		{"unknown property at the root", `{"schema":"2.0","elements":[]}`, errJSON, "ROOT -> elements"},
		{"unknown property in the config", `{"schema":"2.0","config":{"wide_screen_mode":true}}`, errJSON, "ROOT -> config -> wide_screen_mode"},
		{"unknown property of a component", card20(`{"tag":"hr","color":"red"}`), errJSON, "ROOT -> body -> elements -> [0](tag: hr) -> color"},
		{"value beside behaviours", card20(button(`,"value":{"a":1}`)), errJSON, "-> value"},
		{"not shared", `{"schema":"2.0","config":{"update_multi":false}}`, errJSON, "update_multi"},
		{"tag of 1.0", card20(`{"tag":"hr"},{"tag":"action","actions":[]}`), errTag, "ROOT -> body -> elements -> [1](tag: action)"},
		{"note of 1.0", card20(`{"tag":"note","elements":[]}`), errTag, ""},
		{"element without a tag", card20(`{"content":"x"}`), errJSON, ""},
		{"colour of the header", `{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"x"},"template":"pink"}}`, errJSON, "template"},
		{"header without a title", `{"schema":"2.0","header":{"template":"blue"}}`, errJSON, "header"},
		{"four tags in the header", `{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"x"},"text_tag_list":[` +
			repeat(4, `{"tag":"text_tag","text":{"tag":"plain_text","content":"x"}}`) + `]}}`, errCount, "text_tag_list"},
		{"language nobody speaks", card20(`{"tag":"markdown","content":"x","i18n_content":{"zh_xx":"y"}}`), errJSON, "i18n_content -> zh_xx"},
		{"languages", card20(`{"tag":"markdown","content":"x","i18n_content":{"zh_cn":"y","en_us":"z"}}`), 0, ""},
		{"200 tags", card20(repeat(200, `{"tag":"hr"}`)), 0, ""},
		{"201 tags", card20(repeat(201, `{"tag":"hr"}`)), errCount, ""},
		{"texts count as well", card20(repeat(101, button(""))), errCount, ""},
		{"5 tables", card20(repeat(3, table) + "," + repeat(2, mdTable)), 0, ""},
		{"6 tables", card20(repeat(3, table) + "," + repeat(3, mdTable)), errCount, ""},
		{"6 tables in one text", card20(`{"tag":"markdown","content":"` + strings.Repeat(`| a | b |\n|---|---|\n| 1 | 2 |\n\n`, 6) + `"}`), errCount, ""},
		{"table inside columns", card20(`{"tag":"column_set","columns":[{"tag":"column","elements":[` + table + `]}]}`), errTag, "(tag: table)"},
		{"table inside a form", form20(table + "," + submit), errTag, "(tag: table)"},
		{"50 columns", card20(columns(50)), 0, ""},
		{"51 columns", card20(columns(51)), errCount, "columns"},
		{"cell without a column", card20(`{"tag":"table","columns":[{"name":"a","data_type":"text"}],"rows":[{"b":"x"}]}`), errRows, ""},
		{"cell of another type", card20(`{"tag":"table","columns":[{"name":"a","data_type":"number"}],"rows":[{"a":"x"}]}`), errRows, ""},
		{"page of eleven rows", card20(`{"tag":"table","page_size":11,"columns":[{"name":"a","data_type":"text"}],"rows":[]}`), errJSON, "page_size"},
		{"form inside columns", card20(`{"tag":"column_set","columns":[{"tag":"column","elements":[{"tag":"form","name":"f","elements":[` + submit + `]}]}]}`), errTag, "(tag: form)"},
		{"form inside a panel", card20(`{"tag":"collapsible_panel","header":{"title":{"tag":"plain_text","content":"x"}},"elements":[{"tag":"form","name":"f","elements":[` + submit + `]}]}`), errTag, "(tag: form)"},
		{"form inside a form", form20(`{"tag":"form","name":"g","elements":[` + submit + `]},` + submit), errTag, "(tag: form)"},
		{"chart inside a form", form20(`{"tag":"chart","chart_spec":{}},` + submit), errTag, "(tag: chart)"},
		{"form without submit", form20(button(`,"name":"x"`)), errJSON, "(tag: form)"},
		{"submit deep in the form", form20(`{"tag":"column_set","columns":[{"tag":"column","elements":[` + submit + `]}]}`), 0, ""},
		{"no name in a form", form20(`{"tag":"input"},` + submit), errNoName, "(tag: input)"},
		{"no name on a form's button", form20(button("") + "," + submit), errNoName, "(tag: button)"},
		{"no name outside a form", card20(`{"tag":"input"}`), 0, ""},
		{"the same name twice", card20(button(`,"name":"x"`) + "," + button(`,"name":"x"`)), errJSON, "[1](tag: button) -> name"},
		{"the same element_id twice", card20(`{"tag":"hr","element_id":"x"},{"tag":"hr","element_id":"x"}`), errIDTwice, "element_id"},
		{"element_id of 20", card20(`{"tag":"hr","element_id":"a2345678901234567890"}`), 0, ""},
		{"element_id of 21", card20(`{"tag":"hr","element_id":"a23456789012345678901"}`), errJSON, "element_id"},
		{"element_id with a digit first", card20(`{"tag":"hr","element_id":"1a"}`), errJSON, "element_id"},
		{"5 levels", card20(nested(5)), 0, ""},
		{"6 levels", card20(nested(6)), errTag, "column_set"},
		{"behaviour nobody knows", card20(button(`,"behaviors":[{"type":"dance"}]`)), errJSON, "behaviors"},
		{"value that is a number", card20(button(`,"behaviors":[{"type":"callback","value":7}]`)), errJSON, "value"},
		{"page to open", card20(button(`,"behaviors":[{"type":"open_url","default_url":"https://example.com"}]`)), 0, ""},
		{"button type", card20(button(`,"type":"huge"`)), errJSON, "type"},
		{"button without anything to show", card20(`{"tag":"button"}`), errJSON, ""},
		{"options twice the same", card20(`{"tag":"select_static","options":[` + repeat(2, `{"text":{"tag":"plain_text","content":"x"},"value":"x"}`) + `]}`), errJSON, "options"},
		{"no options", card20(`{"tag":"select_static","options":[]}`), errJSON, "options"},
		{"chosen, but no option", card20(`{"tag":"select_static","initial_option":"y","options":[{"text":{"tag":"plain_text","content":"x"},"value":"x"}]}`), errJSON, ""},
		{"date", card20(`{"tag":"date_picker","initial_date":"2026-11-02"}`), 0, ""},
		{"date the other way round", card20(`{"tag":"date_picker","initial_date":"02/11/2026"}`), errJSON, "initial_date"},
		{"time", card20(`{"tag":"picker_datetime","initial_datetime":"2026-11-02T10:00"}`), errJSON, "initial_datetime"},
		{"input too long", card20(`{"tag":"input","max_length":1001}`), errJSON, "max_length"},
		{"person", card20(`{"tag":"person","user_id":"` + person + `"}`), 0, ""},
		{"person of another app", card20(`{"tag":"person","user_id":"` + ids["open_id@second"] + `"}`), errPerson, "user_id"},
		{"nobody", card20(`{"tag":"select_person","options":[{"value":"ou_nobody"}]}`), errPerson, "options"},
		{"image", card20(`{"tag":"img","img_key":"img_mine","alt":{"tag":"plain_text","content":""}}`), 0, ""},
		{"image of another app", card20(`{"tag":"img","img_key":"img_other"}`), errImage, "img_key"},
		{"image nobody has", card20(`{"tag":"img","img_key":"img_none"}`), errImage, "img_key"},
		{"deep nesting", strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60), errJSON, "ROOT"},
	} {
		_, bad := b.checkCard(b.apps[0], []byte(c.card))
		switch {
		case bad == nil && c.code != 0:
			t.Errorf("%s: accepted, want %d", c.name, c.code)
		case bad != nil && bad.code != c.code:
			t.Errorf("%s: %v, want %d", c.name, bad, c.code)
		case bad != nil && !strings.Contains(bad.path, c.path):
			t.Errorf("%s: at %q, want %q", c.name, bad.path, c.path)
		}
	}
}

// The words around an inner code are the vendor's, since clients look for it there.
func TestCardErrorText(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	status, out := b.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", map[string]string{
		"receive_id": b.openID("li.lei"), "msg_type": "interactive", "content": card20(`{"tag":"hr"},{"tag":"action"}`)})
	want := "Failed to create card content, ext=ErrCode: 200861; ErrPath: ROOT -> body -> elements -> [1](tag: action); " +
		"ErrMsg: cards of schema V2 no longer support this capability; ErrorValue: unsupported tag action; "
	if status != 400 || code(out) != 230099 || out["msg"] != want {
		t.Errorf("%d %v", status, out)
	}
}

func TestStringValueIsFlagged(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.send("li.lei", "interactive", card20(`{"tag":"button","text":{"tag":"plain_text","content":"x"},"behaviors":[{"type":"callback","value":"approve"}]}`))
	if w := b.Warnings(); len(w) != 1 || !strings.Contains(w[0], "behaviors -> [0] -> value") {
		t.Errorf("warnings: %q", w)
	}
}

func TestMarkdownAsText(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, c := range []struct{ in, want string }{
		{"**加粗** ~~删~~ `码`", "加粗 删 码"},
		{"<at id=" + b.openID("li.lei") + "></at> 和 <at id=all></at>", "@李雷 和 @所有人"},
		{"<person id='" + b.openID("zhao.min") + "'></person>", "赵敏"},
		{"<font color='red'>红</font><br/><text_tag color=blue>标</text_tag>", "红\n标"},
		{"# 标题\n[链接](https://example.com)", "标题\n链接 https://example.com"},
		{"a &lt; b &#42;", "a < b *"},
		{`\*\*原样\*\*`, "**原样**"},
		{"<local_datetime millisecond='1762047000000'></local_datetime>", "2025-11-02 09:30"},
		{"| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n| 1 | 2 |"},
	} {
		if got := b.plainMarkdown(c.in); got != c.want {
			t.Errorf("%q reads %q, want %q", c.in, got, c.want)
		}
	}
}

// No card, however broken, brings the checker or the viewer down; what is accepted can be drawn.
func FuzzCard(f *testing.F) {
	for _, seed := range []string{approval, `{}`, form20(submit), card20(nested(5)), `{"schema":"2.0","body":{"elements":[{"tag":"table","columns":[],"rows":[]}]}}`,
		`{"elements":[{"tag":"action","actions":[{"tag":"button","value":{}}]}]}`, `{"i18n_elements":{"zh_cn":[{"tag":"div","text":{"tag":"lark_md","content":"**x**"}}]}}`} {
		f.Add(seed)
	}
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, card string) {
		_, bad := s.checkCard(s.apps[0], []byte(card))
		if bad != nil {
			if bad.code == 0 || bad.msg == "" {
				t.Fatalf("%q: refused without a reason", card)
			}
			return
		}
		view := s.view(card)
		for _, b := range view.buttons {
			if found, _ := view.find(b.ID); b.ID != "" && found == nil {
				t.Fatalf("%q: button %q can not be found", card, b.ID)
			}
		}
		if !json.Valid([]byte(s.cardDigest(card))) {
			t.Fatalf("%q: digest is not JSON", card)
		}
	})
}
