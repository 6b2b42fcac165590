package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// spread runs b.N calls of fn over n callers and reports calls and CPU time of the whole process.
func spread(b *testing.B, n int, fn func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	cpu := cpuTime()
	b.ResetTimer()
	for range n {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if err := fn(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/call")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// databases runs a benchmark on both.
func databases(b *testing.B, fn func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) {
		s, err := store.Open(b.Context(), store.Options{DSN: filepath.Join(b.TempDir(), "b.db")})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		fn(b, s)
	})
	b.Run("mysql", func(b *testing.B) { fn(b, openMySQL(b, store.Options{})) })
}

// BenchmarkFloor is a bare transaction: one INSERT of 600 bytes, one UPDATE by key.
func BenchmarkFloor(b *testing.B) {
	body := make([]byte, 600)
	b.Run("sqlite", func(b *testing.B) {
		dsn := "file:" + filepath.Join(b.TempDir(), "f.db") + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)"
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		floor(b, db, body)
	})
	b.Run("mysql", func(b *testing.B) {
		db, err := sql.Open("mysql", mysqlDSN(b)+"?interpolateParams=true")
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		db.SetMaxIdleConns(8)
		floor(b, db, body)
	})
}

func floor(b *testing.B, db *sql.DB, body []byte) {
	ctx := context.Background()
	for _, q := range []string{"CREATE TABLE a (id BIGINT PRIMARY KEY, body BLOB)", "CREATE TABLE c (id BIGINT PRIMARY KEY, n BIGINT)",
		"INSERT INTO c VALUES (0,0),(1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0)"} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			b.Fatal(err)
		}
	}
	spread(b, 8, func(i int64) error {
		t, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer t.Rollback()
		if _, err := t.ExecContext(ctx, "INSERT INTO a VALUES (?, ?)", i, body); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, "UPDATE c SET n = n + 1 WHERE id = ?", i%8); err != nil {
			return err
		}
		return t.Commit()
	})
}

// benchEvent is a message as Feishu sends it: about 1 KB neutral, 1.2 KB raw.
func benchEvent(run string, i int64) event.Event {
	scope := event.Scope{Platform: "feishu", Tenant: "2ed263bf32cf1651", App: "cli_9f5343c580712544"}
	id := fmt.Sprintf("om_%s%030d", run, i)
	user := event.Ref{Scope: scope, Kind: event.RefUser, ID: "ou_84aad35d084aa403a838cf73ee18467"}
	now := time.Now().UTC()
	return event.Event{
		ID: "msg:" + id, Delivery: "5e3702a84e847582be8db7fb73283c02", Kind: event.KindMessage, Connection: "feishu-main", Scope: scope, At: now, ReceivedAt: now,
		Actor: event.Actor{Ref: user, Name: "李雷", Type: event.ActorUser},
		Conv:  &event.Conversation{Ref: event.Ref{Scope: scope, Kind: event.RefChat, ID: "oc_5ce6d572455d361153b7xx51da133945"}, Type: event.ConvGroup, ToBot: true},
		Body:  &event.Message{Ref: event.Ref{Scope: scope, Kind: event.RefMessage, ID: id}, Text: "采购 键盘 300 元"},
		Reply: event.ReplyContract{Mode: event.ReplyAck}, VendorType: "im.message.receive_v1", Raw: make([]byte, 1200),
	}
}

// BenchmarkPut is 50 callers that put new events.
func BenchmarkPut(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		run := fmt.Sprint(time.Now().UnixNano())
		spread(b, 50, func(i int64) error {
			_, err := s.Put(context.Background(), benchEvent(run, i), 30*time.Second)
			return err
		})
	})
}

var benchState = []byte(`{"form":"` + strings.Repeat("x", 880) + `"}`)

// approval is one three-step approval as the store sees it: four events put, four commands.
func approval(ctx context.Context, s *store.Store, run string, i int64) error {
	id := fmt.Sprintf("%s%012d", run, i)
	head, seq := "", int64(0)
	for step := int64(0); step < 4; step++ {
		st, err := s.Put(ctx, benchEvent(run, i*4+step), 30*time.Second)
		if err != nil {
			return err
		}
		if step > 0 {
			if _, err := s.LoadInstance(ctx, id); err != nil {
				return err
			}
		}
		now := time.Now()
		c := workflows.Commit{Now: now, ExpectRev: step, Event: &workflows.EventDone{ID: st.ID, Token: st.Token, Result: "stepped", Instance: id,
			Toast: &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意")}}}
		for range 2 {
			seq++
			e := workflows.Entry{Instance: id, Seq: seq, At: now.Truncate(time.Millisecond), Kind: "voted", Actor: "han.meimei", Event: st.ID, Data: []byte(`{"node":"leader","seat":"0","round":1,"verb":"approve"}`)}
			workflows.Seal(&e, head)
			head = e.Hash
			c.Trail = append(c.Trail, e)
		}
		c.Instance = &workflows.Instance{ID: id, Definition: "purchase", Hash: "0123456789abcdef", Kind: "approval", Rev: step + 1, Status: workflows.StatusRunning, Initiator: "li.lei",
			Title: "李雷的采购申请：键盘 ¥300", State: benchState, Seq: seq, Head: head, CreatedAt: now, UpdatedAt: now}
		if step > 0 {
			c.Tasks = append(c.Tasks, workflows.Task{ID: fmt.Sprintf("%s/n%d/1/0", id, step), Instance: id, Node: "n", Round: 1, Person: "han.meimei", State: workflows.TaskApproved, OpenedAt: now, ClosedAt: now})
			c.Cancel = append(c.Cancel, fmt.Sprintf("timer/%s/n%d", id, step))
		}
		if step < 3 {
			c.Tasks = append(c.Tasks, workflows.Task{ID: fmt.Sprintf("%s/n%d/1/0", id, step+1), Instance: id, Node: "n", Round: 1, Person: "han.meimei", State: workflows.TaskOpen, OpenedAt: now, DueAt: now.Add(time.Hour)})
			name := fmt.Sprintf("n%d", step+1)
			c.Jobs = append(c.Jobs, workflows.Job{ID: "timer/" + id + "/" + name, Queue: workflows.QueueTimer, RunAt: now.Add(time.Hour), Instance: id, Timer: &event.Timer{Instance: id, Name: name, DueAt: now.Add(time.Hour)}})
		}
		for _, slot := range []string{"/initiator", fmt.Sprintf("/task/%d", step)} {
			c.Jobs = append(c.Jobs, workflows.Job{ID: "card/" + id + slot, Queue: workflows.QueueOut, RunAt: now, Instance: id, Message: &card.Message{
				Key: id, Connection: "feishu-main", Slot: id + slot, Rev: step + 1,
				Card: &card.Card{Title: card.T("采购申请"), Summary: card.T("待审批"), Body: []card.Element{&card.Markdown{Text: card.T(strings.Repeat("采购内容：键盘，金额 300 元。", 8))}}},
			}})
		}
		if err := s.Commit(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkApproval is 8 clients, each with approvals one after the other.
func BenchmarkApproval(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		run := fmt.Sprintf("%x", time.Now().UnixNano())
		spread(b, 8, func(i int64) error { return approval(context.Background(), s, run, i) })
	})
}
