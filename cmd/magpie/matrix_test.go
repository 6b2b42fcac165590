package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

var update = flag.Bool("update", false, "write docs/support-matrix.md anew")

// drawnSuites are the columns of the matrix, with the settings that a connection needs at least.
var drawnSuites = []struct{ suite, name, settings string }{
	{"feishu", "Feishu 飞书", "{id: f, suite: feishu, transport: websocket, app_id: cli_a, app_secret: s}"},
	{"dingtalk", "DingTalk 钉钉, with our card templates", "{id: d, suite: dingtalk, transport: stream, client_id: dinga, client_secret: s, corp_id: dingcorp, templates: {card: {id: c.schema, version: 1}, form: {id: f.schema, version: 1}}}"},
	{"dingtalk", "DingTalk 钉钉, without", "{id: d, suite: dingtalk, transport: stream, client_id: dinga, client_secret: s, corp_id: dingcorp}"},
	{"wecom", "WeCom 企业微信", "{id: w, suite: wecom, corp_id: wwcorp, agent_id: 1000002, secret: s, token: t, aes_key: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"},
}

// matrixCase is a row: a card with one thing in it.
type matrixCase struct {
	name string
	card card.Card
}

func matrixCases() []matrixCase {
	with := func(name string, els ...card.Element) matrixCase { return matrixCase{name, card.Card{Body: els}} }
	ref := event.Ref{Kind: event.RefUser, ID: "ou_1"}
	row := func(n int) (cells []card.Text) {
		for range n {
			cells = append(cells, card.T("1"))
		}
		return cells
	}
	table := func(cols int) *card.Table {
		t := &card.Table{Rows: [][]card.Text{row(cols), row(cols)}}
		for i := range cols {
			t.Cols = append(t.Cols, card.Column{Name: fmt.Sprintf("c%d", i), Label: card.T("列")})
		}
		return t
	}
	var tables []card.Element
	for range 7 {
		tables = append(tables, table(2))
	}
	var fields []card.Field
	for range 60 {
		fields = append(fields, card.Field{Label: card.T("标签"), Value: card.T("值")})
	}
	press := card.Button{Verb: "approve", Label: card.T("同意"), Style: card.StylePrimary, Token: "t", Page: "https://bot.example.com/m/c/1"}
	sure := press
	sure.Confirm = &card.Confirm{Title: card.T("确定？"), Body: card.T("不能撤回")}
	cases := []matrixCase{
		{"title, tone, status", card.Card{Tone: card.Success, Status: card.T("已通过")}},
		{"two languages", card.Card{Lang: []string{"zh-CN", "en-US"}, Body: card.Elements{&card.Note{Text: card.Text{Default: "好", I18n: map[string]string{"en-US": "good"}}}}}},
		{"link of the card", card.Card{Link: "https://bot.example.com/m/1"}},
		with("markdown", &card.Markdown{Text: card.T("**粗** [链接](https://example.com)\n- 一\n- 二")}),
		with("note", &card.Note{Text: card.T("小字")}),
		with("divider", &card.Divider{}),
		with("fields", &card.Fields{Items: []card.Field{{Label: card.T("金额"), Value: card.T("¥1"), Short: true}, {Label: card.T("内容"), Value: card.T("键盘")}}}),
		with("fields, 60 of them", &card.Fields{Items: fields}),
		with("table", table(3)),
		with("table, 60 columns", table(60)),
		with("table, 7 in a card", tables...),
		with("people with an account there", &card.People{Label: card.T("发起人"), Persons: []card.Person{{ID: "li.lei", Name: "李雷", Ref: ref}}}),
		with("people without one", &card.People{Label: card.T("发起人"), Persons: []card.Person{{ID: "li.lei", Name: "李雷"}}}),
		with("progress", &card.Progress{Steps: []card.Step{{Name: card.T("主管"), State: card.StepActive}, {Name: card.T("财务")}}}),
		with("image by key", &card.Image{Key: "img_v2_1", Desc: card.T("图")}),
		with("image by address", &card.Image{URL: "https://example.com/a.png", Desc: card.T("图")}),
		with("columns", &card.Columns{Items: []card.ColumnBox{{Body: card.Elements{&card.Note{Text: card.T("左")}}}, {Weight: 2, Body: card.Elements{&card.Note{Text: card.T("右")}}}}}),
		with("collapse", &card.Collapse{Title: card.T("更多"), Body: card.Elements{&card.Note{Text: card.T("里面")}}}),
		with("files", &card.Files{Label: card.T("附件"), Items: []event.File{{ID: "f", Name: "合同.pdf", Size: 1 << 20}}}),
		{"button that acts", card.Card{Actions: []card.Button{press}}},
		{"button that asks first", card.Card{Actions: []card.Button{sure}}},
		{"button that opens a page", card.Card{Actions: []card.Button{{URL: "https://example.com", Label: card.T("查看")}}}},
	}
	for _, k := range []card.InputKind{card.InputText, card.InputLongText, card.InputNumber, card.InputSelect, card.InputMultiSelect, card.InputPerson, card.InputPeople, card.InputDate, card.InputDateTime, card.InputBool,
		card.InputDepartment, card.InputTable, card.InputFile, card.InputSignature, card.InputNote, card.InputOutput} {
		in := card.Input{Name: "a", Label: card.T("字段"), Kind: k, Required: true}
		if k == card.InputSelect || k == card.InputMultiSelect {
			in.Options = []card.Option{{Value: "1", Label: card.T("一")}, {Value: "2", Label: card.T("二")}}
		}
		if k == card.InputTable {
			in.Columns = []card.Input{{Name: "b", Label: card.T("列"), Kind: card.InputText}}
		}
		if k == card.InputOutput {
			in.Default = event.Text("¥2.00")
		}
		submit := press
		submit.Verb = "submit"
		cases = append(cases, with("form, input "+string(k), &card.Form{ID: "f", Inputs: []card.Input{in}, Submit: submit}))
	}
	long := card.Input{Name: "a", Label: card.T("字段"), Kind: card.InputLongText, Max: 5000}
	folded := &card.Form{ID: "f", Fold: card.T("更多操作"), Submit: press, Inputs: []card.Input{
		{Name: "do", Label: card.T("操作"), Kind: card.InputSelect, Options: []card.Option{{Value: "transfer", Label: card.T("转交")}}}}}
	cases = append(cases, with("form, closed at first", folded))
	return append(cases, with("form, input of 5000 characters", &card.Form{ID: "f", Inputs: []card.Input{long}, Submit: press}))
}

// tagsOf are the components that a card is made of, in order, once each.
func tagsOf(v any, out []string) []string {
	switch v := v.(type) {
	case map[string]any:
		if tag, ok := v["tag"].(string); ok && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			out = tagsOf(v[k], out)
		}
	case []any:
		for _, x := range v {
			out = tagsOf(x, out)
		}
	}
	return out
}

// drawnBy tells how a suite draws a card: its components beyond those of an empty card, and what is lost.
func drawnBy(t *testing.T, conn *adapters.Connection, c card.Card) string {
	t.Helper()
	c.Title, c.Summary, c.Slot, c.Rev = card.T("标题"), card.T("摘要"), "i/s", 1
	if conn.Suite == "wecom" && c.Link == "" {
		c.Link = "https://bot.example.com/m/c/1" // every card of ours has one; WeCom has no cards without
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	wire, losses, err := conn.EncodeCard(c, adapters.EncodeOptions{})
	if err != nil {
		return "✗ " + err.Error()
	}
	parts := partsOf(t, conn.Suite, wire, c)
	s := "`" + strings.Join(parts, "`, `") + "`"
	times := map[string]int{}
	var said []string
	for _, l := range losses {
		what := fmt.Sprintf("%s: %s", l.Severity, l.What)
		if times[what]++; times[what] == 1 {
			said = append(said, what)
		}
	}
	for _, what := range said {
		s += "; " + what
		if n := times[what]; n > 1 {
			s += fmt.Sprintf(" (%d times)", n)
		}
	}
	return s
}

// partsOf names what an encoded card is made of, in the suite's own words.
func partsOf(t *testing.T, suite string, wire adapters.Wire, c card.Card) []string {
	t.Helper()
	if wire.Kind == "text" {
		return []string{"text"}
	}
	var doc map[string]any
	if err := json.Unmarshal(wire.Body, &doc); err != nil {
		t.Fatalf("%s: %v: %s", suite, err, wire.Body)
	}
	switch suite {
	case "feishu":
		return feishuParts(doc, wire, c)
	case "wecom":
		parts := []string{fmt.Sprint(doc["card_type"])}
		for _, k := range slices.Sorted(maps.Keys(doc)) {
			if k != "card_type" && k != "main_title" {
				parts = append(parts, k)
			}
		}
		return parts
	}
	if key, ok := doc["msgKey"].(string); ok {
		return []string{key}
	}
	parts := []string{wire.Kind}
	data, _ := doc["cardData"].(map[string]any)
	vars, _ := data["cardParamMap"].(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(vars)) {
		name, _, _ := strings.Cut(k, "_")
		name = strings.TrimRight(name, "0123456789")
		if v, _ := vars[k].(string); v != "" && name != "title" && name != "tone" && !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return parts
}

func feishuParts(doc map[string]any, wire adapters.Wire, c card.Card) []string {
	parts := tagsOf(doc["body"], nil)
	if len(c.Body)+len(c.Actions) == 0 {
		parts = tagsOf(doc["header"], []string{"header"}) // what a card without a body shows is in its frame
		if doc["card_link"] != nil {
			parts = []string{"card_link"}
		}
	}
	if bytes.Contains(wire.Body, []byte(`"i18n_content"`)) {
		parts = append(parts, "i18n_content")
	}
	return slices.DeleteFunc(parts, func(tag string) bool { return tag == "plain_text" }) // the text of another one
}

// The matrix in the docs is what the encoders do.
func TestSupportMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What becomes of each element\n\nWritten from the encoders by `go test ./cmd/magpie -run TestSupportMatrix -update`; do not edit it by hand.\n")
	b.WriteString("A cell names the suite's components, and what is lost: *cosmetic* looks plainer, *content* is cut or behind a link, *interaction* needs another way.\n\n| element |")
	var conns []*adapters.Connection
	for _, s := range drawnSuites {
		n, ps := config.Parse("matrix", []byte(s.settings))
		if ps.Bad() {
			t.Fatal(ps)
		}
		conn, err := adapters.Open(config.Connection{ID: n.At("id").Text(), Suite: s.suite, Transport: n.At("transport").Text(), Settings: n}, platforms[s.suite], offline())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		b.WriteString(" " + s.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(conns)) + "\n")
	for _, c := range matrixCases() {
		b.WriteString("| " + c.name + " |")
		for _, conn := range conns {
			b.WriteString(" " + drawnBy(t, conn, c.card) + " |")
		}
		b.WriteString("\n")
	}
	file := filepath.Join("..", "..", "docs", "support-matrix.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("run with -update and look at the difference:\n%s", diff)
	}
}
