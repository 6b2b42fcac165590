package dingtalk

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
)

// What was said and sent survives a restart, and so do credentials, cards, sessions and the month's usage.
func TestStateIsKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sim", "dingtalk.json")
	h := newHook(t, nil)
	apps := []App{{Webhook: h.URL}, {ID: "second", Name: "喜鹊"}}
	var cred, session, card string
	var calls int
	t.Run("first run", func(t *testing.T) {
		b := newBench(t, Options{StateFile: file, Apps: apps})
		cred = fmt.Sprint(b.cred)
		if _, err := b.Say(background(t), "liu.yang", "", "记住"); err != nil {
			t.Fatal(err)
		}
		session = strings.TrimPrefix(h.next(t).json(t)["sessionWebhook"].(string), b.http.URL)
		if _, err := b.Say(background(t), "liu.yang", b.Chats("liu.yang")[1].ID, "给喜鹊"); err != nil {
			t.Fatal(err)
		}
		b.good("POST", cardCall, b.cardTo("liu.yang", "c1", pending))
		card = b.last("liu.yang").ID
		b.delivered(2)
		calls, _ = b.Usage()
	})
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("state file: %v %v", info, err)
	}
	t.Run("second run", func(t *testing.T) {
		b := newBench(t, Options{StateFile: file, Apps: apps})
		if fmt.Sprint(b.cred) != cred {
			t.Error("credentials changed")
		}
		if now, _ := b.Usage(); now != calls || calls == 0 {
			t.Errorf("%d calls, were %d", now, calls)
		}
		b.good("POST", session, map[string]any{"msgtype": "text", "text": map[string]string{"content": "还在"}})
		list, err := b.Messages("liu.yang", "")
		if err != nil || len(list) != 4 || list[0].Text != "记住" || list[2].ID != card || list[3].Text != "还在" {
			t.Fatalf("%v %+v", err, list)
		}
		b.refused("the outTrackId is used", "POST", cardCall, b.cardTo("liu.yang", "c1", pending), "param.cardAlreadyExist")
		b.good("PUT", "/api/v1.0/card/instances", map[string]any{"outTrackId": "c1", "cardData": data(map[string]string{"title": "新"})})
	})
	t.Run("one app and the templates gone", func(t *testing.T) {
		b := newBench(t, Options{StateFile: file, Apps: apps[:1], Templates: map[string][]byte{"other": sample(t, "card.template.json")}})
		if list, _ := b.Messages("liu.yang", ""); len(list) != 2 {
			t.Errorf("left: %+v", list)
		}
	})
}

func TestStateRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"broken": "{", "another version": `{"version":99,"corp_id":"x"}`, "no organisation": `{"version":1}`} {
		file := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := New(Options{StateFile: file}); err == nil {
			_ = s.Close()
			t.Errorf("%s: was taken", name)
		}
	}
	// Edited by hand, with holes in it, it is taken for what it holds.
	file := filepath.Join(t.TempDir(), "state.json")
	holes := `{"version":1,"corp_id":"dingx","apps":{"ding-main":null},"chats":{"c":null},"messages":[null,{"id":"m","chat":"nowhere"}],"sends":{"k":null},
		"sessions":{"s":null},"cards":{"c":null,"d":{"track_id":"d","template":"gone"}},"routes":{"r":null},"notices":[null],"todos":[null],"dings":{"d":null},"failed":[null]}`
	if err := os.WriteFile(file, []byte(holes), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := s.Messages("li.lei", ""); err != nil || len(list) != 0 {
		t.Errorf("%v %+v", err, list)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"transport": {Apps: []App{{Transport: "pigeon"}}}, "robot's transport": {Apps: []App{{RobotTransport: "pigeon"}}},
		"twice": {Apps: []App{{}, {}}}, "file": {StateFile: "/dev/null/x/y"}, "token": {Apps: []App{{Credentials: &Credentials{ClientID: "d", Token: "!", AESKey: strings.Repeat("a", 43)}}}},
		"aes key": {Apps: []App{{Credentials: &Credentials{ClientID: "d", Token: "abc", AESKey: "short"}}}}} {
		if s, err := New(o); err == nil {
			_ = s.Close()
			t.Errorf("%s: was taken", name)
		}
	}
	b := newBench(t, Options{})
	for name, err := range map[string]error{"webhook": b.SetWebhook("nobody", "x"), "transport": b.SetTransport("nobody", TransportStream), "no transport": b.SetTransport("ding-main", "pigeon")} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := b.SetTransport("ding-main", TransportStream); err != nil || b.Connections()[0].Transport != TransportStream {
		t.Errorf("set transport: %v", err)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Apps: []App{{Transport: TransportStream}}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Say(background(t), "li.lei", "", "x")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Say(background(t), "li.lei", "", "x"); err == nil {
		t.Error("said after the end")
	}
	if err := s.Read(background(t), "li.lei", id); err == nil {
		t.Error("read after the end")
	}
	if _, err := s.Press(background(t), "li.lei", id, "x", nil); err == nil {
		t.Error("pressed after the end")
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	upload := func(kind, field string, size int) map[string]any {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile(field, "a.png")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(make([]byte, size))
		_ = w.Close()
		resp, err := b.http.Client().Post(b.http.URL+"/oapi/media/upload?access_token="+b.token+"&type="+kind, w.FormDataContentType(), &body)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var raw bytes.Buffer
		_, _ = raw.ReadFrom(resp.Body)
		return object(t, raw.Bytes())
	}
	if out := upload("image", "media", 10); out["errcode"] != 0.0 || !strings.HasPrefix(out["media_id"].(string), "@l") {
		t.Errorf("uploaded: %v", out)
	}
	for name, c := range map[string]struct {
		kind, field string
		size        int
		want        float64
	}{"type": {"song", "media", 1, 40004}, "field": {"image", "file", 1, 40035}, "empty": {"image", "media", 0, 40006}, "large": {"voice", "media", 2<<20 + 1, 40006}} {
		if out := upload(c.kind, c.field, c.size); out["errcode"] != c.want {
			t.Errorf("%s: %v", name, out)
		}
	}
	b.refused("no form", "POST", "/oapi/media/upload?type=image", "x", "40035")
	b.refused("download", "POST", "/api/v1.0/robot/messageFiles/download", map[string]string{"robotCode": b.cred["robot_code"], "downloadCode": "x"}, "invalidParameter.downloadCode")
}

// Everything below one suite's path: the hub strips it, and addresses handed out lead back.
func TestBelowHub(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Apps: []App{{Transport: TransportStream}}})
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(simulator.SampleCompany().Within("dingtalk"), nil, s)
	t.Cleanup(func() { _ = hub.Close() })
	b := &bench{t: t, Server: s, clock: simulator.NewManualClock(time.Now()), cred: s.Connections()[0].Credentials}
	b.http = newServer(t, hub.Handler())
	out := b.good("POST", "/sim/dingtalk"+openCall, b.openBody(allTopics))
	if want := "ws" + strings.TrimPrefix(b.http.URL, "http") + "/sim/dingtalk/connect"; out["endpoint"] != want {
		t.Errorf("endpoint %v, want %s", out["endpoint"], want)
	}
	if status, _ := b.call("GET", "/sim/dingtalk/oapi/gettoken", nil); status != http.StatusOK {
		t.Errorf("gettoken: %d", status)
	}
}
