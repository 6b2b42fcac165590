package dingtalk

import "testing"

func TestPlainMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"**标题**\n> 引用 [链接](https://a.example)":                "标题\n引用 链接",
		`\*\*粗\*\* \[点我\](https://evil.example)`:              "**粗** [点我](https://evil.example)",
		`!\[x\](http://e.x/a.png) \<font color=red>红\</font>`: "![x](http://e.x/a.png) <font color=red>红</font>",
		`\> 不是引用` + "\n" + `\- 不是列表`:                          "> 不是引用\n- 不是列表",
		`一个 \ 和两个 \\`:                                         `一个 \ 和两个 \`,
		"![图](http://a/b.png)":                                "[图片]",
	} {
		if got := plainMarkdown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
