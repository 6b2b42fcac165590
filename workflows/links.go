package workflows

import (
	"errors"
	"time"

	"magpie/adapters/event"
)

// LinkedBy says who linked an account to a person.
type LinkedBy string

const (
	LinkedByKeys  LinkedBy = ""      // employee number, e-mail or mobile number
	LinkedByAdmin LinkedBy = "admin" // also: kept from being linked
	LinkedByCode  LinkedBy = "code"  // the person, with a code from another suite
)

// Link ties an account to a person, whatever its keys say, until somebody decides otherwise.
type Link struct {
	Connection string
	Account    string   // any id of the account
	Person     string   // "" keeps it from being linked to anybody
	By         LinkedBy // not LinkedByKeys
	Actor      string   // who decided, for the record: "cli:root@host", "person:li.lei"
	// Careful refuses what would make two persons one who are two by what the directories say: ErrTwoPersons.
	Careful bool
}

// Linked says what a Link came to.
type Linked struct {
	Connection string `json:"connection"`
	Account    string `json:"account"`
	Person     string `json:"person"`
	Before     string `json:"before"` // whom it was linked to
	// Merged: the person before had no other account, and is from now on another name for the person.
	Merged bool `json:"merged"`
	// Gone: the person before has no account left.
	Gone bool `json:"gone"`
}

// ErrTwoPersons: the directories say that these are two.
var ErrTwoPersons = errors.New("the directories say that these are two persons")

// Code is a one-time code for linking an account of one suite to a person of another, as it is kept.
type Code struct {
	ID         string // digest of the code, hex
	Connection string // whose account asked for it
	Account    string
	Person     string // theirs; "" when the account is linked to nobody
	ExpiresAt  time.Time
	UsedBy     string // "connection/account"; "" while it was not used
}

// LeftTask is an instance that waits for somebody who is no longer there.
type LeftTask struct {
	Person   string
	Instance string
}

// AccountOf is the account that an event comes from: its connection and the app's own id.
func AccountOf(ev event.Event) (connection, account string) {
	if refs := ev.Actor.Refs(); len(refs) > 0 {
		return ev.Connection, refs[0].ID
	}
	return ev.Connection, ""
}
