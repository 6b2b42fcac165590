package feishu

import (
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
)

// What Feishu allows, in one place. Source: "Card JSON 2.0", "Send message", "Frequency control",
// checked 2026-11.
const (
	maxCardBytes    = 28 << 10 // Feishu refuses 30 KB; it counts a little more than we send
	maxCardElements = 180      // Feishu refuses 200
	maxTables       = 5        // table components; tables written in markdown fail from the 4th
	maxColumns      = 50
	maxNested       = 4         // containers inside one another; Feishu refuses the 6th
	maxTextBytes    = 150 << 10 // one text message
	maxInputRunes   = 1000      // one text input
	maxButtonRunes  = 100
	maxUrge         = 200 // people in one urgent call
	maxUUID         = 50  // characters of a send's own key

	updateFor = 14 * 24 * time.Hour // a card may be replaced and pressed
	readFor   = 7 * 24 * time.Hour  // readers of a message may be listed
	sendKey   = time.Hour           // the same key sends at most one message
)

// Capabilities says what Feishu can do.
func (p *Platform) Capabilities() adapters.Capabilities { return capabilities() }

func capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Platform:     Name,
		Transports:   []string{TransportWebhook, TransportWebSocket},
		Answer:       true,
		AnswerBudget: 3 * time.Second,
		Update:       true,
		UpdateFor:    updateFor,
		PressFor:     updateFor,
		LateAnswer:   true,
		Recall:       true,
		Urge:         []card.UrgeLevel{card.UrgeApp, card.UrgeSMS, card.UrgePhone},
		Receipts:     true,
		Directory:    true,
		Groups:       true,
		Chats:        true,
		Reply:        true,
		Login:        true,
		SendKey:      sendKey,
		SendKeyMax:   maxUUID,

		MaxCardBytes:   maxCardBytes,
		MaxElements:    maxCardElements,
		MaxTables:      maxTables,
		MaxColumns:     maxColumns,
		MaxTextBytes:   maxTextBytes,
		MaxButtonRunes: maxButtonRunes,
		Inputs: map[card.InputKind]bool{
			card.InputText: true, card.InputLongText: true, card.InputNumber: true, card.InputSelect: true,
			card.InputMultiSelect: true, card.InputPerson: true, card.InputPeople: true, card.InputDate: true,
			card.InputDateTime: true, card.InputBool: true,
		},
		Budgets: []adapters.Budget{
			{Op: "*", Scope: adapters.PerApp, N: 1000, Every: time.Minute},
			{Op: "*", Scope: adapters.PerApp, N: 50, Every: time.Second},
			{Op: "send", Scope: adapters.PerRecipient, N: 5, Every: time.Second},
			{Op: "update", Scope: adapters.PerMessage, N: 5, Every: time.Second},
		},
	}
}
