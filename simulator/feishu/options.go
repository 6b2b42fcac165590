package feishu

import (
	"log/slog"
	"net/http"

	"magpie/simulator"
)

// Transports an app can receive its events by.
const (
	TransportWebhook   = "webhook"
	TransportWebsocket = "websocket"
)

// Options of a simulated tenant. The zero value is a tenant of the sample company with one bot that has
// nowhere to deliver to.
type Options struct {
	// Company is who works there. Defaults to simulator.SampleCompany.
	Company *simulator.Company
	// Apps are the bots, the first being the one that a chat of "" means. Defaults to one, "feishu-main".
	Apps []App
	// Base is where clients reach Handler, without a trailing slash, such as http://127.0.0.1:8080/sim/feishu.
	// When empty, the long connection's address is made of the request that asks for it.
	Base string
	// StateFile keeps credentials and chats between runs. "" keeps nothing.
	StateFile string
	// Clock defaults to simulator.WallClock.
	Clock simulator.Clock
	// Client delivers to the webhooks; its Timeout should be zero, the 3 s of Feishu are measured by Clock.
	// Defaults to a client of its own.
	Client *http.Client
	// Bus is told what happens. May be nil.
	Bus *simulator.Bus
	// Log defaults to discarding.
	Log *slog.Logger
}

// App is one self-built app with its bot.
type App struct {
	// ID names the connection, as in Magpie's configuration. Defaults to "feishu-main".
	ID string
	// Name is the bot's name in chats. Defaults to 鹊桥.
	Name string
	// Transport is TransportWebhook (the default) or TransportWebsocket.
	Transport string
	// Webhook is the request address for events and for card callbacks.
	Webhook string
	// Credentials as an administrator would find them in the console. Nil takes those in StateFile, or makes
	// new ones.
	Credentials *Credentials
	// Plain leaves the encrypt key out when credentials are made: callbacks go out in the clear, unsigned.
	Plain bool
	// Scopes the app has been granted; nil is all of them.
	Scopes []string
	// AllGroupMessages delivers everything said in a group, not only what mentions the bot.
	AllGroupMessages bool
	// Unavailable lists persons outside the app's range of availability.
	Unavailable []string
	// RedirectURIs are the addresses that a log-in may lead back to, letter by letter; nil is any.
	RedirectURIs []string
}

// Credentials of one app. EncryptKey may be empty.
type Credentials struct {
	AppID             string `json:"app_id"`
	AppSecret         string `json:"app_secret"`
	EncryptKey        string `json:"encrypt_key"`
	VerificationToken string `json:"verification_token"`
}
