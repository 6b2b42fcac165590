package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"magpie/simulator"
	"magpie/store"
	"magpie/workflows"
)

// mysqlDSN makes a database of its own on the server of MAGPIE_TEST_MYSQL and drops it at the end.
func mysqlDSN(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("MAGPIE_TEST_MYSQL")
	if dsn == "" {
		if os.Getenv("MAGPIE_REQUIRE_ALL") != "" {
			t.Fatal("MAGPIE_TEST_MYSQL names no server, and MAGPIE_REQUIRE_ALL is set")
		}
		t.Skip("NOT TESTED ON MYSQL: MAGPIE_TEST_MYSQL names no server; set it to user:password@tcp(host:port)/")
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("MAGPIE_TEST_MYSQL can't be read")
	}
	cfg.DBName = ""
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("magpie_e2e_%x", rand.Uint64())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	cfg.DBName = name
	return cfg.FormatDSN()
}

const raceFlow = `kind: approval
id: race
name: 抢单
start: {commands: [抢单]}
form:
  - {id: what, type: text, label: 内容, required: true}
title: "{{.form.what}}"
steps:
  - {id: first, name: 或签, approve: {by: ["person:wang.fang", "person:zhao.min", "person:dong.qing", "person:yuan.bo"], mode: any}}
  - {id: second, name: 总经理, approve: {by: role:ceo}}
`

// raceWait is how long the cards of all rounds may take to be made.
var raceWait = 2 * time.Minute

var racers = []string{"wang.fang", "zhao.min", "dong.qing", "yuan.bo"}

// Two processes share one MySQL or MariaDB. Eight presses meet on one decision: four approvers, each
// twice, half of them in each process. One counts, seven are told who won, the next step opens once.
func TestRaceOfTwoProcesses(t *testing.T) {
	n := rounds(t, "MAGPIE_TEST_RACES", 1000)
	if testing.Short() {
		n = min(n, 50)
	}
	if n <= racesAtOnce {
		raceOfTwoProcesses(t, n)
		return
	}
	for first := 0; first < n && !t.Failed(); first += racesAtOnce {
		k := min(racesAtOnce, n-first)
		t.Run(fmt.Sprintf("%d to %d", first+1, first+k), func(t *testing.T) { raceOfTwoProcesses(t, k) })
	}
}

// racesAtOnce bounds the rounds on one database, whose cards all wait in the outbox at the same time.
const racesAtOnce = 1000

func raceOfTwoProcesses(t *testing.T, n int) {
	o := newOffice(t, "webhook", fmt.Sprintf("{driver: mysql, dsn: %q}", mysqlDSN(t)), nil)
	if err := os.WriteFile(filepath.Join(o.dir, "workflows", "race.yaml"), []byte(raceFlow), 0o600); err != nil {
		t.Fatal(err)
	}
	// serve does not change a shared database by itself, and says what to run.
	if code, _, errs := magpie(t, o.dir, "serve", "-c", o.path); code != 1 || !strings.Contains(errs, "magpie migrate up") {
		t.Fatalf("serve on an empty database ended with %d: %s", code, errs)
	}
	if code, out, errs := magpie(t, o.dir, "migrate", "status", "-c", o.path); code != 1 || !strings.Contains(out, "missing") {
		t.Errorf("migrate status on an empty database ended with %d: %s%s", code, out, errs)
	}
	if code, out, errs := magpie(t, o.dir, "migrate", "up", "-c", o.path); code != 0 {
		t.Fatalf("migrate up ended with %d: %s%s", code, out, errs)
	}
	if code, out, _ := magpie(t, o.dir, "migrate", "status", "-c", o.path); code != 0 || strings.Contains(out, "missing") {
		t.Errorf("migrate status afterwards ended with %d: %s", code, out)
	}
	one := o.serve(true)
	two := o.serve(false)
	w := newWire(t, o.sim, one.base)
	hooks := [2]string{w.url, two.base + "/webhook/feishu-main"}
	// Nothing leaves: the cards stay in the outbox, where their buttons can be read.
	if err := o.sim.Fault(simulator.Fault{Kind: "rate_limit", Times: 10_000, API: "/messages"}); err != nil {
		t.Fatal(err)
	}
	cfg, ps := loadProject(o.path, offline())
	if cfg == nil {
		t.Fatal(ps)
	}
	db, err := store.Open(t.Context(), store.Options{Driver: cfg.cfg.Store.Driver, DSN: cfg.cfg.Store.DSN.Reveal(), Migrate: store.MigrateNever})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	send := func(at int, body []byte) answered {
		sealed := seal(w.cred["encrypt_key"], body)
		a, err := post(t.Context(), client, http.MethodPost, hooks[at%2], sealed, sign(w.cred["encrypt_key"], sealed, time.Now()))
		if err != nil || a.status != http.StatusOK {
			t.Errorf("callback: %d %v", a.status, err)
		}
		return a
	}

	chat := directChat(o, "li.lei")
	inParallel(16, n, func(i int) {
		send(i, w.saying(fmt.Sprintf("start-%d", i), "li.lei", chat, fmt.Sprintf("抢单 单%d", i)))
	})
	forms := buttons(t, db, n, "submit")
	inParallel(16, n, func(i int) {
		b := forms[i]
		if a := send(i, w.pressing(fmt.Sprintf("submit-%d", i), "li.lei", simulator.Message{ID: "om_form", Chat: chat}, b.value, map[string]any{"what": fmt.Sprintf("单%d", i)})); a.toast.Content != "已提交" && a.toast.Type != "info" {
			t.Errorf("submit %d: told %+v", i, a.toast) // "working on it" is no mistake: the next cards are waited for
		}
	})
	tasks := buttons(t, db, 4*n, "approve")
	if t.Failed() {
		return
	}
	byInstance := map[string]map[string]button{}
	for _, b := range tasks {
		if byInstance[b.instance] == nil {
			byInstance[b.instance] = map[string]button{}
		}
		byInstance[b.instance][b.person] = b
	}
	people := personOf(o)
	var accepted, toldWho, late, odd atomic.Int64
	round := 0
	for instance, cards := range byInstance {
		if len(cards) != len(racers) {
			t.Fatalf("instance %s has %d cards, want %d", instance, len(cards), len(racers))
		}
		round++
		got := make([]answered, 2*len(racers))
		var wg sync.WaitGroup
		for i := range got {
			person := racers[i/2]
			b := cards[idOf(people, person)]
			body := w.pressing(fmt.Sprintf("race-%d-%d", round, i), person, simulator.Message{ID: "om_" + person, Chat: chat}, b.value, nil)
			wg.Go(func() { got[i] = send(i, body) })
		}
		wg.Wait()
		won, pending := -1, 0
		for i, a := range got {
			if a.toast.Type == "info" { // "received, working on it": the machine was too busy to say more in time
				pending++
				late.Add(1)
			}
			if a.toast == (simulator.Toast{Type: "success", Content: "已同意"}) {
				if won >= 0 {
					t.Errorf("round %d: two presses counted", round)
				}
				won = i
				accepted.Add(1)
			}
		}
		if won < 0 && pending > 0 {
			continue // who won is seen below, in what is stored
		}
		if won < 0 {
			t.Errorf("round %d: no press counted: %+v", round, got)
			continue
		}
		winner, _ := simulator.SampleCompany().Person(racers[won/2])
		for i, a := range got {
			who := winner.Name
			if i/2 == won/2 {
				who = "你"
			}
			switch {
			case i == won, a.toast.Type == "info":
			case a.toast.Type == "warning" && strings.HasPrefix(a.toast.Content, who+" ") && strings.HasSuffix(a.toast.Content, " 已同意"):
				toldWho.Add(1)
			default:
				odd.Add(1)
				t.Errorf("round %d: %s was told %+v, the winner is %s", round, racers[i/2], a, winner.Name)
			}
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d rounds: %d presses counted, %d were told who won, %d that it is worked on, %d something else",
		round, accepted.Load(), toldWho.Load(), late.Load(), odd.Load())
	if late.Load() > int64(round) { // of eight times as many presses
		t.Errorf("%d presses were not answered with their outcome", late.Load())
	}
	// The cards stay in the outbox: Feishu is away all the time.
	body := ""
	eventuallyIn(t, raceWait, "every event is handled and nothing is dead", func() bool {
		_, body = get(t, one.base+"/readyz")
		return strings.Contains(body, `"inbox_waiting":0`) && strings.Contains(body, `"dead_letters":0`)
	}, func() string { return body })
	for instance := range byInstance {
		all, err := db.TasksOf(t.Context(), instance)
		if err != nil {
			t.Fatal(err)
		}
		count := map[workflows.TaskState]int{}
		second := 0
		for _, x := range all {
			if x.Node == "second" {
				second++
				if x.State != workflows.TaskOpen || x.Person != "zhang.wei" {
					t.Errorf("the next step of %s: %+v", instance, x)
				}
				continue
			}
			count[x.State]++
		}
		if second != 1 || count[workflows.TaskApproved] != 1 || count[workflows.TaskSuperseded] != 3 {
			t.Errorf("%s: %d tasks of the next step, want 1; of the first %v", instance, second, count)
		}
	}
	one.terminate()
	two.terminate()
	o.audited()
}

// inParallel calls f for 0 to n-1, so many at a time.
func inParallel(width, n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range width {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// button is one button of a card that waits in the outbox.
type button struct {
	instance, person string // the person's account
	value            map[string]any
}

// buttons waits until so many cards with a verb wait in the outbox, and returns them.
func buttons(t *testing.T, db *store.Store, n int, verb string) []button {
	t.Helper()
	var out []button
	looked, rows := time.Time{}, 0
	key, err := db.Setting(t.Context(), signingKey)
	if err != nil {
		t.Fatal(err)
	}
	eventuallyIn(t, raceWait, fmt.Sprintf("%d cards with %s are in the outbox", n, verb), func() bool {
		if time.Since(looked) < 500*time.Millisecond {
			return false // a long list: reading it all the time would be most of the load
		}
		looked, out = time.Now(), out[:0]
		list, err := db.OutboxList(t.Context(), store.Filter{Limit: 8*n + 1000})
		if err != nil {
			t.Fatal(err)
		}
		rows = len(list)
		for _, item := range list {
			if item.Message == nil || !item.Message.ShowsCard() || strings.Contains(item.Slot, "/task/") != (verb == "approve") {
				continue
			}
			out = append(out, button{item.Instance, item.Message.To.ID, map[string]any{
				"slot": item.Slot, "rev": item.Rev, "verb": verb, "token": buttonToken(key, item.Slot, item.Rev, verb)}})
		}
		return len(out) == n
	}, func() string { return fmt.Sprintf("there are %d, in %d rows", len(out), rows) })
	return out
}

// buttonToken signs a button as the engine does when it draws a card.
func buttonToken(key []byte, slot string, rev int64, verb string) string {
	m := hmac.New(sha256.New, key)
	for _, s := range []string{"magpie/button/1", slot, strconv.FormatInt(rev, 10), verb} {
		fmt.Fprintf(m, "%d:%s", len(s), s)
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// personOf maps every account id to its person.
func personOf(o *office) map[string]string {
	out := map[string]string{}
	for _, p := range simulator.SampleCompany().People {
		ids, _ := o.sim.Account(p.ID)
		for _, id := range ids {
			out[id] = p.ID
		}
	}
	return out
}

func idOf(people map[string]string, person string) string {
	for id, p := range people {
		if p == person && strings.HasPrefix(id, "ou_") {
			return id
		}
	}
	return ""
}
