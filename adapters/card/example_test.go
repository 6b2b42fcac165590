package card_test

import (
	"cmp"
	"fmt"

	"magpie/adapters/card"
)

// A card is written once; every suite draws it, and where nothing can be drawn it is still a text with
// all its actions.
func ExampleCard_PlainText() {
	c := card.Card{
		Title: card.T("采购申请"), Tone: card.Info, Status: card.T("待审批"), Summary: card.T("李雷的采购申请"),
		Body: card.Elements{
			&card.Markdown{Text: card.T("原因：" + card.EscapeMarkdown("坏了 *两把* [点我](http://evil.example)"))},
			&card.Fields{Items: []card.Field{{Label: card.T("金额"), Value: card.T("¥300")}}},
		},
		Actions: []card.Button{{Verb: "approve", Label: card.T("同意")}, {Verb: "reject", Label: card.T("拒绝")}},
		Link:    "https://bot.example.com/m/1",
	}
	if err := c.Validate(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(c.PlainText())
	// Output:
	// 【待审批】采购申请
	// 原因：坏了 *两把* [点我](http://evil.example)
	// 金额：¥300
	// 回复 1 同意
	// 回复 2 拒绝
	// 详情：https://bot.example.com/m/1
}

// Validate finds every mistake at once.
func ExampleCard_Validate() {
	c := card.Card{Title: card.T("x"), Actions: []card.Button{{Label: card.T("同意")}}}
	for _, m := range c.Validate().(card.Mistakes) {
		fmt.Println(m)
	}
	// Output:
	// summary: is required
	// actions[0]: needs exactly one of verb and url
}

func ExampleParseMarkdown() {
	for _, b := range card.ParseMarkdown("请 **今天** 处理：\n- [制度](https://example.com)\n- [@李雷](person:ou_1)") {
		for _, line := range b.Lines {
			for _, s := range line {
				fmt.Printf("%s %s %q %s\n", b.Kind, s.Kind, s.Text, cmp.Or(s.URL, s.Ref, "-"))
			}
		}
	}
	// Output:
	// paragraph text "请 " -
	// paragraph text "今天" -
	// paragraph text " 处理：" -
	// bullets link "制度" https://example.com
	// bullets mention "李雷" ou_1
}
