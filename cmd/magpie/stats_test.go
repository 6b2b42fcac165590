package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/workcal"
	"magpie/workflows/workflowstest"
)

const statsFlow = `kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form: [{id: item, type: text, label: 内容, required: true}, {id: amount, type: money, label: 金额}]
steps:
  - {id: leader, name: 直属主管, approve: {by: initiator.manager}, timeout: {after: 1 work day, then: remind}}
  - {id: finance, name: 财务, approve: {by: role:finance, mode: any}, if: form.amount >= 100, timeout: {after: 4 work hours, then: approve}}
  - {id: ceo, name: 总经理, approve: {by: role:ceo}, if: form.amount >= 1000}
rules: {same_person: consecutive, initiator_is_approver: ask}
`

// statsWorld is a store with requests whose times are known.
type statsWorld struct {
	t    *testing.T
	s    *store.Store
	p    *project
	cal  *workcal.Calendar
	n    int
	seen time.Time
}

// clock reads a time of 2026 in Shanghai.
func clock(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, workcal.Shanghai())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func newStatsWorld(t *testing.T, o store.Options) *statsWorld {
	t.Helper()
	w := &statsWorld{t: t, seen: clock(t, "03-01 12:00")}
	o.Now = func() time.Time { return w.seen }
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.s = s
	if w.cal, err = workcal.New(workcal.Options{LunchStart: 12 * time.Hour, LunchEnd: 13*time.Hour + 30*time.Minute, Years: workcal.Shipped("cn")}); err != nil {
		t.Fatal(err)
	}
	w.p = &project{cfg: &config.Config{}, calendar: w.cal}
	w.p.cfg.Server.Location = workcal.Shanghai()
	w.p.env = workflows.Env{Roles: workflowstest.NewCompany().Roles, Calendar: w.cal}
	var everybody []adapters.Person
	c := workflowstest.NewCompany()
	for _, id := range c.Order {
		everybody = append(everybody, adapters.Person{ID: id, Name: c.People[id].Name, Source: "c", Active: id != "zhao.min"})
	}
	if err := s.PutPeople(t.Context(), adapters.People{Connection: "c", Full: true, Persons: everybody}); err != nil {
		t.Fatal(err)
	}
	return w
}

// version puts a version of the flow in force.
func (w *statsWorld) version(src string) {
	w.t.Helper()
	prog, _, ps := compileSource("purchase.yaml", []byte(src), w.p.env)
	if prog == nil {
		w.t.Fatal(ps)
	}
	w.p.programs = []workflows.Program{prog}
	if err := w.s.PutDefinition(w.t.Context(), prog.Definition()); err != nil {
		w.t.Fatal(err)
	}
}

// request plays a story and keeps what came of it. A line is a time, who, what, and an opinion.
func (w *statsWorld) request(at, by, amount string, lines ...string) string {
	t := w.t
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.n++
	b := workflowstest.New(w.p.programs[0], workflowstest.NewCompany(), clock(t, at))
	b.Inst.ID = fmt.Sprintf("r%d", w.n)
	ok(b.Begin(by, map[string]event.Value{"item": event.Text("秘密的键盘"), "amount": event.Text(amount)}))
	for _, line := range lines {
		word := strings.Fields(line)
		ok(b.Advance(clock(t, word[0]+" "+word[1])))
		if len(word) == 2 {
			continue
		}
		who, verb := word[2], word[3]
		form := map[string]event.Value{"opinion": event.Text("理由")}
		slot := "initiator"
		for _, k := range b.Open() {
			if k.Person == who && k.Node != workflows.NodeStart {
				slot = b.SlotOf(k)
			}
		}
		for _, x := range word[4:] {
			k, v, _ := strings.Cut(x, "=")
			form[k] = event.List(v)
		}
		if verb == "submit" {
			form = map[string]event.Value{"item": event.Text("别的"), "amount": event.Text(amount)}
		}
		ok(b.Press(who, slot, verb, form))
		if b.Refusal != nil {
			t.Fatalf("%s: %v", line, b.Refusal)
		}
	}
	prev := ""
	for i := range b.Trail {
		e := &b.Trail[i]
		if e.Private != nil {
			e.Salt = "0badcafe"
		}
		workflows.Seal(e, prev)
		prev = e.Hash
	}
	var tasks []workflows.Task
	for _, k := range b.Tasks {
		tasks = append(tasks, k)
	}
	b.Inst.Rev, b.Inst.Head = 1, prev
	ok(w.s.Commit(t.Context(), workflows.Commit{Now: b.Now, Instance: &b.Inst, Trail: b.Trail, Tasks: tasks}))
	return b.Inst.ID
}

// figures are the lines of a table as CSV.
func (w *statsWorld) figures(by, since, workflow string) string {
	w.t.Helper()
	c := &counting{by: by, now: clock(w.t, "03-20 12:00"), loc: workcal.Shanghai()}
	if since != "" {
		c.since = clock(w.t, since)
	}
	rows, err := c.gather(w.t.Context(), w.s, w.p, workflow)
	if err != nil {
		w.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := statsCSV(&b, by, rows); err != nil {
		w.t.Fatal(err)
	}
	if _, err := csv.NewReader(&b).ReadAll(); err != nil {
		w.t.Fatal(err)
	}
	b.Reset()
	if err := statsCSV(&b, by, rows); err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimPrefix(b.String(), "\ufeff"), "\r", "")
}

func onBothStores(t *testing.T, test func(t *testing.T, o store.Options)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, store.Options{DSN: filepath.Join(t.TempDir(), "magpie.db")})
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		o := store.Options{Driver: store.DriverMySQL, DSN: mysqlDSN(t)}
		if _, err := store.Migrate(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		test(t, o)
	})
}

// What is counted is what happened: each time, end, deadline and return, by step, person, version and month.
func TestStats(t *testing.T) {
	onBothStores(t, func(t *testing.T, o store.Options) {
		w := newStatsWorld(t, o)
		w.version(statsFlow)
		// Monday 2 March 2026. Decided after an hour; after a weekend; not at all; by the clock; after a return.
		w.request("03-02 09:00", "li.lei", "50", "03-02 10:00 han.meimei approve")
		w.request("03-06 17:00", "lin.tao", "50", "03-09 10:30 han.meimei reject")
		w.request("03-19 10:00", "li.lei", "50")
		w.request("03-03 09:00", "li.lei", "200", "03-03 09:30 han.meimei approve", "03-03 18:00") // finance has till 15:00
		w.request("03-04 09:00", "li.lei", "200", "03-04 09:10 han.meimei return step=start", "03-04 10:10 li.lei submit", "03-04 10:40 han.meimei approve", "03-04 11:00 zhao.min approve")
		w.request("03-05 09:00", "li.lei", "50", "03-05 09:20 li.lei withdraw")
		w.seen = clock(t, "03-10 12:00")
		w.version(strings.Replace(statsFlow, "name: 财务,", "name: 财务部,", 1))
		// The general manager is the manager of the leader: asked once, at the first step, the rule does the rest.
		w.request("04-01 09:00", "han.meimei", "2000", "04-01 09:30 zhang.wei approve", "04-01 10:00 wang.fang approve", "04-01 11:00 zhang.wei approve")
		w.request("04-02 09:00", "li.lei", "50", "04-02 09:05 han.meimei transfer who=zhang.wei", "04-02 09:35 zhang.wei approve")

		const (
			times     = "count,open,oldest_open_s,median_s,p90_s,longest_s,worked_median_s,worked_p90_s,worked_longest_s,"
			last      = ",returned,deadlines,overdue,overdue_percent,decided_by_time\n"
			ofStep    = "workflow,step,name," + times + "passed,failed,skipped,canceled" + last
			ofPerson  = "person,name," + times + "approved,rejected,abstained,handed_on,out_of_time,not_needed" + last
			requests  = "approved,rejected,withdrawn,terminated,revoked" + last
			ofVersion = "workflow,version,first_seen,name," + times + requests
		)
		first, second := hashOf(statsFlow), w.p.programs[0].Definition().Hash
		for _, k := range []struct{ by, since, workflow, want string }{
			// At the leader's: 1h, 65.5h (a weekend, 2.5h of it worked), 30m, 10m (sent back), 30m, 30m, 35m; one open, one canceled.
			{"step", "", "", ofStep +
				"purchase,start,发起人,1,0,,3600,3600,3600,3600,3600,3600,1,0,0,0,0,0,0,,0\n" +
				"purchase,leader,直属主管,9,1,93600,1800,235800,235800,1800,9000,9000,5,1,0,1,1,10,1,10,0\n" +
				"purchase,finance,财务部,5,0,,1800,19800,19800,1800,14400,14400,3,0,2,0,0,6,1,17,1\n" +
				"purchase,ceo,总经理,5,0,,3600,3600,3600,3600,3600,3600,1,0,4,0,0,0,0,,0\n"},
			{"step", "04-02 00:00", "purchase", ofStep +
				"purchase,leader,直属主管,1,0,,2100,2100,2100,2100,2100,2100,1,0,0,0,0,2,0,0,0\n" +
				"purchase,finance,财务部,1,0,,,,,,,,0,0,1,0,0,0,0,,0\n" +
				"purchase,ceo,总经理,1,0,,,,,,,,0,0,1,0,0,0,0,,0\n"},
			{"person", "", "", ofPerson +
				"han.meimei,韩梅梅,8,1,93600,1800,235800,235800,1800,9000,9000,3,1,0,1,0,1,1,8,1,13,0\n" +
				"wang.fang,王芳,3,0,,1800,1800,1800,1800,1800,1800,1,0,0,0,1,1,0,3,1,33,1\n" +
				"zhang.wei,张伟,3,0,,1800,3600,3600,1800,3600,3600,3,0,0,0,0,0,0,2,0,0,0\n" +
				"zhao.min,赵敏,3,0,,1200,1200,1200,1200,1200,1200,1,0,0,0,0,2,0,3,0,0,0\n"},
			{"version", "", "purchase", ofVersion +
				"purchase," + first + ",2026-03-01T04:00:00Z,采购申请,6,1,93600,7200,235800,235800,7200,16200,16200,3,1,1,0,0,1,11,2,18,1\n" +
				"purchase," + second + ",2026-03-10T04:00:00Z,采购申请,2,0,,2100,7200,7200,2100,7200,7200,2,0,0,0,0,0,5,0,0,0\n"},
			{"month", "03-06 17:00", "", "month," + times + requests +
				"2026-03,2,1,93600,235800,235800,235800,9000,9000,9000,0,1,0,0,0,0,2,1,50,0\n" +
				"2026-04,2,0,,2100,7200,7200,2100,7200,7200,2,0,0,0,0,0,5,0,0,0\n"},
		} {
			if diff := cmp.Diff(k.want, w.figures(k.by, k.since, k.workflow)); diff != "" {
				t.Errorf("by %s since %q:\n%s", k.by, k.since, diff)
			}
		}
		if got := w.figures("step", "04-03 00:00", ""); got != ofStep {
			t.Errorf("where nothing is: %s", got)
		}

		// Somebody has left and is erased: how much there was to do is still counted, who they were is gone.
		for i := range w.n {
			if _, err := w.s.Erase(t.Context(), fmt.Sprintf("r%d", i+1), store.EraseOptions{By: "root", Reason: "request 7", Fold: fold}); err != nil && !errors.Is(err, store.ErrRunning) {
				t.Fatal(err)
			}
		}
		if err := w.s.ErasePerson(t.Context(), "zhao.min"); err != nil {
			t.Fatal(err)
		}
		got := w.figures("person", "", "")
		if strings.Contains(got, "zhao.min") || strings.Contains(got, "赵敏") || !strings.Contains(got, "\n,"+workflows.TextErased+",3,0,,1200,1200,1200,1200,1200,1200,1,0,0,0,0,2,0,3,0,0,0\n") ||
			!strings.Contains(got, "\nhan.meimei,韩梅梅,8,1,93600,1800,") {
			t.Errorf("after %s was erased:\n%s", "zhao.min", got)
		}
	})
}

func hashOf(src string) string {
	sum := sha256.Sum256([]byte(src))
	return hex.EncodeToString(sum[:])
}

// Merged persons are one; who was erased and is not even in the directory has no line of their own.
func TestStatsWho(t *testing.T) {
	t.Parallel()
	c := &counting{people: map[string]store.PersonItem{
		"a": {ID: "a", MergedInto: "b"}, "b": {ID: "b", MergedInto: "c"}, "c": {ID: "c", Name: "丙"}, "d": {ID: "d", Name: workflows.TextErased},
		"x": {ID: "x", MergedInto: "y"}, "y": {ID: "y", MergedInto: "x"},
	}}
	gone := workflows.Measure{Erased: true, Known: map[string]bool{"f": true}}
	for _, k := range []struct {
		id   string
		m    workflows.Measure
		want statsRow
	}{
		{"a", workflows.Measure{}, statsRow{Person: "c", Name: "丙"}},
		{"c", gone, statsRow{Person: "c", Name: "丙"}}, // still here
		{"d", workflows.Measure{}, statsRow{Name: workflows.TextErased}},
		{"e", workflows.Measure{}, statsRow{Person: "e"}},
		{"e", gone, statsRow{Name: workflows.TextErased}},
		{"f", gone, statsRow{Person: "f"}},
	} {
		if got := c.who(k.id, k.m); got.Person != k.want.Person || got.Name != k.want.Name {
			t.Errorf("%s is %+v, want %+v", k.id, got, k.want)
		}
	}
	if got := c.who("x", workflows.Measure{}); got.Person != "x" && got.Person != "y" {
		t.Errorf("a circle leads to %+v", got)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	var list []int64
	for i := range int64(100) {
		list = append(list, 1000*(100-i))
	}
	for _, k := range []struct {
		ms   []int64
		want spread
	}{
		{nil, spread{}},
		{[]int64{1999}, spread{1, 1, 1}},
		{[]int64{3000, 1000}, spread{1, 3, 3}},
		{[]int64{3000, 1000, 2000}, spread{2, 3, 3}},
		{list, spread{50, 90, 100}},
	} {
		if got := spreadOf(k.ms); got != k.want {
			t.Errorf("of %v: %+v, want %+v", k.ms, got, k.want)
		}
	}
}

func TestStatsSince(t *testing.T) {
	t.Parallel()
	now, loc := clock(t, "03-20 12:00"), workcal.Shanghai()
	for text, want := range map[string]time.Time{
		"": {}, "30d": now.AddDate(0, 0, -30), "2w": now.AddDate(0, 0, -14), "36h": now.Add(-36 * time.Hour), "2026-03-01": clock(t, "03-01 00:00"),
	} {
		if got, err := sinceOf(text, now, loc); err != nil || !got.Equal(want) {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"d", "30", "-3d", "0d", "3m", "1.5d", "yesterday", "2026-13-01", "99999999999999d", "200000w"} {
		if got, err := sinceOf(text, now, loc); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
