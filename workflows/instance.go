package workflows

import (
	"encoding/json"
	"strings"
	"time"
)

// Status is how an instance stands, in words that lists and figures share over all kinds.
type Status string

const (
	StatusDraft      Status = "draft"   // a form that was not handed in yet
	StatusRunning    Status = "running" // waits for people or time
	StatusApproved   Status = "approved"
	StatusRejected   Status = "rejected"
	StatusWithdrawn  Status = "withdrawn"
	StatusTerminated Status = "terminated" // ended by an administrator
	StatusRevoked    Status = "revoked"    // withdrawn after it was approved
	StatusExpired    Status = "expired"    // a draft nobody handed in
	StatusDone       Status = "done"       // kinds other than approvals
)

// Ended reports whether nothing more will happen.
func (s Status) Ended() bool { return s != StatusDraft && s != StatusRunning }

// Instance is one run of a definition. State belongs to the program; the other fields are for lists.
type Instance struct {
	ID         string
	Definition string // id
	Hash       string // version it is pinned to
	Kind       string
	Rev        int64 // 0: not stored yet
	Status     Status
	Initiator  string // person id
	Title      string
	State      json.RawMessage // a cache of the trail
	Seq        int64           // of the last trail entry
	Head       string          // hash of the last trail entry, hex; "" at the start
	CreatedAt  time.Time
	UpdatedAt  time.Time
	EndedAt    time.Time // zero while it runs
	// Warm is State as the program that wrote it holds it, so that the next Step need not decode it. It
	// is not stored: nil after loading. Only the program looks into it, and it never depends on it.
	Warm any
}

// TaskState is how a task stands.
type TaskState string

const (
	TaskOpen        TaskState = "open"
	TaskApproved    TaskState = "approved"
	TaskRejected    TaskState = "rejected"
	TaskTransferred TaskState = "transferred"
	TaskSuperseded  TaskState = "superseded" // closed because somebody else decided
	TaskCanceled    TaskState = "canceled"   // closed because the instance ended or went elsewhere
	TaskSkipped     TaskState = "skipped"
	TaskTimedOut    TaskState = "timed_out"
	TaskAbstained   TaskState = "abstained"
	TaskDelegated   TaskState = "delegated" // given to somebody else for now
	TaskSuspended   TaskState = "suspended" // waits for others whom its person wants to hear first
	TaskTold        TaskState = "told"      // nothing was asked: they were told
	TaskReturned    TaskState = "returned"  // its person sent the request back
	TaskSubmitted   TaskState = "submitted" // the initiator, who had it back, handed it in again
)

// Task is one assignee's decision at a node.
type Task struct {
	ID       string // unique; "<instance>/<node>/<round>/<seat>[/n]"
	Instance string
	Node     string
	Seat     string
	Round    int
	Person   string
	State    TaskState
	Title    string
	OpenedAt time.Time
	DueAt    time.Time // zero: none
	ClosedAt time.Time // zero while open
}

// NodeStart is the node of a task of the initiator's, who has their form back. It is no step: it is not decided.
const NodeStart = "start"

// Slot is the full slot of the task's card. The initiator's form comes back on the card that they have.
func (t Task) Slot() string {
	if t.Node == NodeStart {
		return t.Instance + "/initiator"
	}
	return t.Instance + "/task/" + strings.TrimPrefix(t.ID, t.Instance+"/")
}

// Entry is one thing that happened to an instance: append-only, chained by hash.
// Private holds personal text under a salted digest, so that it can be erased without breaking the chain.
type Entry struct {
	Instance string
	Seq      int64
	At       time.Time
	Kind     string // the program's word: "started", "voted", "node_closed", …
	Actor    string // person id; "" for the system
	Event    string // id of the inbox row or timer that caused it
	Data     json.RawMessage
	Private  json.RawMessage // nil: none
	Salt     string          // hex, set by the engine when there is a Private
	// Card is the digest of the card that Actor had before them when they pressed; "" where nothing was pressed.
	// The engine sets it: see card.Card.Digest.
	Card     string
	PrevHash string
	Hash     string // see Seal
}
