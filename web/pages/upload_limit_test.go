package pages_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"magpie/adapters/card"
)

// sendWhole posts a body as a browser does: all of it, and only then the answer is read. A server that closes the
// connection before it has read everything resets it, and no answer is seen. Without declare its length is not said beforehand.
func (x *house) sendWhole(at, kind string, declare bool, head string, size int, tail string) (*http.Response, string) {
	x.t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		x.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		x.t.Fatal(err)
	}
	defer conn.Close()
	w := bufio.NewWriterSize(conn, 1<<16)
	length := fmt.Sprintf("Content-Length: %d", len(head)+size+len(tail))
	if !declare {
		length = "Transfer-Encoding: chunked"
	}
	fmt.Fprintf(w, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%s\r\n\r\n", u.RequestURI(), u.Host, kind, length)
	chunk := func(s string) {
		if declare {
			_, _ = w.WriteString(s)
		} else if s != "" {
			fmt.Fprintf(w, "%x\r\n%s\r\n", len(s), s)
		}
	}
	chunk(head)
	piece := strings.Repeat("a", 1<<16)
	for n := size; n > 0; n -= len(piece) {
		chunk(piece[:min(n, len(piece))])
	}
	chunk(tail)
	if !declare {
		_, _ = w.WriteString("0\r\n\r\n")
	}
	if err := w.Flush(); err != nil {
		x.t.Fatalf("the body can't be sent: %v", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		x.t.Fatalf("no answer: %v", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp, string(b)
}

// What is over the limit is said on a page, not by a broken connection.
func TestTooLargeIsAnswered(t *testing.T) {
	t.Parallel()
	const kind = `multipart/form-data; boundary=b`
	head := "--b\r\nContent-Disposition: form-data; name=\"u.files\"; filename=\"a.txt\"\r\n\r\n"
	tail := "\r\n--b--\r\n"
	x, c := newLines(t)
	at := x.formLink()
	for _, declare := range []bool{true, false} {
		what := fmt.Sprintf("length known %t", declare)
		resp, body := x.sendWhole(at, kind, declare, head, 65_000_000, tail)
		x.has(what, resp.StatusCode, body, http.StatusRequestEntityTooLarge, "一次最多上传 64 MB", "分几次")
		resp, body = x.sendWhole(at, "application/x-www-form-urlencoded", declare, "f.why=", 3<<20, "")
		x.has("typed, "+what, resp.StatusCode, body, http.StatusRequestEntityTooLarge, "内容太多了", "!64 MB")
		// Whoever may not is told so.
		resp, body = x.sendWhole(x.base+"/m/i/abc", kind, declare, head, 30_000_000, tail)
		x.has("a stranger, "+what, resp.StatusCode, body, http.StatusForbidden, "提交方式不对")
	}
	if len(c.files) != 0 {
		t.Errorf("%d files were kept", len(c.files))
	}
}

// The page says beforehand what it takes.
func TestLimitsAreSaid(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	_, body := x.get(x.formLink())
	x.has("both", 200, body, 200, "最多 2 个，每个不超过 1 KB", "最多 20 个，每个不超过 20 MB，一次提交的文件合计不超过 64 MB")
	f := &card.Form{ID: "form", Inputs: []card.Input{{Name: "files", Label: card.T("附件"), Kind: card.InputFile, Max: 3}},
		Submit: card.Button{Verb: "submit", Label: card.T("提交"), Token: "token-submit"}}
	x.form, x.draft = card.Card{Slot: "abc/initiator", Rev: 3, Title: card.T("x"), Summary: card.T("x"), Body: []card.Element{f}}, nil
	_, body = x.get(x.formLink())
	x.has("what can't be too much", 200, body, 200, "最多 3 个，每个不超过 20 MB<")
}

// timed is an answer that knows the deadlines of its connection.
type timed struct {
	*httptest.ResponseRecorder
	read time.Time
}

func (d *timed) SetReadDeadline(at time.Time) error { d.read = at; return nil }

// Files on a slow line take longer than the words of a form; who has nothing to hand in gets no time for it.
func TestUploadsTakeTheirTime(t *testing.T) {
	t.Parallel()
	x, _ := newLines(t)
	at := x.formLink()
	post := func(at, kind string) time.Time {
		r := httptest.NewRequest(http.MethodPost, at, strings.NewReader("--b--\r\n"))
		r.Header.Set("Content-Type", kind)
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		x.h.ServeHTTP(w, r)
		return w.read
	}
	const files = `multipart/form-data; boundary=b`
	if left := time.Until(post(at, files)); left < 5*time.Minute {
		t.Errorf("files have %s", left)
	}
	if got := post(at, "application/x-www-form-urlencoded"); !got.IsZero() {
		t.Errorf("words have until %s", got)
	}
	if got := post(x.base+"/m/i/abc", files); !got.IsZero() {
		t.Errorf("a stranger has until %s", got)
	}
}
