package dingtalk

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// with copies a body with some fields changed; nil takes one out.
func with(body map[string]any, change map[string]any) map[string]any {
	out := maps.Clone(body)
	for k, v := range change {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

func data(values map[string]string) map[string]any { return map[string]any{"cardParamMap": values} }

func TestCardRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{}, {ID: "second"}}})
	good := b.cardTo("han.meimei", "c1", pending)
	long := strings.Repeat("x", 1025)
	for name, c := range map[string]struct {
		change map[string]any
		code   string
	}{
		"no outTrackId":         {map[string]any{"outTrackId": nil}, "param.outTrackIdInvalid"},
		"long outTrackId":       {map[string]any{"outTrackId": strings.Repeat("长", 101)}, "param.outTrackIdInvalid"},
		"no template":           {map[string]any{"cardTemplateId": "x.schema"}, "param.templateNotExist"},
		"small letters":         {map[string]any{"callbackType": "stream"}, "param.callbackTypeInvalid"},
		"no route":              {map[string]any{"callbackType": "HTTP"}, "param.callbackRouteKeyInvalid"},
		"userIdType":            {map[string]any{"userIdType": 3}, "param.userIdTypeInvalid"},
		"a number as value":     {map[string]any{"cardData": map[string]any{"cardParamMap": map[string]any{"title": 1}}}, "param.error"},
		"undeclared variable":   {map[string]any{"cardData": data(map[string]string{"nope": "x"})}, "param.cardDataInvalid"},
		"no number":             {map[string]any{"cardData": data(map[string]string{"count": "many"})}, "param.cardDataInvalid"},
		"no boolean":            {map[string]any{"cardData": data(map[string]string{"open": "yes"})}, "param.cardDataInvalid"},
		"no array":              {map[string]any{"cardData": data(map[string]string{"rows": "{}"})}, "param.cardDataInvalid"},
		"no object":             {map[string]any{"cardData": data(map[string]string{"more": "[]"})}, "param.cardDataInvalid"},
		"long value":            {map[string]any{"cardData": data(map[string]string{"body": long})}, "param.cardDataTooLong"},
		"long key":              {map[string]any{"cardData": data(map[string]string{strings.Repeat("k", 101): "x"})}, "param.cardDataTooLong"},
		"private data of":       {map[string]any{"privateData": map[string]any{"ghost": data(nil)}}, "param.userIdNotExist"},
		"not private":           {map[string]any{"privateData": map[string]any{b.user("han.meimei"): data(map[string]string{"title": "x"})}}, "param.cardDataInvalid"},
		"no space":              {map[string]any{"openSpaceId": nil}, "param.openSpaceIdInvalid"},
		"a colon in the prefix": {map[string]any{"openSpaceId": "dtv1.card://IM_ROBOT.x"}, "param.openSpaceIdInvalid"},
		"no id":                 {map[string]any{"openSpaceId": "dtv1.card//IM_ROBOT."}, "param.openSpaceIdInvalid"},
		"another space":         {map[string]any{"openSpaceId": "dtv1.card//ONE_BOX.x"}, "param.openSpaceIdInvalid"},
		"no space model":        {map[string]any{"imRobotOpenSpaceModel": nil}, "param.openSpaceModelInvalid"},
	} {
		b.refused(name, "POST", cardCall, with(good, c.change), c.code)
		b.clock.Advance(1e9)
	}
	if err := b.templates[cardTemplate].checkData(map[string]string{"count": "1.5", "open": "0", "rows": "[1]", "more": `{"a":1}`, "title": ""}, false); err != nil {
		t.Errorf("good data: %v", err)
	}
	// None of these has used up the outTrackId; the good one does, for ever.
	b.good("POST", cardCall, good)
	b.refused("again", "POST", cardCall, good, "param.cardAlreadyExist")
	b.refused("again, plainly", "POST", "/api/v1.0/card/instances", good, "param.cardAlreadyExist")
	b.cred = b.Connections()[1].Credentials
	b.fetch()
	b.refused("another app's", "PUT", "/api/v1.0/card/instances", map[string]any{"outTrackId": "c1"}, "param.cardNotExist")
}

// Delivery says for each space how it went, with HTTP 200.
func TestCardDelivery(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"gao.yuan"}}}})
	group := b.group("han.meimei", "采购群")
	robot := b.cred["robot_code"]
	body := with(b.cardTo("han.meimei", "c1", pending), map[string]any{
		"openSpaceId":             "dtv1.card//im_group." + group + ";IM_ROBOT." + b.user("gao.yuan") + ";IM_ROBOT.ghost;IM_ROBOT." + b.user("han.meimei") + ";IM_GROUP.cidNowhere==",
		"imGroupOpenSpaceModel":   map[string]any{},
		"imGroupOpenDeliverModel": map[string]any{"robotCode": robot, "recipients": []string{b.user("liu.yang")}},
	})
	out := b.good("POST", cardCall, body)["result"].(map[string]any)
	if out["outTrackId"] != "c1" {
		t.Errorf("result: %v", out)
	}
	var got []string
	for _, r := range out["deliverResults"].([]any) {
		row := r.(map[string]any)
		got = append(got, fmt.Sprint(row["spaceType"], " ", row["success"], " ", row["errorMsg"], " ", row["carrierId"] != nil))
	}
	want := []string{"IM_GROUP true  true", "IM_ROBOT false robot.oto.notExist false", "IM_ROBOT false param.userIdNotExist false", "IM_ROBOT true  true",
		"IM_GROUP false invalidParameter.openConversationId false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Only the recipients of a group see it.
	if m := b.last("liu.yang"); m.Chat != group || m.Kind != "card" {
		t.Errorf("liu.yang sees %+v", m)
	}
	if list, _ := b.Messages("zhang.wei", group); len(list) != 0 {
		t.Errorf("zhang.wei sees %+v", list)
	}
	for name, change := range map[string]map[string]any{"no robot": {"imGroupOpenDeliverModel": map[string]any{}}, "another robot": {"imGroupOpenDeliverModel": map[string]any{"robotCode": "x"}},
		"nobody":       {"imGroupOpenDeliverModel": map[string]any{"robotCode": robot, "atUserIds": map[string]string{"ghost": "鬼"}}},
		"nobody of it": {"imGroupOpenDeliverModel": map[string]any{"robotCode": robot, "recipients": []string{b.user("jin.yi")}}}, "no model": {"imGroupOpenDeliverModel": nil}} {
		change["openSpaceId"], change["outTrackId"] = "dtv1.card//IM_GROUP."+group, name
		out := b.good("POST", cardCall, with(body, change))["result"].(map[string]any)["deliverResults"].([]any)[0].(map[string]any)
		if out["success"] != false || out["errorMsg"] == "" {
			t.Errorf("%s: %v", name, out)
		}
	}
	// Made first and delivered later, as often as one likes.
	two := with(b.cardTo("han.meimei", "c2", pending), map[string]any{"openSpaceId": nil})
	if out := b.good("POST", "/api/v1.0/card/instances", two); out["result"] != "c2" || out["success"] != true {
		t.Errorf("create: %v", out)
	}
	deliver := map[string]any{"outTrackId": "c2", "userIdType": 1, "openSpaceId": "dtv1.card//IM_ROBOT." + b.user("zhang.wei"), "imRobotOpenDeliverModel": map[string]any{"spaceType": "IM_ROBOT"}}
	for range 2 {
		if out := b.good("POST", "/api/v1.0/card/instances/deliver", deliver)["result"].([]any)[0].(map[string]any); out["success"] != true || out["spaceId"] != b.user("zhang.wei") {
			t.Errorf("deliver: %v", out)
		}
	}
	if list, _ := b.Messages("zhang.wei", ""); len(list) != 2 {
		t.Errorf("zhang.wei sees %+v", list)
	}
	b.refused("no such card", "POST", "/api/v1.0/card/instances/deliver", with(deliver, map[string]any{"outTrackId": "c9"}), "param.cardNotExist")
}

// Without by-key options new data takes the place of all old data.
func TestCardUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.good("POST", cardCall, b.cardTo("han.meimei", "c1", pending))
	update := func(body map[string]any) {
		t.Helper()
		body["outTrackId"], body["userIdType"] = "c1", 1
		if out := b.good("PUT", "/api/v1.0/card/instances", body); out["success"] != true || out["result"] != true {
			t.Errorf("update: %v", out)
		}
	}
	text := func() string { return b.last("han.meimei").Text }
	byKey := map[string]any{"updateCardDataByKey": true, "updatePrivateDataByKey": true}
	update(map[string]any{"cardData": data(map[string]string{"status": "已通过"}), "cardUpdateOptions": byKey})
	if m := b.last("han.meimei"); m.Text != "采购申请 已通过\n键盘 300 元\n急" || !m.Updated {
		t.Errorf("by key: %+v", m)
	}
	update(map[string]any{"privateData": map[string]any{b.user("han.meimei"): data(map[string]string{"result": "我"})}, "cardUpdateOptions": byKey})
	if got := text(); got != "采购申请 已通过\n键盘 300 元\n急\n我" {
		t.Errorf("private: %q", got)
	}
	update(map[string]any{"cardData": data(map[string]string{"btn_text": ""}), "cardUpdateOptions": byKey})
	if m := b.last("han.meimei"); len(m.Buttons) != 1 || m.Buttons[0].ID != "look" {
		t.Errorf("cleared: %+v", m.Buttons)
	}
	update(map[string]any{"cardData": data(map[string]string{"title": "新"})})
	if m := b.last("han.meimei"); m.Text != "新\n我" || len(m.Buttons) != 0 {
		t.Errorf("overwritten: %+v", m)
	}
	update(map[string]any{"privateData": map[string]any{b.user("han.meimei"): data(map[string]string{})}})
	if got := text(); got != "新" {
		t.Errorf("private overwritten: %q", got)
	}
	raw := object(t, b.last("han.meimei").Card)
	if raw["cardTemplateId"] != cardTemplate || raw["template"].(map[string]any)["name"] != "card" || raw["cardData"].(map[string]any)["cardParamMap"].(map[string]any)["title"] != "新" {
		t.Errorf("card: %v", raw)
	}
	b.refused("undeclared", "PUT", "/api/v1.0/card/instances", map[string]any{"outTrackId": "c1", "cardData": data(map[string]string{"nope": "x"})}, "param.cardDataInvalid")
	b.refused("no such card", "PUT", "/api/v1.0/card/instances", map[string]any{"outTrackId": "c2"}, "param.cardNotExist")
}

func TestRegisterCallback(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{}, {ID: "second"}}})
	call := "/api/v1.0/card/callbacks/register"
	good := map[string]any{"callbackRouteKey": "r", "callbackUrl": "https://a.example/1", "apiSecret": "s"}
	if out := b.good("POST", call, good)["result"].(map[string]any); out["callbackUrl"] != "https://a.example/1" || out["apiSecret"] != "s" {
		t.Errorf("registered: %v", out)
	}
	b.good("POST", call, good)
	moved := with(good, map[string]any{"callbackUrl": "https://a.example/2"})
	b.refused("elsewhere", "POST", call, moved, "param.callbackRouteKeyExist")
	if out := b.good("POST", call, with(moved, map[string]any{"forceUpdate": true, "apiSecret": nil}))["result"].(map[string]any); out["apiSecret"] != "s" {
		t.Errorf("moved: %v", out)
	}
	b.refused("no key", "POST", call, with(good, map[string]any{"callbackRouteKey": ""}), "param.callbackRouteKeyInvalid")
	b.refused("no address", "POST", call, with(good, map[string]any{"callbackUrl": "ftp://x"}), "param.callbackUrlInvalid")
	b.cred = b.Connections()[1].Credentials
	b.fetch()
	b.refused("another app's", "POST", call, with(good, map[string]any{"forceUpdate": true}), "param.callbackRouteKeyInvalid")
}

func TestTemplatesRefused(t *testing.T) {
	t.Parallel()
	file := func(variables, components string) string {
		return `{"format":"magpie-dingtalk-template/1","name":"x","version":1,"variables":[` + variables + `],"components":[` + components + `]}`
	}
	title := `{"name":"title","type":"string"}`
	if _, err := parseTemplate([]byte(file(title, `{"type":"text","text":"${title}"}`))); err != nil {
		t.Fatal(err)
	}
	// What decides something may be a variable or written plainly.
	tpl, err := parseTemplate([]byte(file(title, `{"type":"input","name":"a","required":true,"maxLength":5},{"type":"button","id":"b","action":"request","submits":"${title}","disabled":null}`)))
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{templates: map[string]*template{"t": tpl}}
	for value, submits := range map[string]bool{"true": true, "": false} {
		v := s.view(&card{Template: "t", Data: map[string]string{"title": value}}, "p")
		if in := v.inputs[0]; !in.Required || in.Max != 5 || v.buttons[0].Submit != submits || v.buttons[0].Disabled {
			t.Errorf("laid out with %q: %+v", value, v)
		}
	}
	for name, raw := range map[string]string{
		"a list for a flag": file("", `{"type":"button","id":"a","action":"request","submits":[]}`), "no JSON": "x", "format": `{"format":"other/1"}`, "unknown field": `{"format":"magpie-dingtalk-template/1","extra":1}`, "more": file("", "") + "{}",
		"twice": file(title+","+title, ""), "type": file(`{"name":"a","type":"date"}`, ""), "name": file(`{"name":"a b","type":"string"}`, ""),
		"component": file("", `{"type":"video"}`), "undeclared": file("", `{"type":"text","text":"${nope}"}`), "undeclared params": file("", `{"type":"button","id":"a","action":"request","params":{"x":"${nope}"}}`),
		"button without id": file("", `{"type":"button","action":"request"}`), "button's action": file("", `{"type":"button","id":"a","action":"call"}`),
		"input without name": file("", `{"type":"input"}`), "two of a name": file("", `{"type":"input","name":"a"},{"type":"button","id":"a","action":"openLink"}`),
	} {
		if _, err := parseTemplate([]byte(raw)); err == nil {
			t.Errorf("%s: was taken", name)
		}
		if _, err := New(Options{Templates: map[string][]byte{"t": []byte(raw)}}); err == nil {
			t.Errorf("%s: was taken by New", name)
		}
	}
}
