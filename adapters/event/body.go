package event

import "time"

// Message is text and attachments that somebody wrote.
type Message struct {
	Ref      Ref     `json:"ref"`
	Text     string  `json:"text"` // plain, placeholders of mentions replaced by names, the bot's own mention removed
	Parts    []Part  `json:"parts,omitempty"`
	Mentions []Actor `json:"mentions,omitempty"` // without the bot itself
	ToAll    bool    `json:"to_all,omitempty"`   // @everyone
	ReplyTo  *Ref    `json:"reply_to,omitempty"`
	Root     *Ref    `json:"root,omitempty"`
}

// PartKind tells what a Part is.
type PartKind string

const (
	PartText    PartKind = "text"
	PartMention PartKind = "mention"
	PartLink    PartKind = "link"
	PartImage   PartKind = "image"
	PartFile    PartKind = "file"
	PartAudio   PartKind = "audio"
	PartVideo   PartKind = "video"
	PartCard    PartKind = "card"
	PartOther   PartKind = "other"
)

// Part is one piece of a message, in order.
type Part struct {
	Kind     PartKind      `json:"kind"`
	Text     string        `json:"text,omitempty"` // text, link text, a file's name, or the vendor's type for PartOther
	URL      string        `json:"url,omitempty"`
	Ref      *Ref          `json:"ref,omitempty"` // the person mentioned, the file or the image
	Duration time.Duration `json:"duration,omitempty"`
}

// Receipt says that messages were read, or recalled.
type Receipt struct {
	Messages []Ref     `json:"messages"`
	At       time.Time `json:"at,omitzero"`
	By       string    `json:"by,omitempty"` // who recalled, in the vendor's word: "message_owner"
}

// Reaction is an emoji put on a message or taken off.
type Reaction struct {
	Message Ref       `json:"message"`
	Emoji   string    `json:"emoji"`
	Removed bool      `json:"removed,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Action is a press on a button of a card, or the submit of its form.
type Action struct {
	Slot    string            `json:"slot,omitempty"` // our card slot; "" for a card that is not ours
	Verb    string            `json:"verb,omitempty"` // "approve"
	Data    map[string]string `json:"data,omitempty"` // what we put into the button
	Form    map[string]Value  `json:"form,omitempty"`
	Rev     int64             `json:"rev,omitempty"`     // revision of the card that was pressed
	Token   string            `json:"token,omitempty"`   // signed over slot, rev and verb; verified before anything else
	Message Ref               `json:"message,omitzero"`  // the message that carries the card
	Element string            `json:"element,omitempty"` // vendor's name of the pressed component
	// Whole says that Form is all there is to say, whatever the card showed: what it does not name was left out on
	// purpose. Programs and tests hand in so.
	Whole bool `json:"whole,omitempty"`
}

// Menu is a press on the bot's own menu.
type Menu struct {
	Key string `json:"key"`
}

// Command is a slash command, where a suite has them.
type Command struct {
	Name string `json:"name"`
	Args string `json:"args,omitempty"`
}

// Opened says that a person opened the chat with the bot or one of our pages.
type Opened struct {
	Last *Ref      `json:"last,omitempty"` // last message of the chat
	At   time.Time `json:"at,omitzero"`
}

// Membership is people joining or leaving a group.
type Membership struct {
	Chat    Ref     `json:"chat"`
	Members []Actor `json:"members,omitempty"`
	Title   string  `json:"title,omitempty"`
}

// Chat is a change of a group itself, or of the bot's place in it.
type Chat struct {
	Chat     Ref    `json:"chat"`
	Title    string `json:"title,omitempty"`
	External bool   `json:"external,omitempty"`
}

// Directory is a change of a person or a department as the suite's directory sees it.
type Directory struct {
	Account *Account    `json:"account,omitempty"`
	Old     []Ref       `json:"old,omitempty"` // ids before a rename
	Dept    *Department `json:"dept,omitempty"`
	Deleted bool        `json:"deleted,omitempty"`
	Fields  []string    `json:"fields,omitempty"` // which fields changed, when the suite says so
	Resync  bool        `json:"resync,omitempty"` // the change is only hinted at: pull again

	// When instances are told that somebody has left:
	Person string   `json:"person,omitempty"` // our id of them
	Heirs  []Person `json:"heirs,omitempty"`  // who may take over what waits for them, the best first
	Same   bool     `json:"same,omitempty"`   // the first of Heirs is the same human: the two were found to be one

	// When instances are told that somebody is away: Person, and the grants that may concern them.
	Proxies []Proxy `json:"proxies,omitempty"`
}

// Account is a person's account in one suite.
type Account struct {
	Refs       []Ref    `json:"refs"` // the app's own id first
	Name       string   `json:"name,omitempty"`
	EnName     string   `json:"en_name,omitempty"`
	EmployeeNo string   `json:"employee_no,omitempty"`
	Email      string   `json:"email,omitempty"`      // personal or work address, imported by an administrator
	WorkEmail  string   `json:"work_email,omitempty"` // mailbox of the suite
	Mobile     string   `json:"mobile,omitempty"`     // E.164
	Title      string   `json:"title,omitempty"`
	Depts      []string `json:"depts,omitempty"`   // vendor ids, primary first
	Manager    *Ref     `json:"manager,omitempty"` // the direct manager
	Active     bool     `json:"active"`
	Left       bool     `json:"left,omitempty"`
}

// Department is a node of a suite's directory.
type Department struct {
	Ref    Ref    `json:"ref"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"` // vendor id; "" at the root
	Leads  []Ref  `json:"leads,omitempty"`
	Order  int64  `json:"order,omitempty"`
}

// UserGroup is a group of people that a suite keeps beside its departments: a user group, a role, a tag. It is no chat.
type UserGroup struct {
	ID      string   `json:"id"` // vendor id
	Name    string   `json:"name"`
	Members []Ref    `json:"members,omitempty"`
	Depts   []string `json:"depts,omitempty"` // vendor ids: everybody of these departments, and of those below, is a member
}

// Approval is a change of an approval that the suite itself runs.
type Approval struct {
	Instance   Ref       `json:"instance"`
	Definition string    `json:"definition,omitempty"` // approval_code, processCode, template_id
	Status     string    `json:"status,omitempty"`     // running, approved, rejected, withdrawn, deleted, reverted, or the vendor's word
	Task       string    `json:"task,omitempty"`
	TaskStatus string    `json:"task_status,omitempty"`
	Assignee   *Actor    `json:"assignee,omitempty"`
	ExternalID string    `json:"external_id,omitempty"` // our own id, if the instance was started by us
	CC         bool      `json:"cc,omitempty"`          // about somebody copied, not about a decision
	Read       bool      `json:"read,omitempty"`        // the copied person has read it
	At         time.Time `json:"at,omitzero"`
	NodeKey    string    `json:"node_key,omitempty"`
}

// Todo is a change of a to-do of the suite.
type Todo struct {
	ID      string   `json:"id"`
	Changes []string `json:"changes,omitempty"`
	Users   []Ref    `json:"users,omitempty"`
	Deleted bool     `json:"deleted,omitempty"`
}

// Calendar is a change of a calendar entry.
type Calendar struct {
	CalendarID string `json:"calendar_id"`
	EventID    string `json:"event_id,omitempty"` // "" when the suite does not say which: list again
	Change     string `json:"change,omitempty"`   // create, update, delete, rsvp
	Users      []Ref  `json:"users,omitempty"`
}

// Meeting is a meeting that started or ended.
type Meeting struct {
	ID        string    `json:"id"`
	Number    string    `json:"number,omitempty"`
	Topic     string    `json:"topic,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Host      *Actor    `json:"host,omitempty"`
	Owner     *Actor    `json:"owner,omitempty"`
	EventID   string    `json:"event_id,omitempty"` // calendar entry
}

// Minutes says that a transcript, recording or AI note can be fetched.
type Minutes struct {
	ID       string        `json:"id"`             // minute_token or note id
	Kind     string        `json:"kind,omitempty"` // minutes, note, recording
	Meeting  string        `json:"meeting,omitempty"`
	URL      string        `json:"url,omitempty"`
	Duration time.Duration `json:"duration,omitempty"`
	Users    []Ref         `json:"users,omitempty"`
}

// Record is a business event from another system.
type Record struct {
	Source string         `json:"source"`
	Fields map[string]any `json:"fields,omitempty"`
}

// Timer is a timer of ours that came due. A stale one (generation moved on) does nothing.
type Timer struct {
	Instance   string    `json:"instance"`
	Name       string    `json:"name"`
	Generation int64     `json:"generation"`
	DueAt      time.Time `json:"due_at"`
}

// Lookup answers a question about people that a program asked as an effect.
type Lookup struct {
	ID       string   `json:"id"`                 // the question's id, unique in the instance
	Persons  []Person `json:"persons"`            // in the selectors' order, without duplicates; empty is an answer: nobody
	Snapshot string   `json:"snapshot,omitempty"` // which state of the directory answered
	// Short are the selectors of chains upwards whose end nobody met: they went up to the top.
	Short []string `json:"short,omitempty"`
	// Proxies are the grants that may concern Persons: theirs, and those of whoever they name, and so on. Whether one
	// counts for a request is for the program to judge.
	Proxies []Proxy `json:"proxies,omitempty"`
}

// Proxy is a standing grant: in its window To decides in the place of Of.
type Proxy struct {
	ID    string    `json:"id"`
	Of    string    `json:"of"` // person id
	To    Person    `json:"to"`
	From  time.Time `json:"from"`            // the window is half open: [From, Until)
	Until time.Time `json:"until,omitzero"`  // zero: until it is revoked
	Flows []string  `json:"flows,omitempty"` // ids of definitions; empty: all
	Max   string    `json:"max,omitempty"`   // decimal; only requests no amount of which is larger
	Open  bool      `json:"open,omitempty"`  // also what was waiting before
}

// Person is a person of ours as they were when somebody asked.
type Person struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Dept   string `json:"dept,omitempty"` // name of the primary department
	Title  string `json:"title,omitempty"`
	Active bool   `json:"active"`
}

// AppHealth is news about our own app: suspended, rights withdrawn, quota used up.
type AppHealth struct {
	State string `json:"state"`
	What  string `json:"what,omitempty"`
}

func (*Message) isBody()    {}
func (*Receipt) isBody()    {}
func (*Reaction) isBody()   {}
func (*Action) isBody()     {}
func (*Menu) isBody()       {}
func (*Command) isBody()    {}
func (*Opened) isBody()     {}
func (*Membership) isBody() {}
func (*Chat) isBody()       {}
func (*Directory) isBody()  {}
func (*Approval) isBody()   {}
func (*Todo) isBody()       {}
func (*Calendar) isBody()   {}
func (*Meeting) isBody()    {}
func (*Minutes) isBody()    {}
func (*Record) isBody()     {}
func (*Timer) isBody()      {}
func (*Lookup) isBody()     {}
func (*AppHealth) isBody()  {}
