package pages_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web"
	"magpie/web/pages"
	"magpie/workflows"
)

func TestFormIsHandedIn(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", " 机械键盘\r\n2 把 ", "f.amount", "￥1,280", "f.kind", "设备", "f.city", "杭州", "f.tags", "办公", "f.tags", "研发",
		"f.needed", "2026/12/1", "f.meet", "2026-12-02T09:30", "f.owner", "王芳", "f.others", "韩梅梅、li.lei", "f.urgent", "1", "f.reason", "第一行\r\n第二行")
	status, body := x.post(at, f)
	x.has("submit", status, body, http.StatusOK, "已提交", "采购申请", "你可以关闭这个页面了", "/m/i/abc")
	got := x.pressed()
	if len(got) != 1 {
		t.Fatalf("%d presses", len(got))
	}
	want := event.Event{
		ID: got[0].ID, Kind: event.KindCardAction, Connection: "pages", Scope: event.Scope{Platform: "pages"}, At: morning, VendorType: "page",
		Actor: event.Actor{Ref: event.Ref{Scope: event.Scope{Platform: "pages"}, Kind: event.RefUser, ID: "li.lei"}, Person: "li.lei", Name: "李雷", Type: event.ActorUser},
		Reply: event.ReplyContract{Mode: event.ReplyAnswer},
		Body: &event.Action{
			Slot: "abc/initiator", Verb: "submit", Rev: 3, Token: "token-submit", Element: "page", Data: map[string]string{"step": "1"},
			Form: map[string]event.Value{
				"item": event.Text("机械键盘\n2 把"), "amount": {Kind: event.ValueNumber, Text: "￥1,280"}, "kind": event.Text("设备"), "city": event.Text("杭州"),
				"tags": event.List("办公", "研发"), "needed": {Kind: event.ValueDate, Text: "2026-12-01"},
				"meet":  {Kind: event.ValueDateTime, Text: "2026-12-02T09:30:00+08:00"},
				"owner": event.List("wang.fang"), "others": event.List("han.meimei", "li.lei"), "urgent": event.Bool(true), "reason": event.Text("第一行\n第二行"),
			},
		},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(got[0].ID, "act:") {
		t.Errorf("id %s", got[0].ID)
	}

	// The same once more, from the same page: one press. From the page drawn anew, or changed: another.
	status, body = x.post(at, f)
	x.has("again", status, body, http.StatusOK, "已提交")
	if n := len(x.pressed()); n != 1 {
		t.Errorf("%d presses after a repetition", n)
	}
	f.Set("f.item", "鼠标")
	x.post(at, f)
	if n := len(x.pressed()); n != 2 {
		t.Errorf("%d presses after a changed form", n)
	}
}

// Whatever is wrong stands beside its field, what was typed stays, and nothing reaches the workflow.
func TestMistakesStayOnThePage(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	for name, c := range map[string]struct {
		set  []string
		want []string
	}{
		"nothing":       {nil, []string{"请填写", "还有 2 处需要修改"}},
		"no number":     {[]string{"f.item", "x", "f.amount", "两百"}, []string{"请填写数字", `value="两百"`, `value="x"`}},
		"no date":       {[]string{"f.item", "x", "f.amount", "1", "f.needed", "2026-02-30", "f.meet", "明天"}, []string{"例如 2026-01-31<", "例如 2026-01-31 18:00<", "2 处"}},
		"no option":     {[]string{"f.item", "x", "f.amount", "1", "f.kind", "汽车"}, []string{"请从选项中选择"}},
		"two of one":    {[]string{"f.item", "x", "f.amount", "1", "f.kind", "设备", "f.kind", "办公用品"}, []string{"请从选项中选择"}},
		"too many":      {[]string{"f.item", "x", "f.amount", "1", "f.tags", "办公", "f.tags", "研发", "f.tags", "活动"}, []string{"最多选 2 个"}},
		"10000 letters": {[]string{"f.item", strings.Repeat("长", 10_000), "f.amount", "1"}, []string{"最多 200 个字，现在有 10000 个", strings.Repeat("长", 10_000)}},
		"nobody":        {[]string{"f.item", "x", "f.amount", "1", "f.owner", "赵四"}, []string{"找不到「赵四」", `value="赵四"`}},
		"several":       {[]string{"f.item", "x", "f.amount", "1", "f.owner", "王伟"}, []string{"「王伟」不止一位", `name="p.owner" value="wang.wei2"`, "会计"}},
		"a part only":   {[]string{"f.item", "x", "f.amount", "1", "f.owner", "韩"}, []string{"是这位吗", `name="p.owner" value="han.meimei"`}},
		"markup":        {[]string{"f.item", `"><script>x</script>`, "f.amount", "<img src=x>"}, []string{"!<script>", "!<img", "&lt;img src=x&gt;"}},
	} {
		status, got := x.post(at, fill(t, body, "submit", c.set...))
		x.has(name, status, got, http.StatusUnprocessableEntity, c.want...)
	}
	if n := len(x.pressed()); n != 0 {
		t.Errorf("%d presses", n)
	}
	// A candidate that was chosen counts, the half name that led to it does not.
	status, got := x.post(at, fill(t, body, "submit", "f.item", "x", "f.amount", "1", "p.owner", "wang.wei2", "p.owner", "gone"))
	x.has("chosen", status, got, http.StatusOK, "已提交")
	if diff := cmp.Diff(event.List("wang.wei2"), x.pressed()[0].Body.(*event.Action).Form["owner"]); diff != "" {
		t.Error(diff)
	}
}

// What the workflow refuses comes back into the form, beside the field that it names.
func TestRefusalsComeBackIntoTheForm(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	status, body := x.post(at, fill(t, body, "submit", "f.item", "键盘", "f.amount", "-1"))
	x.has("refused form", status, body, http.StatusUnprocessableEntity, `value="-1"`, `value="键盘"`, `role="alert">不能小于 0.01<`)
	x.newClient()
	at = x.taskLink()
	_, body = x.get(at)
	status, again := x.post(at, fill(t, body, "reject"))
	x.has("no reason", status, again, http.StatusUnprocessableEntity, "请填写拒绝理由")
	status, again = x.post(at, fill(t, again, "reject", "f.opinion", "太贵"))
	x.has("with a reason", status, again, http.StatusOK, "已同意", "李雷的采购申请")
	// The page that was open all the while is told how it stands.
	status, again = x.post(at, fill(t, body, "approve"))
	x.has("late", status, again, http.StatusConflict, "韩梅梅 10:32 已同意", "什么也没有改变")
}

func TestSearchAsksWithoutPressing(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.owner", "王", "find", "owner")
	f.Del("act")
	status, got := x.post(at, f)
	x.has("search", status, got, http.StatusOK, "王芳", "王伟", `value="键盘"`, "!请填写<")
	f = fill(t, body, "submit", "p.owner", "wang.wei", "f.owner", "李雷", "find", "owner")
	status, got = x.post(at, f)
	x.has("found", status, got, http.StatusOK, `value="li.lei" checked`, "!wang.wei")
	if n := len(x.pressed()); n != 0 {
		t.Errorf("%d presses", n)
	}
}

// The way from one act to the whole card ends when the link ends: whoever holds a link can't make it last.
func TestLinksAreNotProlonged(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	ends := morning.Add(30 * time.Hour)
	at := x.h.Address(web.Link{Slot: "abc/task/leader/1/s1", Person: "han.meimei", Verb: "approve", Expires: ends})
	status, body := x.get(at)
	x.has("one act", status, body, http.StatusOK, "查看全部操作")
	m := regexp.MustCompile(`href="/m/c/([^"]+)"[^>]*>查看全部操作`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no way to the whole card:\n%s", body)
	}
	l, err := web.NewSigner(key, "link").Open(m[1], morning)
	if err != nil || !l.Expires.Equal(ends) || l.Person != "han.meimei" || l.Verb != "" {
		t.Errorf("%+v, %v; want until %s", l, err, ends)
	}
}

// A link with an act shows that act alone, and says so when it is over.
func TestLinkAsksForOneAct(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.link("abc/task/leader/1/s1", "han.meimei", "reject")
	status, body := x.get(at)
	x.has("ask", status, body, http.StatusOK, ">拒绝<", "!>同意<", "查看全部操作", `name="f.opinion"`, "李雷的采购申请")
	if len(x.pressed()) != 0 {
		t.Error("opening a link decided something")
	}
	resp, _ := x.do(http.MethodHead, at, "", "")
	if resp.StatusCode != http.StatusOK || len(x.pressed()) != 0 {
		t.Errorf("HEAD: %d, %d presses", resp.StatusCode, len(x.pressed()))
	}
	form := x.link("abc/initiator", "li.lei", "submit")
	status, body = x.get(form)
	x.has("form", status, body, http.StatusOK, `name="f.item"`, ">提交<", "!>取消<")
	status, body = x.get(x.link("abc/task/leader/1/s1", "han.meimei", "withdraw"))
	x.has("an act that is not there", status, body, http.StatusOK, "这个操作现在不可用", ">拒绝<", ">同意<")
}

func TestConfirmComesFirst(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	status, ask := x.post(at, fill(t, body, "cancel", "f.item", `"半句`, "p.owner", "li.lei"))
	x.has("ask", status, ask, http.StatusOK, "不填了？", "填写的内容不会保留。", `name="p.owner" value="li.lei"`, `&#34;半句`)
	if n := len(x.pressed()); n != 0 {
		t.Fatalf("%d presses before the answer", n)
	}
	status, done := x.post(at, fill(t, ask, "cancel"))
	x.has("sure", status, done, http.StatusOK, "已提交")
	// A page that was opened for just this act puts the question itself.
	at = x.link("abc/initiator", "li.lei", "cancel")
	_, body = x.get(at)
	x.has("a page for this act", status, body, http.StatusOK, "不填了？", ">取消<", "!f.item")
	status, done = x.post(at, fill(t, body, "cancel"))
	x.has("its button", status, done, http.StatusOK, "已提交")
	if n := len(x.pressed()); n != 2 {
		t.Errorf("%d presses", n)
	}
}

// The answer to whoever holds no good link, or somebody else's session, is one and the same.
func TestOthersSeeNothing(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	good := x.formLink()
	token := good[strings.LastIndex(good, "/")+1:]
	other, err := pages.New(pages.Options{Desk: x.office, Work: x.office, People: x.office, Key: []byte(strings.Repeat("z", 32)), Base: func() string { return x.base }})
	if err != nil {
		t.Fatal(err)
	}
	const nothing = "没有可以显示的内容"
	for name, at := range map[string]string{
		"cut":           x.base + "/m/c/" + token[:len(token)-3],
		"altered":       x.base + "/m/c/B" + token[1:],
		"longer":        good + "A",
		"empty":         x.base + "/m/c/",
		"huge":          x.base + "/m/c/" + strings.Repeat("A", 4000),
		"another key":   other.Address(web.Link{Slot: "abc/initiator", Person: "li.lei"}),
		"who has left":  x.link("abc/initiator", "gone", ""),
		"who never was": x.link("abc/initiator", "nobody", ""),
		"another path":  x.base + "/m/nothing",
	} {
		status, body := x.get(at)
		x.has(name, status, body, http.StatusNotFound, nothing, "!采购")
	}
	status, body := x.get(x.base + "/m/tasks")
	x.has("lists without a session", status, body, http.StatusForbidden, "请从聊天中打开")
	status, body = x.get(x.base + "/m/i/abc")
	x.has("instance without a session", status, body, http.StatusForbidden, "请从聊天中打开")

	x.people["sun.li"] = workflows.Person{ID: "sun.li", Name: "孙丽", Active: true}
	x.get(x.link("abc/gone", "sun.li", ""))
	s1, b1 := x.get(x.base + "/m/i/abc")
	s2, b2 := x.get(x.base + "/m/i/missing")
	if s1 != http.StatusNotFound || s1 != s2 || b1 != b2 {
		t.Errorf("another's instance answers %d, a missing one %d, same words: %v", s1, s2, b1 == b2)
	}
	s3, _ := x.post(x.base+"/m/i/abc", url.Values{"act": {"approve.token-approve"}})
	if s3 != http.StatusNotFound || len(x.pressed()) != 0 {
		t.Errorf("a press on another's instance: %d", s3)
	}
	// An administrator sees, and presses nothing.
	x.newClient()
	x.get(x.link("abc/gone", "wang.fang", ""))
	status, body = x.get(x.base + "/m/i/abc")
	x.has("administrator", status, body, http.StatusOK, "提交申请", "!<button")
	s4, _ := x.post(x.base+"/m/i/abc", url.Values{"act": {"submit.token-submit"}, "slot": {"abc/initiator"}})
	if s4 != http.StatusNotFound || len(x.pressed()) != 0 {
		t.Errorf("a press of an administrator: %d", s4)
	}
}

// other is a text with another first letter.
func other(s string) string {
	if s[0] == 'B' {
		return "C" + s[1:]
	}
	return "B" + s[1:]
}

// A ticket is good for one viewer, one card and one day; without one nothing is pressed and nothing is lost.
func TestTickets(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	good := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	task := x.taskLink()
	_, taskBody := x.get(task)
	foreign := fill(t, taskBody, "approve")
	for name, ticket := range map[string]string{
		"none": "", "made up": strings.Repeat("A", 40), "of another card": foreign.Get("ticket"), "altered": other(good.Get("ticket")), "with a line break": good.Get("ticket") + "\n",
	} {
		f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
		f.Set("ticket", ticket)
		status, got := x.post(at, f)
		x.has(name, status, got, http.StatusForbidden, "请再提交一次", `value="键盘"`)
	}
	x.mu.Lock()
	x.now = x.now.Add(25 * time.Hour)
	x.mu.Unlock()
	status, got := x.post(at, good)
	x.has("of yesterday", status, got, http.StatusForbidden, "请再提交一次")
	if n := len(x.pressed()); n != 0 {
		t.Errorf("%d presses", n)
	}
	status, got = x.post(at, fill(t, got, "submit", "f.item", "键盘", "f.amount", "1"))
	x.has("with the ticket that came back", status, got, http.StatusOK, "已提交")
	// A button's token is the workflow's to judge: a made-up verb goes there, and is refused there.
	_, body = x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	f.Set("act", "approve.token-submit")
	status, got = x.post(at, f)
	x.has("a verb that was not offered", status, got, http.StatusConflict, "不是我发的")
}

func TestHostilePosts(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		kind, body string
		head       []string
		want       int
	}{
		"JSON":              {"application/json", `{"act":"submit"}`, nil, http.StatusUnsupportedMediaType},
		"multipart":         {"multipart/form-data; boundary=x", "--x--", nil, http.StatusUnsupportedMediaType},
		"no type":           {"", f.Encode(), nil, http.StatusUnsupportedMediaType},
		"bad escapes":       {form, "act=%zz", nil, http.StatusBadRequest},
		"a megabyte":        {form, "f.item=" + strings.Repeat("a", 1<<20), nil, http.StatusRequestEntityTooLarge},
		"from another site": {form, f.Encode(), []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"from a neighbour":  {form, f.Encode(), []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"many fields":       {form, strings.Repeat("a=1&", 20_000), nil, http.StatusBadRequest},
		"no act":            {form, "x=1", nil, http.StatusForbidden},
		"broken UTF-8":      {form, "act=submit.x&f.item=%ff%fe", nil, http.StatusForbidden},
	} {
		resp, got := x.do(http.MethodPost, at, c.kind, c.body, c.head...)
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d\n%s", name, resp.StatusCode, c.want, text(got))
		}
	}
	if n := len(x.pressed()); n != 0 {
		t.Errorf("%d presses", n)
	}
	resp, _ := x.do(http.MethodPut, at, form, f.Encode())
	if resp.StatusCode < 400 || len(x.pressed()) != 0 {
		t.Errorf("PUT: %d", resp.StatusCode)
	}
	status, got := x.post(at, f, "Sec-Fetch-Site", "same-origin")
	x.has("from our page", status, got, http.StatusOK, "已提交")
}

// asked counts the searches.
type asked struct {
	pages.People
	n atomic.Int32
}

func (a *asked) Search(ctx context.Context, words string, limit int) ([]pages.Colleague, error) {
	a.n.Add(1)
	return a.People.Search(ctx, words, limit)
}

// Each person that is picked is looked up in the whole directory: one POST can't ask for thousands.
func TestPickedPersonsAreBounded(t *testing.T) {
	t.Parallel()
	var people *asked
	x := newHouse(t, func(o *pages.Options) {
		people = &asked{People: o.People}
		o.People = people
	})
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	for i := range 5000 {
		f.Add("p.owner", fmt.Sprintf("nobody%d", i))
	}
	before := people.n.Load()
	status, got := x.post(at, f)
	x.has("thousands", status, got, http.StatusUnprocessableEntity, "最多选")
	if n := people.n.Load() - before; n > 100 {
		t.Errorf("%d searches", n)
	}
	// The same person many times is one.
	f = fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	for range 500 {
		f.Add("p.owner", "wang.fang")
	}
	before = people.n.Load()
	status, got = x.post(at, f)
	x.has("one, often", status, got, http.StatusOK, "已提交")
	if n := people.n.Load() - before; n > 10 {
		t.Errorf("%d searches for one person", n)
	}
}

func TestHeadersAndCookie(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Base = func() string { return "https://bot.example.com/magpie/" } })
	at := x.h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei"})
	if !strings.HasPrefix(at, "https://bot.example.com/magpie/m/c/") {
		t.Fatal(at)
	}
	resp, body := x.do(http.MethodGet, x.base+strings.TrimPrefix(at, "https://bot.example.com/magpie"), "", "")
	head := resp.Header
	for k, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	} {
		if got := head.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	c := resp.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/magpie/m/" || c[0].MaxAge != 24*60*60 {
		t.Errorf("cookies %+v", c)
	}
	x.has("addresses begin with the path that we are reached at", resp.StatusCode, body, http.StatusOK,
		`href="/magpie/m/assets/weui.min.css?v=`, `action="/magpie/m/c/`, `href="/magpie/m/tasks"`, "!<script", `!="/m/`)
	for _, name := range []string{"weui.min.css", "pages.css"} {
		resp, body := x.do(http.MethodGet, x.base+"/m/assets/"+name, "", "")
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/css; charset=utf-8" || len(body) < 1000 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
	for _, name := range []string{"weui.lock", "..%2fpages.go", "nothing.css"} {
		if resp, _ := x.do(http.MethodGet, x.base+"/m/assets/"+name, "", ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	if at := newHouse(t, func(o *pages.Options) { o.Base = func() string { return "" } }).h.Address(web.Link{Slot: "a/b", Person: "c"}); at != "" {
		t.Errorf("without a public address there is the link %s", at)
	}
}

// A session is short, of one person, and not one that was made up.
func TestSessions(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.get(x.formLink())
	tasks := x.base + "/m/tasks"
	status, body := x.get(tasks)
	x.has("lists", status, body, http.StatusOK, "以李雷的身份", "没有待你处理的事")
	x.get(x.taskLink())
	status, body = x.get(tasks)
	x.has("whose link was opened last", status, body, http.StatusOK, "以韩梅梅的身份")
	x.mu.Lock()
	x.people["han.meimei"] = workflows.Person{ID: "han.meimei", Name: "韩梅梅"}
	x.mu.Unlock()
	if status, _ := x.get(tasks); status != http.StatusForbidden {
		t.Errorf("who has left meanwhile: %d", status)
	}
	x.get(x.formLink())
	x.mu.Lock()
	x.now = x.now.Add(2*time.Hour + time.Minute)
	x.mu.Unlock()
	if status, _ := x.get(tasks); status != http.StatusForbidden {
		t.Errorf("after two hours: %d", status)
	}
	x.newClient()
	token := x.formLink()
	for _, value := range []string{"", "li.lei", token[strings.LastIndex(token, "/")+1:]} { // a link's token is no session
		if status, _ := x.get(tasks, "Cookie", "magpie_page="+value); status != http.StatusForbidden {
			t.Errorf("the cookie %q: %d", value, status)
		}
	}
}

func TestExpiredLinkIsSentAgain(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at, gone := x.formLink(), x.link("abc/gone", "li.lei", "")
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	x.mu.Lock()
	x.now = x.now.Add(8 * 24 * time.Hour)
	x.mu.Unlock()
	status, body := x.get(at)
	x.has("expired", status, body, http.StatusGone, "链接已过期", "重新发给我", "!采购申请", "!李雷")
	status, body = x.post(at, f)
	x.has("a press", status, body, http.StatusGone, "链接已过期")
	if len(x.pressed()) != 0 || len(x.resent) != 0 {
		t.Errorf("an expired link did something: %v %v", x.pressed(), x.resent)
	}
	ask := url.Values{"act": {"resend"}}
	status, body = x.post(at, ask)
	x.has("send again", status, body, http.StatusOK, "请到聊天中打开")
	status, body = x.post(at, ask)
	x.has("at once again", status, body, http.StatusOK, "刚刚发过了")
	x.mu.Lock()
	x.now = x.now.Add(11 * time.Minute)
	x.mu.Unlock()
	x.post(at, ask)
	if diff := cmp.Diff([]string{"abc/initiator li.lei", "abc/initiator li.lei"}, x.resent); diff != "" {
		t.Error(diff)
	}
	status, body = x.post(gone, ask)
	x.has("a card that is gone", status, body, http.StatusOK, "已经不需要了")
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	for range 21 {
		x.open = append(x.open, workflows.Task{Instance: "abc", Title: "一件<事>", State: workflows.TaskOpen, OpenedAt: morning.Add(-time.Hour), DueAt: morning.Add(-time.Minute)})
	}
	x.get(x.formLink())
	status, body := x.get(x.base + "/m/tasks")
	x.has("first", status, body, http.StatusOK, "下一页", "!上一页", "已超期", "一件&lt;事&gt;", "!<事>", "08:30 · 09:29 前")
	if n := strings.Count(body, "mp-row-title"); n != 20 {
		t.Errorf("%d rows", n)
	}
	status, body = x.get(x.base + "/m/tasks?tab=open&page=2&lang=en")
	x.has("second", status, body, http.StatusOK, "Previous", "!>Next<", "overdue", "/m/tasks?tab=started&amp;lang=en")
	for _, page := range []string{"0", "-1", "x", "99999999999999999999"} {
		if status, _ := x.get(x.base + "/m/tasks?page=" + page); status != http.StatusOK {
			t.Errorf("page %s: %d", page, status)
		}
	}
	status, body = x.get(x.base + "/m/tasks?tab=decided")
	x.has("decided", status, body, http.StatusOK, "旧的事", "已同意", "09:30")
}

func TestInstancePage(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.get(x.taskLink())
	at := x.base + "/m/i/abc"
	status, body := x.get(at, "Accept-Language", "en-GB,en;q=0.9")
	x.has("English", status, body, http.StatusOK, `<html lang="en-US">`, "What happened", "submitted the request", "11-22 07:30")
	status, body = x.get(at)
	x.has("Chinese", status, body, http.StatusOK, "处理记录", "提交申请", "预算内，同意。<br>&lt;script&gt;", "!<script", `href="https://example.com/c"`, `!href="javascript`,
		"<summary>更多</summary>", "机械键盘（红轴）", "机械键盘 &lt;b&gt;20&lt;/b&gt; 把")
	status, body = x.post(at, fill(t, body, "approve", "f.opinion", "好"))
	x.has("approve", status, body, http.StatusOK, "已同意")
	a := x.pressed()[0].Body.(*event.Action)
	if a.Slot != "abc/task/leader/1/s1" || a.Verb != "approve" || a.Form["opinion"].Text != "好" {
		t.Errorf("%+v", a)
	}
	// A slot of another instance, or one that no ticket was made for, is not pressed.
	_, body = x.get(x.taskLink())
	for _, slot := range []string{"abc/initiator", "xyz/initiator", "abc"} {
		x.post(at, url.Values{"act": {"submit.token-submit"}, "slot": {slot}, "ticket": {strings.Repeat("A", 40)}})
	}
	if n := len(x.pressed()); n != 1 {
		t.Errorf("%d presses", n)
	}
}

func TestSlowAndBrokenStore(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	x.down = true
	status, body := x.post(at, f)
	x.has("down", status, body, http.StatusServiceUnavailable, "暂时没能提交", `value="键盘"`)
	x.down, x.slow = false, true
	status, body = x.post(at, fill(t, body, "submit", "f.item", "键盘", "f.amount", "1"))
	x.has("slow", status, body, http.StatusAccepted, "已收到，正在处理")
}

// A card that asks for something by a suite's picture key, or has nothing on it, is drawn all the same.
func TestOddCards(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.form = card.Card{Slot: "abc/initiator", Title: card.T("空"), Summary: card.T("空"), Body: []card.Element{
		&card.Image{Key: "img_1"}, &card.Fields{}, &card.Progress{}, &card.Table{}, &card.Collapse{Title: card.T("x")}, &card.Columns{}, &card.People{}},
		Actions: []card.Button{{Label: card.T("官网"), URL: "https://example.com/"}}}
	status, body := x.get(x.formLink())
	x.has("odd", status, body, http.StatusOK, "图片请在聊天中查看", `href="https://example.com/"`, "官网")
}
