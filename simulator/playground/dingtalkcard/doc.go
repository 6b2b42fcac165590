// Package dingtalkcard draws what the simulated DingTalk accepted as a card, as HTML, the way the DingTalk
// client would show it: interactive cards by their template, ActionCards, markdown, links, work notifications
// and todos.
//
// It reads the JSON of simulator.Message.Card itself, which names its kind by a key:
//
//	template, cardData, privateData   an interactive card: the template's file, and the viewer's data
//	msgKey, msgParam                  a robot message; msgParam an object, or the text of one
//	msgtype, …                        a message sent by a webhook
//	msg                               a work notification
//	todo                              a todo
//
// It is lenient: a property of a wrong type counts as absent, an unknown component becomes a visible note.
//
//	JSON ── read (lenient) ── view structs ── card.gohtml (html/template) ──▶ HTML
//	                             └── markdown.go (goldmark without raw HTML)
//
// Everything that came in the JSON is escaped; colours become class names from fixed lists only. The drawing
// asks for nothing from the network and carries no script and no style attribute. What a person can do is
// described in the same data attributes as in package feishucard, whose class names it shares where a part
// looks alike, so that the page's script and style serve both; the root has the class dc besides.
package dingtalkcard
