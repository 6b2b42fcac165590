package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"magpie/simulator"
	"magpie/store"
)

var pageLink = regexp.MustCompile(`"(http://[^"]+/m/c/[^"]+)"`)

// linkOf is the address of our page that a card carries.
func linkOf(t *testing.T, m simulator.Message) string {
	t.Helper()
	found := pageLink.FindStringSubmatch(string(m.Card))
	if found == nil {
		t.Fatalf("the card has no link to a page: %s", m.Card)
	}
	return found[1]
}

// visitor is somebody with a browser, who logs in as themself wherever a suite asks.
type visitor struct {
	t      *testing.T
	c      *http.Client
	person string
}

func newVisitor(t *testing.T, person string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar, Timeout: patience}, person}
}

// open follows an address without logging in; to is where it ends.
func (v *visitor) open(at string) (to *url.URL, status int, body string) {
	v.t.Helper()
	resp, err := v.c.Get(at)
	if err != nil {
		v.t.Fatal(err)
	}
	status, body = v.read(resp)
	return resp.Request.URL, status, body
}

// get follows an address, and logs in if the suite asks who it is.
func (v *visitor) get(at string) (int, string) {
	v.t.Helper()
	to, status, body := v.open(at)
	if strings.HasPrefix(to.Path, "/sim/") {
		_, status, body = v.open(to.String() + "&person=" + v.person)
	}
	return status, body
}

func (v *visitor) post(at string, form url.Values) (int, string) {
	v.t.Helper()
	resp, err := v.c.PostForm(at, form)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(resp)
}

func (v *visitor) read(resp *http.Response) (int, string) {
	v.t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	actButton   = regexp.MustCompile(`name="act" value="(([^".]+)\.[^"]*)"`)
)

// pageForm is what a page's form of a verb would send with nothing filled in.
func pageForm(t *testing.T, body, verb string) url.Values {
	t.Helper()
	for _, part := range strings.Split(body, "<form ")[1:] {
		part, _, _ = strings.Cut(part, "</form>")
		for _, m := range actButton.FindAllStringSubmatch(part, -1) {
			if m[2] != verb {
				continue
			}
			f := url.Values{"act": {m[1]}}
			for _, h := range hiddenInput.FindAllStringSubmatch(part, -1) {
				f.Add(h[1], h[2])
			}
			return f
		}
	}
	t.Fatalf("the page has no button %s:\n%s", verb, body)
	return nil
}

// A whole approval goes over pages: the form, the decision, the withdrawal that is asked about; and each is told
// to the cards in the chat.
func TestApprovalOverPages(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.say("li.lei", "采购")
	formURL := linkOf(t, l.card("li.lei", "待填写", "采购", "审批流程预览", "韩梅梅", "填写「金额」后确定"))
	me := newVisitor(t, "li.lei")
	status, body := me.get(formURL)
	if status != http.StatusOK || !strings.Contains(body, "李雷") || !strings.Contains(body, `name="f.item"`) {
		t.Fatalf("%d %s", status, body)
	}
	// A GET changes nothing, whoever fetches it how often.
	for range 3 {
		me.get(formURL)
	}
	// Who would be asked stands there, and follows what is entered.
	if !strings.Contains(body, "审批流程预览") || !strings.Contains(body, "王芳、赵敏（会签）；是否需要，填写「金额」后确定") {
		t.Errorf("what is ahead of an empty form: %s", body)
	}
	f := pageForm(t, body, "submit")
	f.Del("act")
	f.Set("row", "again")
	f.Set("f.item", "键盘")
	f.Set("f.amount", "300")
	if status, body := me.post(formURL, f); status != http.StatusOK || !strings.Contains(body, "条件不成立") || strings.Contains(body, "后确定") {
		t.Errorf("what is ahead of a small amount: %d %s", status, body)
	}
	f = pageForm(t, body, "submit")
	f.Set("f.amount", "两百")
	status, body = me.post(formURL, f)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "请填写数字") || !strings.Contains(body, `value="两百"`) {
		t.Fatalf("a form with mistakes: %d %s", status, body)
	}
	f = pageForm(t, body, "submit")
	const evil = `<b>键盘</b>&"[点](https://evil.example/)**粗**`
	f.Set("f.item", evil)
	f.Set("f.amount", "-5")
	status, body = me.post(formURL, f)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "不能小于 0.01") || strings.Contains(body, "<b>键盘") {
		t.Fatalf("a form that the flow refuses: %d %s", status, body)
	}
	f = pageForm(t, body, "submit")
	f.Set("f.item", evil)
	f.Set("f.amount", "300")
	status, body = me.post(formURL, f)
	if status != http.StatusOK || !strings.Contains(body, "已提交") || !strings.Contains(body, "关闭这个页面") {
		t.Fatalf("submit: %d %s", status, body)
	}
	again, same := me.post(formURL, f)
	if again != http.StatusOK || !strings.Contains(same, "已提交") {
		t.Errorf("the same form once more: %d %s", again, same)
	}
	ask := l.cardWith("han.meimei", "同意", "300")
	if n := len(l.cards("han.meimei", "300")); n != 1 {
		t.Errorf("%d cards from one form handed in twice", n)
	}

	// The manager decides; somebody else who has their own session sees nothing of it.
	boss := newVisitor(t, "han.meimei")
	at := linkOf(t, ask)
	_, body = boss.get(at)
	if strings.Contains(body, "<b>键盘") || strings.Contains(body, `href="https://evil`) {
		t.Errorf("markup of a person is markup on the page: %s", body)
	}
	instance := regexp.MustCompile(`/m/i/[a-z0-9]+`).FindString(body)
	if status, body := me.get(l.base + instance); status != http.StatusOK || !strings.Contains(body, "提交申请") {
		t.Errorf("the initiator's own instance: %d %s", status, body)
	}
	f = pageForm(t, body, "reject")
	status, body = boss.post(at, f)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "请填写拒绝理由") {
		t.Fatalf("a rejection without a reason: %d %s", status, body)
	}
	f = pageForm(t, body, "approve")
	f.Set("f.opinion", "可以")
	if status, body = boss.post(at, f); status != http.StatusOK || !strings.Contains(body, "已同意") {
		t.Fatalf("approve: %d %s", status, body)
	}
	eventually(t, "the manager's card says so", func() bool { return len(l.cards("han.meimei", "已同意")) == 1 }, func() string { return l.seen("han.meimei") })
	if status, body = boss.get(l.base + instance); status != http.StatusOK || !strings.Contains(body, "可以") || !strings.Contains(body, "审批通过") {
		t.Errorf("the timeline: %d %s", status, body)
	}

	// Another person's session: the same answer as for what does not exist.
	l.say("sun.li", "采购")
	other := newVisitor(t, "sun.li")
	other.get(linkOf(t, l.card("sun.li", "待填写", "采购")))
	s1, b1 := other.get(l.base + instance)
	s2, b2 := other.get(l.base + "/m/i/01234567890123456789012345")
	if s1 != http.StatusNotFound || s1 != s2 || b1 != b2 {
		t.Errorf("another's instance answers %d, none answers %d; same words: %v", s1, s2, b1 == b2)
	}
	if _, body := boss.get(l.base + "/m/tasks?tab=decided"); !strings.Contains(body, "300") {
		t.Errorf("the manager's list: %s", body)
	}
	if _, body := me.get(l.base + "/m/tasks?tab=started"); !strings.Contains(body, "已通过") {
		t.Errorf("the initiator's list: %s", body)
	}
	items, err := l.app.Store().InboxList(t.Context(), store.Filter{Connection: "pages"})
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for _, i := range items {
		results = append(results, i.Result)
	}
	if want := []string{"stepped", "refused:reason_required", "stepped", "stepped"}; !slices.Equal(results, want) {
		t.Errorf("presses from pages: %v, want %v", results, want)
	}
	l.clean()
}
