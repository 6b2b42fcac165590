package desk

import (
	"strings"
	"testing"

	"magpie/adapters/event"
)

func TestParse(t *testing.T) {
	t.Parallel()
	names := []string{"Magpie"}
	for text, want := range map[string]string{
		"待我审批":                     "list pending",
		" 待办。":                     "list pending",
		"/待办":                      "list pending",
		"@Magpie 待办":               "list pending",
		"待我审批 采购 键盘":               "list pending 采购 键盘",
		"my approvals":             "list all",
		"My Approvals":             "list all",
		"我的审批":                     "list all",
		"抄送我的":                     "list told",
		"同意":                       "approve",
		"Approve":                  "approve",
		"同意！":                      "approve",
		"同意，尽快":                    "approve [尽快]",
		"同意 尽快  办":                 "approve [尽快  办]",
		"同意\n第二行":                  "approve [第二行]",
		"同意 #9F86D081 好":           "approve #9F86D081 [好]",
		"拒绝 20260302-9f86d081 太贵了": "reject #9F86D081 [太贵了]",
		"拒绝 单号：9F86D081":           "reject #9F86D081",
		"转交 @张伟 请看":                "transfer [@张伟 请看]",
		"退回 缺附件":                   "return [缺附件]",
		"撤回":                       "withdraw",
		"催办 １２３４５６７８":              "urge #12345678",
		"同意 ABCDEFAB":              "approve [ABCDEFAB]", // may be a word
		"同意 20260302-ABCDEFAB":     "approve #ABCDEFAB",
		"同意你的看法":                   "",
		"同意書":                      "",
		"我同意":                      "",
		"你好":                       "",
		"":                         "",
		"采购 同意":                    "",
	} {
		a, ok := parse(text, names)
		got := ""
		switch {
		case !ok:
		case a.list != "":
			got = strings.TrimSpace("list " + string(a.list) + " " + a.filter)
		default:
			got = a.act.verb
			if a.no != "" {
				got += " #" + a.no
			}
			if a.rest != "" {
				got += " [" + a.rest + "]"
			}
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// What is written in a group without the bot being mentioned is for others, whatever it begins with.
func TestOnlyWhatIsWrittenToTheBot(t *testing.T) {
	t.Parallel()
	m := event.Event{Kind: event.KindMessage, Conv: &event.Conversation{Type: event.ConvGroup}, Body: &event.Message{Text: "同意"}}
	if _, ok := read(m, nil); ok {
		t.Error("written to others in a group, and taken for a decision")
	}
	m.Conv.ToBot = true
	if _, ok := read(m, nil); !ok {
		t.Error("the bot was mentioned, and it was not taken")
	}
	m.Kind = event.KindMessageEdited
	if _, ok := read(m, nil); ok {
		t.Error("an edited message was taken for a decision")
	}
	m.Kind, m.Body = event.KindMessage, &event.Message{Text: "同意 " + strings.Repeat("长", maxWritten)}
	if _, ok := read(m, nil); ok {
		t.Error("a text of any length was taken")
	}
	if _, ok := read(event.Event{Kind: event.KindOpened, Body: &event.Opened{}}, nil); ok {
		t.Error("an opened chat was taken for a decision")
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"同意", "Reject", "待办", "待我审批", "todo", "转交", "催办", "代理", "proxy"} {
		if !Reserved(w) {
			t.Errorf("%s is not reserved", w)
		}
	}
	for _, w := range []string{"采购", "请假", "同意书", ""} {
		if Reserved(w) {
			t.Errorf("%s is reserved", w)
		}
	}
}

// Whatever is written: reading it ends, an opinion is part of what was written, and a number is eight characters.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"同意 #9F86D081 好", "转交 @张伟 请看", "@Magpie 待办 x", "拒绝 20260302-9f86d081", "同意，\n", "//同意", "＠Magpie　同意", "\xff同意"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := parse(text, []string{"Magpie"})
		if !ok {
			return
		}
		kinds := 0
		for _, is := range []bool{a.list != "", a.act.verb != "", a.proxy} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("%q is both or neither: %+v", text, a)
		}
		if a.no != "" && (len(a.no) != 8 || strings.ToUpper(a.no) != a.no) {
			t.Errorf("%q has the number %q", text, a.no)
		}
		if !strings.Contains(strings.Map(plain, text), a.rest) {
			t.Errorf("%q has the opinion %q", text, a.rest)
		}
	})
}
