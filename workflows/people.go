package workflows

import (
	"context"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Person is one human, over all suites.
type Person struct {
	ID         string // stable, what YAML names: "li.lei"
	Name       string
	EmployeeNo string
	Email      string
	Mobile     string
	Title      string
	Manager    string   // person id; "" when unknown
	Depts      []string // department ids, primary first
	// Preferred is the connection where they are written to. "" is the first of the configuration that they
	// have an account in.
	Preferred string
	Active    bool
}

// Address is a person's account in one connection.
type Address struct {
	Connection string
	Ref        event.Ref
}

// People is what the engine knows about persons. Implementations answer from our own store, quickly.
type People interface {
	// Resolve answers a Lookup. An error means "could not look", never "nobody".
	Resolve(ctx context.Context, l Lookup) (event.Lookup, error)
	// ByRef finds the person behind an account, ErrNotFound when it is not linked.
	ByRef(ctx context.Context, refs []event.Ref) (Person, error)
	// Person reads one, ErrNotFound.
	Person(ctx context.Context, id string) (Person, error)
	// Addresses lists the accounts that can be written to, the preferred one first.
	Addresses(ctx context.Context, id string) ([]Address, error)
}

// Namer is a People that can tell what there is to name. It is for "did you mean"; the engine does not need it.
type Namer interface {
	// Names lists the names of a kind, sorted, each once: "title" and "group". Groups are NAME and CONNECTION/NAME.
	Names(ctx context.Context, kind string) ([]string, error)
}

// Renderer turns a view into a card. Pure: the same input gives the same card.
type Renderer interface {
	// Render fills the template. The card has no slot, revision or tokens yet; persons carry only ID and Name.
	Render(template string, view any) (card.Card, error)
}

// Roster is one state of the directory over all suites, as the store keeps it.
type Roster struct {
	Rev         int64 // grows with every change
	Persons     []Person
	Accounts    []Account
	Departments []Department
	Aliases     map[string]string // ids of persons who turned out to be others → whom they are
	Proxies     []Proxy           // those that count now or will, the newest first
	Groups      []Group
}

// Group is a user group, a role or a tag as one suite has it.
type Group struct {
	Connection string
	Name       string
	Members    []string // person ids
}

// Proxy is a standing grant: in its window To decides in the place of Of.
type Proxy struct {
	ID    string
	Of    string // person ids
	To    string
	From  time.Time // the window is half open: [From, Until)
	Until time.Time // zero: until it is revoked
	Flows []string  // ids of definitions; empty: all
	Max   string    // decimal; only requests no amount of which is larger; "": any
	Open  bool      // also what was waiting before
	// Actor is who made it, for the record: "person:li.lei", "cli:root@host".
	Actor     string
	CreatedAt time.Time
	RevokedAt time.Time // zero: it was not
}

// MaxProxyHops is how many grants lead from one person to another at most.
const MaxProxyHops = 5

// AwayTask is an instance that waits for somebody whose proxy may take over.
type AwayTask struct {
	Person   string
	Instance string
}

// Account links an id of a suite to a person. A person has several in one connection (open_id, union_id,
// user_id); the one marked Send is written to.
type Account struct {
	Connection string
	Ref        event.Ref
	Person     string
	Send       bool
}

// Department is a department as one suite has it.
type Department struct {
	ID         string // unique over connections: "<connection>/<vendor id>"
	Connection string
	Name       string
	Parent     string   // ID, "" at the root
	Leads      []string // person ids
	Members    []string // person ids, direct ones
}
