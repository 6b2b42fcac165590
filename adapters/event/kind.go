package event

// Kind is the closed set of what can happen. See bodies for the Body that goes with each.
type Kind string

const (
	KindMessage         Kind = "message"          // *Message
	KindMessageEdited   Kind = "message_edited"   // *Message
	KindMessageRecalled Kind = "message_recalled" // *Receipt, no reader
	KindMessageRead     Kind = "message_read"     // *Receipt
	KindReaction        Kind = "reaction"         // *Reaction

	KindCardAction Kind = "card_action" // *Action
	KindMenu       Kind = "menu"        // *Menu
	KindCommand    Kind = "command"     // *Command
	KindOpened     Kind = "opened"      // *Opened: a person opened the chat with the bot

	KindMemberJoined  Kind = "member_joined"  // *Membership
	KindMemberLeft    Kind = "member_left"    // *Membership
	KindBotAdded      Kind = "bot_added"      // *Chat
	KindBotRemoved    Kind = "bot_removed"    // *Chat
	KindChatChanged   Kind = "chat_changed"   // *Chat
	KindChatDisbanded Kind = "chat_disbanded" // *Chat

	KindPersonCreated Kind = "person_created" // *Directory
	KindPersonChanged Kind = "person_changed" // *Directory
	KindPersonRenamed Kind = "person_renamed" // *Directory: the account id changed, the person did not
	KindPersonLeft    Kind = "person_left"    // *Directory
	KindPersonAway    Kind = "person_away"    // *Directory: somebody decides in their place for a time
	KindDeptChanged   Kind = "dept_changed"   // *Directory: created, changed, deleted, or the app's scope moved

	KindApprovalStarted Kind = "approval_started" // *Approval: the suite's own approvals
	KindApprovalChanged Kind = "approval_changed" // *Approval
	KindApprovalEnded   Kind = "approval_ended"   // *Approval

	KindTodoChanged     Kind = "todo_changed"     // *Todo
	KindCalendarChanged Kind = "calendar_changed" // *Calendar
	KindMeetingStarted  Kind = "meeting_started"  // *Meeting
	KindMeetingEnded    Kind = "meeting_ended"    // *Meeting
	KindMinutesReady    Kind = "minutes_ready"    // *Minutes

	KindRecord    Kind = "record"     // *Record: generic inbound webhook, mapped by config
	KindTimer     Kind = "timer"      // *Timer: our own timers speak the same language
	KindLookup    Kind = "lookup"     // *Lookup: the answer to a program's question about people
	KindStart     Kind = "start"      // *Start: an instance is asked for by another
	KindAnswer    Kind = "answer"     // *Answer: what came of an event of our own
	KindAppHealth Kind = "app_health" // *AppHealth: suspended, rights withdrawn, quota used up
	KindUnknown   Kind = "unknown"    // no Body; routable by VendorType, counted, shown
)

// newBody returns an empty Body for a kind, nil for kinds that have none or are not known.
func newBody(k Kind) Body {
	switch k {
	case KindMessage, KindMessageEdited:
		return &Message{}
	case KindMessageRecalled, KindMessageRead:
		return &Receipt{}
	case KindReaction:
		return &Reaction{}
	case KindCardAction:
		return &Action{}
	case KindMenu:
		return &Menu{}
	case KindCommand:
		return &Command{}
	case KindOpened:
		return &Opened{}
	case KindMemberJoined, KindMemberLeft:
		return &Membership{}
	case KindBotAdded, KindBotRemoved, KindChatChanged, KindChatDisbanded:
		return &Chat{}
	case KindPersonCreated, KindPersonChanged, KindPersonRenamed, KindPersonLeft, KindPersonAway, KindDeptChanged:
		return &Directory{}
	case KindApprovalStarted, KindApprovalChanged, KindApprovalEnded:
		return &Approval{}
	case KindTodoChanged:
		return &Todo{}
	case KindCalendarChanged:
		return &Calendar{}
	case KindMeetingStarted, KindMeetingEnded:
		return &Meeting{}
	case KindMinutesReady:
		return &Minutes{}
	case KindRecord:
		return &Record{}
	case KindTimer:
		return &Timer{}
	case KindLookup:
		return &Lookup{}
	case KindStart:
		return &Start{}
	case KindAnswer:
		return &Answer{}
	case KindAppHealth:
		return &AppHealth{}
	}
	return nil
}
