package store

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"magpie/adapters"
)

const (
	// putters is how many inserts may be under way; what comes meanwhile shares the next.
	putters  = 1
	maxPuts  = 100
	maxBytes = 4 << 20 // of one INSERT, well below the server's usual max_allowed_packet of 16 MiB
)

// putter collects events that are put at the same time into one INSERT, which is a transaction of its own.
type putter struct {
	s     *Store
	queue chan *putRequest
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
	wg    sync.WaitGroup
}

type putRequest struct {
	n     *newEvent
	state atomic.Int32
	out   adapters.Stored
	err   error
	done  chan struct{}
}

func newPutter(s *Store) *putter {
	p := &putter{s: s, queue: make(chan *putRequest, 4*maxPuts), quit: make(chan struct{}), ended: make(chan struct{})}
	for range putters {
		p.wg.Go(p.loop)
	}
	return p
}

// close carries out what waits.
func (p *putter) close() {
	p.once.Do(func() {
		close(p.quit)
		p.wg.Wait()
		close(p.ended)
	})
}

func (p *putter) do(ctx context.Context, n *newEvent) (adapters.Stored, error) {
	if err := ctx.Err(); err != nil { // the queue may be as ready as the context
		return adapters.Stored{}, err
	}
	r := &putRequest{n: n, done: make(chan struct{})}
	select {
	case p.queue <- r:
	case <-p.quit:
		return adapters.Stored{}, ErrClosed
	case <-ctx.Done():
		return adapters.Stored{}, ctx.Err()
	}
	select {
	case <-r.done:
	case <-p.ended:
		select {
		case <-r.done: // answered just before the end
		default:
			return adapters.Stored{}, ErrClosed
		}
	case <-ctx.Done():
		if r.state.CompareAndSwap(requestWaits, requestGivenUp) {
			return adapters.Stored{}, ctx.Err()
		}
		<-r.done
	}
	return r.out, r.err
}

func (p *putter) loop() {
	for {
		select {
		case r := <-p.queue:
			p.collect(r)
		case <-p.quit:
			for {
				select {
				case r := <-p.queue:
					p.collect(r)
				default:
					return
				}
			}
		}
	}
}

func (p *putter) collect(first *putRequest) {
	var batch []*putRequest
	size := 0
	add := func(r *putRequest) {
		if r.state.CompareAndSwap(requestWaits, requestTaken) {
			batch = append(batch, r)
			size += len(r.n.event) + len(r.n.raw)
		}
	}
	add(first)
	for more := true; more && len(batch) < maxPuts && size < maxBytes; {
		select {
		case r := <-p.queue:
			add(r)
		default:
			more = false
		}
	}
	if len(batch) == 0 {
		return
	}
	if err := p.insert(batch); err != nil && len(batch) > 1 {
		for _, r := range batch { // one bad event must not cost the others
			r.err = p.insert([]*putRequest{r})
		}
	} else {
		for _, r := range batch {
			if r.err == nil {
				r.err = err
			}
		}
	}
	for _, r := range batch {
		close(r.done)
	}
}

// insert puts a batch. IGNORE skips what is there already; it would also cut values that are too long,
// which newEvent has excluded.
func (p *putter) insert(batch []*putRequest) error {
	ctx := context.Background()
	var q strings.Builder
	q.WriteString("INSERT IGNORE INTO inbox (" + inboxColumns + ") VALUES ")
	args := make([]any, 0, 10*len(batch))
	for i, r := range batch {
		if i > 0 {
			q.WriteByte(',')
		}
		q.WriteString(eventValues)
		args = append(args, values(r.n.args([]byte(r.n.dedupe)))...)
	}
	var rows int64
	err := retryMySQL(ctx, func() error {
		res, err := p.s.rdb.ExecContext(ctx, q.String(), args...)
		if err == nil {
			rows, err = res.RowsAffected()
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range batch {
		r.out, r.err = r.n.stored(), nil
	}
	if rows == int64(len(batch)) {
		return nil
	}
	for _, r := range batch { // some were there: find out which
		id := r.out.ID
		found := false
		err := p.s.read(ctx, sqlFindEvent, []any{r.n.connection, []byte(r.n.dedupe)}, func(scan scanFunc) (err error) {
			found = true
			r.out, err = scanStored(scan)
			return err
		})
		switch {
		case err != nil:
			r.err = err
		case !found:
			r.err = errIDTaken
		case r.out.ID == id:
			r.out = r.n.stored()
		}
	}
	return nil
}
