package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"magpie/store"
	"magpie/workflows"
)

const signedContract = `kind: approval
id: deal
name: 签约
start: {commands: [签约]}
form: [{id: name, type: text, label: 名称, required: true}]
steps:
  - {id: sign, name: 签署, approve: {by: ["person:sun.li", "person:han.meimei", "person:wang.fang"], mode: all, sign: true}}
`

// startSigning is a demo with a request that waits for three signatures, one in each suite.
func startSigning(t *testing.T) *live {
	t.Helper()
	l := startDemoOf(t, "webhook", demoSuites, func(l *live) {
		if err := os.WriteFile(filepath.Join(l.dir, "workflows", "deal.yaml"), []byte(signedContract), 0o644); err != nil {
			t.Fatal(err)
		}
		l.app.reload(t.Context())
	})
	l.in("feishu").say("li.lei", "签约")
	form := l.in("feishu").cardWith("li.lei", "提交", "签约")
	l.in("feishu").told("li.lei", form, "提交", map[string]any{"name": "框架合同"}, "success", "已提交")
	return l
}

// penned is a drawing as the page's script hands it in; each is another one.
func penned(n int) string {
	m := image.NewNRGBA(image.Rect(0, 0, 600, 300))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(100, 80, 300+n, 86), image.NewUniform(color.Black), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(100, 80, 106, 200), image.NewUniform(color.Black), image.Point{}, draw.Src)
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// sign hands a form in with its files.
func (v *visitor) sign(at string, f url.Values) (int, string) {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, list := range f {
		for _, x := range list {
			if err := w.WriteField(k, x); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	resp, err := v.c.Post(at, w.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(resp)
}

// swap puts something else into the place of a file, past the server.
func (l *live) swap(id string, b []byte) {
	l.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(l.dir, "magpie.db")+"?_pragma=busy_timeout(20000)")
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close()
	r, err := db.ExecContext(l.t.Context(), "UPDATE file_part SET data = ? WHERE file = ?", b, id)
	if err != nil {
		l.t.Fatal(err)
	}
	if n, _ := r.RowsAffected(); n != 1 {
		l.t.Fatalf("%d parts were changed", n)
	}
}

var signPicture = regexp.MustCompile(`mp-told-sign"><img src="([^"]+)"`)

// Three people sign, each by the card of their suite; a word in the chat is no signature. The pictures stand in the
// timeline and on paper, live as long as the request, and go when their person's text is erased.
func TestSignedOverThreeSuites(t *testing.T) {
	t.Parallel()
	l := startSigning(t)
	s, ctx := l.app.Store(), t.Context()
	who := []struct{ person, suite string }{{"sun.li", "feishu"}, {"han.meimei", "dingtalk"}, {"wang.fang", "wecom"}}
	mine, err := s.StartedWork(ctx, "li.lei", 0, 5)
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	id := mine[0].ID
	var late url.Values
	var lateAt string
	var signer *visitor
	for i, w := range who {
		p := l.in(w.suite)
		m := p.card(w.person, "框架合同", "待审批")
		p.say(w.person, "同意 框架合同没问题")
		eventually(t, w.person+" is told that a word is no signature", func() bool { return strings.Contains(p.seen(w.person), "这一步要手写签名") }, func() string { return p.seen(w.person) })
		v := newVisitor(t, w.person)
		at, body := pageOf(t, v, m, "approve")
		f := pageForm(t, body, "approve")
		if status, body := v.sign(at, f); status != http.StatusUnprocessableEntity || !strings.Contains(body, "请签名") {
			t.Fatalf("%s signs nothing: %d %s", w.person, status, body)
		}
		if i == 1 { // what was drawn and not handed in is nobody's signature
			draft := pageForm(t, body, "approve")
			draft.Del("act")
			draft.Set("row", "again")
			draft.Set("s.signature", penned(20))
			if status, body := v.sign(at, draft); status != http.StatusOK || !strings.Contains(body, `alt="已签名"`) {
				t.Fatalf("%d %s", status, body)
			}
		}
		f.Set("s.signature", penned(i))
		f.Set("f.opinion", "条款没问题")
		if i == 0 {
			late, lateAt, signer = f, at, v
		}
		if status, body := v.sign(at, f); status != http.StatusOK || !strings.Contains(body, "已同意") {
			t.Fatalf("%s signs: %d %s", w.person, status, body)
		}
		p.card(w.person, "框架合同", "已同意")
	}
	l.in("feishu").card("li.lei", "框架合同", "已通过")
	// With another drawing the same form comes too late.
	late.Set("s.signature", penned(9))
	if status, body := signer.sign(lateAt, late); status != http.StatusConflict || !strings.Contains(body, "已同意") || strings.Contains(body, "mp-pad") {
		t.Errorf("signed too late: %d %s", status, body)
	}

	me := newVisitor(t, "li.lei")
	me.get(linkOf(t, l.in("feishu").card("li.lei", "框架合同")))
	pictures := func() (at []string) {
		t.Helper()
		_, body := me.get(l.base + "/m/i/" + id)
		for _, m := range signPicture.FindAllStringSubmatch(body, -1) {
			at = append(at, l.base+m[1])
		}
		return at
	}
	all := pictures()
	if len(all) != 3 {
		t.Fatalf("the timeline shows %v", all)
	}
	for _, at := range all {
		resp, err := me.c.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := me.read(resp); status != 200 || resp.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(body, "\x89PNG") {
			t.Errorf("%s: %d %v", at, status, resp.Header)
		}
	}
	stranger := newVisitor(t, "liu.yang")
	if _, status, body := stranger.open(all[0]); status == 200 && strings.HasPrefix(body, "\x89PNG") {
		t.Error("whoever has nothing to do with it sees a signature")
	}
	if _, body := me.get(l.base + "/m/i/" + id + "/print"); strings.Count(body, `<img class="sign" src="data:image/png;base64,`) != 3 || !strings.Contains(body, "核验结果：记录完整") {
		t.Errorf("the print: %s", body)
	}
	if n, err := s.PruneFiles(ctx, time.Now().Add(30*24*time.Hour)); err != nil || n != 1 || len(pictures()) != 3 {
		t.Errorf("pruned %d, %v", n, err)
	}

	// Somebody has their text erased: their picture goes, those of the others stay, and the record holds.
	var out bytes.Buffer
	e := eraser{s: s, out: &out, o: store.EraseOptions{By: "root", Reason: "request 8", Fold: fold}}
	if err := e.run(ctx, "", "sun.li"); err != nil || !strings.Contains(out.String(), "1 files erased") {
		t.Fatalf("erase: %v\n%s", err, out.String())
	}
	if now := pictures(); len(now) != 2 {
		t.Errorf("the timeline shows %v", now)
	}
	if resp, err := me.c.Get(all[0]); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("the erased picture: %v %v", resp, err)
	} else {
		resp.Body.Close()
	}
	if _, body := me.get(l.base + "/m/i/" + id + "/print"); strings.Count(body, `class="sign"`) != 2 || !strings.Contains(body, "核验结果：记录完整") {
		t.Errorf("the print: %s", body)
	}
	if a, err := s.Audit(ctx, store.AuditOptions{Fold: fold, Files: true}); err != nil || !a.OK() || a.Erased == 0 || a.Files != 2 {
		t.Errorf("audit: %+v, %v", a, err)
	}
}

// A picture that somebody put in the place of another is said on paper: its digest is in the chain.
func TestSwappedSignatureIsSaid(t *testing.T) {
	t.Parallel()
	l := startSigning(t)
	s, ctx := l.app.Store(), t.Context()
	p := l.in("dingtalk")
	v := newVisitor(t, "han.meimei")
	at, body := pageOf(t, v, p.card("han.meimei", "框架合同", "待审批"), "approve")
	f := pageForm(t, body, "approve")
	f.Set("s.signature", penned(1))
	if status, body := v.sign(at, f); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	mine, err := s.StartedWork(ctx, "li.lei", 0, 5)
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	in, prog, err := l.app.engine.Load(ctx, mine[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	files, err := prog.(workflows.FileKeeper).Files(in, "han.meimei")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	r, _, err := s.OpenFile(ctx, files[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || int64(len(b)) != files[0].Size {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	one, err := printOf(ctx, s, prog, in, "")
	if err != nil || !one.Verdict.IsZero() || len(one.Signs) != 1 {
		t.Fatalf("%+v, %d pictures, %v", one.Verdict, len(one.Signs), err)
	}
	l.says([]string{"audit", "verify"}, "1 files", " 0 breaks")
	l.swap(files[0].ID, []byte("\x89PNG of somebody else"))
	if out, err := l.command("audit", "verify"); !errors.Is(err, errBad) || !strings.Contains(out, "instance "+in.ID+", entry ") || !strings.Contains(out, "file: the file "+files[0].ID+" of seat ") || !strings.Contains(out, " 1 breaks") {
		t.Errorf("audit verify of a swapped picture: %v\n%s", err, out)
	}
	if one, err = printOf(ctx, s, prog, in, ""); err != nil || !strings.Contains(one.Verdict.Default, "签名图片不是签名时的那一张") || !strings.Contains(one.Verdict.In("en-US"), "not the one") {
		t.Errorf("%+v, %v", one.Verdict, err)
	}
}

// In a real browser, over all that `magpie demo` runs: the card's link, the mouse, the timeline.
func TestBrowserSigns(t *testing.T) {
	t.Parallel()
	l := startSigning(t)
	v := newVisitor(t, "sun.li")
	at, _ := pageOf(t, v, l.in("feishu").card("sun.li", "框架合同", "待审批"), "approve")
	b := newTab(t)
	b.do("open the link", chromedp.EmulateViewport(375, 812), chromedp.Navigate(at))
	b.until("the page or the log-in is there", `document.querySelector("canvas") || location.pathname.startsWith("/sim/")`)
	if here, err := chromedp.Run(b.ctx, chromedp.Location()); err == nil && strings.Contains(here, "/sim/") {
		b.do("log in", chromedp.Navigate(here+"&person=sun.li"))
	}
	b.do("the drawing area", visible("canvas"), chromedp.ScrollIntoView(chromedp.CSS("canvas")))
	b.shot("sign-1-page")
	side := func(name string) float64 {
		x, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`document.querySelector("canvas").getBoundingClientRect().`+name))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	left, top, wide, high := side("left"), side("top"), side("width"), side("height")
	points := [][2]float64{{.1, .5}, {.2, .2}, {.3, .8}, {.4, .3}, {.5, .7}, {.6, .25}, {.7, .75}, {.9, .4}}
	for i, p := range points {
		x, y := left+p[0]*wide, top+p[1]*high
		if i == 0 {
			b.do("press", chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
		}
		b.do("draw", chromedp.MouseEvent(chromedp.MouseMoved, x, y, chromedp.ButtonLeft))
		if i == len(points)-1 {
			b.do("lift", chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
		}
	}
	b.shot("sign-2-drawn")
	b.do("hand in", click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	b.until("it is said", `document.querySelector('[data-testid="done"]').innerText.includes("已同意")`)
	b.do("the timeline", click(`[data-testid="done"] a`), visible(".mp-told-sign img"))
	b.until("the signature is drawn", `document.querySelector(".mp-told-sign img").naturalWidth > 100`)
	b.do("look", chromedp.ScrollIntoView(chromedp.CSS(".mp-told-sign img")))
	b.shot("sign-3-timeline")
	l.in("feishu").card("sun.li", "框架合同", "已同意")
}
