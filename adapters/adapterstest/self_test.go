package adapterstest

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseRequest(t *testing.T) {
	t.Parallel()
	for _, nl := range []string{"\n", "\r\n"} {
		r, err := ParseRequest([]byte("POST /webhook/c?a=1&b=%E4%B8%AD HTTP/1.1" + nl + "X-Sig: v" + nl + "x-two: 2" + nl + nl + "body\nwith lines\n"))
		if err != nil {
			t.Fatal(err)
		}
		if r.Method != "POST" || r.Query.Get("b") != "中" || r.Header.Get("X-Sig") != "v" || r.Header.Get("X-Two") != "2" || string(r.Body) != "body\nwith lines\n" {
			t.Errorf("%+v %q", r, r.Body)
		}
	}
	for _, bad := range []string{"", "POST", "POST nowhere\n\n", "POST / HTTP/1.1\nbroken header\n\n"} {
		if _, err := ParseRequest([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := filepath.Join(dir, "one")
	if err := os.Mkdir(one, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{"request.http": "POST / HTTP/1.1\n\nhello", "config.yaml": "a: 1", "want.json": "{\n  \"body\": \"hello\",\n  \"config\": \"a: 1\"\n}\n"} {
		if err := os.WriteFile(filepath.Join(one, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	Goldens(t, dir, func(t *testing.T, c Case) any {
		return map[string]string{"body": string(c.Request.Body), "config": string(c.Config)}
	})
	if err := CompareJSON(filepath.Join(one, "want.json"), map[string]string{"body": "other"}); err == nil || !strings.Contains(err.Error(), "-want +got") {
		t.Errorf("a difference was not seen: %v", err)
	}
	if err := CompareJSON(filepath.Join(one, "none.json"), 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	s.On("GET", "/a/", func(c Call) Answer { return Answer{Body: `{"path":"` + c.Path + `"}`} })
	s.On("GET", "/a/b", func(Call) Answer { return Answer{Status: 201, Header: map[string]string{"X-Log": "l"}} })
	s.Fault("/a/x", Answer{Status: 500}, 1)
	s.Fault("/a/cut", Answer{Hangup: true}, 1)
	s.Fault("/a/slow", Answer{After: time.Hour}, 1)
	get := func(path string) (int, string, string) {
		c := *s.Client()
		if path == "/a/slow" {
			c.Timeout = 20 * time.Millisecond
		}
		// A fresh connection each: the client repeats a GET by itself when a kept one is cut.
		req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		r, err := c.Do(req)
		if err != nil {
			return 0, "", ""
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		return r.StatusCode, string(b), r.Header.Get("X-Log")
	}
	if n, b, _ := get("/a/c"); n != 200 || b != `{"path":"/a/c"}` {
		t.Errorf("%d %s", n, b)
	}
	if n, _, l := get("/a/b"); n != 201 || l != "l" {
		t.Errorf("%d %s", n, l)
	}
	one, _, _ := get("/a/x")
	two, _, _ := get("/a/x")
	if one != 500 || two != 200 {
		t.Errorf("fault: %d, then %d", one, two)
	}
	if n, _, _ := get("/a/cut"); n != 0 {
		t.Errorf("hangup: %d", n)
	}
	if n, _, _ := get("/a/slow"); n != 0 {
		t.Errorf("slow: %d", n)
	}
	if n := len(s.Calls("/a/")); n < 6 {
		t.Errorf("%d calls kept", n)
	}
	if s.Calls("/a/b")[0].Method != http.MethodGet {
		t.Error("method lost")
	}
}
