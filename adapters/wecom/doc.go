// Package wecom is the adapter for WeCom (企业微信): one self-built app, or one smart robot, in one corp.
//
// An app (kind app) hears encrypted XML callbacks, writes to persons with template cards, and changes a card
// only with response codes: one use each, 72 hours. One comes with the send, one with every press; they live
// in the message's handles, those of presses first, so that the send's own is spent last.
// A smart robot (kind robot) hears JSON, over HTTP or over a long connection (package aibot), and also works
// in groups; its cards can only be changed in the answer to a press.
//
// WeCom shows no outcome of a press by itself, has no text input on cards, and drops messages over a person's
// limit without an error: see Capabilities.
//
// The vendor's documents: developer.work.weixin.qq.com. What they leave open is noted where it matters.
package wecom
