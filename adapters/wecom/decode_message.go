package wecom

import (
	"strings"

	"magpie/adapters/event"
)

// message fills what all messages share. Only the app's own conversation with a person reaches an app.
func (d *decoder) message(ev *event.Event, text string, parts ...event.Part) bool {
	from := d.x.str("FromUserName")
	if ev.Actor.Ref.IsZero() {
		return false
	}
	id := d.x.str("MsgId")
	if id != "" {
		ev.Delivery = short(id)
		ev.ID = "msg:" + d.agent() + ":" + strings.ToLower(short(from)) + ":" + short(id)
	} else {
		id = digest(string(d.raw))
	}
	ev.Kind = event.KindMessage
	ev.Conv = direct(ev.Actor)
	ev.Body = &event.Message{Ref: d.scoped.message(short(id)), Text: text, Parts: parts}
	return true
}

func (d *decoder) text(ev *event.Event) bool {
	text := d.x.str("Content")
	return d.message(ev, text, event.Part{Kind: event.PartText, Text: text})
}

// media is an attachment, which can be fetched for three days.
func (d *decoder) media(kind event.PartKind, text, url string) (event.Part, bool) {
	id := d.x.str("MediaId")
	ref := d.file(id)
	return event.Part{Kind: kind, Text: text, URL: url, Ref: &ref}, id != ""
}

func (d *decoder) image(ev *event.Event) bool {
	p, ok := d.media(event.PartImage, "", d.x.str("PicUrl"))
	return ok && d.message(ev, "", p)
}

func (d *decoder) voice(ev *event.Event) bool {
	p, ok := d.media(event.PartAudio, d.x.str("Format"), "")
	return ok && d.message(ev, "", p)
}

func (d *decoder) video(ev *event.Event) bool {
	p, ok := d.media(event.PartVideo, "", "")
	return ok && d.message(ev, "", p)
}

// location is a place: its label as text, its coordinates as "latitude,longitude".
func (d *decoder) location(ev *event.Event) bool {
	label, at := d.x.str("Label"), d.x.str("Location_X")+","+d.x.str("Location_Y")
	return d.message(ev, label, event.Part{Kind: event.PartOther, Text: "location " + at})
}

func (d *decoder) link(ev *event.Event) bool {
	title := d.x.str("Title")
	return d.message(ev, title, event.Part{Kind: event.PartLink, Text: title, URL: d.x.str("Url")})
}

func (d *decoder) menu(ev *event.Event) bool {
	ev.Kind, ev.Conv = event.KindMenu, direct(ev.Actor)
	ev.Body = &event.Menu{Key: d.x.str("EventKey")}
	return ev.Conv != nil
}

func (d *decoder) opened(ev *event.Event) bool {
	ev.Kind, ev.Conv = event.KindOpened, direct(ev.Actor)
	ev.Body = &event.Opened{At: ev.At}
	return ev.Conv != nil
}

// subscribed is a person coming into, or leaving, what the app may see: nothing is said but who.
func (d *decoder) subscribed(ev *event.Event) bool {
	if ev.Actor.Ref.IsZero() {
		return false
	}
	ev.Kind = event.KindDeptChanged
	ev.Body = &event.Directory{Resync: true}
	return true
}

// health is news about the app itself.
func (d *decoder) health(ev *event.Event) bool {
	ev.Kind = event.KindAppHealth
	ev.Body = &event.AppHealth{State: strings.ToLower(ev.VendorType), What: d.x.str("EffectTime")}
	return true
}

// importDone is the end of an import into the contacts: they are to be pulled again.
func (d *decoder) importDone(ev *event.Event) bool {
	ev.Kind = event.KindDeptChanged
	ev.Body = &event.Directory{Resync: true}
	return true
}
