// Package dingtalk is the server side of DingTalk for one organisation: the two API hosts that an app calls,
// the events, robot messages and card callbacks that DingTalk sends, the stream gateway, and the chats of the
// sample company.
//
// It is written from the DingTalk Open Platform's documents and from what the official SDKs expect on the wire
// (checked 2026-11); it shares no code with Magpie's adapter. It refuses what the real one refuses, with the
// same codes, and forgives nothing that the real one does not forgive.
//
//	app's client ──HTTP──▶ router ─▶ fault? ─▶ token ─▶ scope ─▶ rate ─▶ quota ─▶ handler ─▶ state
//	person (Suite) ────────────────────────────────────────────────────────────────▶ state ─▶ push
//	push ─▶ event sealed, robot message signed, card callback signed ─▶ HTTP
//	     └▶ frame ─▶ one stream connection of those that asked for it, whichever chance picks
//
// One mutex guards all state. Handlers run under it and do no I/O; what leaves the process does so in
// goroutines that Close waits for.
//
// # Card templates
//
// What a card looks like is made by hand in DingTalk's card platform; an app only sends variables. So the
// organisation is given the templates that somebody would have made there (Options.Templates), as files:
//
//	{"format": "magpie-dingtalk-template/1", "name": "card", "version": 1, "title": "…",
//	 "variables":  [{"name": "title", "type": "string", "private": false, "note": "…"}, …],
//	 "components": [{"type": "header", "text": "${title}", "tag": "${status}", "color": "${tone}"}, …]}
//
// Types of variables: string, markdown, number, boolean, array, object; all travel as texts. Components:
// header (text, tag, color), text (text, color), markdown (text), image (url), divider; the inputs input,
// textarea, select, multiSelect, datePicker, timePicker, dateTimePicker, checkbox (name, label, value,
// required, placeholder, maxLength, options); and button (id, text, style, confirm, disabled) with action
// openLink (url) or request (params, submits). A ${variable} may stand in every text and in required,
// maxLength, disabled and submits, which may also be written plainly; showIf hides a component
// whose text is then empty, "false" or "0". A pressed button brings its params, and with submits what was
// filled in, by the inputs' names: texts as they are, dates as 2006-01-02 and 2006-01-02 15:04, ticks as true
// or false, choices as {"index": …, "value": …}.
//
// # What the documents leave open
//
// Chosen here, and to be tolerated by clients: cards whose variables the template does not declare are refused
// (param.cardDataInvalid); events beyond the month's pushes are dropped, card callbacks beyond it fail, robot
// messages beyond it come emptied; robot messages over HTTP come once and wait 5 s, over the stream again after a minute
// when they were not acknowledged, with another messageId and the same msgId; reading a message in a group
// makes one robot_msg_read for each reader; a read card too.
package dingtalk
