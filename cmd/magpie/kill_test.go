package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/simulator"
)

// rounds is how often a test repeats itself: its own number unless the environment says otherwise.
func rounds(t *testing.T, env string, n int) int {
	t.Helper()
	v := os.Getenv(env)
	if v == "" {
		return n
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not a number of rounds", env, v)
	}
	return n
}

// Serve is killed over and over while people write and press. What was acknowledged is handled in the end,
// once; nobody gets a card twice; no request is stuck.
func TestKilledServeLosesNothing(t *testing.T) {
	t.Parallel() // it waits for the suite's rates most of the time
	n := rounds(t, "MAGPIE_TEST_KILLS", 12)
	if testing.Short() {
		n = 4
	}
	o := newOffice(t, "webhook", sqliteStore, nil)
	s := o.serve(true)
	staff := []string{"li.lei", "ma.chao", "tang.yu", "feng.xue", "deng.kai", "peng.fei", "cai.lin", "yu.xin"}
	ids := map[string]bool{} // of everything that was acknowledged
	var mu sync.Mutex
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	for round := range n {
		w := newWire(t, o.sim, s.base)
		after := time.Duration(dice.IntN(250)) * time.Millisecond
		kill := time.AfterFunc(after, func() { _ = s.cmd.Process.Kill() })
		var wg sync.WaitGroup
		for i, person := range staff {
			wg.Go(func() {
				// Somebody else's events arrive in the same moments: a new request each time, and a press
				// on whatever waits.
				id := fmt.Sprintf("say%d-%d", round, i)
				sealed := seal(w.cred["encrypt_key"], w.saying(id, person, directChat(o, person), "采购 第"+id+"件"))
				if a, err := post(t.Context(), testClient, "POST", w.url, sealed, sign(w.cred["encrypt_key"], sealed, time.Now())); err == nil && a.status == 200 {
					mu.Lock()
					ids[id] = true
					mu.Unlock()
				}
			})
		}
		for _, person := range append(staff, "han.meimei", "xu.yang", "he.jing", "liu.yang") {
			wg.Go(func() { pressWhatWaits(t, o, person, 2) })
		}
		wg.Wait()
		kill.Stop()
		s.kill()
		s = o.serve(true)
	}

	// Everything acknowledged has a form, one each, however often serve died.
	eventuallyIn(t, leases, "each acknowledged message has its card", func() bool {
		return len(missing(o, staff, ids)) == 0
	}, func() string { return fmt.Sprint(missing(o, staff, ids)) }, func() string { return o.insides(nil) })
	t.Logf("%d messages acknowledged over %d kills", len(ids), n)
	if len(ids) == 0 {
		t.Fatal("nothing was acknowledged: the test says nothing")
	}
	// Everything ends when people go on pressing.
	everybody := append(staff, "han.meimei", "xu.yang", "he.jing", "liu.yang", "sun.li", "chen.jie")
	eventuallyIn(t, leases, "no request is stuck", func() bool {
		// What is on its way may yet bring something to press: silence is looked for before and not after.
		silent, _ := s.still()
		open := 0
		for _, p := range everybody {
			open += pressWhatWaits(t, o, p, 1000)
		}
		return open == 0 && silent
	}, func() string { return stuck(o, everybody) }, func() string { return o.insides(everybody) })
	if old := stuck(o, everybody); old != "" {
		t.Errorf("cards that show an older state:\n%s", old)
	}
	for _, p := range everybody {
		twice := map[string]string{}
		for _, m := range o.cards(p) {
			if old, ok := twice[slotOf(m)]; ok {
				t.Errorf("%s has one card twice: %s and %s: %s", p, old, m.ID, m.Text)
			}
			twice[slotOf(m)] = m.ID
		}
	}
	s.terminate()
	o.audited()
}

func directChat(o *office, person string) string { return o.sim.Chats(person)[0].ID }

// pressWhatWaits submits forms and approves what is open on a person's cards, at most so many; it tells
// how many there were that nobody had decided yet.
func pressWhatWaits(t *testing.T, o *office, person string, most int) int {
	n := 0
	all, err := o.sim.Messages(person, "")
	if err != nil {
		t.Error(err)
		return 0
	}
	for _, m := range all {
		button, form := "", map[string]any(nil)
		switch {
		case hasButton(m, "提交"):
			button, form = "提交", map[string]any{"item": itemOf(m), "amount": "100"}
		case hasButton(m, "同意"):
			button = "同意"
		default:
			continue
		}
		if n++; n > most {
			return n
		}
		// It may fail: the process is being killed, or the card has changed meanwhile.
		r, err := o.sim.Press(t.Context(), person, m.ID, button, form)
		if err == nil && r.Toast != nil && r.Toast.Type == "warning" && (strings.HasPrefix(r.Toast.Content, "你 ") || r.Toast.Content == "已经提交过了") {
			n-- // it is done, whatever the card shows
		}
	}
	return n
}

// itemOf is what the form was filled in with by the message that asked for it.
func itemOf(m simulator.Message) string {
	for _, in := range m.Inputs {
		if in.Name == "item" {
			s, _ := in.Value.(string)
			return s
		}
	}
	return ""
}

// slotOf reads the slot out of any button of a card; a card without buttons is known by its text.
func slotOf(m simulator.Message) string {
	var card any
	_ = json.Unmarshal(m.Card, &card)
	slot := ""
	var find func(any)
	find = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, y := range x {
				find(y)
			}
		case map[string]any:
			if s, ok := x["slot"].(string); ok {
				slot = s
			}
			for _, y := range x {
				find(y)
			}
		}
	}
	find(card)
	if slot == "" {
		slot = m.Text
	}
	return slot
}

// missing are the acknowledged messages that have not got just one card.
func missing(o *office, staff []string, ids map[string]bool) []string {
	count := map[string]int{}
	for _, p := range staff {
		for _, m := range o.cards(p) {
			for id := range ids {
				if itemOf(m) == "第"+id+"件" || strings.Contains(m.Text, "第"+id+"件") && m.Buttons != nil {
					count[id]++
				}
			}
		}
	}
	var out []string
	for id := range ids {
		if count[id] != 1 {
			out = append(out, fmt.Sprintf("%s: %d cards", id, count[id]))
		}
	}
	return out
}

// stuck are the cards that wait for somebody.
func stuck(o *office, people []string) string {
	var out []string
	for _, p := range people {
		for _, m := range o.cards(p) {
			for _, w := range []string{"待填写", "审批中", "待审批", "正在查找"} {
				if strings.Contains(m.Text, w) {
					out = append(out, p+": "+m.Text)
					break
				}
			}
		}
	}
	return strings.Join(out, "\n")
}

// insides is what a failure needs: the queues, and what pressing says.
func (o *office) insides(people []string) string {
	var b strings.Builder
	for _, args := range [][]string{{"outbox", "list", "--limit", "30"}, {"inbox", "list", "--limit", "400"}} {
		_, out, errs := magpie(o.t, o.dir, append(args, "-c", o.path)...)
		b.WriteString(out + errs)
	}
	for _, p := range people {
		for _, m := range o.cards(p, "待审批") {
			r, err := o.sim.Press(o.t.Context(), p, m.ID, "同意", nil)
			fmt.Fprintf(&b, "%s presses 同意 on %s (%s): %+v %s %v\n", p, m.ID, slotOf(m), r.Status, toastText(r.Toast), err)
		}
	}
	return b.String()
}
