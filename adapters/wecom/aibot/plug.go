// Package aibot holds the long connection of a smart robot (智能机器人): a socket that we open, over which WeCom
// sends as plain JSON what it would otherwise post encrypted to an address.
//
// A robot has one connection: a new one ends the old, which is told so first. Two processes that both reconnected
// at once would throw each other out for ever, so that the one that was replaced stays away for a while.
// What comes is not acknowledged and not repeated, a press above all: what the store does not take at once is tried again
// here.
package aibot

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/adapters/wecom"
)

const (
	heartbeat    = 30 * time.Second
	silence      = 100 * time.Second // three heartbeats without a word: the connection is gone, however open it looks
	maxMessage   = 4 << 20           // bytes of one frame
	writeTimeout = 10 * time.Second
	dialTimeout  = 15 * time.Second
	askTimeout   = 10 * time.Second
	firstWait    = 250 * time.Millisecond // what is said while no connection stands is lost
	longestWait  = time.Minute
	standby      = 5 * time.Minute // after another connection took our place
	storeFor     = 20 * time.Second
	maxHandlers  = 32
)

// Listener is the long connection of one robot. It implements wecom.Robot.
type Listener struct {
	o      wecom.Socket
	dialer *websocket.Dialer
	// How long to wait, shorter in tests.
	beat, standby, wait time.Duration
	random              func(time.Duration) time.Duration

	mu   sync.Mutex
	busy bool
	live *session // the connection that is subscribed, nil between two
}

var (
	_ wecom.Robot       = (*Listener)(nil)
	_ wecom.NewListener = Plug
)

// Plug makes the long connection of a robot: wecom.Factory(wecom.WithListener(aibot.Plug)). It does no I/O.
func Plug(s wecom.Socket) wecom.Robot { return New(s) }

// New is Plug, with the type told.
func New(s wecom.Socket) *Listener {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	l := &Listener{o: s, beat: heartbeat, standby: standby, wait: firstWait, random: func(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }}
	l.dialer = &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTimeout}
	if s.HTTP != nil {
		if t, ok := s.HTTP.Transport.(*http.Transport); ok {
			l.dialer.Proxy, l.dialer.NetDialContext = t.Proxy, t.DialContext
			if t.TLSClientConfig != nil {
				l.dialer.TLSClientConfig = t.TLSClientConfig.Clone()
				l.dialer.TLSClientConfig.NextProtos = nil // a socket is upgraded from HTTP/1.1
			}
		}
	}
	return l
}

// host is where the socket leads, for the log.
func (l *Listener) host() string {
	if u, err := url.Parse(l.o.URL); err == nil {
		return u.Host
	}
	return "?"
}
