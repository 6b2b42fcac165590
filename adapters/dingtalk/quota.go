package dingtalk

import (
	"strings"
	"sync"
	"time"

	"magpie/adapters"
)

// quota counts what DingTalk allows only so much of in a month: calls, and what it pushes to us. All our processes
// count together; the organisation's other apps spend from the same allowance.
type quota struct {
	now          func() time.Time
	calls, reads int // limits; 0 or less is none

	mu       sync.Mutex
	month    time.Time // its first moment, in Beijing
	own      spent     // by this process, and not added to the record yet
	others   spent     // what stood in the record when it was last seen
	spending spending
}

// standardPushes is what the standard edition allows. Other editions have more; nothing tells us which it is.
const standardPushes = 3000

// turn begins a new month. Called with the lock held.
func (q *quota) turn() {
	t := q.now().In(beijing)
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, beijing)
	if !first.Equal(q.month) {
		q.month, q.own, q.others = first, spent{}, spent{}
		q.spending.loaded, q.spending.tried = false, time.Time{}
	}
}

// count adds to what this process has spent.
func (q *quota) count(s spent) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn()
	q.own = q.own.plus(s)
	q.save()
}

// sum is what has been spent this month, as far as it is known here. Called with the lock held.
func (q *quota) sum() spent {
	q.turn()
	q.save()
	return q.others.plus(q.own)
}

// call counts a call that is paid for.
func (q *quota) call(read bool) {
	s := spent{Calls: 1}
	if read {
		s.Reads = 1
	}
	q.count(s)
}

// pushed counts what came in. Changes of the address book are free.
func (q *quota) pushed(typ string) {
	if strings.HasPrefix(typ, "user_") || strings.HasPrefix(typ, "org_") || strings.HasPrefix(typ, "label_") {
		return
	}
	q.count(spent{Pushes: 1})
}

// exhausted notes that DingTalk has said so.
func (q *quota) exhausted() { q.count(spent{Spent: true}) }

// mayAsk reports whether another read query fits into its share, and when there is a new one.
func (q *quota) mayAsk() (ok bool, again time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.sum()
	return !s.Spent && (q.reads <= 0 || s.Reads < q.reads), q.month.AddDate(0, 1, 0)
}

// Usage tells what our processes have spent of the month's allowances. The first answer of a process may leave out
// what the others have spent: it is being read.
func (p *Platform) Usage() []adapters.Usage {
	q := &p.api.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.sum()
	since, until := q.month.UTC(), q.month.AddDate(0, 1, 0).UTC()
	return []adapters.Usage{
		{Name: "api_calls", Used: s.Calls, Limit: max(0, q.calls), Since: since, Until: until, Spent: s.Spent},
		{Name: "read_queries", Used: s.Reads, Limit: max(0, q.reads), Since: since, Until: until},
		{Name: "pushes", Used: s.Pushes, Limit: standardPushes, Since: since, Until: until},
	}
}
