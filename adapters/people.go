package adapters

import "magpie/adapters/event"

// Person is one human over all suites, as the store keeps them. Fields come from the suites' directories.
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
	Active     bool
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
	// Full: Accounts and Departments are all there are. Accounts that are not among them have left, and
	// departments that are not among them are gone.
	Full        bool
	Accounts    []LinkedAccount
	Departments []event.Department
	Persons     []Person // new and changed ones
}
