package pages_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web/pages"
	"magpie/workflows"
)

// cupboard keeps files in memory.
type cupboard struct {
	mu    sync.Mutex
	files map[string][]byte
	used  int64
}

func (c *cupboard) PutFile(_ context.Context, _, _ string, r io.Reader) (event.File, error) {
	b, err := io.ReadAll(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	id := fmt.Sprintf("file%d", len(c.files)+1)
	c.files[id] = b
	return event.File{ID: id, Size: int64(len(b)), Sum: sumOf(string(b))}, err
}

func sumOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func (c *cupboard) OpenFile(_ context.Context, id string) (io.ReadCloser, int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.files[id]
	if !ok {
		return nil, 0, workflows.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

func (c *cupboard) Uploaded(context.Context, string, time.Time) (int64, error) { return c.used, nil }

// linesCard asks for a table whose rows have a product, files, pictures, a department, and more when it is urgent.
func linesCard(in map[string]event.Value) card.Card {
	t := card.T
	lines := card.Input{Name: "lines", Label: t("明细"), Kind: card.InputTable, Required: true, Max: 4, Default: in["lines"], Columns: []card.Input{
		{Name: "name", Label: t("品名"), Kind: card.InputText}, {Name: "qty", Label: t("数量"), Kind: card.InputNumber},
		{Name: "kind", Label: t("类别"), Kind: card.InputSelect, Options: options("硬件", "软件")}, {Name: "rush", Label: t("急"), Kind: card.InputBool},
		{Name: "sum", Label: t("小计"), Kind: card.InputOutput},
	}}
	total := 0
	for _, r := range lines.Default.Rows {
		n := len(r["qty"].Text)
		total += n
		r["sum"] = event.Text(fmt.Sprintf("小计%d", n))
	}
	if lines.Default.Kind != event.ValueTable {
		lines.Default = event.Value{}
	}
	f := &card.Form{ID: "form", Live: true, Inputs: []card.Input{
		{Name: "hint", Label: t("请附三份报价"), Kind: card.InputNote}, lines,
		{Name: "total", Label: t("合计"), Kind: card.InputOutput, Default: event.Text(fmt.Sprint(total))},
		{Name: "urgent", Label: t("加急"), Kind: card.InputBool},
		{Name: "files", Label: t("附件"), Kind: card.InputFile, Accept: []string{"txt", "pdf", "html"}, Max: 2, MaxBytes: 1000},
		{Name: "photos", Label: t("照片"), Kind: card.InputFile, Images: true},
		{Name: "dept", Label: t("部门"), Kind: card.InputDepartment},
	}, Submit: card.Button{Verb: "submit", Label: t("提交"), Style: card.StylePrimary, Token: "token-submit"}}
	if in["urgent"].Bool {
		f.Inputs = append(f.Inputs, card.Input{Name: "why", Label: t("为什么急"), Kind: card.InputText})
	}
	return card.Card{Slot: "abc/initiator", Rev: 3, Title: t("采购申请"), Summary: t("请填写"), Body: []card.Element{f}}
}

func newLines(t *testing.T) (*house, *cupboard) {
	t.Helper()
	c := &cupboard{files: map[string][]byte{}}
	x := newHouse(t, func(o *pages.Options) { o.Files = c })
	x.form, x.draft = linesCard(nil), linesCard
	return x, c
}

type upload struct{ input, name, content string }

// send posts a form with files.
func (x *house) send(at string, f url.Values, files ...upload) (int, string) {
	x.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, vs := range f {
		for _, v := range vs {
			if err := w.WriteField(k, v); err != nil {
				x.t.Fatal(err)
			}
		}
	}
	for _, u := range files {
		part, err := w.CreateFormFile("u."+u.input, u.name)
		if err == nil {
			_, err = part.Write([]byte(u.content))
		}
		if err != nil {
			x.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		x.t.Fatal(err)
	}
	resp, body := x.do(http.MethodPost, at, w.FormDataContentType(), b.String())
	return resp.StatusCode, body
}

// Rows are added and taken away by buttons that act on nothing; what was typed stays, and what follows from it is
// computed by the owner each time.
func TestTableRows(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	at := x.formLink()
	status, body := x.get(at)
	x.has("at first", status, body, http.StatusOK, "请附三份报价", `name="f.lines.0.name"`, `name="n.lines" value="1"`, `enctype="multipart/form-data"`, "!f.lines.1", "更新表单")
	f := fill(t, body, "submit", "f.lines.0.name", "键盘<b>", "f.lines.0.qty", "12", "f.lines.0.kind", "软件", "f.lines.0.rush", "1", "row", "add.lines")
	f.Del("act")
	status, body = x.post(at, f)
	x.has("a row more", status, body, http.StatusOK, `name="f.lines.1.name"`, `name="n.lines" value="2"`, "键盘&lt;b&gt;", `value="软件" selected`, "小计2", "!小计0", `value="drop.lines.1"`)
	f = fill(t, body, "submit", "f.lines.0.name", "", "f.lines.1.name", "鼠标", "f.lines.1.qty", "345", "row", "drop.lines.0")
	f.Del("act")
	status, body = x.post(at, f)
	x.has("one taken away", status, body, http.StatusOK, `name="f.lines.0.name" value="鼠标"`, "小计3", `name="n.lines" value="1"`, "!f.lines.1")
	for range 6 {
		f = fill(t, body, "submit", "row", "add.lines")
		f.Del("act")
		_, body = x.post(at, f)
	}
	x.has("no more than allowed", 200, body, http.StatusOK, `name="n.lines" value="4"`, "!f.lines.4", "!add.lines")
	for _, odd := range []string{"drop.lines.99", "drop.lines.-1", "add.nothing", "drop", "add.hint"} {
		f = fill(t, body, "submit", "row", odd)
		f.Del("act")
		if status, again := x.post(at, f); status != 200 || !strings.Contains(again, `name="n.lines" value="4"`) {
			t.Errorf("%s: %d", odd, status)
		}
	}
	if n := len(x.pressed()); n != 0 {
		t.Fatalf("%d presses", n)
	}
	f = fill(t, body, "submit", "f.lines.1.name", " 鼠标 ", "f.lines.1.qty", "很多", "f.lines.3.rush", "1", "f.dept", "研发部", "f.urgent", "1", "f.why", "下周要用")
	status, body = x.post(at, f)
	x.has("handed in", status, body, http.StatusOK, "已提交")
	want := map[string]event.Value{
		"lines":  event.Table(event.Row{"name": event.Text("鼠标"), "qty": event.Text("很多")}, event.Row{"rush": event.Bool(true)}),
		"urgent": event.Bool(true), "dept": event.Text("研发部"), "why": event.Text("下周要用"),
	}
	if diff := cmp.Diff(want, x.pressed()[0].Body.(*event.Action).Form); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with a cell stands at the cell. Rows that were left empty are gone by then, so that rows are
// counted as whoever judges them counts.
func TestWrongCells(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	x.draft = func(in map[string]event.Value) card.Card {
		c := linesCard(in)
		form(c).Problem = form(x.form).Problem
		return c
	}
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.lines.1.name", "键盘", "f.lines.1.kind", "软件", "f.lines.3.qty", "坏")
	f.Set("n.lines", "4")
	status, body := x.post(at, f)
	x.has("refused", status, body, http.StatusUnprocessableEntity, `name="n.lines" value="2"`, `name="f.lines.0.name" value="键盘"`, `value="软件" selected`, `name="f.lines.1.qty" value="坏"`)
	cell := func(name string) string {
		_, rest, _ := strings.Cut(body, `data-input="lines.`+name+`"`)
		rest, _, _ = strings.Cut(rest, `data-input=`)
		return rest
	}
	for name, want := range map[string]string{"1.qty": "请填写数字", "1.name": "必填", "0.qty": "", "0.name": ""} {
		if got := strings.Contains(cell(name), "mp-wrong"); got != (want != "") || !strings.Contains(cell(name), want) {
			t.Errorf("%s: %s", name, cell(name))
		}
	}
	if strings.Count(body, "最多 1 行") != 1 || strings.Count(body, "第 2 行 品名") != 0 {
		t.Error(body)
	}
}

// What an answer brings up is asked for on the same page, and an empty table is said to be missing.
func TestLiveForm(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.urgent", "1", "row", "again")
	f.Del("act")
	status, body := x.post(at, f)
	x.has("looked again", status, body, http.StatusOK, "为什么急", "!请填写<")
	status, body = x.post(at, fill(t, body, "submit"))
	x.has("nothing filled in", status, body, http.StatusUnprocessableEntity, "请填写", "!为什么急")
	f = fill(t, body, "submit", "f.dept", "研", "find", "dept")
	f.Del("act")
	status, body = x.post(at, f)
	x.has("departments", status, body, http.StatusOK, `name="p.dept" value="研发支持部"`, `name="p.dept" value="研发部"`, "!财务部")
	status, body = x.post(at, fill(t, body, "submit", "f.lines.0.name", "x", "f.dept", "市场部"))
	x.has("no such department", status, body, http.StatusUnprocessableEntity, "找不到「市场部」")
	status, _ = x.post(at, fill(t, body, "submit", "f.lines.0.name", "x", "p.dept", "研发支持部"))
	if status != http.StatusOK || x.pressed()[0].Body.(*event.Action).Form["dept"].Text != "研发支持部" {
		t.Errorf("%d %v", status, x.pressed())
	}
}

var kept = regexp.MustCompile(`name="k\.([a-z]+)" value="([^"]+)" checked`)

// Files stay while the form is filled in, are handed in with it, and are opened by whoever may see the instance:
// pictures are shown, everything else is only saved.
func TestFilesAreKept(t *testing.T) {
	t.Parallel()
	x, c := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.lines.0.name", "x", "row", "again")
	f.Del("act")
	page := `<html><script>alert(1)</script>`
	status, body := x.send(at, f, upload{"files", `C:\dir\合同 "一".html`, page}, upload{"photos", "a.png", "\x89PNG\x0d\x0a\x1a\x0a...."}, upload{"photos", "b.png", page},
		upload{"files", "big.txt", strings.Repeat("x", 1001)}, upload{"files", "a.exe", "MZ"})
	x.has("uploaded", status, body, http.StatusOK, "合同 &#34;一&#34;.html", "!dir", "b.png：不是图片", "big.txt：超过了 1 KB 的上限", `value="x"`)
	tokens := kept.FindAllStringSubmatch(body, -1)
	if len(tokens) != 2 || len(c.files) != 2 {
		t.Fatalf("%v, %d kept", tokens, len(c.files))
	}
	images := regexp.MustCompile(`<img src="([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(images) != 1 {
		t.Fatalf("pictures: %v", images)
	}
	resp, got := x.do(http.MethodGet, x.base+images[0][1], "", "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got, "\x89PNG") {
		t.Errorf("the picture: %d %v", resp.StatusCode, resp.Header)
	}
	// Somebody else's token, a changed one and one of yesterday bring nothing.
	for what, token := range map[string]string{"changed": "x" + tokens[0][2], "empty": "", "no mac": strings.Split(tokens[0][2], ".")[0]} {
		status, again := x.post(at, fill(t, body, "submit", "f.lines.0.name", "x", "k.files", token))
		x.has(what, status, again, http.StatusUnprocessableEntity, "请重新上传")
	}
	f = fill(t, body, "submit", "f.lines.0.name", "x", "k.files", tokens[0][2], "k.photos", tokens[1][2])
	status, _ = x.send(at, f, upload{"files", "二.pdf", "%PDF-1.4"})
	if status != http.StatusOK {
		t.Fatal(status)
	}
	form := x.pressed()[0].Body.(*event.Action).Form
	want := []event.File{{ID: "file1", Name: `合同 "一".html`, Type: "text/html", Size: int64(len(page)), Sum: sumOf(page)}, {ID: "file3", Name: "二.pdf", Type: "application/pdf", Size: 8, Sum: sumOf("%PDF-1.4")}}
	if diff := cmp.Diff(want, form["files"].Files); diff != "" {
		t.Error(diff)
	}

	// Handed in, they are opened by the instance.
	x.attached = want
	x.form = card.Card{Slot: "abc/initiator", Title: card.T("记录"), Summary: card.T("记录"), Body: []card.Element{&card.Files{Label: card.T("附件"), Items: want}}}
	_, body = x.get(at)
	x.has("on the card", 200, body, 200, `href="/m/f/abc/file1"`, "二.pdf", "8 B")
	resp, got = x.do(http.MethodGet, x.base+"/m/f/abc/file1", "", "")
	head := resp.Header
	if resp.StatusCode != 200 || got != page || head.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(head.Get("Content-Disposition"), "attachment;") ||
		head.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page that somebody attached: %d %v", resp.StatusCode, head)
	}
	for _, path := range []string{"/m/f/abc/file2", "/m/f/abc/none", "/m/f/xyz/file1", "/m/f/abc/file1?t=x"} {
		if resp, _ := x.do(http.MethodGet, x.base+path, "", ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	x.newClient()
	if resp, _ := x.do(http.MethodGet, x.base+"/m/f/abc/file1", "", ""); resp.StatusCode == http.StatusOK {
		t.Error("whoever has no session opens the file")
	}
	if status, _ := x.send(x.base+"/m/i/abc", url.Values{}, upload{"files", "a.txt", "x"}); status != http.StatusForbidden || len(c.files) != 3 {
		t.Errorf("whoever has no session uploads: %d, %d files", status, len(c.files))
	}
}

// An hour has its limit for a person, whatever the files.
func TestUploadsAreLimited(t *testing.T) {
	t.Parallel()
	x, c := newLines(t)
	c.used = 200_000_000
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "row", "again")
	f.Del("act")
	status, body := x.send(at, f, upload{"files", "a.txt", "x"})
	x.has("too much", status, body, http.StatusOK, "上传得太多了")
	if len(c.files) != 0 {
		t.Error("it was kept")
	}
}

// Whatever names and numbers of rows are posted, the page is ours and no row is out of bounds.
func FuzzTablePost(f *testing.F) {
	h, o := counter(f)
	o.form, o.draft = linesCard(nil), linesCard
	at := strings.TrimPrefix(h.Address(linkOf()), "http://pages.example")
	f.Add("row=add.lines&n.lines=1&f.lines.0.name=x")
	f.Add("row=drop.lines.0&n.lines=999999&f.lines.5.qty=%3Cscript%3E")
	f.Add("row=drop.lines.-1&n.lines=-3&k.files=a.b&n.lines=2")
	f.Fuzz(func(t *testing.T, body string) {
		w := postTo(h, at, body)
		page := w.Body.String()
		if w.Code >= 500 || !strings.HasPrefix(page, "<!DOCTYPE html>") || strings.Contains(strings.ToLower(page), "<script") {
			t.Errorf("%d %s", w.Code, page)
		}
		if strings.Contains(page, `name="f.lines.200.`) || len(o.pressed()) > 0 {
			t.Error("more rows than there can be, or a press without a ticket")
		}
	})
}

// The longest table there can be comes in with its files: each cell is a part of the body.
func TestLongestTable(t *testing.T) {
	t.Parallel()
	x, c := newLines(t)
	long := func(in map[string]event.Value) card.Card {
		c := linesCard(in)
		f := c.Body[0].(*card.Form)
		f.Inputs[1].Max = 200
		for i := range 15 {
			f.Inputs[1].Columns = append(f.Inputs[1].Columns, card.Input{Name: fmt.Sprintf("more%d", i), Label: card.T("列"), Kind: card.InputText})
		}
		return c
	}
	x.form, x.draft = long(nil), long
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit")
	f.Set("n.lines", "200")
	for i := range 200 {
		for _, column := range x.form.Body[0].(*card.Form).Inputs[1].Columns {
			f.Set(fmt.Sprintf("f.lines.%d.%s", i, column.Name), "1")
		}
		f.Set(fmt.Sprintf("f.lines.%d.kind", i), "软件")
	}
	status, body := x.send(at, f, upload{"files", "a.txt", "x"})
	x.has("handed in", status, body, http.StatusOK, "已提交")
	if got := x.pressed()[0].Body.(*event.Action).Form; len(got["lines"].Rows) != 200 || got["lines"].Rows[199]["more14"].Text != "1" || len(got["files"].Files) != 1 || len(c.files) != 1 {
		t.Errorf("%d rows, %v", len(got["lines"].Rows), got["files"])
	}
}

// What does not fit into memory lies on the disk while it is looked at, and no longer.
func TestUploadsLeaveNothingOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	x, _ := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "row", "again")
	f.Del("act")
	status, body := x.send(at, f, upload{"files", "a.txt", strings.Repeat("x", 20<<20)})
	x.has("too big a file", status, body, http.StatusOK, "a.txt：超过了 1 KB 的上限")
	status, body = x.send(at, f, upload{"files", "a.txt", strings.Repeat("x", 64<<20)})
	x.has("too big a body", status, body, http.StatusRequestEntityTooLarge)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// What is typed has its bound beside files too.
func TestTypedBesideFiles(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit")
	f.Set("n.lines", "200")
	for i := range 200 {
		f.Set(fmt.Sprintf("f.lines.%d.name", i), strings.Repeat("x", 6000))
	}
	if status, body := x.send(at, f, upload{"files", "a.txt", "x"}); status != http.StatusRequestEntityTooLarge || len(x.pressed()) > 0 {
		t.Errorf("%d %s", status, body)
	}
}

// What stands for a file that was not handed in yet opens and brings nothing for anybody else, nor anywhere else.
func TestTokensAreOnesOwn(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "row", "again")
	f.Del("act")
	_, body = x.send(at, f, upload{"files", "a.txt", "x"})
	token := kept.FindStringSubmatch(body)[2]
	path := "/m/f/abc/file1?t=" + token
	if resp, got := x.do(http.MethodGet, x.base+path, "", ""); resp.StatusCode != http.StatusOK || got != "x" {
		t.Fatalf("their own: %d", resp.StatusCode)
	}
	for _, other := range []string{"/m/f/xyz/file1?t=" + token, "/m/f/abc/file2?t=" + token} {
		if resp, _ := x.do(http.MethodGet, x.base+other, "", ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", other, resp.StatusCode)
		}
	}
	x.newClient()
	if status, _ := x.get(x.taskLink()); status != http.StatusOK {
		t.Fatal(status)
	}
	if resp, _ := x.do(http.MethodGet, x.base+path, "", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's session: %d", resp.StatusCode)
	}
}

// While a directory was never read, nobody is told that a person or a department isn't there.
func TestNobodyIsMissedInADirectoryThatIsRead(t *testing.T) {
	t.Parallel()
	unread := true
	o := func(o *pages.Options) {
		o.Files = &cupboard{files: map[string][]byte{}}
		o.Unread = func(context.Context) (bool, error) { return unread, nil }
	}
	x := newHouse(t, o)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "f.item", "x", "f.amount", "1", "f.owner", "赵四")
	status, body := x.post(at, f)
	x.has("a person", status, body, http.StatusUnprocessableEntity, "还没有找到「赵四」", "通讯录还在读取中，请稍后再试", `value="赵四"`)
	x.form, x.draft = linesCard(nil), linesCard
	_, body = x.get(at)
	f = fill(t, body, "submit", "f.lines.0.name", "x", "f.dept", "法务部")
	status, body = x.post(at, f)
	x.has("a department", status, body, http.StatusUnprocessableEntity, "还没有找到「法务部」", `value="法务部"`)
	unread = false
	status, body = x.post(at, f)
	x.has("all is read", status, body, http.StatusUnprocessableEntity, "找不到「法务部」", "!通讯录")
}
