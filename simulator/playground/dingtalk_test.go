package playground_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"magpie/simulator"
	"magpie/simulator/dingtalk"
	"magpie/simulator/playground"
)

// A column of DingTalk shows what the simulated suite accepted, in its own look, with its own buttons.
func TestDingTalkColumn(t *testing.T) {
	t.Parallel()
	template, err := os.ReadFile("../dingtalk/testdata/form.template.json")
	if err != nil {
		t.Fatal(err)
	}
	company := simulator.SampleCompany()
	suite, err := dingtalk.New(dingtalk.Options{Company: company, Templates: map[string][]byte{"form.schema": template}})
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(company, nil, suite)
	hub.SetPage(playground.New(hub, playground.Options{}))
	server := httptest.NewServer(hub.Handler())
	t.Cleanup(func() {
		server.Client().CloseIdleConnections()
		server.Close()
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	suite.SetBase(server.URL + "/sim/dingtalk")
	cred := suite.Connections()[0].Credentials
	token := ""
	call := func(path string, body any) map[string]any {
		t.Helper()
		raw, _ := json.Marshal(body)
		req, err := http.NewRequest(http.MethodPost, server.URL+"/sim/dingtalk"+path, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-acs-dingtalk-access-token", token)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v %v", path, resp.StatusCode, out, err)
		}
		return out
	}
	token, _ = call("/api/v1.0/oauth2/accessToken", map[string]string{"appKey": cred["client_id"], "appSecret": cred["client_secret"]})["accessToken"].(string)
	han, _ := suite.Account("han.meimei")
	call("/api/v1.0/card/instances/createAndDeliver", map[string]any{"cardTemplateId": "form.schema", "outTrackId": "c1", "callbackType": "STREAM",
		"cardData":    map[string]any{"cardParamMap": map[string]string{"title": "填<表>", "options": `[{"value":"a","text":"甲"}]`}},
		"openSpaceId": "dtv1.card//IM_ROBOT." + han["userid"], "imRobotOpenSpaceModel": map[string]any{}, "imRobotOpenDeliverModel": map[string]any{"spaceType": "IM_ROBOT"}})
	call("/api/v1.0/robot/oToMessages/batchSend", map[string]any{"robotCode": cred["robot_code"], "userIds": []string{han["userid"]}, "msgKey": "sampleActionCard",
		"msgParam": `{"title":"请看","text":"**粗**","singleTitle":"打开","singleURL":"https://example.com/1"}`})
	get := func(path string) string {
		t.Helper()
		resp, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, raw)
		}
		return string(raw)
	}
	column := get("/sim/column?c=han.meimei@dingtalk")
	for _, want := range []string{`data-suite="dingtalk"`, "钉钉", `class="fc dc dc-template"`, "填&lt;表&gt;", `data-field="text1"`, `data-button="hand_in" data-press data-submit`,
		`class="fc dc dc-action"`, "<strong>粗</strong>", `data-url="https://example.com/1"`} {
		if !strings.Contains(column, want) {
			t.Errorf("the column has no %s", want)
		}
	}
	if page := get("/sim/?c=han.meimei"); !strings.Contains(page, "/sim/assets/dingtalk.css") || !strings.Contains(get("/sim/assets/dingtalk.css"), ".dc") {
		t.Error("no style for DingTalk's cards")
	}
	// Somebody without an account has no column there.
	if resp, err := server.Client().Get(server.URL + "/sim/column?c=li.lei@dingtalk"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("li.lei: %v %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	raw, err := suite.Messages("han.meimei", "")
	if err != nil {
		t.Fatal(err)
	}
	single, err := playground.Page("dingtalk", raw[0].Card, func(string) (string, bool) { return "", false })
	if err != nil || !bytes.Contains(single, []byte(`class="fc dc dc-template"`)) || !bytes.Contains(single, []byte(".dc-stack")) {
		t.Errorf("page of one card: %v", err)
	}
}
