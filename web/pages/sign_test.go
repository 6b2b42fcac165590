package pages_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web/pages"
)

// signCard asks han.meimei for a signature.
func signCard() card.Card {
	t, c := card.T, taskCard()
	c.Body = append(c.Body[:len(c.Body)-1:len(c.Body)-1],
		&card.Form{ID: "sign", Inputs: []card.Input{
			{Name: "opinion", Label: t("审批意见"), Kind: card.InputLongText, Max: 20},
			{Name: "proof", Label: t("附件"), Kind: card.InputFile},
			{Name: "signature", Label: t("手写签名"), Kind: card.InputSignature, Required: true},
		}, Submit: card.Button{Verb: "approve", Label: card.Text{Default: "签名同意", I18n: map[string]string{"en-US": "Sign and approve"}}, Style: card.StylePrimary, Token: "token-approve"}},
		&card.Form{ID: "refusal", Inputs: []card.Input{{Name: "reason", Label: t("不同意的理由"), Kind: card.InputLongText, Max: 500}},
			Submit: card.Button{Verb: "reject", Label: t("拒绝"), Style: card.StyleDanger, Token: "token-reject"}})
	return c
}

func newDesk(t *testing.T) (*house, *cupboard, string) {
	t.Helper()
	c := &cupboard{files: map[string][]byte{}}
	x := newHouse(t, func(o *pages.Options) { o.Files = c })
	x.task = signCard()
	return x, c, x.link("abc/task/leader/1/s1", "han.meimei", "approve")
}

// sketch is a picture of two lines.
func sketch(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(w/4, h/3, w*3/4, h/3+4), image.Black, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(w/4, h/3, w/4+4, h*2/3), image.Black, image.Point{}, draw.Src)
	return m
}

func pngText(m image.Image) string {
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory
	return b.String()
}

// drawn is what the page's script puts into the form.
func drawn(content string) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(content))
}

// A signature is asked for on the page of its act alone; that page runs our script and nothing else.
func TestSignaturePage(t *testing.T) {
	t.Parallel()
	x, _, at := newDesk(t)
	resp, body := x.do(http.MethodGet, at, "", "")
	nonce := regexp.MustCompile(`<script src="/m/assets/sign\.js\?v=[0-9a-f]+" nonce="([^"]+)" defer></script>`).FindStringSubmatch(body)
	if nonce == nil || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'; ") || !strings.HasSuffix(resp.Header.Get("Content-Security-Policy"), "; script-src 'nonce-"+nonce[1]+"'") {
		t.Errorf("%v %v", nonce, resp.Header)
	}
	x.has("to approve", resp.StatusCode, body, 200, "手写签名", `name="u.signature" accept="image/jpeg,image/png" capture="environment"`, `enctype="multipart/form-data"`, "上传签名照片", "签名同意", "!不同意的理由")
	if _, again := x.get(at); strings.Contains(again, nonce[1]) {
		t.Error("the nonce is used twice")
	}
	resp, body = x.do(http.MethodGet, x.link("abc/task/leader/1/s1", "han.meimei", "reject"), "", "")
	x.has("to reject", resp.StatusCode, body, 200, "不同意的理由", "!手写签名", "!<script")
	if strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src") {
		t.Error("a page without a signature may run a script")
	}
	status, body := x.get(at + "?lang=en")
	x.has("in English", status, body, 200, "Please sign here", "Sign and approve", "A photograph of a signature")
	resp, body = x.do(http.MethodGet, x.base+regexp.MustCompile(`/m/assets/sign\.js\?v=[0-9a-f]+`).FindString(body), "", "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(body, "PointerEvent") {
		t.Errorf("the script: %d %v", resp.StatusCode, resp.Header)
	}
}

// What was drawn comes back with the form while something else is wrong, and is handed in once, as a picture of ours.
func TestSignatureIsHandedIn(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	_, body := x.get(at)
	f := fill(t, body, "approve", "f.opinion", strings.Repeat("长", 21))
	f.Set("s.signature", drawn(pngText(sketch(600, 300))+"<script>"))
	status, body := x.send(at, f)
	x.has("the opinion is too long", status, body, 422, "最多 20 个字", `alt="已签名"`, "!请签名<", "!base64")
	token := regexp.MustCompile(`name="k\.signature" value="([^"]+)" checked`).FindStringSubmatch(body)
	shown := regexp.MustCompile(`<img src="([^"]+)" alt="已签名"`).FindStringSubmatch(body)
	if token == nil || shown == nil || len(c.files) != 1 || len(x.pressed()) != 0 {
		t.Fatalf("%v %v, %d files", token, shown, len(c.files))
	}
	if resp, got := x.do(http.MethodGet, x.base+shown[1], "", ""); resp.Header.Get("Content-Type") != "image/png" || strings.Contains(got, "script") {
		t.Errorf("what was signed: %v", resp.Header)
	}
	status, body = x.send(at, fill(t, body, "approve", "f.opinion", "条款没问题", "k.signature", token[1]))
	x.has("handed in", status, body, 200, "已同意")
	kept := c.files["file1"]
	want := map[string]event.Value{"opinion": event.Text("条款没问题"), "signature": event.Files(event.File{ID: "file1", Name: "signature.png", Type: "image/png", Size: int64(len(kept)), Sum: sumOf(string(kept))})}
	if d := cmp.Diff(want, x.pressed()[0].Body.(*event.Action).Form); d != "" {
		t.Error(d)
	}
	status, body = x.get(x.base + "/m/i/abc")
	x.has("the timeline", status, body, 200, `<p class="mp-told-sign"><img src="/m/f/abc/file1" alt="signature.png"></p>`)
	if resp, got := x.do(http.MethodGet, x.base+"/m/f/abc/file1", "", ""); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || got != string(kept) {
		t.Errorf("the picture: %d %v", resp.StatusCode, resp.Header)
	}
}

// The same form twice is one press, though its drawing was kept twice; a drawing in the place of another counts.
func TestSignedTwice(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	_, body := x.get(at)
	f := fill(t, body, "approve")
	f.Set("s.signature", drawn(pngText(sketch(600, 300))))
	first, firstBody := x.send(at, f)
	x.mu.Lock()
	x.task = signCard() // as another process may still draw it
	x.mu.Unlock()
	second, secondBody := x.send(at, f)
	if first != 200 || second != 200 || len(x.pressed()) != 1 || len(c.files) != 2 {
		t.Errorf("%d and %d, %d presses, %d files\n%s\n%s", first, second, len(x.pressed()), len(c.files), text(firstBody), text(secondBody))
	}
	f.Set("k.signature", "what was there before")
	f.Set("s.signature", drawn(pngText(sketch(500, 300))))
	x.send(at, f)
	if got := x.pressed(); len(got) != 2 || got[1].Body.(*event.Action).Form["signature"].Files[0].ID != "file3" {
		t.Errorf("%v", got)
	}
}

// A photograph is taken where nothing can be drawn.
func TestSignaturePhotographed(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	_, body := x.get(at)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sketch(1200, 900), nil); err != nil {
		t.Fatal(err)
	}
	status, body := x.send(at, fill(t, body, "approve"), upload{"signature", "IMG_0001.JPG", b.String()})
	x.has("handed in", status, body, 200, "已同意")
	if !strings.HasPrefix(string(c.files["file1"]), "\x89PNG") {
		t.Error("it was kept as it came")
	}
}

// Nothing that is no signature of this person, made here, gets through; and nothing of it is kept.
func TestNoSignature(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	x.form = card.Card{Slot: "abc/initiator", Title: card.T("t"), Summary: card.T("s"), Body: []card.Element{&card.Form{ID: "f", Inputs: []card.Input{
		{Name: "signature", Label: card.T("签"), Kind: card.InputSignature}}, Submit: card.Button{Verb: "submit", Label: card.T("提交"), Token: "token-submit"}}}}
	again := func(body, verb string) url.Values {
		f := fill(t, body, verb, "row", "again")
		f.Del("act")
		return f
	}
	token := regexp.MustCompile(`name="k\.[a-z]+" value="([^"]+)" checked`)
	_, body := x.get(x.formLink())
	f := again(body, "submit")
	f.Set("s.signature", drawn(pngText(sketch(400, 200))))
	_, body = x.send(x.formLink(), f)
	theirs := token.FindStringSubmatch(body)
	_, page := x.get(at)
	_, body = x.send(at, again(page, "approve"), upload{"proof", "a.png", pngText(sketch(400, 200))})
	file := token.FindStringSubmatch(body)
	if theirs == nil || file == nil || len(c.files) != 2 {
		t.Fatalf("%v %v", theirs, file)
	}
	white := image.NewGray(image.Rect(0, 0, 600, 300))
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	wide := image.NewGray(image.Rect(0, 0, 2001, 300))
	for name, c := range map[string]struct {
		set   []string
		files []upload
		want  string
	}{
		"nothing":                 {nil, nil, "请签名"},
		"an empty drawing":        {[]string{"s.signature", drawn(pngText(white))}, nil, "没有看到签名"},
		"nothing transparent":     {[]string{"s.signature", drawn(pngText(image.NewNRGBA(image.Rect(0, 0, 300, 100))))}, nil, "没有看到签名"},
		"a dark room":             {[]string{"s.signature", drawn(pngText(wide))}, nil, "图片太大"},
		"no picture":              {[]string{"s.signature", "data:text/html;base64,PGh0bWw+"}, nil, "PNG 或 JPEG"},
		"no base64":               {[]string{"s.signature", "data:image/png;base64,%%%"}, nil, "PNG 或 JPEG"},
		"a page":                  {nil, []upload{{"signature", "a.png", "<html><script>alert(1)</script>"}}, "PNG 或 JPEG"},
		"ten megabytes":           {nil, []upload{{"signature", "a.jpg", "\xff\xd8\xff" + strings.Repeat("\x00", 10<<20)}}, "图片太大"},
		"another's upload":        {[]string{"k.signature", theirs[1]}, nil, "签名已失效"},
		"a file, no signature":    {[]string{"k.signature", file[1]}, nil, "签名已失效"},
		"what nobody signed":      {[]string{"k.signature", "a.b"}, nil, "签名已失效"},
		"a picture that is a dot": {[]string{"s.signature", drawn(pngText(image.NewGray(image.Rect(0, 0, 3, 3))))}, nil, "没有看到签名"},
	} {
		f := fill(t, page, "approve")
		for i := 0; i < len(c.set); i += 2 {
			f.Set(c.set[i], c.set[i+1])
		}
		status, body := x.send(at, f, c.files...)
		x.has(name, status, body, 422, c.want, "!data:")
	}
	if len(x.pressed()) != 0 || len(c.files) != 2 {
		t.Errorf("%d presses, %d files", len(x.pressed()), len(c.files))
	}
	// A signature is not attached as a file either.
	f = again(page, "approve")
	f.Set("s.signature", drawn(pngText(sketch(400, 200))))
	_, body = x.send(at, f)
	mine := regexp.MustCompile(`name="k\.signature" value="([^"]+)" checked`).FindStringSubmatch(body)
	status, body := x.send(at, fill(t, page, "approve", "k.signature", mine[1], "k.proof", mine[1]))
	x.has("a signature as a file", status, body, 422, "请重新上传")
	c.used = 200_000_000
	f = fill(t, page, "approve")
	f.Set("s.signature", drawn(pngText(sketch(400, 200))))
	status, body = x.send(at, f)
	x.has("too much in an hour", status, body, 422, "上传得太多了")
}

// Who signs what is decided already is told so, and the picture is not kept.
func TestSignedTooLate(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	_, page := x.get(at)
	x.mu.Lock()
	x.task.Body, x.task.Status = x.task.Body[:2], card.T("他人已处理")
	x.mu.Unlock()
	f := fill(t, page, "approve")
	f.Set("s.signature", drawn(pngText(sketch(600, 300))))
	status, body := x.send(at, f)
	x.has("too late", status, body, 409, "韩梅梅 10:32 已同意")
	if len(c.files) != 0 {
		t.Error("it was kept")
	}
}

// Where no files are kept nothing can be signed: the page says what is missing.
func TestSignatureWithoutFiles(t *testing.T) {
	t.Parallel()
	x := newHouse(t)
	x.task = signCard()
	at := x.link("abc/task/leader/1/s1", "han.meimei", "approve")
	_, page := x.get(at)
	if strings.Contains(page, "<script") {
		t.Error("it runs a script for nothing")
	}
	status, body := x.post(at, fill(t, page, "approve", "s.signature", drawn(pngText(sketch(600, 300)))))
	x.has("handed in", status, body, 422, "请签名")
}

// Whatever is posted as a signature, the page is ours, and nothing is decided without a ticket.
func FuzzSignaturePost(f *testing.F) {
	h, o := counter(f)
	o.task = signCard()
	link := linkOf()
	link.Slot, link.Person = "abc/task/leader/1/s1", "han.meimei"
	at := strings.TrimPrefix(h.Address(link), "http://pages.example")
	f.Add("act=approve.token-approve&s.signature=data%3Aimage%2Fpng%3Bbase64%2CAAAA&k.signature=a.b")
	f.Add("act=approve.token-approve&k.signature=&k.signature=x&row=again")
	f.Fuzz(func(t *testing.T, body string) {
		w := postTo(h, at, body)
		if w.Code >= 500 || !strings.HasPrefix(w.Body.String(), "<!DOCTYPE html>") || len(o.pressed()) > 0 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// pen draws with the mouse: each line is a list of places on the drawing area, in hundredths of it.
func (p *phone) pen(lines ...[][2]float64) {
	p.t.Helper()
	p.do("see the drawing area", chromedp.ScrollIntoView(chromedp.CSS("canvas")))
	var box [4]float64
	for i, side := range []string{"left", "top", "width", "height"} {
		v, err := chromedp.Run(p.ctx, chromedp.Evaluate[float64](`document.querySelector("canvas").getBoundingClientRect().`+side))
		if err != nil {
			p.t.Fatal(err)
		}
		box[i] = v
	}
	for _, l := range lines {
		for i, at := range l {
			x, y := box[0]+box[2]*at[0]/100, box[1]+box[3]*at[1]/100
			if i == 0 {
				p.do("touch", chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
			}
			p.do("draw", chromedp.MouseEvent(chromedp.MouseMoved, x, y, chromedp.ButtonLeft))
			if i == len(l)-1 {
				p.do("lift", chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
			}
		}
	}
}

// name is a signature of three lines.
var name = [][][2]float64{
	{{15, 40}, {30, 25}, {28, 70}, {18, 60}}, {{40, 30}, {42, 75}, {55, 40}, {60, 70}, {70, 35}}, {{20, 80}, {50, 86}, {85, 78}},
}

// On a phone a name is written with the finger, taken back, written again, and stands on the timeline.
func TestBrowserSignature(t *testing.T) {
	t.Parallel()
	x, c, at := newDesk(t)
	p := newBrowser(t, "")
	p.do("open", chromedp.Navigate(at), visible("canvas"))
	if got := p.read(`document.querySelector("details").open`); got != "false" {
		t.Error("the photograph is asked for although one can draw")
	}
	if got := p.read(`document.querySelector("canvas").clientWidth > 300`); got != "true" {
		t.Error("the drawing area is narrow: ", p.read(`document.querySelector("canvas").clientWidth`))
	}
	p.shot("pages-sign")
	approve := click(`.mp-actions .weui-btn_primary`)
	p.do("hand in nothing", approve, visible(`.mp-pad .mp-wrong`))
	if len(x.pressed()) != 0 {
		t.Error("nothing was handed in as a signature")
	}
	p.pen([][2]float64{{50, 50}, {51, 50}})
	p.do("hand in a dot", approve, visible(`.mp-pad .mp-wrong`))
	p.pen(name...)
	p.do("take it back", click(".mp-pad button"))
	p.do("hand in nothing again", approve, visible(`.mp-pad .mp-wrong`))
	// A finger draws, a second one at the same time does not, and the page does not move under it.
	if got := p.read(`(() => {
		const c = document.querySelector("canvas"), at = c.getBoundingClientRect();
		const send = (name, id, x, y) => c.dispatchEvent(new PointerEvent(name, {pointerId: id, pointerType: "touch", clientX: at.left + x, clientY: at.top + y, bubbles: true, cancelable: true}));
		const ink = (x, y) => {
			const k = c.width / c.clientWidth, d = c.getContext("2d").getImageData(x * k - 4, y * k - 4, 9, 9).data;
			return d.some((v, i) => i % 4 == 0 && v < 128);
		};
		const held = !send("pointerdown", 7, 20, 20);
		send("pointermove", 7, 20, 90);
		send("pointerdown", 8, 90, 20); send("pointermove", 8, 90, 90); send("pointerup", 8, 90, 90);
		send("pointermove", 7, 60, 90); send("pointerup", 7, 60, 90);
		send("pointermove", 7, 60, 150);
		return [held, ink(19, 60), ink(40, 89), ink(89, 60), ink(59, 130), getComputedStyle(c).touchAction].join();
	})()`); got != "true,true,true,false,false,none" {
		t.Errorf("with fingers: %s", got)
	}
	p.do("take that back too", click(".mp-pad button"))
	p.pen(name...)
	if got := p.read(`document.querySelector(".mp-pad .mp-wrong").innerText`); got != "" {
		t.Errorf("still said while somebody signs: %q", got)
	}
	p.do("an opinion", keys(`[name="f.opinion"]`, "条款没问题，同意"))
	p.shot("pages-signed")
	p.do("hand in", approve, visible(`[data-testid="done"]`))
	if n := len(x.pressed()); n != 1 || len(c.files) != 1 {
		t.Fatalf("%d presses, %d files", n, len(c.files))
	}
	m, err := png.Decode(bytes.NewReader(c.files["file1"]))
	if err != nil {
		t.Fatal(err)
	}
	// It was written across most of the area, and is as sharp as the screen.
	if b := m.Bounds(); b.Dx() < 200 || b.Dy() < 80 {
		t.Errorf("what was kept is %v", b)
	}
	ink := 0
	for i := range m.Bounds().Dx() * m.Bounds().Dy() {
		if color.GrayModel.Convert(m.At(i%m.Bounds().Dx(), i/m.Bounds().Dx())).(color.Gray).Y < 128 {
			ink++
		}
	}
	if ink < 500 {
		t.Errorf("%d pixels of ink", ink)
	}
	p.do("the timeline", click(`[data-testid="done"] a`), visible(`.mp-told-sign img`))
	if got := p.read(`(() => { const i = document.querySelector(".mp-told-sign img"); return i.complete && i.naturalWidth > 100 })()`); got != "true" {
		t.Error("the signature is not drawn")
	}
	p.shot("pages-sign-timeline")
}

// Without JavaScript a photograph takes its place.
func TestBrowserSignatureWithoutScript(t *testing.T) {
	t.Parallel()
	x, _, at := newDesk(t)
	file := filepath.Join(t.TempDir(), "name.png")
	if err := os.WriteFile(file, []byte(pngText(sketch(600, 300))), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPhone(t, "")
	p.do("open", chromedp.Navigate(at), visible(`[name="u.signature"]`))
	if got := p.read(`document.querySelector(".mp-pad").hidden`); got != "true" {
		t.Error("there is a drawing area on which nothing can be drawn")
	}
	p.shot("pages-sign-plain")
	p.do("hand in", chromedp.SetUploadFiles(chromedp.CSS(`[name="u.signature"]`), []string{file}), click(`.mp-actions .weui-btn_primary`), visible(`[data-testid="done"]`))
	if len(x.pressed()) != 1 {
		t.Error("it was not handed in")
	}
}
