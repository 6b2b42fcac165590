package event

// Self is the connection of events of our own: what one instance sends another. No connection of the
// configuration can have this name.
const Self = "@magpie"

// Post addresses an event of our own, and says who hears what came of it.
type Post struct {
	Instance string `json:"instance"`         // where it goes
	Start    string `json:"start,omitempty"`  // the flow that Instance is made of, if it is not there yet
	From     string `json:"from,omitempty"`   // the instance that sent it; "" when none did
	Key      string `json:"key"`              // names it among what From sends
	Answer   bool   `json:"answer,omitempty"` // From gets an Answer
	Tell     *Tell  `json:"tell,omitempty"`   // who reads the outcome, as a text
	Hops     int    `json:"hops,omitempty"`   // how many posts led to this one without anybody doing anything
}

// Tell is who reads what came of something: a person, or a conversation.
type Tell struct {
	Person     string `json:"person,omitempty"`     // our id
	Connection string `json:"connection,omitempty"` // where they are to get it
	Conv       Ref    `json:"conv,omitzero"`        // without a Person
	ReplyTo    *Ref   `json:"reply_to,omitempty"`
	About      string `json:"about,omitempty"` // what it was about, for people
}

// Start asks for a new instance with a form that is filled in already.
type Start struct {
	Form  map[string]Value `json:"form,omitempty"`  // by field id; persons are ids of ours in List
	Title string           `json:"title,omitempty"` // of whatever asks for it
	Depth int              `json:"depth,omitempty"` // how many instances stand above it
}

// Answer is what came of a Post. The instance may end long after it.
type Answer struct {
	Key      string `json:"key"` // of the Post
	Instance string `json:"instance,omitempty"`
	// Result is "stepped", "duplicate" (a start whose instance was there), "refused:…" or "failed".
	Result string `json:"result"`
	Text   string `json:"text,omitempty"` // what a person would have been told
}

func (*Start) isBody()  {}
func (*Answer) isBody() {}
