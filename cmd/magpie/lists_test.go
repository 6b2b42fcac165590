package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"magpie/simulator"
	"magpie/workflows"
)

// text waits until the bot has written something to a person that says all of the words.
func (p persons) text(person string, words ...string) {
	p.t.Helper()
	eventually(p.t, person+" reads "+strings.Join(words, ", "), func() bool {
		all, err := p.sim.Messages(person, "")
		return err == nil && slices.ContainsFunc(all, func(m simulator.Message) bool {
			if m.Kind != "text" || m.From != "bot" {
				return false
			}
			for _, w := range words {
				if !strings.Contains(m.Text, w) {
					return false
				}
			}
			return true
		})
	}, func() string { return p.seen(person) })
}

// option is the value of a choice on a card whose label says a word.
func option(t *testing.T, m simulator.Message, input, word string) string {
	t.Helper()
	for _, in := range m.Inputs {
		if in.Name != input {
			continue
		}
		for _, o := range in.Options {
			if strings.Contains(o.Label, word) {
				return o.Value
			}
		}
	}
	t.Fatalf("no choice %q in %s of %+v", word, input, m.Inputs)
	return ""
}

// What people ask about their approvals, and decide by writing, in all three suites: 韩梅梅 decides two at once in
// DingTalk, 赵敏 writes in Feishu and says on a card which one she means, 王芳 names the number in WeCom.
func TestListsAndWrittenDecisions(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, nil)
	feishu, ding, wecom := l.in("feishu"), l.in("dingtalk"), l.in("wecom")

	feishu.say("li.lei", "我发起的")
	feishu.card("li.lei", "我发起的", "你还没有发起过")
	ding.say("han.meimei", "同意")
	ding.text("han.meimei", "没有待你审批的事")

	feishu.purchase("li.lei", "显示器", "8000")
	feishu.card("li.lei", "显示器", "审批中")
	feishu.purchase("li.lei", "投影仪", "9000")
	ding.cardWith("han.meimei", "同意", "显示器")
	ding.cardWith("han.meimei", "同意", "投影仪")

	// A list, and all that is on it decided at once, each by itself.
	ding.say("han.meimei", "待我审批")
	list := ding.cardWith("han.meimei", "全部同意", "待我审批", "显示器", "投影仪")
	if r := ding.press("han.meimei", list, "全部同意", nil); r.Status != "ok" {
		t.Fatalf("全部同意: %+v", r)
	}
	ding.text("han.meimei", "2 项已同意")
	ding.card("han.meimei", "显示器", "已同意", "等待")

	// One of several is chosen on a card, which carries the command on.
	feishu.cardWith("zhao.min", "同意", "显示器")
	feishu.cardWith("zhao.min", "同意", "投影仪")
	feishu.say("zhao.min", "拒绝 太贵了")
	pick := feishu.cardWith("zhao.min", "拒绝", "是哪一项", "太贵了")
	feishu.press("zhao.min", pick, "拒绝", map[string]any{"item": option(t, pick, "item", "投影仪")})
	feishu.text("zhao.min", "已拒绝", "投影仪")
	feishu.card("li.lei", "投影仪", "太贵了", "已拒绝")
	feishu.say("zhao.min", "同意")
	feishu.text("zhao.min", "已同意", "显示器")

	// The number names one; what is refused is said.
	wecom.cardWith("wang.fang", "同意", "显示器")
	open, err := l.app.Store().OpenWork(t.Context(), "wang.fang", 0, 10)
	if err != nil || len(open) != 1 {
		t.Fatalf("%+v %v", open, err)
	}
	no := workflows.NumberEnd(open[0].Instance)
	wecom.say("wang.fang", "拒绝 "+no)
	wecom.text("wang.fang", "请填写拒绝理由")
	wecom.say("wang.fang", "同意 #"+no+" 尽快")
	wecom.text("wang.fang", "已同意", "显示器")
	feishu.card("li.lei", "显示器", "已通过")
	wecom.say("wang.fang", "同意 "+no)
	wecom.text("wang.fang", "显示器", "你", "已同意")

	// The other lists, and a card sent once more.
	feishu.say("li.lei", "我发起的")
	mine := feishu.cardWith("li.lei", "重新发卡", "我发起的", "已通过", "已拒绝")
	before := len(feishu.cards("li.lei"))
	feishu.told("li.lei", mine, "重新发卡", map[string]any{"item": option(t, mine, "item", "显示器")}, "success", "已重新发卡")
	eventually(t, "the card came again", func() bool { return len(feishu.cards("li.lei")) > before }, func() string { return feishu.seen("li.lei") })
	wecom.say("wang.fang", "我处理的")
	wecom.card("wang.fang", "我处理的", "显示器")
	wecom.say("chen.jie", "抄送我的")
	wecom.card("chen.jie", "抄送我的", "显示器")
	ding.say("han.meimei", "我的审批")
	ding.card("han.meimei", "我的审批", "我处理的", "显示器")
	l.clean()
}

// A word that people decide with starts no flow.
func TestReservedCommands(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := prepareData(dir, false, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "workflows", "purchase.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(`commands: \[[^\]]*\]`).ReplaceAllString(string(b), "commands: [采购, 待办]")
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	_, ps := loadProject(filepath.Join(dir, "magpie.yaml"), offline())
	if !ps.Bad() || !strings.Contains(ps.Error(), `the command "待办" is reserved`) {
		t.Errorf("found %v", ps)
	}
}

// What a suite's card can't take is done on the list's page: several are chosen there, and decided with one reason.
func TestBatchOnThePageOfAList(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, nil)
	feishu, ding, wecom := l.in("feishu"), l.in("dingtalk"), l.in("wecom")
	for _, item := range []string{"显示器", "投影仪"} {
		feishu.purchase("li.lei", item, "8000")
		feishu.card("li.lei", item, "审批中")
		asked := ding.cardWith("han.meimei", "同意", item)
		if r := ding.press("han.meimei", asked, "同意", nil); r.Status != "ok" {
			t.Fatalf("%s: %+v", item, r)
		}
		wecom.cardWith("wang.fang", "同意", item)
	}
	wecom.say("wang.fang", "待我审批")
	list := wecom.card("wang.fang", "待我审批")
	v := newVisitor(t, "wang.fang")
	at, body := pageOf(t, v, list, "reject")
	if !strings.Contains(body, "显示器") || !strings.Contains(body, "投影仪") {
		t.Errorf("the page shows\n%s", body)
	}
	form := pageForm(t, body, "reject")
	values := regexp.MustCompile(`name="f\.items" value="([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(values) != 2 {
		t.Fatalf("%d choices on\n%s", len(values), body)
	}
	for _, m := range values {
		form.Add("f.items", m[1])
	}
	form.Set("f.opinion", "预算用完")
	if status, after := v.post(at, form); status != 200 {
		t.Fatalf("%d\n%s", status, after)
	}
	wecom.text("wang.fang", "2 项已拒绝")
	feishu.card("li.lei", "显示器", "已拒绝", "预算用完")
	feishu.card("li.lei", "投影仪", "已拒绝", "预算用完")
	l.clean()
}
