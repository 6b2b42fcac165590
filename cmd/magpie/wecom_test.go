package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"magpie/simulator"
	simwecom "magpie/simulator/wecom"
)

// corp is Magpie in this process beside a simulated WeCom, and nothing else.
type corp struct {
	t   *testing.T
	sim *simwecom.Server
	app *App
	log *logBook
}

// A flow whose form WeCom's card can take: one choice.
const corpFlow = `kind: approval
id: seat
name: 工位申请
start: {commands: [工位], who: everyone}
form:
  - {id: floor, type: select, label: 楼层, required: true, options: [三楼, 五楼]}
title: "{{.initiator.name}}的工位申请：{{.form.floor}}"
steps:
  - {id: leader, name: 直属主管, approve: {by: initiator.manager}}
  - {id: admin, name: 行政, approve: {by: "dept:行政部/lead"}}
`

func startCorp(t *testing.T) *corp {
	t.Helper()
	dir := t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + ln.Addr().String()
	book := &logBook{}
	bus := &simulator.Bus{}
	company := simulator.SampleCompany().Within("wecom")
	sim, err := simwecom.New(simwecom.Options{
		Company: company, Bus: bus, Log: book.logger(), Base: base + "/sim/wecom",
		Apps: []simwecom.App{{ID: "wecom-main", Webhook: base + "/webhook/wecom-main"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(company, bus, sim)
	c := sim.Connections()[0].Credentials
	src := fmt.Sprintf(`server: {addr: "127.0.0.1:0", public_url: %q}
store: {driver: sqlite, dsn: m.db}
connections:
  - {id: wecom-main, suite: wecom, corp_id: %s, agent_id: %s, secret: %s, token: %s, aes_key: %s, base_url: %s}
people: {link_by: [employee_no]}
workflows: workflows/
`, base, c["corp_id"], c["agent_id"], c["secret"], c["token"], c["encoding_aes_key"], base+"/sim/wecom")
	if err := os.Mkdir(filepath.Join(dir, "workflows"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"magpie.yaml": src, "workflows/seat.yaml": corpFlow} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app, err := Open(t.Context(), AppOptions{
		Config: filepath.Join(dir, "magpie.yaml"), Log: book.logger(),
		Mount: func(mux *http.ServeMux) { mux.Handle("/sim/", hub.Handler()) }, Stopping: hub.EndStreams,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, ln) }()
	t.Cleanup(sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := hub.Close(); err != nil {
			t.Errorf("close the simulation: %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", tail(book.String(), 6000))
		}
	}))
	eventually(t, "ready", func() bool { status, _ := get(t, base+"/readyz"); return status == http.StatusOK })
	knowsPeople(t, app)
	return &corp{t, sim, app, book}
}

func (c *corp) cards(person string, words ...string) []simulator.Message {
	c.t.Helper()
	all, err := c.sim.Messages(person, "")
	if err != nil {
		c.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(m simulator.Message) bool {
		if m.Kind != "card" || m.From == person {
			return true
		}
		for _, w := range words {
			if !strings.Contains(m.Text, w) {
				return true
			}
		}
		return false
	})
}

func (c *corp) seen(person string) string {
	all, _ := c.sim.Messages(person, "")
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "\n- %s %s: %s %v", m.From, m.Kind, strings.ReplaceAll(m.Text, "\n", " | "), m.Buttons)
	}
	return b.String()
}

// card waits until a person has one card that says all of the words, and returns it.
func (c *corp) card(person string, words ...string) simulator.Message {
	c.t.Helper()
	var found []simulator.Message
	eventually(c.t, fmt.Sprintf("%s has one card that says %v", person, words), func() bool {
		found = c.cards(person, words...)
		return len(found) == 1
	}, func() string { return c.seen(person) })
	return found[0]
}

func (c *corp) press(person string, m simulator.Message, button string, form map[string]any) {
	c.t.Helper()
	r, err := c.sim.Press(c.t.Context(), person, m.ID, button, form)
	if err != nil || r.Status != "ok" {
		c.t.Fatalf("%s presses %s: %+v %v\n%s", person, button, r, err, c.seen(person))
	}
}

// One approval inside WeCom, from the word that starts it to the end: a form on a card, two decisions, and each card
// changed in place, by the presses' codes and by the one that came with the send.
func TestApprovalInWeCom(t *testing.T) {
	t.Parallel()
	c := startCorp(t)
	if _, err := c.sim.Say(t.Context(), "zhao.min", "", "工位"); err != nil {
		t.Fatal(err)
	}
	form := c.card("zhao.min", "工位申请")
	if len(form.Inputs) != 1 {
		t.Fatalf("the form has inputs %v\n%s", form.Inputs, c.seen("zhao.min"))
	}
	c.press("zhao.min", form, "提交", map[string]any{form.Inputs[0].Name: "五楼"})

	lead := c.card("wang.fang", "五楼", "待审批")
	c.card("zhao.min", "审批中")
	c.press("wang.fang", lead, "同意", nil)
	c.card("wang.fang", "已同意")
	admin := c.card("chen.jie", "五楼", "待审批")
	c.press("chen.jie", admin, "同意", nil)
	c.card("chen.jie", "已同意")
	c.card("zhao.min", "已通过")
	c.card("wang.fang", "已同意")

	// Whatever was shown on the way, nothing says any more that it is still going on.
	for _, p := range []string{"zhao.min", "wang.fang", "chen.jie"} {
		eventually(t, p+" has no card that is behind", func() bool {
			return len(c.cards(p, "审批中"))+len(c.cards(p, "待审批")) == 0
		}, func() string { return c.seen(p) })
	}
	for _, w := range c.sim.Warnings() {
		t.Logf("WeCom would have passed over: %v", w)
	}
	for _, call := range c.sim.Calls() {
		if call.Code != 0 {
			t.Errorf("%s %s was refused with %d", call.Method, call.Path, call.Code)
		}
	}
	a, err := c.app.Store().AuditVerify(t.Context())
	if err != nil || !a.OK() {
		t.Errorf("the trail: %v %+v", err, a)
	}
}

// WeCom has no toast: whoever presses what is over, or what is not theirs, reads in their own chat why nothing
// happened.
func TestRefusedPressInWeComIsTold(t *testing.T) {
	t.Parallel()
	c := startCorp(t)
	if _, err := c.sim.Say(t.Context(), "zhao.min", "", "工位"); err != nil {
		t.Fatal(err)
	}
	form := c.card("zhao.min", "工位申请")
	c.press("zhao.min", form, "提交", map[string]any{form.Inputs[0].Name: "五楼"})
	lead := c.card("wang.fang", "五楼", "待审批")
	key := lead.Buttons[slices.IndexFunc(lead.Buttons, func(b simulator.Button) bool { return b.Label == "同意" })].ID
	// behind is a press from a client that still shows the card of before.
	behind := func(person string) {
		t.Helper()
		inner := "<EventKey><![CDATA[" + key + "]]></EventKey><TaskId>old</TaskId><CardType>button_interaction</CardType>"
		if err := c.sim.Emit("wecom-main", person, "template_card_event", inner); err != nil {
			t.Fatal(err)
		}
	}
	told := func(person string, words ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("%s reads %v", person, words), func() bool {
			all, _ := c.sim.Messages(person, "")
			return slices.ContainsFunc(all, func(m simulator.Message) bool {
				return m.Kind == "text" && m.From != person && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(m.Text, w) })
			})
		}, func() string { return c.seen(person) })
	}
	behind("chen.jie")
	told("chen.jie", "王芳")
	c.card("wang.fang", "待审批")

	c.press("wang.fang", lead, "同意", nil)
	c.card("wang.fang", "已同意")
	behind("wang.fang")
	told("wang.fang", "你", "已同意")
	c.card("wang.fang", "已同意")
}
