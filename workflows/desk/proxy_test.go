package desk

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
)

// grants are standing proxies in memory.
type grants struct {
	list    []workflows.Proxy // the newest first
	gone    []string          // persons who are no longer there
	changed int
}

func (g *grants) GrantProxy(_ context.Context, p workflows.Proxy) (workflows.Proxy, error) {
	if slices.Contains(g.gone, p.To) {
		return p, workflows.ErrNotFound
	}
	p.ID = "g" + string(rune('1'+len(g.list)))
	g.list = append([]workflows.Proxy{p}, g.list...)
	return p, nil
}

func (g *grants) RevokeProxy(_ context.Context, id, actor string) (workflows.Proxy, error) {
	i := slices.IndexFunc(g.list, func(p workflows.Proxy) bool { return p.ID == id })
	if i < 0 {
		return workflows.Proxy{}, workflows.ErrNotFound
	}
	p := g.list[i]
	p.Actor = actor
	g.list = slices.Delete(g.list, i, i+1)
	return p, nil
}

func (g *grants) Proxies(_ context.Context, person string, _ bool) (out []workflows.Proxy, err error) {
	for _, p := range g.list {
		if person == "" || p.Of == person || p.To == person {
			out = append(out, p)
		}
	}
	return out, nil
}

// flow is a program that has only a name.
type flow struct {
	workflows.Program
	id, name string
	words    []string
}

func (f flow) Definition() workflows.Definition {
	return workflows.Definition{ID: f.id, Name: f.name}
}
func (f flow) Commands() []string { return f.words }

func proxyDesk() (*Desk, *grants) {
	g := &grants{}
	d := newDesk(&shelf{})
	d.o.Proxies, d.o.Changed = g, func() { g.changed++ }
	d.o.Flows = func() []workflows.Program {
		return []workflows.Program{flow{id: "purchase", name: "采购申请", words: []string{"采购"}}, flow{id: "leave", name: "请假申请", words: []string{"请假"}}}
	}
	return d, g
}

// texts are what is written to whom; "" is where it was asked.
func texts(t *testing.T, d *Desk, ev event.Event) map[string]string {
	t.Helper()
	out, ok, err := d.Answer(t.Context(), ev)
	if err != nil || !ok {
		t.Fatalf("answered %v, %v", ok, err)
	}
	said := map[string]string{}
	for _, e := range out {
		s, ok := e.(workflows.SendText)
		if !ok {
			t.Fatalf("%T", e)
		}
		said[s.To.Person] += s.Text.Default
		if en := s.Text.I18n["en-US"]; en == "" || strings.Contains(s.Text.Default+en, "%!") {
			t.Errorf("a text is badly made: %+v", s.Text)
		}
		for _, zh := range []string{"含当天", "直到取消", "只限流程", "金额不超过", "包括已经", "例如", "取消：", "还可以写"} {
			if strings.Contains(s.Text.In("en-US"), zh) {
				t.Errorf("Chinese in the English text: %s", s.Text.In("en-US"))
			}
		}
	}
	return said
}

// day is an instant of the test's zone.
func day(month time.Month, d, hour, minute int) time.Time {
	return time.Date(2026, month, d, hour, minute, 0, 0, time.FixedZone("CST", 8*3600)).UTC()
}

// What is written becomes a grant just as it was meant, or none.
func TestProxyByWriting(t *testing.T) {
	t.Parallel()
	now := at.UTC() // 2026-03-02 09:30 in China
	for written, want := range map[string]workflows.Proxy{
		"代理 给 李雷": {To: "li.lei", From: now},
		"代理 李雷":   {To: "li.lei", From: now},
		"代理 给 li.lei 从 2026-10-01 到 2026-10-08": {To: "li.lei", From: day(10, 1, 0, 0), Until: day(10, 9, 0, 0)},
		"代理 给 @李雷，从 10月1日 到 10月8日":              {To: "li.lei", From: day(10, 1, 0, 0), Until: day(10, 9, 0, 0)},
		"代理给 李雷":                                          {}, // no such word
		"代理 给李雷从10月1日到10月8日":                              {To: "li.lei", From: day(10, 1, 0, 0), Until: day(10, 9, 0, 0)},
		"代理 给 李雷 从 3月5日 09:30 到 3月5日 18点":                 {To: "li.lei", From: day(3, 5, 9, 30), Until: day(3, 5, 18, 0)},
		"代理 给 李雷 从 明天 到 后天":                               {To: "li.lei", From: day(3, 3, 0, 0), Until: day(3, 5, 0, 0)},
		"代理 给 李雷 到 3/2":                                   {To: "li.lei", From: now, Until: day(3, 3, 0, 0)},
		"代理 给 李雷 从 2月20日 至 3月6日9点半":                       {To: "li.lei", From: day(2, 20, 0, 0), Until: day(3, 6, 9, 30)},
		"代理 给 李雷 从 12月30日 到 1月3日":                         {To: "li.lei", From: day(12, 30, 0, 0), Until: day(13, 4, 0, 0)},
		"代理 给 李雷 流程 采购申请、请假 不超过 5,000元 含待办":               {To: "li.lei", From: now, Flows: []string{"purchase", "leave"}, Max: "5000", Open: true},
		"代理 给 李雷 到 2026-03-09T12:00 流程：purchase purchase": {To: "li.lei", From: now, Until: day(3, 9, 12, 0), Flows: []string{"purchase"}},
	} {
		d, g := proxyDesk()
		if want.To == "" {
			if _, ok, _ := d.Answer(t.Context(), said("han.meimei", written)); ok {
				t.Errorf("%q was answered", written)
			}
			continue
		}
		said := texts(t, d, said("han.meimei", written))
		want.ID, want.Of, want.Actor = "g1", "han.meimei", "person:han.meimei"
		if diff := cmp.Diff([]workflows.Proxy{want}, g.list); diff != "" {
			t.Errorf("%q (-want +got):\n%s\n%v", written, diff, said)
		}
		if !strings.Contains(said[""], "已设置：李雷代你审批") || !strings.Contains(said["li.lei"], "韩梅梅请你代为审批") || g.changed != 1 {
			t.Errorf("%q is answered with %v, changed %d times", written, said, g.changed)
		}
	}
}

// What is not clear sets nothing, and says what would be right.
func TestProxyRefused(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"代理 给 韩梅梅":                          "不能让自己代理自己",
		"代理 给 王小明":                          "没有找到「王小明」",
		"代理 给 张伟":                           "有几位同事叫「张伟」",
		"代理 给 李雷 王芳":                        "只能写一位",
		"代理 从 10月1日 到 10月8日":                "请写明代理给谁",
		"代理 给 王芳":                           "已不在职",
		"代理 给 李雷 从 国庆 到 10月8日":              "看不懂日期「国庆」",
		"代理 给 李雷 从 2月30日":                   "看不懂日期「2月30日」",
		"代理 给 李雷 到 3月5日 25:00":              "看不懂日期",
		"代理 给 李雷 从 10月8日 到 2026-10-01":      "不在开始时间",
		"代理 给 李雷 从 2026-01-01 到 2026-02-01": "已经过去",
		"代理 给 李雷 流程 报销":                     "没有叫「报销」的流程，没有设置。可以写：采购申请、请假申请",
		"代理 给 李雷 不超过 很多":                    "看不懂金额「很多」",
		"代理 给 李雷 不超过 -3":                    "看不懂金额",
		"代理 给 李雷 从":                         "「从」后面没有写内容",
		"代理 给 李雷 从 明天 从 后天":                 "写了两次",
		"代理 给 李雷 谢谢":                        "看不懂「谢谢」",
		"代理 取消 王小明":                         "没有找到「王小明」",
		"代理 取消":                             "没有可取消的",
		"代理 取消 李雷":                          "李雷没有在代你审批",
	} {
		d, g := proxyDesk()
		g.gone = []string{"wang.fang"}
		got := texts(t, d, said("han.meimei", written))
		if len(got) != 1 || !strings.Contains(got[""], want) {
			t.Errorf("%q is answered with %v, want %q", written, got, want)
		}
		if len(g.list) > 0 {
			t.Errorf("%q set %+v", written, g.list)
		}
	}
	if got := texts(t, newDesk(&shelf{}), said("han.meimei", "代理")); !strings.Contains(got[""], "还不能设置代理") {
		t.Errorf("without a store: %v", got)
	}
}

// They are shown to whoever they concern, told apart, and ended: all of them, or one person's. Nobody ends what
// somebody else has set for themself.
func TestProxyShownAndEnded(t *testing.T) {
	t.Parallel()
	d, g := proxyDesk()
	if got := texts(t, d, said("han.meimei", "代理"))[""]; !strings.Contains(got, "没有人代你审批") || !strings.Contains(got, "例如") {
		t.Errorf("nothing yet: %q", got)
	}
	texts(t, d, said("han.meimei", "代理 给 李雷 从 10月1日 到 10月8日 流程 采购申请 不超过 5000"))
	texts(t, d, said("han.meimei", "代理 给 李雷 从 10月1日 到 10月8日 流程 采购申请 不超过 5000")) // once more
	if len(g.list) != 1 {
		t.Errorf("written twice it is there %d times", len(g.list))
	}
	if got := texts(t, d, said("han.meimei", "代理 给 王芳"))[""]; !strings.Contains(got, "时间重叠时以这一条为准") {
		t.Errorf("a second one: %q", got)
	}
	if got := texts(t, d, said("wang.fang", "代理 给 韩梅梅"))[""]; !strings.Contains(got, "绕回到你") {
		t.Errorf("a circle: %q", got)
	}
	got := texts(t, d, said("han.meimei", "我的代理"))[""]
	for _, want := range []string{"代你审批的", "李雷：从 2026-10-01 到 2026-10-08（含当天），只限流程：采购申请，金额不超过 5000", "王芳：从 2026-03-02 09:30 起，直到取消", "你代为审批的：\n王芳"} {
		if !strings.Contains(got, want) {
			t.Errorf("the list does not say %q: %s", want, got)
		}
	}
	ended := texts(t, d, said("han.meimei", "代理 取消 李雷"))
	if !strings.Contains(ended[""], "已取消：李雷") || !strings.Contains(ended["li.lei"], "韩梅梅取消了") || len(g.list) != 2 {
		t.Errorf("one is ended: %v, %+v", ended, g.list)
	}
	if ended = texts(t, d, said("han.meimei", "代理 取消")); !strings.Contains(ended[""], "王芳") || len(g.list) != 1 || g.list[0].Of != "wang.fang" {
		t.Errorf("all are ended: %v, %+v", ended, g.list)
	}
	// In a group the answer is theirs alone.
	ev := said("han.meimei", "代理")
	ev.Conv.Type = event.ConvGroup
	if got := texts(t, d, ev); got[""] != textSentToYou().Default || !strings.Contains(got["han.meimei"], "你代为审批的") {
		t.Errorf("in a group: %v", got)
	}
}

// Whatever is written after a name: it is read or refused, and what is read counts for some time.
func FuzzProxyTerms(f *testing.F) {
	for _, s := range []string{"从 10月1日 到 10月8日", "从10月1日到10月8日9点半", "流程 采购申请、请假 不超过 5,000元 含待办", "到 2026-03-09T12:00", "从 到", "从 0月0日", "until 9999-12-31"} {
		f.Add(s)
	}
	d, _ := proxyDesk()
	f.Fuzz(func(t *testing.T, rest string) {
		p := workflows.Proxy{}
		if problem := d.readTerms(&p, rest, at); !problem.IsZero() {
			if strings.Contains(problem.Default, "%!") {
				t.Errorf("%q is refused with %q", rest, problem.Default)
			}
			return
		}
		if p.From.IsZero() || !p.Until.IsZero() && (!p.Until.After(p.From) || !p.Until.After(at)) {
			t.Errorf("%q is %+v", rest, p)
		}
	})
}

// What a grant is about is said in the reader's language.
func TestProxyTermsInEnglish(t *testing.T) {
	t.Parallel()
	d, g := proxyDesk()
	english := func(ev event.Event) string {
		out, _, err := d.Answer(t.Context(), ev)
		if err != nil || len(out) == 0 {
			t.Fatal(out, err)
		}
		return out[0].(workflows.SendText).Text.In("en-US")
	}
	for written, want := range map[string]string{
		"代理 给 李雷 从 10月1日 到 10月8日 流程 采购申请、请假 不超过 5000 含待办": "Done: 李雷 decides in your place, from 2026-10-01 to 2026-10-08 (that day included), only for 采购申请, 请假申请, for amounts up to 5000, with what waits already.",
		"代理 给 李雷 从 3月5日 09:30 到 3月5日 18点":                 "from 2026-03-05 09:30 to 2026-03-05 18:00.",
		"代理 给 李雷": "from 2026-03-02 09:30 until it is ended.",
	} {
		g.list = nil
		if got := english(said("han.meimei", written)); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s\nis not\n%s", written, got, want)
		}
	}
	g.list = nil
	english(said("han.meimei", "代理 给 李雷"))
	if got := english(said("li.lei", "代理")); !strings.Contains(got, "You decide in the place of:\n韩梅梅: from 2026-03-02 09:30 until it is ended\n") {
		t.Errorf("the list: %s", got)
	}
}

// While a directory was never read, nobody is told that a colleague isn't there, nor that nobody was named.
func TestNobodyIsMissedInADirectoryThatIsRead(t *testing.T) {
	t.Parallel()
	d, g := proxyDesk()
	unread := true
	d.o.Unread = func(context.Context) (bool, error) { return unread, nil }
	d.o.Work = &shelf{open: waiting(1)}
	for written, name := range map[string]string{"代理 给 孙莉": "孙莉", "代理 @孙莉 从 10月1日": "孙莉", "代理 取消 孙莉": "孙莉", "转交 孙莉 请你处理": "孙莉"} {
		unread = true
		got := texts(t, d, said("han.meimei", written))[""]
		if !strings.Contains(got, "「"+name+"」") || !strings.Contains(got, "通讯录还在读取中，请稍后再试") || strings.Contains(got, "没有设置") {
			t.Errorf("%s: %q", written, got)
		}
		unread = false
		if got = texts(t, d, said("han.meimei", written))[""]; strings.Contains(got, "通讯录") || got == "" {
			t.Errorf("%s, all is read: %q", written, got)
		}
	}
	unread = true
	for _, written := range []string{"代理 从 10月1日", "转交"} { // nobody is named
		if got := texts(t, d, said("han.meimei", written))[""]; !strings.Contains(got, "请写明") {
			t.Errorf("%s: %q", written, got)
		}
	}
	if got := texts(t, d, said("han.meimei", "代理 给 李雷"))[""]; !strings.Contains(got, "已设置") || len(g.list) != 1 {
		t.Errorf("somebody who is known: %q", got)
	}
}
