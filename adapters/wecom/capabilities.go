package wecom

import (
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
)

// What WeCom does later than at once. Source: WeCom developer documents, "Send application messages" (path
// 90236), "Update template cards" (94888), "Recall" (94867), checked 2026-11.
const (
	updateFor = codeFor        // of the code that the send gave; each press gives a new one
	recallFor = 24 * time.Hour // after sending
	sendKey   = 4 * time.Hour  // the longest that WeCom looks for a repetition of the same request
)

// Capabilities says what WeCom can do for this connection: an app and a robot differ.
func (p *Platform) Capabilities() adapters.Capabilities {
	if p.cfg.Kind == KindRobot {
		return robotCapabilities(p.cfg.Transport == TransportWebSocket)
	}
	return appCapabilities()
}

// appCapabilities are those of an app. There is no answer to a press, no read state, no answer to a message.
// Messages over a person's limit are dropped while the call succeeds, so the budgets are all there is
// against it.
func appCapabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Platform:   Name,
		Transports: []string{TransportWebhook},
		Update:     true,
		UpdateFor:  updateFor,
		Recall:     true,
		Directory:  true,
		Groups:     true,
		Login:      true,
		Chats:      true,
		SendKey:    sendKey,
		SendKeyMax: maxKeyRunes,

		MaxTextBytes:   maxText,
		MaxButtons:     maxButtons + maxMenu,
		MaxButtonRunes: maxButton,
		Inputs:         map[card.InputKind]bool{card.InputSelect: true, card.InputMultiSelect: true, card.InputBool: true},
		Budgets: []adapters.Budget{
			{Op: "send", Scope: adapters.PerRecipient, N: 30, Every: time.Minute},
			{Op: "send", Scope: adapters.PerRecipient, N: 1000, Every: time.Hour},
			{Op: "*", Scope: adapters.PerApp, N: 10_000, Every: time.Minute},
			{Op: "*", Scope: adapters.PerApp, N: 150_000, Every: time.Hour},
		},
	}
}

// maxKeyRunes is how long a message's key may be: it is digested, so any length will do.
const maxKeyRunes = 0

// robotCapabilities are those of a smart robot. What it shows can be changed only in the answer to a press.
func robotCapabilities(socket bool) adapters.Capabilities {
	c := appCapabilities()
	c.Update, c.UpdateFor, c.Recall, c.Directory, c.Chats, c.Login = false, 0, false, false, false, false
	c.SendKey, c.SendKeyMax = 0, 0
	c.Answer, c.AnswerBudget = true, answerBudget
	c.MaxTextBytes = maxRobotText
	c.Transports = []string{TransportWebhook, TransportWebSocket}
	c.Budgets = []adapters.Budget{
		{Op: "send", Scope: adapters.PerRecipient, N: 30, Every: time.Minute},
		{Op: "send", Scope: adapters.PerRecipient, N: 1000, Every: time.Hour},
	}
	return c
}
