package wecom

import (
	"log/slog"
	"net/http"

	"magpie/simulator"
)

// Ways in which a smart robot can receive. Apps know TransportWebhook only.
const (
	TransportWebhook   = "webhook"
	TransportWebsocket = "websocket"
)

// Where an administrator may have put the employee numbers. WeCom has no field of that name.
const (
	NumberInExtAttr = "extattr" // an extended attribute named 工号
	NumberInUserID  = "userid"  // the userid is the number
	NumberInAlias   = "alias"
)

// Options of a simulated corp. The zero value is a corp of the sample company with one app that has nowhere
// to deliver to.
type Options struct {
	// Company is who works there. Defaults to simulator.SampleCompany.
	Company *simulator.Company
	// Apps are the self-built apps, the first being the one that a chat of "" means. Defaults to one,
	// "wecom-main".
	Apps []App
	// Robots are the smart robots; they are in every group of the company. Defaults to none.
	Robots []Robot
	// Pushes are the group pushes (message push, formerly group robots). Defaults to none.
	Pushes []Push
	// Contacts is the contact-sync assistant, which contact changes are told to.
	Contacts Contacts
	// Numbers is where the employee numbers are: NumberInExtAttr (the default), NumberInUserID or
	// NumberInAlias.
	Numbers string
	// Accounts is the number of accounts that the corp may have; 200 times as many messages to persons can be
	// sent a day by one app. Defaults to 1000.
	Accounts int
	// Base is where clients reach Handler, without a trailing slash, such as http://127.0.0.1:8080/sim/wecom.
	// When empty, addresses in callbacks are left relative to nothing and start with /.
	Base string
	// StateFile keeps credentials and conversations between runs. "" keeps nothing.
	StateFile string
	// Clock defaults to simulator.WallClock.
	Clock simulator.Clock
	// Client delivers to the callbacks; its Timeout should be zero, the 5 s of WeCom are measured by Clock.
	// Defaults to a client of its own.
	Client *http.Client
	// Bus is told what happens. May be nil.
	Bus *simulator.Bus
	// Log defaults to discarding.
	Log *slog.Logger
}

// App is one self-built app.
type App struct {
	// ID names the connection, as in Magpie's configuration. Defaults to "wecom-main".
	ID string
	// Name is the app's name. Defaults to 鹊桥.
	Name string
	// Webhook is the callback address. An app without one can't send cards that call back.
	Webhook string
	// Credentials as an administrator would find them in the console. Nil takes those in StateFile, or makes
	// new ones.
	Credentials *Credentials
	// Unavailable lists persons outside the app's visible range.
	Unavailable []string
	// TrustedIPs are the only addresses that the app may call from; nil is all.
	TrustedIPs []string
	// TrustedDomain is the host (with the port if it isn't the usual one) that sign-ins may return to; "" is any.
	TrustedDomain string
	// Veteran apps were made before 2022-06-20: they see phone numbers, mail addresses and the like.
	Veteran bool
	// HonorCardReplies lets a passive reply to template_card_event change the card. The documents disagree on
	// it; by default it is ignored.
	HonorCardReplies bool
}

// Robot is one smart robot.
type Robot struct {
	// ID names the connection. Required.
	ID string
	// Name is what groups call it. Defaults to 鹊桥.
	Name string
	// Transport is TransportWebhook (the default) or TransportWebsocket.
	Transport string
	// Webhook is the callback address.
	Webhook string
	// Credentials; nil takes those in StateFile, or makes new ones.
	Credentials *RobotCredentials
	// Sealed robots were made by somebody who is no super administrator: callbacks carry encrypted userids,
	// which an app can have converted.
	Sealed bool
}

// Push is a message push into one group.
type Push struct {
	// ID is ours. Required.
	ID string
	// Name is what the group sees. Defaults to 消息推送.
	Name string
	// Group is the id of one of the company's groups. Required.
	Group string
	// Key is the secret in its address; "" takes that in StateFile, or makes a new one.
	Key string
}

// Contacts is the contact-sync assistant.
type Contacts struct {
	// Webhook is its callback address. Its token and key are those of the first app unless given, as an
	// administrator may well enter them.
	Webhook string
	// Credentials; nil makes a secret and takes the first app's token and key. AgentID is not used.
	Credentials *Credentials
}

// Credentials of one app.
type Credentials struct {
	AgentID        int    `json:"agent_id"`
	Secret         string `json:"secret"`
	Token          string `json:"token"`
	EncodingAESKey string `json:"encoding_aes_key"`
}

// RobotCredentials of one smart robot: id and secret for the long connection, token and key for callbacks.
type RobotCredentials struct {
	BotID          string `json:"bot_id"`
	Secret         string `json:"secret"`
	Token          string `json:"token"`
	EncodingAESKey string `json:"encoding_aes_key"`
}
