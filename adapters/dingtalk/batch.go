package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"magpie/adapters"
)

// batches puts messages of the same words together: while one is on its way, those that come go into the next,
// up to 20 receivers in one call. Nobody waits for more of them to come.
type batches struct {
	mu   sync.Mutex
	last map[string]*batchOf // by content: the newest that is waiting or on its way
}

// batchOf is one call.
type batchOf struct {
	users  []string
	closed bool // on its way, or full
	done   chan struct{}
	out    sentBatch
	err    error
}

// send sends a message to one person and gives its key. shared says that others got the same message.
func (b *batches) send(ctx context.Context, p *Platform, msgKey, msgParam, user string) (key string, shared bool, err error) {
	content := msgKey + "\x00" + msgParam
	own, prev, first := b.join(content, user)
	if first {
		go b.run(context.WithoutCancel(ctx), p, content, msgKey, msgParam, own, prev)
	}
	return own.wait(ctx, p, user)
}

// join puts a receiver into the batch that is not on its way yet, or into a new one, which they are the first of:
// it leaves after prev.
func (b *batches) join(content, user string) (own, prev *batchOf, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last == nil {
		b.last = map[string]*batchOf{}
	}
	prev = b.last[content]
	if prev != nil && !prev.closed && !slices.Contains(prev.users, user) {
		prev.users = append(prev.users, user)
		prev.closed = len(prev.users) == maxBatch
		return prev, nil, false
	}
	own = &batchOf{users: []string{user}, done: make(chan struct{})}
	b.last[content] = own
	return own, prev, true
}

// run makes the call of a batch, after the one before it. Its context ends with no single caller's: others
// wait for it too.
func (b *batches) run(ctx context.Context, p *Platform, content, msgKey, msgParam string, own, prev *batchOf) {
	if prev != nil {
		<-prev.done
	}
	ctx, cancel := context.WithTimeout(ctx, adapters.CallTimeout)
	defer cancel()
	b.mu.Lock()
	own.closed = true
	b.mu.Unlock()
	own.out, own.err = p.batch(ctx, msgKey, msgParam, own.users)
	b.mu.Lock()
	if b.last[content] == own {
		delete(b.last, content)
	}
	b.mu.Unlock()
	close(own.done)
}

// wait gives one receiver's share of what became of a batch.
func (o *batchOf) wait(ctx context.Context, p *Platform, user string) (string, bool, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		return "", false, p.unknown(opSend, ctx.Err())
	}
	switch {
	case o.err != nil:
		return "", false, o.err
	case slices.Contains(o.out.Invalid, user):
		return "", false, p.notFound(opSend, errors.New("not a person whom the robot may write to: has left, or is outside of what the app is open to"))
	case slices.Contains(o.out.Throttle, user):
		return "", false, &adapters.Error{Connection: p.cfg.ID, Op: opSend, Kind: adapters.KindRateLimited, RetryAfter: retryAfter("410100"),
			Err: errors.New("DingTalk has throttled what this person gets")}
	case slices.Contains(o.out.Filtered, user):
		return "", false, &adapters.Error{Connection: p.cfg.ID, Op: opSend, Kind: adapters.KindForbidden, Err: fmt.Errorf("DingTalk has filtered this person out")}
	}
	return o.out.Key, len(o.users) > 1, nil
}
