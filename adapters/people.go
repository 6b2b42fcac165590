package adapters

import (
	"errors"

	"magpie/adapters/event"
)

// Person is one human over all suites, as the store keeps them. Fields come from the suites' directories,
// but for Manager, Preferred and MergedInto, which a change of the directory never touches.
type Person struct {
	ID         string // stable, what YAML names: "li.lei"
	Name       string
	EmployeeNo string
	Email      string // lower case
	Mobile     string // digits with country code
	Title      string
	Manager    string // person id, set by an administrator; "" leaves it to what the accounts say
	Preferred  string // connection that the person wants to be written in; "" is the configuration's order
	Source     string // connection that the fields came from
	Active     bool   // false: none of their accounts is left
	MergedInto string // person id: this one turned out to be somebody else, and is only a name for them
}

// LinkedAccount is an account and the person it belongs to.
type LinkedAccount struct {
	event.Account
	Person   string // "" while it is linked to nobody
	Conflict string // why it could not be linked, for operators; "" when nothing is wrong
}

// People is a change of the directory of one connection: what one pull, or one event, comes to.
type People struct {
	Connection string
	// Since is the revision of the KnownPeople that the change was worked out from. 0: it is right whatever
	// was there.
	Since int64
	// Full: Accounts and Departments are all there are. Accounts that are not among them have left, and
	// departments that are not among them are gone.
	Full        bool
	Accounts    []LinkedAccount
	Gone        []event.Ref // accounts that have left, or go by another id now
	Departments []event.Department
	Persons     []Person // new and changed ones
	// Groups are all the groups there are, where GroupsRead is set; else those that are known stay.
	Groups     []event.UserGroup
	GroupsRead bool
}

// KnownPeople is what the store holds before a change.
type KnownPeople struct {
	Rev      int64 // of the directory; grows with every change
	Persons  []Person
	Accounts []KnownAccount
}

// KnownAccount is one id of one account: an account with three ids is there three times.
type KnownAccount struct {
	Connection string
	Account    string // id of the account's first ref: the same on all its ids
	Ref        event.Ref
	Person     string // "" while it is linked to nobody
	Pinned     bool   // linked, or kept from being linked, by a person: no key changes that
	Left       bool
}

// ErrPeopleMoved: the directory has changed since the revision that a change was worked out from. Work it
// out again.
var ErrPeopleMoved = errors.New("people have changed meanwhile")
