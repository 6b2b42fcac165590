package desk

import (
	"strings"
	"unicode"

	"magpie/adapters/event"
)

// list is one of a person's lists.
type list string

const (
	listAll     list = "all"
	listPending list = "pending"
	listStarted list = "started"
	listDecided list = "decided"
	listTold    list = "told"
)

// lists are the words that ask for a list, in lower case.
var lists = map[string]list{
	"我的审批": listAll, "审批": listAll, "my approvals": listAll, "approvals": listAll,
	"待我审批": listPending, "待办": listPending, "我的待办": listPending, "待审批": listPending, "todo": listPending, "pending": listPending,
	"我发起的": listStarted, "我的申请": listStarted, "started": listStarted,
	"我处理的": listDecided, "我审批的": listDecided, "已办": listDecided, "我的已办": listDecided, "handled": listDecided,
	"抄送我的": listTold, "cc": listTold, "抄送": listTold,
}

// act is what a word does: the verb of the button that it stands for.
type act struct {
	verb string
	own  bool // it is pressed at the initiator's card
	who  bool // it needs persons
	done string
}

// acts are the words of decisions, in lower case.
var acts = map[string]act{
	"同意": approve, "通过": approve, "approve": approve, "agree": approve,
	"拒绝": reject, "驳回": reject, "不同意": reject, "reject": reject, "refuse": reject,
	"弃权": {verb: "abstain", done: "弃权"}, "abstain": {verb: "abstain", done: "弃权"},
	"转交": transfer, "转审": transfer, "transfer": transfer,
	"委派": {verb: "delegate", who: true, done: "委派"}, "delegate": {verb: "delegate", who: true, done: "委派"},
	"加签": before, "前加签": before, "add": before, "后加签": {verb: "add_after", who: true, done: "加签"}, "并加签": {verb: "add_beside", who: true, done: "加签"},
	"退回": giveBack, "return": giveBack,
	"撤回": withdraw, "withdraw": withdraw, "催办": urge, "urge": urge,
	"评论": comment, "comment": comment,
}

var (
	approve  = act{verb: "approve", done: "同意"}
	reject   = act{verb: "reject", done: "拒绝"}
	transfer = act{verb: "transfer", who: true, done: "转交"}
	before   = act{verb: "add_before", who: true, done: "加签"}
	giveBack = act{verb: "return", done: "退回"}
	withdraw = act{verb: "withdraw", own: true, done: "撤回"}
	urge     = act{verb: "urge", own: true, done: "催办"}
	comment  = act{verb: "comment", done: "评论"}
)

// Reserved reports whether a word is one that the desk answers before any flow is asked.
func Reserved(word string) bool {
	w := fold(word)
	_, is := acts[w]
	return is || lists[w] != "" || proxyWords[w]
}

// asked is a message that the desk answers.
type asked struct {
	list   list
	filter string

	proxy bool // it is about who decides in whose place; rest says what

	act  act
	no   string // what people quote: 20260302-9F86D081, or the end of it
	rest string // persons by name, and the opinion
}

// maxWritten bounds a message that may be a command, in bytes: an opinion has at most 1000 characters.
const maxWritten = 5000

// read tells what a message to the bot asks for. What is written to others in a group never comes here.
func read(ev event.Event, names []string) (asked, bool) {
	text := ""
	switch b := ev.Body.(type) {
	case *event.Message:
		if ev.Kind != event.KindMessage || ev.Conv == nil || !ev.Conv.ToBot {
			return asked{}, false
		}
		text = b.Text
	case *event.Command:
		text = b.Name + " " + b.Args
	case *event.Menu:
		text = b.Key
	default:
		return asked{}, false
	}
	if len(text) > maxWritten {
		return asked{}, false
	}
	return parse(text, names)
}

// parse reads a text: one of the words alone, or followed by a space or a comma. 同意你的看法 is no command.
func parse(text string, names []string) (asked, bool) {
	text = strings.TrimSpace(strings.Map(plain, text))
	for _, n := range names {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "@"), n); ok && (rest == "" || rest[0] == ' ') {
			text = strings.TrimSpace(rest)
		}
	}
	text = strings.TrimPrefix(text, "/")
	if l := lists[fold(text)]; l != "" { // also words with a space in them
		return asked{list: l}, true
	}
	word, rest := text, ""
	if i := strings.IndexAny(text, " \n,，:：。!！;；"); i >= 0 {
		word = text[:i]
		rest = strings.TrimLeft(text[i:], " \n,，:：。!！;；")
	}
	if l := lists[fold(word)]; l != "" {
		return asked{list: l, filter: strings.Join(strings.Fields(rest), " ")}, true
	}
	if proxyWords[fold(word)] {
		return asked{proxy: true, rest: strings.TrimSpace(rest)}, true
	}
	a, ok := acts[fold(word)]
	if !ok {
		return asked{}, false
	}
	out := asked{act: a, rest: strings.TrimSpace(rest)}
	first, after, _ := strings.Cut(out.rest, " ")
	if no, ok := number(first); ok {
		out.no, out.rest = no, strings.TrimSpace(after)
	}
	return out, true
}

// number reads what people quote: the whole number or the eight characters at its end, with # or 单号 before it.
func number(word string) (string, bool) {
	word = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(word, "#"), "单号"), ":：#")
	word = strings.ToUpper(strings.TrimRight(word, ",，。;；:："))
	day, end, whole := strings.Cut(word, "-")
	if whole {
		word = end
	}
	switch {
	case whole && (len(day) != 8 || strings.Trim(day, "0123456789") != ""),
		len(word) != 8 || strings.Trim(word, "0123456789ABCDEF") != "",
		!whole && strings.Trim(word, "ABCDEF") == "": // eight letters may be a word
		return "", false
	}
	return word, true
}

// plain turns what a Chinese keyboard makes of spaces and digits into plain ones.
func plain(r rune) rune {
	switch {
	case r == '\n':
		return r
	case unicode.IsSpace(r):
		return ' '
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '＠':
		return '@'
	case r == '＃':
		return '#'
	}
	return r
}

func fold(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.TrimRight(s, "。.!！?？ ")))
}
