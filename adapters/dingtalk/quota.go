package dingtalk

import (
	"strings"
	"sync"
	"time"

	"magpie/adapters"
)

// quota counts what DingTalk allows only so much of in a month: calls, and what it pushes to us. It counts this
// process since its start; the organisation's other apps spend from the same allowance.
type quota struct {
	now          func() time.Time
	calls, reads int // limits; 0 or less is none

	mu     sync.Mutex
	month  time.Time // its first moment, in Beijing
	called int
	asked  int // of called, the read queries
	pushes int
	spent  bool
}

// standardPushes is what the standard edition allows. Other editions have more; nothing tells us which it is.
const standardPushes = 3000

// turn begins a new month. Called with the lock held.
func (q *quota) turn() {
	t := q.now().In(beijing)
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, beijing)
	if !first.Equal(q.month) {
		q.month, q.called, q.asked, q.pushes, q.spent = first, 0, 0, 0, false
	}
}

// call counts a call that is paid for.
func (q *quota) call(read bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	q.called++
	if read {
		q.asked++
	}
}

// pushed counts what came in. Changes of the address book are free.
func (q *quota) pushed(typ string) {
	if strings.HasPrefix(typ, "user_") || strings.HasPrefix(typ, "org_") || strings.HasPrefix(typ, "label_") {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	q.pushes++
}

// exhausted notes that DingTalk has said so.
func (q *quota) exhausted() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	q.spent = true
}

// mayAsk reports whether another read query fits into its share, and when there is a new one.
func (q *quota) mayAsk() (ok bool, again time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	return !q.spent && (q.reads <= 0 || q.asked < q.reads), q.month.AddDate(0, 1, 0)
}

// Usage tells what this process has spent of the month's allowances.
func (p *Platform) Usage() []adapters.Usage {
	q := &p.api.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	since, until := q.month.UTC(), q.month.AddDate(0, 1, 0).UTC()
	return []adapters.Usage{
		{Name: "api_calls", Used: q.called, Limit: max(0, q.calls), Since: since, Until: until, Spent: q.spent},
		{Name: "read_queries", Used: q.asked, Limit: max(0, q.reads), Since: since, Until: until},
		{Name: "pushes", Used: q.pushes, Limit: standardPushes, Since: since, Until: until},
	}
}
