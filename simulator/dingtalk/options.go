package dingtalk

import (
	"log/slog"
	"net/http"
	"time"

	"magpie/simulator"
)

// Transports an app can receive its events and robot messages by. Card callbacks are chosen by each card.
const (
	TransportWebhook = "webhook"
	TransportStream  = "stream"
)

// Options of a simulated tenant. The zero value is a tenant of the sample company with one app that has
// nowhere to deliver to.
type Options struct {
	// Company is who works there; only those with a DingTalk account are taken. Defaults to
	// simulator.SampleCompany with everybody in DingTalk.
	Company *simulator.Company
	// Apps are the internal apps with their robots, the first being the one that a chat of "" means. Defaults
	// to one, "ding-main".
	Apps []App
	// Base is where clients reach Handler, without a trailing slash, such as
	// http://127.0.0.1:8080/sim/dingtalk: /api below it stands for api.dingtalk.com, /oapi for
	// oapi.dingtalk.com. When empty, addresses handed out are made of the request that asks for them.
	Base string
	// Templates are the card templates that the tenant has made, by the id that the card platform gave each
	// (….schema): files in the format of the package comment.
	Templates map[string][]byte
	// StateFile keeps credentials, chats and cards between runs. "" keeps nothing.
	StateFile string
	// Clock defaults to simulator.WallClock.
	Clock simulator.Clock
	// Client delivers to the webhooks; its Timeout should be zero, DingTalk's deadlines are measured by Clock.
	// Defaults to a client of its own.
	Client *http.Client
	// Bus is told what happens. May be nil.
	Bus *simulator.Bus
	// Log defaults to discarding.
	Log *slog.Logger
	// Limits of the edition that the organisation has bought. Zero fields are the standard edition's.
	Limits Limits
}

// Limits are what an edition allows and what the documents leave open. A zero field takes the default, a
// negative one lifts the limit.
type Limits struct {
	PerSecond   int // calls of one API by one app; default 20
	Calls       int // billable calls a month of the whole organisation; default 5000
	Pushes      int // events, robot messages and card callbacks a month; default 3000
	PerPerson   int // robot messages one person takes from one robot in a minute; default 60, unpublished
	ValueBytes  int // of one card variable; default 1024
	NoticesADay int // work notifications of one app to one person; default 500

	// EventAnswer is how long an HTTP event waits for its answer; default 1.5 s. One document says 2.5 s.
	EventAnswer time.Duration
	// RobotAnswer is how long a robot message over HTTP waits; default 5 s, since no document says.
	RobotAnswer time.Duration
	// Redelivery is how long after a stream push that was not acknowledged it comes again, one wait for each
	// time; robot messages and card callbacks use the first only. Default three times 60 s, as seen in the
	// field; the documents are silent.
	Redelivery []time.Duration
}

// App is one internal app with its robot.
type App struct {
	// ID names the connection, as in Magpie's configuration. Defaults to "ding-main".
	ID string
	// Name is the robot's name in chats. Defaults to 鹊桥.
	Name string
	// Transport of events: TransportWebhook (the default) or TransportStream.
	Transport string
	// RobotTransport of robot messages. Defaults to Transport.
	RobotTransport string
	// Webhook is the address for events.
	Webhook string
	// RobotWebhook is the address for robot messages. Defaults to Webhook.
	RobotWebhook string
	// Credentials as an administrator would find them in the console. Nil takes those in StateFile, or makes
	// new ones.
	Credentials *Credentials
	// Scopes the app has been granted, by the names in routes.go; nil is all of them.
	Scopes []string
	// Unavailable lists persons outside the app's visible range: the robot cannot write to them, nor they to it.
	Unavailable []string
	// RedirectURIs are the addresses that a log-in may lead back to; nil is any.
	RedirectURIs []string
	// Unpublished leaves senderStaffId and isAdmin out of robot messages, as before an app's first release.
	Unpublished bool
}

// Credentials of one app.
type Credentials struct {
	ClientID     string `json:"client_id"` // AppKey, and the robot's code
	ClientSecret string `json:"client_secret"`
	AgentID      int64  `json:"agent_id"`
	Token        string `json:"token"`   // of the event subscription, 3 to 32 letters or digits
	AESKey       string `json:"aes_key"` // 43 letters or digits
	UnifiedAppID string `json:"unified_app_id"`
}

func (l *Limits) fill() {
	usual := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	usual(&l.PerSecond, 20)
	usual(&l.Calls, 5000)
	usual(&l.Pushes, 3000)
	usual(&l.PerPerson, 60)
	usual(&l.ValueBytes, 1024)
	usual(&l.NoticesADay, 500)
	if l.EventAnswer == 0 {
		l.EventAnswer = 1500 * time.Millisecond
	}
	if l.RobotAnswer == 0 {
		l.RobotAnswer = 5 * time.Second
	}
	if l.Redelivery == nil {
		l.Redelivery = []time.Duration{time.Minute, time.Minute, time.Minute}
	}
}
