package pages_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web"
	"magpie/web/pages"
	"magpie/workflows"
)

var (
	key     = bytes.Repeat([]byte("k"), 32)
	morning = time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC) // 09:30 in China
	china   = time.FixedZone("Asia/Shanghai", 8*60*60)
)

// office is a small working desk: one instance with a form for li.lei and a decision for han.meimei. A press
// is taken once, by its id.
type office struct {
	mu     sync.Mutex
	now    time.Time
	form   card.Card
	task   card.Card
	people map[string]workflows.Person
	events []event.Event
	told   map[string]*card.Toast // by event id
	resent []string
	down   bool // nothing is stored
	slow   bool // outcomes are not known in time
	open   []workflows.Task

	draft    func(map[string]event.Value) card.Card // what a form becomes with what was entered
	attached []event.File
	signs    []event.File // that somebody approved with
}

func newOffice() *office {
	return &office{
		now: morning, form: formCard(), task: taskCard(), told: map[string]*card.Toast{},
		people: map[string]workflows.Person{
			"li.lei": {ID: "li.lei", Name: "李雷", Active: true}, "han.meimei": {ID: "han.meimei", Name: "韩梅梅", Active: true},
			"wang.fang": {ID: "wang.fang", Name: "王芳", Title: "财务主管", Active: true}, "wang.wei": {ID: "wang.wei", Name: "王伟", Title: "工程师", Active: true},
			"wang.wei2": {ID: "wang.wei2", Name: "王伟", Title: "会计", Active: true}, "gone": {ID: "gone", Name: "离职的人"},
		},
	}
}

func (o *office) Show(_ context.Context, slot string) (card.Card, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch slot {
	case "abc/initiator":
		return o.form, nil
	case "abc/task/leader/1/s1":
		return o.task, nil
	}
	return card.Card{}, fmt.Errorf("slot %s: %w", slot, workflows.ErrNotFound)
}

func (o *office) Look(_ context.Context, instance, person string) (pages.Seen, error) {
	slot := map[string]string{"li.lei": "abc/initiator", "han.meimei": "abc/task/leader/1/s1", "wang.fang": "abc/initiator"}[person]
	if instance != "abc" || slot == "" {
		return pages.Seen{}, workflows.ErrNotFound
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return pages.Seen{
		Instance: workflows.Instance{ID: "abc"}, Slot: slot, Mine: person != "wang.fang", // who is an administrator
		Told: []workflows.Told{
			{At: morning.Add(-26 * time.Hour), Who: "李雷", What: card.Text{Default: "提交申请", I18n: map[string]string{"en-US": "submitted the request"}}, Tone: card.Info},
			{At: morning.Add(-25 * time.Hour), What: card.T("到达「直属主管」，审批人：韩梅梅"), Tone: card.Info},
			{At: morning.Add(-time.Hour), Who: "韩梅梅", What: card.T("在「直属主管」同意"), Note: "预算内，同意。\n<script>alert(1)</script>", Tone: card.Success, Files: o.signs},
		},
	}, nil
}

// Press keeps the event and says what a workflow would.
func (o *office) Press(_ context.Context, ev event.Event) (*card.Toast, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return nil, false, errors.New("the database is down")
	}
	if t, again := o.told[ev.ID]; again {
		return t, true, nil
	}
	o.events = append(o.events, ev)
	if o.slow {
		return nil, false, nil
	}
	a := ev.Body.(*event.Action)
	t := &card.Toast{Kind: card.ToastSuccess, Text: card.Text{Default: "已提交", I18n: map[string]string{"en-US": "Submitted"}}}
	switch {
	case a.Token != "token-"+a.Verb:
		t = &card.Toast{Kind: card.ToastError, Text: card.T("这张卡片不是我发的")}
	case a.Verb == "reject" && a.Form["opinion"].Text == "":
		t = &card.Toast{Kind: card.ToastWarning, Text: card.T("请填写拒绝理由")}
	case a.Verb == "approve" && len(o.task.Choices()) == 0:
		t = &card.Toast{Kind: card.ToastWarning, Text: card.T("韩梅梅 10:32 已同意")}
	case a.Verb == "approve" || a.Verb == "reject":
		t.Text = card.T("已同意")
		o.signs = a.Form["signature"].Files
		o.attached = append(o.attached, o.signs...)
		o.task.Body, o.task.Status = o.task.Body[:2], card.T("已同意")
	case len(a.Form["lines"].Rows) > 1 && a.Form["lines"].Rows[1]["qty"].Text == "坏":
		form(o.form).Problem = card.T("明细：第 2 行 数量：请填写数字\n明细：第 2 行 品名：必填\n明细：最多 1 行")
		t = &card.Toast{Kind: card.ToastError, Text: card.T("请修改后再提交：明细：第 2 行 数量：请填写数字")}
	case a.Form["amount"].Text == "-1":
		form(o.form).Problem = card.T("金额：不能小于 0.01")
		t = &card.Toast{Kind: card.ToastError, Text: card.T("请修改后再提交：金额：不能小于 0.01")}
	}
	o.told[ev.ID] = t
	return t, true, nil
}

func (o *office) Resend(_ context.Context, slot, person string) error {
	if slot == "abc/gone" {
		return workflows.ErrNotFound
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resent = append(o.resent, slot+" "+person)
	return nil
}

func (o *office) pressed() []event.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]event.Event(nil), o.events...)
}

func (o *office) Person(_ context.Context, id string) (workflows.Person, error) {
	if p, ok := o.people[id]; ok {
		return p, nil
	}
	return workflows.Person{}, workflows.ErrNotFound
}

func (o *office) Search(_ context.Context, words string, limit int) ([]pages.Colleague, error) {
	var out []pages.Colleague
	for _, id := range []string{"li.lei", "han.meimei", "wang.fang", "wang.wei", "wang.wei2"} {
		p := o.people[id]
		c := pages.Colleague{ID: id, Name: p.Name, Dept: "研发部", Title: p.Title}
		if id == words {
			return []pages.Colleague{c}, nil
		}
		if strings.Contains(p.Name, words) && len(out) < limit {
			out = append(out, c)
		}
	}
	return out, nil
}

func (o *office) Departments(_ context.Context, words string, limit int) ([]string, error) {
	var out []string
	for _, name := range []string{"研发部", "研发支持部", "财务部"} {
		if name == words {
			return []string{name}, nil
		}
		if strings.Contains(name, words) && len(out) < limit {
			out = append(out, name)
		}
	}
	return out, nil
}

func (o *office) Draft(_ context.Context, slot, person string, form map[string]event.Value) (card.Card, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.draft == nil || slot != "abc/initiator" || person != "li.lei" {
		return card.Card{}, false, nil
	}
	return o.draft(form), true, nil
}

func (o *office) Files(_ context.Context, instance, person string) ([]event.File, error) {
	if instance != "abc" {
		return nil, workflows.ErrNotFound
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.attached, nil
}

func (o *office) OpenWork(_ context.Context, _ string, skip, limit int) ([]workflows.Task, error) {
	if skip >= len(o.open) {
		return nil, nil
	}
	return o.open[skip:min(skip+limit, len(o.open))], nil
}

func (o *office) DecidedWork(context.Context, string, int, int) ([]workflows.Task, error) {
	return []workflows.Task{{Instance: "abc", Title: "旧的事", State: workflows.TaskApproved, ClosedAt: morning}}, nil
}

func (o *office) ToldWork(context.Context, string, int, int) ([]workflows.Task, error) {
	return []workflows.Task{{Instance: "abc", Title: "抄送的事", State: workflows.TaskTold, OpenedAt: morning, ClosedAt: morning}}, nil
}

func (o *office) StartedWork(context.Context, string, int, int) ([]workflows.Instance, error) {
	return nil, nil
}

func form(c card.Card) *card.Form {
	for _, e := range c.Body {
		if f, ok := e.(*card.Form); ok {
			return f
		}
	}
	return nil
}

// formCard asks for everything that can be asked for.
func formCard() card.Card {
	t := card.T
	return card.Card{
		Slot: "abc/initiator", Rev: 3, Title: t("采购申请"), Tone: card.Info, Status: t("待填写"), Summary: t("请填写：采购申请"),
		Body: []card.Element{
			&card.Note{Text: t("填好后点「提交」，审批结果会在聊天里告诉你。")},
			&card.Form{ID: "form", Inputs: []card.Input{
				{Name: "item", Label: t("采购内容"), Kind: card.InputText, Required: true, Max: 200, Placeholder: t("例如：机械键盘 2 把")},
				{Name: "amount", Label: t("金额"), Kind: card.InputNumber, Required: true},
				{Name: "kind", Label: t("类别"), Kind: card.InputSelect, Options: options("办公用品", "设备", "软件服务"), Default: event.Text("设备")},
				{Name: "city", Label: t("送货城市"), Kind: card.InputSelect, Options: options("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安", "南京", "重庆")},
				{Name: "tags", Label: t("用于"), Kind: card.InputMultiSelect, Options: options("办公", "研发", "活动"), Max: 2},
				{Name: "needed", Label: t("需要日期"), Kind: card.InputDate},
				{Name: "meet", Label: t("验收时间"), Kind: card.InputDateTime},
				{Name: "owner", Label: t("使用人"), Kind: card.InputPerson},
				{Name: "others", Label: t("知会"), Kind: card.InputPeople},
				{Name: "urgent", Label: t("加急"), Kind: card.InputBool},
				{Name: "reason", Label: t("用途说明"), Kind: card.InputLongText, Max: 500},
			}, Submit: card.Button{Verb: "submit", Label: card.Text{Default: "提交", I18n: map[string]string{"en-US": "Submit"}}, Style: card.StylePrimary, Token: "token-submit", Data: map[string]string{"step": "1"}}},
		},
		Actions: []card.Button{{Verb: "cancel", Label: t("取消"), Token: "token-cancel", Confirm: &card.Confirm{Title: t("不填了？"), Body: t("填写的内容不会保留。")}}},
	}
}

func options(names ...string) []card.Option {
	out := make([]card.Option, len(names))
	for i, n := range names {
		out[i] = card.Option{Value: n, Label: card.T(n)}
	}
	return out
}

// taskCard shows every element, and asks for a decision.
func taskCard() card.Card {
	t := card.T
	return card.Card{
		Slot: "abc/task/leader/1/s1", Rev: 5, Title: t("李雷的采购申请：机械键盘 ¥12,800"), Tone: card.Info, Status: t("待审批"), Summary: t("请审批"),
		Body: []card.Element{
			&card.People{Label: t("发起人（研发部）"), Persons: []card.Person{{ID: "li.lei", Name: "李雷"}}},
			&card.Fields{Items: []card.Field{
				{Label: t("采购内容"), Value: t("机械键盘 <b>20</b> 把")}, {Label: t("金额"), Value: t("¥12,800.00"), Short: true}, {Label: t("类别"), Value: t("设备"), Short: true}}},
			&card.Table{Cols: []card.Column{{Name: "name", Label: t("名称")}, {Name: "qty", Label: t("数量"), Right: true}, {Name: "price", Label: t("单价"), Right: true}},
				Rows: [][]card.Text{{t("机械键盘（红轴）"), t("12"), t("640.00")}, {t("机械键盘（茶轴）"), t("8"), t("640.00")}}},
			&card.Divider{},
			&card.Progress{Steps: []card.Step{
				{Name: t("直属主管"), Note: t("等待 韩梅梅"), State: card.StepActive}, {Name: t("财务审核")}, {Name: t("总经理"), State: card.StepSkipped}}},
			&card.Markdown{Text: t("**说明** 见[合同](https://example.com/c)，不是[这个](javascript:alert(1))：\n- 第一条\n- `第二条`\n> 引用")},
			&card.Columns{Items: []card.ColumnBox{{Body: card.Elements{&card.Note{Text: t("左")}}}, {Body: card.Elements{&card.Note{Text: t("右")}}}}},
			&card.Collapse{Title: t("更多"), Body: card.Elements{&card.Note{Text: t("折叠的内容")}}},
			&card.Image{URL: "https://example.com/a.png", Desc: t("照片")},
			&card.Note{Text: t("直属主管 · 请在 11-24 18:00 前处理")},
			&card.Form{ID: "decision",
				Inputs: []card.Input{{Name: "opinion", Label: t("审批意见"), Kind: card.InputLongText, Max: 500, Placeholder: t("同意时可不填；拒绝时请写明理由")}},
				Submit: card.Button{Verb: "approve", Label: t("同意"), Style: card.StylePrimary, Token: "token-approve"},
				Others: []card.Button{{Verb: "reject", Label: t("拒绝"), Style: card.StyleDanger, Token: "token-reject"}}},
		},
	}
}

// house is the pages on a server, and somebody who visits them.
type house struct {
	t *testing.T
	*office
	h      *pages.Handler
	base   string
	client *http.Client
}

func newHouse(t *testing.T, change ...func(*pages.Options)) *house {
	t.Helper()
	o := newOffice()
	x := &house{t: t, office: o}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.h.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	x.base = server.URL
	opts := pages.Options{
		Desk: o, Work: o, People: o, Key: key, Base: func() string { return server.URL },
		Location: func() *time.Location { return china },
		Now:      func() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now },
	}
	for _, f := range change {
		f(&opts)
	}
	var err error
	if x.h, err = pages.New(opts); err != nil {
		t.Fatal(err)
	}
	x.newClient()
	return x
}

// newClient is another browser: no cookies.
func (x *house) newClient() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	x.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

func (x *house) link(slot, person, verb string) string {
	x.t.Helper()
	at := x.h.Address(web.Link{Slot: slot, Person: person, Verb: verb})
	if at == "" {
		x.t.Fatal("no address")
	}
	return at
}

func (x *house) formLink() string { return x.link("abc/initiator", "li.lei", "") }
func (x *house) taskLink() string { return x.link("abc/task/leader/1/s1", "han.meimei", "") }

func (x *house) do(method, at, kind, body string, head ...string) (*http.Response, string) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	resp, err := x.client.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp, string(b)
}

func (x *house) get(at string, head ...string) (int, string) {
	x.t.Helper()
	resp, body := x.do(http.MethodGet, at, "", "", head...)
	return resp.StatusCode, body
}

func (x *house) post(at string, f url.Values, head ...string) (int, string) {
	x.t.Helper()
	resp, body := x.do(http.MethodPost, at, "application/x-www-form-urlencoded", f.Encode(), head...)
	return resp.StatusCode, body
}

// has wants a status and words on a page.
func (x *house) has(what string, status int, body string, want int, words ...string) {
	x.t.Helper()
	if status != want {
		x.t.Errorf("%s: status %d, want %d", what, status, want)
	}
	for _, w := range words {
		if not, ok := strings.CutPrefix(w, "!"); ok == strings.Contains(body, not) {
			x.t.Errorf("%s: %q is there: %v\n%s", what, not, ok, text(body))
		}
	}
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	button = regexp.MustCompile(`name="act" value="(([^".]+)\.[^"]*)"`)
)

// text is a page without what is before its middle.
func text(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		return body[i:]
	}
	return body
}

// fill is what the form of a page that has a button sends with nothing filled in.
func fill(t *testing.T, body, verb string, set ...string) url.Values {
	t.Helper()
	for _, part := range strings.Split(body, "<form ")[1:] {
		part, _, _ = strings.Cut(part, "</form>")
		for _, m := range button.FindAllStringSubmatch(part, -1) {
			if m[2] != verb {
				continue
			}
			f := url.Values{"act": {m[1]}}
			for _, h := range hidden.FindAllStringSubmatch(part, -1) {
				f.Add(h[1], h[2])
			}
			for i := 0; i+1 < len(set); i += 2 {
				f.Add(set[i], set[i+1])
			}
			return f
		}
	}
	t.Fatalf("the page has no button %s:\n%s", verb, text(body))
	return nil
}
