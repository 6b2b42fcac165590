package templates_test

import (
	"fmt"
	"testing/fstest"

	"magpie/templates"
)

// A folder of the administrator's own replaces a built-in card by its name.
func Example() {
	own := templates.Layer{Name: "templates/", FS: fstest.MapFS{"system.text.yaml": {Data: []byte(`
title: "【公司】{{.title}}"
summary: "{{.title}}"
body:
  - markdown: "**{{.title}}**：{{.text}}"
`)}}}
	set, problems := templates.Load(nil, templates.Builtin(), own)
	if problems.Bad() {
		fmt.Println(problems)
		return
	}
	card, err := set.Render("system.text", map[string]string{"title": "已收到", "text": "稍后*告诉*你"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(card.PlainText())
	// Output:
	// 【公司】已收到
	// 已收到：稍后*告诉*你
}
