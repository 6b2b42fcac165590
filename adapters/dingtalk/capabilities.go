package dingtalk

import (
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
)

// What DingTalk allows, in one place. Source: "Interactive cards", "Robot message types", "DING",
// "Call frequency limits", checked 2026-08.
const (
	maxValue      = 1 << 10  // bytes of one variable of a card
	maxPayload    = 96 << 10 // bytes of all of them; DingTalk refuses 100 KB
	maxMsgParam   = 14_000   // bytes of a robot message; DingTalk refuses 15,000 in groups
	maxTextBytes  = 12_000   // bytes of a text message, which is escaped once more on its way
	maxWorkNotice = 2000     // bytes of a work notification; DingTalk refuses 2,048
	maxTrackID    = 100      // characters of our key of a card
	maxBatch      = 20       // receivers of one message
	maxDing       = 200      // receivers of a DING in the app; by short message and phone 20
	maxDingPaid   = 20
	maxLinks      = 5 // buttons of an ActionCard

	readFor   = 24 * time.Hour // readers may be asked for, messages taken back
	month     = 31 * 24 * time.Hour
	perSecond = 18 // DingTalk takes 20 of one interface
)

// Capabilities says what this connection can do: with our card templates more than without.
func (p *Platform) Capabilities() adapters.Capabilities {
	caps := adapters.Capabilities{
		Platform:     Name,
		Transports:   []string{TransportWebhook, TransportStream},
		Recall:       true,
		Urge:         []card.UrgeLevel{card.UrgeApp, card.UrgeSMS, card.UrgePhone},
		Receipts:     true,
		Directory:    true,
		Groups:       true,
		Login:        true,
		Chats:        p.cfg.SceneTemplate != "",
		MaxCardBytes: maxMsgParam + 100, // the message type stands beside
		MaxTextBytes: maxTextBytes,
		Budgets: []adapters.Budget{
			{Op: "*", Scope: adapters.PerApp, N: perSecond, Every: time.Second},
			{Op: "*", Scope: adapters.PerRecipient, N: 5, Every: time.Second},
		},
	}
	if p.cfg.MonthlyCalls > 0 {
		// A fifth may go at once, the rest over the month. What is really left, the meter says: see Usage.
		caps.Budgets = append(caps.Budgets, adapters.Budget{Op: "*", Scope: adapters.PerApp, N: p.cfg.MonthlyCalls, Every: month})
	}
	if len(p.cfg.Templates) == 0 {
		return caps
	}
	// A card can be pressed and changed for as long as anybody knows.
	caps.Answer, caps.AnswerBudget, caps.Update = true, answerBudget, true
	caps.MaxCardBytes = maxPayload
	caps.MaxButtons = maxButtons
	if _, ok := p.cfg.Templates[templateForm]; ok {
		caps.Inputs = map[card.InputKind]bool{}
		for kind := range inputSlots {
			caps.Inputs[kind] = true
		}
	}
	return caps
}
