package dingtalk

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"magpie/simulator"
)

// FuzzTemplate: whatever the file, it is read or refused; what is read can be laid out with any data.
func FuzzTemplate(f *testing.F) {
	for _, name := range []string{"card.template.json", "form.template.json"} {
		f.Add(sample(f, name), `{"title":"x","rows":"[1]"}`)
	}
	f.Fuzz(func(t *testing.T, raw []byte, values string) {
		tpl, err := parseTemplate(raw)
		if err != nil {
			return
		}
		var data map[string]string
		_ = json.Unmarshal([]byte(values), &data)
		_ = tpl.checkData(data, false)
		if data == nil {
			data = map[string]string{}
		}
		s := &Server{templates: map[string]*template{"t": tpl}}
		view := s.view(&card{Template: "t", Data: data}, "p")
		_, _, _ = formValues(view, map[string]any{})
	})
}

// FuzzUnseal: whatever the text, nothing is taken that was not sealed, and sealing comes back.
func FuzzUnseal(f *testing.F) {
	const key, owner = "o1w0aum42yaptlz8alnhwikjd3jenzt9cb9wmzptgus", "dingxxxxxx"
	f.Add("X1VSe9cTJUMZu60d3kyLYTrBq5578ZRJtteU94wG0Q4Uk6E/wQYeJRIC0/UFW5Wkya1Ihz9oXAdLlyC9TRaqsQ==")
	f.Add("success")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = unseal(key, text, owner)
		sealed, err := seal(key, []byte("0123456789abcdef"), []byte(text), owner)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unseal(key, sealed, owner); err != nil || string(got) != text {
			t.Fatalf("%q came back as %q: %v", text, got, err)
		}
	})
}

// FuzzMessages: whatever the content, checking and showing it do not panic.
func FuzzMessages(f *testing.F) {
	f.Add("sampleActionCard2", `{"title":"t","text":"**x**","actionTitle1":"a","actionURL1":"https://a.example"}`)
	f.Add("actionCard", `{"msgtype":"actionCard","actionCard":{"title":"t","text":"x","btns":[{"title":"a","actionURL":"b"}]},"at":{"atUserIds":["x"]}}`)
	f.Add("oa", `{"msgtype":"oa","oa":{"message_url":"https://a.example","head":{"bgcolor":"F"},"body":{"form":[{"key":"a","value":"b"}]}}}`)
	f.Add("todo", `{"subject":"x","done":true}`)
	f.Add("text", "![a](b) [c](d)\n# e\n\\*f\\*")
	s := &Server{company: simulator.SampleCompany()}
	f.Fuzz(func(t *testing.T, kind, content string) {
		_, _ = checkRobot(kind, content)
		_, _ = checkHook([]byte(content))
		_, _ = checkWork(json.RawMessage(content))
		_ = plainMarkdown(content)
		for _, via := range []string{viaPerson, viaRobot, viaHook, viaWork, viaTodo, viaDing} {
			_ = s.messageView(&message{Via: via, Kind: kind, Content: content})
		}
		for _, sp := range []string{content, spacePrefix + content} {
			if list, ok := parseSpaces(sp); ok && len(list) == 0 {
				t.Errorf("%q has no space", sp)
			}
		}
	})
}

// FuzzCalls: whatever the body, every API answers with JSON in its host's shape.
func FuzzCalls(f *testing.F) {
	s, err := New(Options{Templates: map[string][]byte{cardTemplate: sample(f, "card.template.json")}, Limits: Limits{PerSecond: -1, Calls: -1, Pushes: -1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	handler := s.Handler()
	var paths []string
	for pattern := range newRoutes {
		paths = append(paths, strings.Replace(pattern, " ", " /api", 1))
	}
	for pattern := range oldRoutes {
		paths = append(paths, strings.Replace(pattern, " ", " /oapi", 1))
	}
	paths = append(paths, "POST "+openCall)
	union, user := s.unionID("li.lei"), s.userID("li.lei")
	for _, body := range []string{`{}`, `null`, `[]`, `{"robotCode":"` + s.apps[0].ClientID + `","userIds":["` + user + `"],"msgKey":"sampleText","msgParam":"{\"content\":\"x\"}"}`,
		`{"outTrackId":"a","cardTemplateId":"` + cardTemplate + `","openSpaceId":"dtv1.card//IM_ROBOT.` + user + `","imRobotOpenSpaceModel":{},"imRobotOpenDeliverModel":{"spaceType":"IM_ROBOT"}}`,
		`{"dept_id":"1","size":"100","cursor":0}`, `{"agent_id":"x"}`, `{"subject":"x","detailUrl":{"appUrl":"https://a.example"}}`} {
		f.Add(uint(len(body)), "processQueryKey=x&session=y", []byte(body))
	}
	f.Fuzz(func(t *testing.T, which uint, query string, body []byte) {
		method, path, _ := strings.Cut(paths[which%uint(len(paths))], " ")
		path = strings.NewReplacer("{unionId}", union, "{taskId}", "t", "{sourceId}", "s", "{chatId}", "c").Replace(path)
		r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
		s.mu.Lock()
		token := s.tokenFor(s.apps[0], s.now())
		s.mu.Unlock()
		r.URL.RawQuery = "access_token=" + token + "&" + query
		r.Header.Set("x-acs-dingtalk-access-token", token)
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var out map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body.String())
		}
		if _, old := out["errcode"]; old != strings.HasPrefix(path, "/oapi/") || old && w.Code != http.StatusOK || !old && w.Code != http.StatusOK && out["code"] == nil {
			t.Fatalf("%s %s: %d %v", method, path, w.Code, out)
		}
	})
}
