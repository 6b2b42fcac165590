package playground_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"magpie/simulator"
	"magpie/simulator/playground"
)

// get asks the page, without a hub's other paths.
func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPage(t *testing.T) {
	t.Parallel()
	hub, fake := newHub(t)
	page := playground.New(hub, playground.Options{})
	fake.post(simulator.Message{Chat: direct("li.lei"), From: "bot", Kind: "text", Text: "你好 <b>李雷</b> https://example.com/a?b=1&c=2，看 @鹊桥"})
	fake.post(cardMessage("han.meimei", decideCard))
	fake.post(simulator.Message{Chat: group, From: "wang.fang", Kind: "text", Text: "@所有人 开会"})
	for name, c := range map[string]struct {
		path       string
		status     int
		want, deny []string
	}{
		"first visit": {path: "/sim/", status: 200, want: []string{
			`data-person="li.lei"`, `data-person="han.meimei"`, `data-person="wang.fang"`, `data-shown="li.lei"`,
			"你好 &lt;b&gt;李雷&lt;/b&gt; ", `<a href="https://example.com/a?b=1&amp;c=2"`, `<span class="fc-at">@鹊桥</span>`,
			`data-button="btn_agree"`, "以李雷的身份写「采购」", "到韩梅梅那边点「同意」", `aria-label="1 条未读"`}},
		"columns of the address": {path: "/sim/?c=wang.fang~" + group + "&c=nobody&c=wang.fang&on=wang.fang&console=log", status: 200,
			want: []string{`data-person="wang.fang"`, `data-chat="` + group + `"`, "@所有人", `data-tab="log"`},
			deny: []string{`data-person="li.lei"`, `data-person="nobody"`}},
		"a made-up suite, chat, drawer": {path: `/sim/?c=li.lei@nosuch&c=han.meimei~nowhere&console=<script>`, status: 200,
			want: []string{`data-chat="` + direct("han.meimei") + `"`, `id="console" aria-label="控制台" data-tab="" hidden`},
			deny: []string{`class="column" data-person="li.lei"`, "<script>&"}},
		"one column":               {path: "/sim/column?c=li.lei", status: 200, want: []string{`data-from="bot"`}, deny: []string{"<html", "原始 JSON"}},
		"somebody's other chat":    {path: "/sim/column?c=li.lei~" + direct("han.meimei"), status: 200, deny: []string{"btn_agree"}},
		"nobody":                   {path: "/sim/column?c=no.body", status: 404},
		"no column named":          {path: "/sim/column", status: 404},
		"somewhere else":           {path: "/sim/elsewhere", status: 404},
		"no such asset":            {path: "/sim/assets/none.js", status: 404},
		"no way out of the folder": {path: "/sim/assets/..%2fpage.gohtml", status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := get(t, page, c.path)
			got := body(t, r)
			if r.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %s", r.StatusCode, c.status, got)
			}
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %s in the page", w)
				}
			}
			for _, d := range c.deny {
				if strings.Contains(got, d) {
					t.Errorf("%s is in the page", d)
				}
			}
		})
	}
}

// TestReadMarks: in the direct chat the person's own, in a group with names, and only for what the bot wrote.
func TestReadMarks(t *testing.T) {
	t.Parallel()
	hub, fake := newHub(t)
	page := playground.New(hub, playground.Options{})
	fake.post(simulator.Message{Chat: group, From: "li.lei", Kind: "text", Text: "看一下"})
	notice := fake.post(simulator.Message{Chat: group, From: "bot", Kind: "text", Text: "周五前交"})
	bots := fake.post(simulator.Message{Chat: direct("li.lei"), From: "bot", Kind: "text", Text: "好"})
	mark := func(c string) string {
		m := regexp.MustCompile(`(?s)<details class="read[^>]*read-mark.*?</details>|<span class="read[^>]*read-mark.*?</span>`).FindString(body(t, get(t, page, "/sim/column?c="+c)))
		return strings.TrimSpace(regexp.MustCompile(`^<[^>]*"read-mark"|<[^>]*>`).ReplaceAllString(m, " "))
	}
	if got := mark("li.lei"); !strings.Contains(got, `data-unread="1">未读`) {
		t.Errorf("direct, before: %s", got)
	}
	for _, id := range []string{notice, bots} {
		for _, person := range []string{"li.lei", "han.meimei"} {
			if err := fake.Read(t.Context(), person, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := mark("li.lei"); !strings.Contains(got, `data-read="1" data-unread="0">已读`) {
		t.Errorf("direct, after: %s", got)
	}
	got := strings.Join(strings.Fields(mark("li.lei~"+group)), " ")
	if want := `data-read="2" data-unread="2"> 2 人已读 · 2 人未读 已读 李雷 韩梅梅 未读 张伟 王芳`; got != want {
		t.Errorf("group: %q, want %q", got, want)
	}
}

// TestRevision: a message's fingerprint moves with its content and not with its read mark, so that reading
// one message never redraws a form.
func TestRevision(t *testing.T) {
	t.Parallel()
	hub, fake := newHub(t)
	page := playground.New(hub, playground.Options{})
	id := fake.post(cardMessage("li.lei", formCard))
	rev := func() string {
		return regexp.MustCompile(`data-rev="[0-9a-f]{16}"`).FindString(body(t, get(t, page, "/sim/column?c=li.lei")))
	}
	first := rev()
	if err := fake.Read(t.Context(), "li.lei", id); err != nil {
		t.Fatal(err)
	}
	if got := rev(); first == "" || got != first {
		t.Errorf("read: %s became %s", first, got)
	}
	fake.replace(id, sentCard)
	if got := rev(); got == first {
		t.Errorf("a new card kept %s", got)
	}
}

// TestOtherSuites: a card that there is no drawing for is still readable and can be acted on.
func TestOtherSuites(t *testing.T) {
	t.Parallel()
	hub, fake := newHub(t)
	fake.name = "dingtalk"
	page := playground.New(hub, playground.Options{})
	fake.post(simulator.Message{Chat: direct("li.lei"), From: "bot", Kind: "card", Text: "请假 <1 天>",
		Inputs:  []simulator.Input{{Name: "why", Label: "原因", Kind: "longtext", Required: true}, {Name: "who", Label: "代理人", Kind: "person"}},
		Buttons: []simulator.Button{{ID: "ok", Label: "提交", Submit: true}, {ID: "late", Label: "晚了", Disabled: true}}})
	got := body(t, get(t, page, "/sim/column?c=li.lei@dingtalk"))
	for _, want := range []string{"钉钉", "请假 &lt;1 天&gt;", `name="why"`, `data-picker="who"`, `data-button="ok" data-press data-submit`, `data-button="late" data-press disabled`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// TestNothingInline: the policy is there, and the templates keep to it: no inline script, style or handler,
// and nothing from elsewhere.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	hub, fake := newHub(t)
	fake.post(cardMessage("li.lei", formCard))
	r := get(t, playground.New(hub, playground.Options{}), "/sim/")
	policy := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	html := body(t, r)
	for _, bad := range []string{`<style`, ` style="`, `<script>`, ` onclick`, `javascript:`, `src="http`, `href="http`, `src="//`} {
		if strings.Contains(html, bad) {
			t.Errorf("%s in the page", bad)
		}
	}
	for _, asset := range regexp.MustCompile(`(?:src|href)="(/sim/assets/[^"]+)"`).FindAllStringSubmatch(html, -1) {
		if got := get(t, playground.New(hub, playground.Options{}), asset[1]); got.StatusCode != 200 {
			t.Errorf("%s: %d", asset[1], got.StatusCode)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	hub, _ := newHub(t)
	page := playground.New(hub, playground.Options{})
	foreign := regexp.MustCompile(`https?://[^\s"'` + "`" + `]+`)
	err := fs.WalkDir(os.DirFS("assets"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		r := get(t, page, "/sim/assets/"+name)
		got := body(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.Header.Get("Content-Type"))
		}
		for _, u := range foreign.FindAllString(got, -1) {
			if u != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names %s", name, u)
			}
		}
		again := get(t, page, "/sim/assets/"+name, "If-None-Match", r.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s with its ETag: %d", name, again.StatusCode)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
