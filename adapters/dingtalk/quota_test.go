package dingtalk

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// board is a database of the processes.
type board struct {
	mu   sync.Mutex
	by   map[string][]byte
	down bool
}

func (b *board) Get(_ context.Context, name string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return nil, errors.New("the database is down")
	}
	return bytes.Clone(b.by[name]), nil
}

func (b *board) Swap(_ context.Context, name string, old, value []byte) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return false, errors.New("the database is down")
	}
	if now, there := b.by[name]; there != (old != nil) || !bytes.Equal(now, old) {
		return false, nil
	}
	b.by[name] = bytes.Clone(value)
	return true, nil
}

func counting(b *board) *quota {
	q := &quota{now: time.Now, calls: 5000, reads: 10}
	q.spending.with, q.spending.name = b, "spent/dingtalk/a"
	return q
}

// total is what a process says was spent, once nothing is under way.
func total(q *quota) spent {
	synctest.Wait()
	q.mu.Lock()
	s := q.sum()
	q.mu.Unlock()
	synctest.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	_ = s
	return q.sum()
}

// What processes spend adds up, also for those that start later, and begins anew with the month.
func TestSpendingIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{by: map[string][]byte{}}
		one, two := counting(b), counting(b)
		for range 30 {
			one.call(false)
			two.call(true)
			two.pushed("robot_msg_read")
			two.pushed("user_add_org") // free
		}
		time.Sleep(saveEvery)
		total(one)
		total(two)
		time.Sleep(saveEvery)
		want := spent{Calls: 60, Reads: 30, Pushes: 30}
		for name, q := range map[string]*quota{"one that starts now": counting(b), "the second": two} {
			if got := total(q); got != want {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
		late := counting(b)
		total(late)
		if ok, _ := late.mayAsk(); ok {
			t.Error("the share of the questions is spent, and a process that starts may ask on")
		}
		late.exhausted()
		time.Sleep(saveEvery)
		total(late)
		if got := total(counting(b)); !got.Spent {
			t.Errorf("that DingTalk has said so is forgotten: %+v", got)
		}
		// The database is away for a while: nothing is lost by it.
		b.mu.Lock()
		b.down = true
		b.mu.Unlock()
		third := counting(b)
		third.call(false)
		if got := total(third); got.Calls != 1 {
			t.Errorf("without the database: %+v", got)
		}
		b.mu.Lock()
		b.down = false
		b.mu.Unlock()
		time.Sleep(saveEvery)
		if got := total(third); got.Calls != 61 {
			t.Errorf("afterwards: %+v", got)
		}
		time.Sleep(40 * 24 * time.Hour)
		if got := total(third); got != (spent{}) {
			t.Errorf("next month: %+v", got)
		}
	})
}

// Several who add at once lose nothing.
func TestSpendingRace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{by: map[string][]byte{}}
		var wg sync.WaitGroup
		for range 4 {
			q := counting(b)
			wg.Go(func() {
				for range 50 {
					q.call(false)
				}
				for range 8 {
					time.Sleep(saveEvery)
					total0(q)
				}
			})
		}
		wg.Wait()
		if got := total(counting(b)); got.Calls != 200 {
			t.Errorf("%d calls of 200", got.Calls)
		}
	})
}

func total0(q *quota) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sum()
}
