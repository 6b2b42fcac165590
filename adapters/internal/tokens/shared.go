package tokens

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Shared is where processes keep a token together: see adapters.Shared.
type Shared interface {
	Get(ctx context.Context, name string) ([]byte, error)
	Swap(ctx context.Context, name string, old, value []byte) (bool, error)
}

const (
	// leaseLife is how long others wait for who fetches: a fetch, and a little. A lease that lasts longer than this
	// was taken by a clock that is wrong, and counts for nothing: at worst a token is fetched twice.
	leaseLife = 20 * time.Second
	// look is how often it is looked whether they are done, patience for how long: whoever has died meanwhile must
	// not keep all others waiting until the lease ends.
	look     = 200 * time.Millisecond
	patience = 5 * time.Second
	// askTime bounds one question to the database: without it each process fetches its own.
	askTime = 3 * time.Second
)

// share is one token that several processes use.
type share struct {
	with Shared
	name string
	me   string
	seal cipher.AEAD
}

// Share has the processes on one database use one token: one of them fetches, the others take what it got. name
// says whose token it is; secret is that of the app, from which the key is derived that the token is sealed with:
// who reads the database learns nothing. Another secret is another token. A nil with changes nothing.
func (o Options) Share(with Shared, name, secret string) Options {
	if with == nil {
		return o
	}
	derive := func(use string) []byte {
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte("magpie token " + use + " " + name))
		return m.Sum(nil)
	}
	b, err := aes.NewCipher(derive("key"))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	var me [9]byte
	_, _ = rand.Read(me[:]) // never fails
	o.share = &share{with: with, name: "token/" + name + "/" + hex.EncodeToString(derive("name")[:6]), me: hex.EncodeToString(me[:]), seal: a}
	return o
}

// record is what the processes know about the token.
type record struct {
	Value   string    `json:"value,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Renew   time.Time `json:"renew,omitzero"` // from when on a new one is fetched
	Holder  string    `json:"holder,omitempty"`
	Until   time.Time `json:"until,omitzero"` // end of the holder's lease
}

// read gives the record, and its bytes to swap it by. One that can't be opened is as good as none.
func (s *share) read(ctx context.Context) (r record, raw []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	raw, err = s.with.Get(ctx, s.name)
	if n := s.seal.NonceSize(); err == nil && len(raw) > n {
		if b, err := s.seal.Open(nil, raw[:n], raw[n:], []byte(s.name)); err != nil || json.Unmarshal(b, &r) != nil {
			r = record{}
		}
	}
	return r, raw, err
}

// write swaps the record. Sealed twice, the same record is not the same bytes.
func (s *share) write(ctx context.Context, old []byte, r record) (raw []byte, ok bool, err error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, false, err
	}
	nonce := make([]byte, s.seal.NonceSize(), s.seal.NonceSize()+len(b)+s.seal.Overhead())
	_, _ = rand.Read(nonce) // never fails
	raw = s.seal.Seal(nonce, nonce, b, []byte(s.name))
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	ok, err = s.with.Swap(ctx, s.name, old, raw)
	return raw, ok, err
}

// obtain gives a token other than the refused one: what another process has fetched, or a new one. look again
// at the time that it gives, if that is not zero. Whatever is wrong with the database, a token is had.
func (s *Source) obtain(ctx context.Context, refused string) (t Token, again time.Time, err error) {
	sh := s.opt.share
	if sh == nil {
		t, err = s.fetch(ctx)
		return t, again, err
	}
	for waited := time.Duration(0); ; {
		r, raw, err := sh.read(ctx)
		if err != nil || waited >= patience {
			t, err = s.fetch(ctx)
			return t, again, err
		}
		now := s.opt.Now()
		good := r.Value != "" && r.Value != refused && now.Before(r.Expires)
		busy := r.Holder != "" && r.Holder != sh.me && now.Before(r.Until) && r.Until.Sub(now) <= leaseLife
		switch {
		case good && now.Before(r.Renew):
			return Token{r.Value, r.Expires}, r.Renew, nil
		case good && busy: // it is being replaced, and does until then
			return Token{r.Value, r.Expires}, r.Until, nil
		case busy:
			pause(ctx, look)
			waited += look
			continue
		}
		leased, ok, err := sh.write(ctx, raw, record{r.Value, r.Expires, r.Renew, sh.me, now.Add(leaseLife)})
		if err == nil && !ok {
			waited += look // somebody else was faster, and fetches now
			continue
		}
		t, ferr := s.fetch(ctx)
		if err != nil {
			return t, again, ferr
		}
		// Whoever waits must not wait for the end of the lease, whatever became of our own time.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		if ferr != nil || t.Value == "" {
			_, _, _ = sh.write(after, leased, record{Value: r.Value, Expires: r.Expires, Renew: r.Renew})
			return t, again, ferr
		}
		_, _, _ = sh.write(after, leased, record{Value: t.Value, Expires: t.Expires, Renew: s.renewal(t, s.opt.Now())})
		return t, again, nil
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
