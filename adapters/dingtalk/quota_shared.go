package dingtalk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"

	"magpie/adapters"
)

// spending keeps what was spent in a month for all processes, and for those that start later in it. What is counted
// here is added to what stands there, now and then and in the background: at most saveAfter counts or saveEvery is
// lost with a process.
type spending struct {
	with adapters.Shared // nil: this process counts for itself
	name string          // of the record, without the month

	loaded bool // the record was read, or written
	saving bool
	tried  time.Time
}

const (
	saveAfter = 20
	saveEvery = 30 * time.Second
	saveTime  = 3 * time.Second
	saveTries = 5 // when others save at the same time
)

// spent are the counts of a month.
type spent struct {
	Calls  int  `json:"calls,omitempty"`
	Reads  int  `json:"reads,omitempty"`
	Pushes int  `json:"pushes,omitempty"`
	Spent  bool `json:"spent,omitempty"` // DingTalk has said so
}

func (s spent) plus(o spent) spent {
	return spent{s.Calls + o.Calls, s.Reads + o.Reads, s.Pushes + o.Pushes, s.Spent || o.Spent}
}

func (s spent) minus(o spent) spent {
	return spent{s.Calls - o.Calls, s.Reads - o.Reads, s.Pushes - o.Pushes, s.Spent && !o.Spent}
}

// spentRecord is what the processes share. Mark makes two of the same counts differ, so that one writer knows that
// it was the other.
type spentRecord struct {
	spent
	Mark string `json:"mark"`
}

// save begins to add up, if it is time. Called with the lock held.
func (q *quota) save() {
	s := &q.spending
	if s.with == nil || s.saving {
		return
	}
	now := q.now()
	waits := q.own.Calls + q.own.Pushes
	switch {
	case now.Before(s.tried) || now.Sub(s.tried) >= saveEvery:
		if s.loaded && q.own == (spent{}) {
			return
		}
	case s.loaded && waits >= saveAfter:
	default:
		return
	}
	s.saving, s.tried = true, now
	go q.add(s.name+"/"+q.month.Format("2006-01"), q.month, q.own)
}

// add adds counts to a month's record. When the database can't be reached they are added later.
func (q *quota) add(name string, month time.Time, own spent) {
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	total, ok := q.spending.merge(ctx, name, own)

	q.mu.Lock()
	defer q.mu.Unlock()
	q.spending.saving = false
	if ok && q.month.Equal(month) {
		q.spending.loaded = true
		q.others, q.own = total, q.own.minus(own)
	}
}

// merge writes the record with own counts added, and gives what stands there then.
func (s *spending) merge(ctx context.Context, name string, own spent) (total spent, ok bool) {
	for range saveTries {
		old, err := s.with.Get(ctx, name)
		if err != nil {
			return spent{}, false
		}
		var r spentRecord
		if json.Unmarshal(old, &r) != nil {
			r = spentRecord{} // none yet, or nothing of ours
		}
		r.spent = r.plus(own)
		if own == (spent{}) {
			return r.spent, true
		}
		var mark [6]byte
		_, _ = rand.Read(mark[:]) // never fails
		r.Mark = hex.EncodeToString(mark[:])
		b, err := json.Marshal(r)
		if err != nil {
			return spent{}, false
		}
		switch done, err := s.with.Swap(ctx, name, old, b); {
		case err != nil:
			return spent{}, false
		case done:
			return r.spent, true
		}
	}
	return spent{}, false
}
