package playground_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/simulator"
)

// fakeSuite is a small working Feishu with a bot that knows one flow: 采购 brings a form, handing it in brings
// the manager a card to decide. It records what it was asked, so that tests see what the page sent.
type fakeSuite struct {
	name    string
	company *simulator.Company
	bus     *simulator.Bus

	mu       sync.Mutex
	n        int
	messages []*simulator.Message
	reads    map[string][]string
	presses  []pressed
	faults   []simulator.Fault
	calls    []simulator.Call
	hold     chan struct{} // when set, Press waits for it
}

type pressed struct {
	Person, Message, Button string
	Form                    map[string]any
}

func newFake(bus *simulator.Bus) *fakeSuite {
	return &fakeSuite{name: "feishu", company: simulator.SampleCompany(), bus: bus, reads: map[string][]string{}}
}

func direct(person string) string { return "oc_direct_" + strings.ReplaceAll(person, ".", "_") }

func openID(person string) string { return "ou_" + strings.ReplaceAll(person, ".", "_") }

var groupMembers = []string{"li.lei", "han.meimei", "zhang.wei", "wang.fang"}

const group = "oc_group_purchase"

func (f *fakeSuite) Name() string          { return f.name }
func (f *fakeSuite) Handler() http.Handler { return http.NotFoundHandler() }
func (f *fakeSuite) Close() error          { return nil }

func (f *fakeSuite) Connections() []simulator.Connection {
	return []simulator.Connection{{ID: "feishu-main", Suite: f.name, Transport: "webhook",
		Webhook: "http://127.0.0.1:8080/webhook/feishu-main", Base: "http://127.0.0.1:8080/sim/feishu",
		Credentials: map[string]string{"app_id": "cli_a1b2c3", "app_secret": "pD4nF0rTests"}}}
}

func (f *fakeSuite) Account(person string) (map[string]string, bool) {
	if _, ok := f.company.Person(person); !ok {
		return nil, false
	}
	return map[string]string{"open_id": openID(person), "user_id": person}, true
}

func (f *fakeSuite) Chats(person string) []simulator.Chat {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []simulator.Chat{{ID: direct(person), Name: "鹊桥", Type: "direct", Members: []string{person}}}
	if slices.Contains(groupMembers, person) {
		list = append(list, simulator.Chat{ID: group, Name: "采购群", Type: "group", Members: groupMembers})
	}
	for i := range list {
		for _, m := range f.messages {
			if m.Chat == list[i].ID && m.From != person && !slices.Contains(f.reads[m.ID], person) {
				list[i].Unread++
			}
		}
	}
	return list
}

func (f *fakeSuite) Messages(person, chat string) ([]simulator.Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []simulator.Message
	for _, m := range f.messages {
		if m.Chat == chat && (chat == direct(person) || slices.Contains(groupMembers, person)) {
			c := *m
			c.ReadBy = slices.Clone(f.reads[m.ID])
			out = append(out, c)
		}
	}
	return out, nil
}

// put adds a message and tells the bus. Callers hold f.mu.
func (f *fakeSuite) put(m simulator.Message) string {
	f.n++
	m.ID = fmt.Sprintf("om_%04d", f.n)
	m.Status = "sent"
	m.At = time.Date(2026, 11, 23, 1, 30, f.n, 0, time.UTC)
	f.messages = append(f.messages, &m)
	f.bus.Publish(simulator.Notice{Type: "message", Suite: f.name, Chat: m.Chat, Message: m.ID, At: m.At})
	return m.ID
}

// post is put for tests.
func (f *fakeSuite) post(m simulator.Message) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.put(m)
}

// replace puts new content into a card, as an update by the bot does.
func (f *fakeSuite) replace(id, card string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replaceLocked(id, card)
}

func (f *fakeSuite) replaceLocked(id, card string) {
	for _, m := range f.messages {
		if m.ID == id {
			m.Card, m.Updated = json.RawMessage(card), true
			f.bus.Publish(simulator.Notice{Type: "update", Suite: f.name, Chat: m.Chat, Message: id})
		}
	}
}

func (f *fakeSuite) Say(_ context.Context, person, chat, text string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if chat == "" {
		chat = direct(person)
	}
	id := f.put(simulator.Message{Chat: chat, From: person, Kind: "text", Text: text})
	f.bus.Publish(simulator.Notice{Type: "delivery", Suite: f.name, Text: "im.message.receive_v1 #1 200", At: time.Now()})
	if strings.Contains(text, "采购") {
		f.calls = append(f.calls, simulator.Call{Method: "POST", Path: "/open-apis/im/v1/messages", Status: 200, At: time.Now()})
		f.put(simulator.Message{Chat: chat, From: "bot", Kind: "card", Card: json.RawMessage(formCard), ReplyTo: id})
		f.bus.Publish(simulator.Notice{Type: "call", Suite: f.name, At: time.Now()})
	}
	return id, nil
}

func (f *fakeSuite) Press(_ context.Context, person, message, button string, form map[string]any) (simulator.PressResult, error) {
	f.mu.Lock()
	hold := f.hold
	f.mu.Unlock()
	if hold != nil {
		<-hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.presses = append(f.presses, pressed{person, message, button, form})
	toast := &simulator.Toast{Type: "success", Content: "已提交，等待韩梅梅审批"}
	switch button {
	case "btn_submit":
		f.replaceLocked(message, sentCard)
		f.put(simulator.Message{Chat: direct("han.meimei"), From: "bot", Kind: "card", Card: json.RawMessage(decideCard), Urgent: true})
	case "btn_agree":
		toast.Content = "已同意"
		f.replaceLocked(message, agreedCard)
	case "btn_late":
		return simulator.PressResult{Status: "timeout 200341", Toast: &simulator.Toast{Type: "error", Content: "出错了，请稍后重试 code: 200341"}}, nil
	}
	return simulator.PressResult{Status: "ok", Toast: toast}, nil
}

func (f *fakeSuite) Read(_ context.Context, person, message string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.reads[message], person) {
		f.reads[message] = append(f.reads[message], person)
		f.bus.Publish(simulator.Notice{Type: "read", Suite: f.name, Message: message})
	}
	return nil
}

func (f *fakeSuite) Fault(fault simulator.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fault)
	f.bus.Publish(simulator.Notice{Type: "fault", Suite: f.name, Text: fault.Kind, At: time.Now()})
	return nil
}

func (f *fakeSuite) Calls() []simulator.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fakeSuite) pressed() []pressed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.presses)
}

const formCard = `{"schema":"2.0","config":{"summary":{"content":"采购申请"}},
"header":{"template":"blue","title":{"tag":"plain_text","content":"采购申请"},"subtitle":{"tag":"plain_text","content":"填好后交给直属主管"}},
"body":{"elements":[{"tag":"form","name":"f","elements":[
{"tag":"input","name":"item","label":{"tag":"plain_text","content":"采购内容"},"placeholder":{"tag":"plain_text","content":"例如：机械键盘"},"required":true,"max_length":200},
{"tag":"input","name":"amount","label":{"tag":"plain_text","content":"金额（元）"},"required":true},
{"tag":"date_picker","name":"needed","placeholder":{"tag":"plain_text","content":"需要日期"}},
{"tag":"select_person","name":"owner","placeholder":{"tag":"plain_text","content":"使用人"}},
{"tag":"input","name":"why","input_type":"multiline_text","rows":2,"label":{"tag":"plain_text","content":"说明"}},
{"tag":"column_set","columns":[{"tag":"column","width":"auto","elements":[{"tag":"button","name":"btn_submit","type":"primary_filled","form_action_type":"submit","text":{"tag":"plain_text","content":"提交"},"behaviors":[{"type":"callback","value":{"slot":"1/form"}}]}]},
{"tag":"column","width":"auto","elements":[{"tag":"button","name":"btn_clear","form_action_type":"reset","text":{"tag":"plain_text","content":"清空"}}]}]}
]}]}}`

const sentCard = `{"schema":"2.0","header":{"template":"blue","title":{"tag":"plain_text","content":"采购申请"},"text_tag_list":[{"tag":"text_tag","color":"blue","text":{"tag":"plain_text","content":"审批中"}}]},
"body":{"elements":[{"tag":"div","fields":[{"is_short":true,"text":{"tag":"lark_md","content":"**采购内容**\n机械键盘"}},{"is_short":true,"text":{"tag":"lark_md","content":"**金额**\n¥300.00"}}]},
{"tag":"chart","chart_spec":{"type":"linearProgress","data":{"values":[{"type":"进度","value":0.5,"text":"1/2"}]},"xField":"value","yField":"type"}},
{"tag":"markdown","content":"等待 <at id=ou_han_meimei></at> 审批"},{"tag":"button","name":"btn_withdraw","text":{"tag":"plain_text","content":"撤回"},"behaviors":[{"type":"callback","value":{}}]}]}}`

const decideCard = `{"schema":"2.0","header":{"template":"orange","title":{"tag":"plain_text","content":"李雷的采购申请：机械键盘 ¥300.00"},"text_tag_list":[{"tag":"text_tag","color":"orange","text":{"tag":"plain_text","content":"待审批"}}]},
"body":{"elements":[{"tag":"markdown","content":"**申请人** <person id=ou_li_lei></person>\n**金额** <font color='red'>¥300.00</font>"},
{"tag":"table","page_size":3,"columns":[{"name":"n","display_name":"名称","data_type":"text"},{"name":"q","display_name":"数量","data_type":"number"},{"name":"p","display_name":"单价","data_type":"number","format":{"symbol":"¥","precision":2,"separator":true}}],
"rows":[{"n":"机械键盘","q":1,"p":300},{"n":"腕托","q":2,"p":45.5},{"n":"键帽","q":1,"p":1200},{"n":"清洁套装","q":3,"p":19.9}]},
{"tag":"hr"},{"tag":"column_set","columns":[{"tag":"column","width":"weighted","weight":1,"elements":[{"tag":"button","name":"btn_agree","width":"fill","type":"primary_filled","text":{"tag":"plain_text","content":"同意"},"behaviors":[{"type":"callback","value":{}}]}]},
{"tag":"column","width":"weighted","weight":1,"elements":[{"tag":"button","name":"btn_reject","width":"fill","type":"danger","confirm":{"title":{"tag":"plain_text","content":"拒绝这份申请？"},"text":{"tag":"plain_text","content":"李雷会收到通知。"}},"text":{"tag":"plain_text","content":"拒绝"},"behaviors":[{"type":"callback","value":{}}]}]}]}]}}`

const agreedCard = `{"schema":"2.0","header":{"template":"green","title":{"tag":"plain_text","content":"李雷的采购申请"},"text_tag_list":[{"tag":"text_tag","color":"green","text":{"tag":"plain_text","content":"已通过"}}]},
"body":{"elements":[{"tag":"markdown","content":"韩梅梅 10:32 已同意"}]}}`

// newHub puts a fake suite and the page together as the demo does.
func newHub(t *testing.T) (*simulator.Hub, *fakeSuite) {
	t.Helper()
	bus := &simulator.Bus{}
	fake := newFake(bus)
	hub := simulator.NewHub(fake.company, bus, fake)
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	return hub, fake
}
