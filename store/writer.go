package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// maxBatch is how many requests share one transaction at most: it bounds how long the first of them waits.
const maxBatch = 256

// linger is how long requests that can wait do so for company while others like them keep coming.
const linger = time.Millisecond

// writer owns the one connection that writes to SQLite. Its goroutine takes all requests that wait and
// runs them in one transaction, together with those that come while it does so; whoever could run now and hand
// in a request is let run first. Nobody with a person waiting waits on a clock for company. Those that can wait
// do, while several of their kind come within linger: a transaction costs the processor as much as ten rows,
// and on a machine that is busy taking events in, a third of its time went into transactions of two. A request that fails before it wrote
// anything is left out of the transaction. When one fails after writing, the transaction is rolled back
// and each of its requests runs again alone.
type writer struct {
	queue    chan *request
	patient  chan *request // those that can wait
	busy     bool          // the last transaction was of several requests
	timer    *time.Timer
	requests sync.Pool
	quit     chan struct{}
	finished chan struct{}
	once     sync.Once
	err      error // of closing; read after finished
	started  sync.WaitGroup
}

// request is one function that waits to be run.
type request struct {
	fn    func(t tx) error
	state atomic.Int32
	err   error
	done  chan struct{}
}

const (
	requestWaits int32 = iota
	requestTaken
	requestGivenUp
)

// newWriter starts the goroutine on conn, which it closes at the end.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		queue: make(chan *request, 4*maxBatch), patient: make(chan *request, 4*maxBatch), timer: time.NewTimer(time.Hour),
		quit: make(chan struct{}), finished: make(chan struct{}),
	}
	w.timer.Stop()
	w.requests.New = func() any { return &request{done: make(chan struct{}, 1)} }
	ready := make(chan error, 1)
	go func() {
		defer close(w.finished)
		// The driver's own connection is used directly: this goroutine is its only user for as long as
		// the store is open, so the locks of database/sql would be for nothing.
		err := conn.Raw(func(dc any) error {
			t, err := newLiteTx(dc)
			ready <- err
			if err != nil {
				return err
			}
			defer t.close()
			w.loop(t)
			return nil
		})
		w.err = errors.Join(err, conn.Close(), db.Close())
	}()
	if err := <-ready; err != nil {
		<-w.finished
		return nil, err
	}
	return w, nil
}

// do runs fn in a transaction and returns after it is on disk. When ctx ends before the request was
// taken up nothing is written; once it was, do waits for its outcome.
func (w *writer) do(ctx context.Context, fn func(t tx) error) error {
	return w.submit(ctx, w.queue, fn)
}

// doPatient is do for a caller who does not mind a moment more: see linger.
func (w *writer) doPatient(ctx context.Context, fn func(t tx) error) error {
	return w.submit(ctx, w.patient, fn)
}

func (w *writer) submit(ctx context.Context, queue chan<- *request, fn func(t tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := w.requests.Get().(*request)
	r.fn, r.err = fn, nil
	r.state.Store(requestWaits)
	select {
	case queue <- r:
	case <-w.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-w.finished:
		select {
		case <-r.done: // answered just before the end
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		if r.state.CompareAndSwap(requestWaits, requestGivenUp) {
			return ctx.Err()
		}
		<-r.done
	}
	err := r.err
	r.fn = nil
	w.requests.Put(r)
	return err
}

// close carries out what waits and ends the goroutine. It may be called more than once.
func (w *writer) close() error {
	w.once.Do(func() { close(w.quit) })
	<-w.finished
	return w.err
}

func (w *writer) loop(t *liteTx) {
	batch := make([]*request, 0, maxBatch)
	for {
		batch = batch[:0]
		select {
		case r := <-w.queue:
			batch = append(batch, r)
		case r := <-w.patient:
			batch = w.linger(append(batch, r))
		case <-w.quit:
			if batch = w.drain(batch); len(batch) == 0 {
				return
			}
		}
		w.run(t, w.gather(batch))
	}
}

// linger waits for more while there are many, until somebody comes who can't wait.
func (w *writer) linger(batch []*request) []*request {
	if !w.busy && len(w.patient) == 0 {
		return batch
	}
	w.timer.Reset(linger)
	defer w.timer.Stop()
	select {
	case r := <-w.queue:
		return append(batch, r)
	case <-w.timer.C:
	case <-w.quit:
	}
	return batch
}

// gather adds what waits, after those who are about to hand in a request had their turn on this processor:
// a commit costs as much for one as for all.
func (w *writer) gather(batch []*request) []*request {
	runtime.Gosched()
	return w.drain(batch)
}

// drain adds what waits already.
func (w *writer) drain(batch []*request) []*request {
	for len(batch) < maxBatch {
		select {
		case r := <-w.queue:
			batch = append(batch, r)
			continue
		default:
		}
		select {
		case r := <-w.patient:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// run carries out a batch, and what joins it, and answers all.
func (w *writer) run(t *liteTx, batch []*request) {
	taken := take(batch[:0], batch)
	if len(taken) == 0 {
		return
	}
	taken, ok := w.together(t, taken)
	w.busy = len(taken) > 1
	if !ok {
		for _, r := range taken {
			w.alone(t, r)
		}
	}
	for _, r := range taken {
		r.done <- struct{}{}
	}
}

// take adds the requests whose callers still wait.
func take(to, from []*request) []*request {
	for _, r := range from {
		if r.state.CompareAndSwap(requestWaits, requestTaken) {
			to = append(to, r)
		}
	}
	return to
}

// together runs all requests in one transaction, and those that come meanwhile. False: it was rolled back,
// each must run alone.
func (w *writer) together(t *liteTx, batch []*request) (all []*request, ok bool) {
	if err := t.begin(); err != nil {
		for _, r := range batch {
			r.err = err
		}
		return batch, true
	}
	for i := 0; i < len(batch); i++ {
		r := batch[i]
		t.dirty = false
		if r.err = protect(t, r.fn); r.err != nil && t.dirty {
			t.rollback()
			return batch, false
		}
		if i == len(batch)-1 && len(batch) < maxBatch {
			more := len(batch)
			batch = take(batch, w.gather(batch)[more:])
		}
	}
	if err := t.commit(); err != nil {
		// Also those that were left out: what they saw may have been the others' writes.
		t.rollback()
		for _, r := range batch {
			r.err = err
		}
	}
	return batch, true
}

func (w *writer) alone(t *liteTx, r *request) {
	if r.err = t.begin(); r.err != nil {
		return
	}
	if r.err = protect(t, r.fn); r.err == nil {
		r.err = t.commit()
	}
	if r.err != nil {
		t.rollback()
	}
}

// protect turns a panic into an error, so that it does not end the goroutine that everybody waits for.
func protect(t *liteTx, fn func(t tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.dirty = true
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(t)
}
