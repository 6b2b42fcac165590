package wecom

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	workconfig "github.com/silenceper/wechat/v2/work/config"
	workcontext "github.com/silenceper/wechat/v2/work/context"

	"github.com/silenceper/wechat/v2/util"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
)

// Contacts, media and log-in go through silenceper/wechat, which knows WeCom's shapes. As it stands, it has one
// HTTP client and one server address for the whole process, calls can't be cancelled, its errors quote the token, and a
// refused token stays in use. So it is given no token at all but a ticket that is good for one call: our transport,
// which it is made to use, exchanges the ticket for that call's connection, with its server address, its token
// and its context.
//
// What it lacks (cards, changes, recalls, chats, whole departments) or does wrongly (callbacks of robots) is ours.

// tickets are the calls that the library is making.
var tickets sync.Map // ticket → *ride

// installed puts our transport in the library's place, once, before its first call.
var installed sync.Once

// ride is one call through the library.
type ride struct {
	ctx   context.Context
	c     *client
	token string
	sent  atomic.Bool // something was written
	code  atomic.Int64
}

// GetAccessToken gives the library the ticket in the token's place.
func (t ticket) GetAccessToken() (string, error) { return string(t), nil }

type ticket string

// library makes one call through the library. f is run once more with a new token if the first is refused.
func (c *client) library(ctx context.Context, op string, reads bool, f func(*workcontext.Context) error) error {
	installed.Do(func() {
		util.DefaultHTTPClient = &http.Client{
			Transport:     libraryTransport{},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	for again := false; ; again = true {
		token, err := c.tokens.Get(ctx)
		if err != nil {
			return apiclient.NoToken(c.cfg.ID, op, err)
		}
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return c.fail(op, adapters.KindTransient, "no random bytes")
		}
		id := ticket(hex.EncodeToString(raw[:]))
		r := &ride{ctx: ctx, c: c, token: token}
		tickets.Store(string(id), r)
		err = f(&workcontext.Context{
			Config: &workconfig.Config{
				CorpID: c.cfg.CorpID, AgentID: strconv.FormatInt(c.cfg.AgentID, 10), Cache: c.cache,
			},
			AccessTokenHandle: id,
		})
		tickets.Delete(string(id))
		if err == nil {
			return nil
		}
		if refusedToken[int(r.code.Load())] {
			c.tokens.Refuse(token)
			if !again {
				continue
			}
		}
		return c.libraryError(op, reads, r, err)
	}
}

// libraryError makes our error of the library's.
func (c *client) libraryError(op string, reads bool, r *ride, err error) error {
	var ours *adapters.Error
	if errors.As(err, &ours) {
		e := *ours
		e.Op = op
		return &e
	}
	var refused *util.CommonError
	if errors.As(err, &refused) {
		return c.refusal(op, apiclient.Reply{Status: http.StatusOK}, status{int(refused.ErrCode), refused.ErrMsg}, r.token)
	}
	kind := adapters.KindTransient
	if r.sent.Load() && !reads {
		kind = adapters.KindUnknown
	}
	// The library's own text quotes addresses and bodies.
	why := "no answer that can be read"
	if r.ctx.Err() != nil {
		why = "no answer in time"
	}
	return c.fail(op, kind, why)
}

// libraryTransport carries the library's calls.
type libraryTransport struct{}

func (libraryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	q := req.URL.Query()
	v, ok := tickets.Load(q.Get("access_token"))
	if !ok || len(q["access_token"]) != 1 {
		return nil, errors.New("a call of the library that nobody asked for")
	}
	r := v.(*ride)
	q.Set("access_token", r.token)
	to, err := url.Parse(r.c.cfg.BaseURL + req.URL.Path)
	if err != nil {
		return nil, errors.New("the server's address can't be read")
	}
	to.RawQuery = q.Encode()
	out := req.Clone(r.ctx)
	out.URL, out.Host = to, to.Host
	r.sent.Store(true)
	// Not the client's Do: its errors quote the address, and it follows redirects.
	resp, err := r.c.transport().RoundTrip(out)
	if err != nil {
		return nil, errors.New("the server can't be reached, or cut the call")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer is cut, or over %d bytes", maxAnswer)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, r.c.fail("library", apiclient.StatusKind(resp.StatusCode), fmt.Sprintf("HTTP %d", resp.StatusCode))
	}
	if st, err := r.c.open("library", http.MethodGet, apiclient.Reply{Status: http.StatusOK, Body: body}); err == nil {
		r.code.Store(int64(st.Code))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// maxAnswer is how large an answer, or a file, may be.
const maxAnswer = 24 << 20

func (c *client) transport() http.RoundTripper {
	if c.api.HTTP != nil && c.api.HTTP.Transport != nil {
		return c.api.HTTP.Transport
	}
	return http.DefaultTransport
}

// kept is the library's cache: values with an end, in memory. Tokens are not in it.
type kept struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]entry
}

type entry struct {
	value any
	ends  time.Time
}

var _ cache.Cache = (*kept)(nil)

// Get gives a value, nil when there is none or it has ended.
func (k *kept) Get(key string) any {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.by[key]
	if !ok || !k.now().Before(e.ends) {
		delete(k.by, key)
		return nil
	}
	return e.value
}

// Set keeps a value for a time. A time of zero or less keeps nothing.
func (k *kept) Set(key string, val any, ttl time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[string]entry{}
	}
	k.by[key] = entry{val, k.now().Add(ttl)}
	return nil
}

// IsExist reports whether Get gives something.
func (k *kept) IsExist(key string) bool { return k.Get(key) != nil }

// Delete forgets a value.
func (k *kept) Delete(key string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.by, key)
	return nil
}
