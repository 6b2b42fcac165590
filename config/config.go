package config

import "time"

// Config is magpie.yaml, decoded and checked, with secrets resolved. It is immutable.
type Config struct {
	Server      Server
	Store       Store
	Connections []Connection
	People      People
	Calendar    Calendar
	Workflows   string // folder, absolute
	Templates   string // folder, absolute; "" when there is none
	Audit       Audit
	Limits      map[string]Limits // by connection id; lower than the vendors', never higher
	Dir         string            // folder of the file: relative paths start here
	Revision    string            // hash over magpie.yaml, workflows and templates: shown on every record made under it
}

// Server is how we are reached.
type Server struct {
	Addr      string
	PublicURL string
	Timezone  string // IANA; "" is Asia/Shanghai
	Location  *time.Location
}

// Store is where state is kept.
type Store struct {
	Driver string // sqlite or mysql
	DSN    Secret // may hold a password
}

// Connection is one app in one tenant. Settings is the whole mapping, for the adapter to decode.
type Connection struct {
	ID        string
	Suite     string
	Transport string
	Settings  *Node
}

// People is how accounts become persons.
type People struct {
	LinkBy []string // employee_no, email, mobile
	Roles  map[string][]string
	OnCall map[string]OnCall
	Node   *Node // where it stands in the file, for what only shows with the people at hand; never nil
	Sync   time.Duration
	// Leavers is who takes over what waits for somebody who has left: "manager", with those above them and
	// role:admin after them, or "admin", with the managers after role:admin.
	Leavers string
}

// Calendar is when people work.
type Calendar struct {
	Country    string
	WorkStart  time.Duration // since midnight
	WorkEnd    time.Duration
	LunchStart time.Duration // LunchStart == LunchEnd: no lunch break
	LunchEnd   time.Duration
	QuietStart time.Duration
	QuietEnd   time.Duration
	Holidays   []string // files, absolute; the shipped years are there without
}

// Audit is where the heads of the trail go that prove it.
type Audit struct {
	Heads string // file, absolute; "" is none
	Tell  string // person id; "" is nobody
}

// Limits lowers a vendor's budgets.
type Limits struct {
	PerMinute    int
	PerSecond    int
	PerRecipient int // a second
}
