package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/event"
)

// codeFor is how long a response code lasts.
const codeFor = 72 * time.Hour

// maxID is how long a part of an event's id may be; a longer one is digested.
const maxID = 100

// decoder translates one body that is authentic. It holds what the decoders of the single types share.
type decoder struct {
	scoped
	connection string
	raw        []byte
	x          *node // nil: not XML
	received   time.Time
	log        *slog.Logger
}

// decodeFunc fills kind, actor, conversation and body of ev from the document. It returns false for what
// does not make sense; the event is then kept as unknown.
type decodeFunc func(d *decoder, ev *event.Event) bool

// messages maps what MsgType says, events what Event says, in lower case. What is in neither is kept as
// unknown.
//
// Source: WeCom developer documents, "Message format" (path 90239) and "Event format" (90240), checked 2026-11.
var messages = map[string]decodeFunc{
	"text":     (*decoder).text,
	"image":    (*decoder).image,
	"voice":    (*decoder).voice,
	"video":    (*decoder).video,
	"location": (*decoder).location,
	"link":     (*decoder).link,
}

var events = map[string]decodeFunc{
	"template_card_event":      (*decoder).press,
	"template_card_menu_event": (*decoder).press,
	"click":                    (*decoder).menu,
	"enter_agent":              (*decoder).opened,
	"change_contact":           (*decoder).contact,
	"sys_approval_change":      (*decoder).approval,
	"open_approval_change":     (*decoder).openApproval,
	"modify_calendar":          (*decoder).calendar,
	"delete_calendar":          (*decoder).calendar,
	"add_schedule":             (*decoder).calendar,
	"modify_schedule":          (*decoder).calendar,
	"delete_schedule":          (*decoder).calendar,
	"respond_schedule":         (*decoder).calendar,
	"meeting_change":           (*decoder).meeting,
	"inactive_alert":           (*decoder).health,
	"close_inactive_agent":     (*decoder).health,
	"reopen_inactive_agent":    (*decoder).health,
	"low_active_alert":         (*decoder).health,
	"low_active":               (*decoder).health,
	"active_restored":          (*decoder).health,
	"batch_job_result":         (*decoder).importDone,
	"subscribe":                (*decoder).subscribed,
	"unsubscribe":              (*decoder).subscribed,
}

// app decodes what an app was sent.
//
// The id of an event is the digest of the whole plaintext: WeCom advises sender and second, which are the
// same for two presses of one person and for all events of the contacts.
func (d *decoder) app() event.Event {
	base := d.base()
	x, err := parseXML(d.raw)
	if err != nil || x.name != "xml" {
		d.log.Warn("an authentic body is not the XML that it should be, and is kept as unknown", "connection", d.connection, "err", err, "bytes", len(d.raw))
		base.VendorType = "not_xml"
		return base
	}
	d.x = x
	typ := strings.ToLower(x.str("MsgType"))
	decode := messages[typ]
	base.VendorType = short(typ)
	if typ == "event" {
		base.VendorType = short(x.str("Event"))
		decode = events[strings.ToLower(base.VendorType)]
	}
	if base.VendorType == "" {
		base.VendorType = "none"
	}
	base.At = seconds(x.str("CreateTime"))
	base.Actor = d.actor(x.str("FromUserName"))
	if corp := x.str("ToUserName"); corp != "" && !strings.EqualFold(corp, d.corp) {
		d.log.Warn("a body names another corp inside, and is kept as unknown", "connection", d.connection, "type", base.VendorType)
		return base
	}
	if decode == nil {
		return base
	}
	ev := base
	if !decode(d, &ev) {
		d.log.Warn("an event of a known type can't be understood and is kept as unknown",
			"connection", d.connection, "type", base.VendorType, "id", base.ID)
		return base
	}
	return ev
}

// base is the event as far as the body's bytes tell.
func (d *decoder) base() event.Event {
	return event.Event{
		ID:         "ev:" + digest(string(d.raw)),
		Kind:       event.KindUnknown,
		Scope:      d.scope(),
		ReceivedAt: d.received,
		Reply:      event.ReplyContract{Mode: event.ReplyAck, Deadline: d.received.Add(answerBudget)},
		Raw:        d.raw,
	}
}

// agent is the app that the body names, ours if it names none.
func (d *decoder) agent() string {
	if a := d.x.str("AgentID"); a != "" {
		return short(a)
	}
	return d.scoped.app
}

// actor is who did it; WeCom itself is called sys.
func (d *decoder) actor(id string) event.Actor {
	switch {
	case id == "":
		return event.Actor{}
	case strings.EqualFold(id, "sys"):
		return event.Actor{Type: event.ActorSystem}
	}
	return event.Actor{Ref: d.user(id), Type: event.ActorUser}
}

// direct is the conversation of one person with the app: the person's own address.
func direct(a event.Actor) *event.Conversation {
	if a.Ref.IsZero() {
		return nil
	}
	return &event.Conversation{Ref: a.Ref, Type: event.ConvDirect, ToBot: true}
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// short is a part of an id, digested if it is long.
func short(s string) string {
	if len(s) > maxID {
		return "sha256-" + digest(s)
	}
	return s
}

// seconds reads a time in seconds, or in milliseconds or microseconds where it is that long; zero for
// anything else.
func seconds(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case len(s) >= 16:
		return time.UnixMicro(n).UTC().Truncate(time.Millisecond)
	case len(s) >= 13:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// list splits a comma list.
func list(s string) []string {
	var out []string
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
