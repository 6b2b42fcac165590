package dingtalk

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/simulator"
)

const cardCall = "/api/v1.0/card/instances/createAndDeliver"

// pressDesk is a bench whose cards call back over HTTP, signed, to an answer of the test's.
func pressDesk(t *testing.T, answer http.HandlerFunc) (*bench, *hook) {
	t.Helper()
	b := newBench(t, Options{})
	h := newHook(t, answer)
	b.good("POST", "/api/v1.0/card/callbacks/register",
		map[string]any{"callbackRouteKey": "r1", "callbackUrl": h.URL + "/press", "apiSecret": "s3cret", "forceUpdate": true})
	return b, h
}

// show sends a card to a person by HTTP callback and returns the message.
func (b *bench) show(person, template string, data map[string]string) simulator.Message {
	b.t.Helper()
	body := b.cardTo(person, fmt.Sprintf("card-%s-%d", person, len(b.Calls())), data)
	body["cardTemplateId"], body["callbackType"], body["callbackRouteKey"] = template, "HTTP", "r1"
	out := b.good("POST", cardCall, body)
	result := out["result"].(map[string]any)["deliverResults"].([]any)[0].(map[string]any)
	if result["success"] != true || result["carrierId"] == "" {
		b.t.Fatalf("not delivered: %v", out)
	}
	return b.last(person)
}

var pending = map[string]string{"title": "采购申请", "status": "待审批", "body": "**键盘** 300 元\n> 急", "btn_text": "同意",
	"btn_value": `{"verb":"approve","slot":"i1/a"}`, "link_text": "详情", "link_url": "https://example.com/1"}

func TestPress(t *testing.T) {
	t.Parallel()
	b, h := pressDesk(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"cardUpdateOptions":{"updateCardDataByKey":true,"updatePrivateDataByKey":true},
			"cardData":{"cardParamMap":{"status":"已通过"}},"userPrivateData":{"cardParamMap":{"result":"✓ 已同意"}}}`)
	})
	m := b.show("han.meimei", cardTemplate, pending)
	if m.Text != "采购申请 待审批\n键盘 300 元\n急" || m.Kind != "card" || len(m.Buttons) != 2 || m.Buttons[0].ID != "agree" || m.Buttons[1].URL != "https://example.com/1" {
		t.Errorf("seen: %+v", m)
	}
	result, err := b.Press(background(t), "han.meimei", m.ID, "同意", nil)
	if err != nil || result.Status != "ok" || result.Toast != nil {
		t.Fatalf("press: %v %+v", err, result)
	}
	got := h.next(t)
	at := got.header.Get("x-ddpaas-signature-timestamp")
	if at != fmt.Sprint(testStart.UnixMilli()) || got.header.Get("x-ddpaas-signature") != hmacBase64("s3cret", at) {
		t.Errorf("signature: %v", got.header)
	}
	body := got.json(t)
	var content any
	if err := json.Unmarshal([]byte(body["content"].(string)), &content); err != nil {
		t.Fatal(err)
	}
	body["content"] = content
	want := map[string]any{"type": "actionCallback", "outTrackId": body["outTrackId"], "corpId": b.cred["corp_id"], "userId": b.user("han.meimei"),
		"userIdType": float64(1), "spaceType": "IM_ROBOT", "spaceId": b.user("han.meimei"), "extension": "{}",
		"content": map[string]any{"cardPrivateData": map[string]any{"actionIds": []any{"agree"},
			"params": map[string]any{"value": pending["btn_value"], "tv": "1"}}}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	m = b.last("han.meimei")
	if m.Text != "采购申请 已通过\n键盘 300 元\n急\n✓ 已同意" || !m.Updated {
		t.Errorf("after the answer: %+v", m)
	}
	if got := fmt.Sprint(m.ReadBy); got != "[han.meimei]" {
		t.Errorf("read by %s", got)
	}
}

// What the private part of an answer changes, only the one who pressed sees.
func TestPressInGroup(t *testing.T) {
	t.Parallel()
	b, h := pressDesk(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"userPrivateData":{"cardParamMap":{"result":"只给我看"}}}`)
	})
	group := b.group("han.meimei", "采购群")
	body := map[string]any{"cardTemplateId": cardTemplate, "outTrackId": "g1", "callbackType": "HTTP", "callbackRouteKey": "r1", "userIdType": 2,
		"cardData": map[string]any{"cardParamMap": pending}, "openSpaceId": "dtv1.card//im_group." + group,
		"imGroupOpenSpaceModel":   map[string]any{"supportForward": false},
		"imGroupOpenDeliverModel": map[string]any{"robotCode": b.cred["robot_code"], "atUserIds": map[string]string{"@ALL": "@ALL"}}}
	b.good("POST", cardCall, body)
	m := b.last("liu.yang")
	if result, err := b.Press(background(t), "liu.yang", m.ID, "agree", nil); err != nil || result.Status != "ok" {
		t.Fatalf("press: %v %+v", err, result)
	}
	got := h.next(t).json(t)
	if got["userId"] != b.union("liu.yang") || got["spaceType"] != "IM_GROUP" || got["spaceId"] != group {
		t.Errorf("callback: %v", got)
	}
	if text := b.last("liu.yang").Text; !strings.HasSuffix(text, "只给我看") {
		t.Errorf("liu.yang sees %q", text)
	}
	if text := b.last("han.meimei").Text; strings.Contains(text, "只给我看") {
		t.Errorf("han.meimei sees %q", text)
	}
	if raw := string(b.last("han.meimei").Card); strings.Contains(raw, "只给我看") {
		t.Errorf("han.meimei's card holds another's private data: %s", raw)
	}
}

func TestPressGoesWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		status string
	}{
		"500":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "failed 500"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 302) }, "failed 302"},
		"no JSON":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, "failed 200"},
		"empty":    {func(http.ResponseWriter, *http.Request) {}, "failed 200"},
		"unknown variable": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"cardData":{"cardParamMap":{"nope":"1"}}}`)
		}, "failed 200"},
		"a number": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"cardData":{"cardParamMap":{"title":1}}}`)
		}, "failed 200"},
		"not private": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"userPrivateData":{"cardParamMap":{"title":"x"}}}`)
		}, "failed 200"},
		"nothing to say": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := pressDesk(t, c.answer)
			m := b.show("han.meimei", cardTemplate, pending)
			result, err := b.Press(background(t), "han.meimei", m.ID, "agree", nil)
			if err != nil || result.Status != c.status || (result.Toast == nil) != (c.status == "ok") {
				t.Errorf("press: %v %+v, want %s", err, result, c.status)
			}
			if after := b.last("han.meimei"); after.Text != m.Text {
				t.Errorf("the card changed: %q", after.Text)
			}
		})
	}
}

// Two seconds without an answer, and the client gives up; the answer that comes too late changes nothing.
func TestPressTimesOut(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	b, _ := pressDesk(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, `{"cardData":{"cardParamMap":{"status":"已通过"}}}`)
	})
	m := b.show("han.meimei", cardTemplate, pending)
	done := make(chan simulator.PressResult, 1)
	go func() {
		result, _ := b.Press(background(t), "han.meimei", m.ID, "agree", nil)
		done <- result
	}()
	await(t, arrived)
	b.clock.Advance(2*time.Second - time.Millisecond)
	select {
	case r := <-done:
		t.Fatalf("gave up early: %+v", r)
	default:
	}
	b.clock.Advance(time.Millisecond)
	if r := await(t, done); r.Status != "timeout" || r.Toast == nil {
		t.Errorf("press: %+v", r)
	}
	close(release)
	if text := b.last("han.meimei").Text; strings.Contains(text, "已通过") {
		t.Error("a late answer changed the card")
	}
}

func TestPressRefused(t *testing.T) {
	t.Parallel()
	b, _ := pressDesk(t, nil)
	off := map[string]string{"title": "x", "btn_text": "同意", "btn_off": "true"}
	m := b.show("han.meimei", cardTemplate, off)
	ctx := background(t)
	if r, err := b.Press(ctx, "han.meimei", m.ID, "agree", nil); err != nil || r.Status != "disabled" {
		t.Errorf("disabled: %v %+v", err, r)
	}
	m = b.show("han.meimei", cardTemplate, pending)
	if r, err := b.Press(ctx, "han.meimei", m.ID, "look", nil); err != nil || r.Status != "ok" {
		t.Errorf("link: %v %+v", err, r)
	}
	for name, c := range map[string][3]string{"no button": {"han.meimei", m.ID, "nope"}, "no message": {"han.meimei", "msg0", "agree"},
		"another's chat": {"liu.yang", m.ID, "agree"}, "not here": {"li.lei", m.ID, "agree"}} {
		if _, err := b.Press(ctx, c[0], c[1], c[2], nil); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, err := b.Press(ctx, "han.meimei", m.ID, "agree", map[string]any{"x": 1}); err == nil {
		t.Error("a form for a button that hands in none was taken")
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	b, h := pressDesk(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	m := b.show("liu.yang", formTemplate, map[string]string{"title": "填表", "needed": "1", "options": `[{"value":"a","text":"甲"},{"value":"b"}]`,
		"chosen": `["b"]`, "day": "2026-11-03"})
	want := []simulator.Input{
		{Name: "text1", Label: "事由", Kind: "longtext", Required: true, Max: 5, Hint: "写一句"},
		{Name: "select1", Label: "级别", Kind: "select", Options: []simulator.Option{{Value: "a", Label: "甲"}, {Value: "b", Label: "b"}}},
		{Name: "multi1", Label: "抄送", Kind: "multiselect", Options: []simulator.Option{{Value: "a", Label: "甲"}, {Value: "b", Label: "b"}}, Value: []string{"b"}},
		{Name: "date1", Label: "日期", Kind: "date", Value: "2026-11-03"},
		{Name: "datetime1", Label: "时间", Kind: "datetime"},
		{Name: "check1", Label: "加急", Kind: "bool", Value: true},
	}
	if diff := cmp.Diff(want, m.Inputs); diff != "" {
		t.Error(diff)
	}
	if button := m.Buttons[0]; !button.Submit || button.Confirm != "确定提交？" {
		t.Errorf("button: %+v", button)
	}
	ctx := background(t)
	if r, err := b.Press(ctx, "liu.yang", m.ID, "hand_in", nil); err != nil || r.Status != "incomplete" {
		t.Errorf("without the required field: %v %+v", err, r)
	}
	for name, form := range map[string]map[string]any{"too long": {"text1": "一二三四五六"}, "no such option": {"text1": "x", "select1": "z"},
		"no date": {"text1": "x", "date1": "明天"}, "no such field": {"text1": "x", "other": "y"}, "no tick": {"text1": "x", "check1": "perhaps"},
		"a list for a text": {"text1": []any{"x"}}} {
		if _, err := b.Press(ctx, "liu.yang", m.ID, "hand_in", form); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	r, err := b.Press(ctx, "liu.yang", m.ID, "hand_in", map[string]any{"text1": "键盘", "级别": "甲", "multi1": []any{"a", "b"},
		"datetime1": "2026-11-03 09:30", "check1": false})
	if err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	content := object(t, []byte(h.next(t).json(t)["content"].(string)))
	got := content["cardPrivateData"].(map[string]any)["params"]
	wantParams := map[string]any{"verb": "submit", "text1": "键盘", "select1": map[string]any{"index": 0.0, "value": "a"},
		"multi1": map[string]any{"index": []any{0.0, 1.0}, "value": []any{"a", "b"}}, "date1": "2026-11-03", "datetime1": "2026-11-03 09:30", "check1": false}
	if diff := cmp.Diff(any(wantParams), got); diff != "" {
		t.Error(diff)
	}
}

// The redeliver fault brings a press that was answered once more, and its answer counts again.
func TestPressTwice(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	b, h := pressDesk(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"cardUpdateOptions":{"updateCardDataByKey":true},"cardData":{"cardParamMap":{"status":"第%d次"}}}`, n.Add(1))
	})
	if err := b.Fault(simulator.Fault{Kind: "redeliver", API: "card"}); err != nil {
		t.Fatal(err)
	}
	m := b.show("han.meimei", cardTemplate, pending)
	before := len(b.Deliveries())
	if r, err := b.Press(background(t), "han.meimei", m.ID, "agree", nil); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	one, two := h.next(t), h.next(t)
	if string(one.body) != string(two.body) {
		t.Errorf("another body: %s", two.body)
	}
	// The reading that comes with a press goes nowhere here, and is tried again by itself.
	b.waitFor(func() bool {
		presses := 0
		for _, d := range b.Deliveries()[before:] {
			if d.Type == pushCard {
				presses++
			}
		}
		return presses == 2
	})
	if text := b.last("han.meimei").Text; !strings.Contains(text, "第2次") {
		t.Errorf("card: %q", text)
	}
}

// While a card's callback waits, an update by the API is carried out, and pointed at.
func TestUpdateFromCallback(t *testing.T) {
	t.Parallel()
	var b *bench
	b, _ = pressDesk(t, func(w http.ResponseWriter, r *http.Request) {
		b.good("PUT", "/api/v1.0/card/instances", map[string]any{"outTrackId": "inside", "cardData": data(map[string]string{"status": "先"}), "cardUpdateOptions": map[string]bool{"updateCardDataByKey": true}})
		_, _ = io.WriteString(w, `{"cardUpdateOptions":{"updateCardDataByKey":true},"cardData":{"cardParamMap":{"status":"后"}}}`)
	})
	b.good("POST", cardCall, with(b.cardTo("han.meimei", "inside", pending), map[string]any{"callbackType": "HTTP", "callbackRouteKey": "r1"}))
	if r, err := b.Press(background(t), "han.meimei", b.last("han.meimei").ID, "agree", nil); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	if text := b.last("han.meimei").Text; !strings.HasPrefix(text, "采购申请 后") {
		t.Errorf("card: %q", text)
	}
	if w := b.Warnings(); len(w) != 1 || !strings.Contains(w[0], "inside") {
		t.Errorf("warnings: %v", w)
	}
}
