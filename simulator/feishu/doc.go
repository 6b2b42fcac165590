// Package feishu is the server side of Feishu for one tenant: the open API that a bot calls, the events and
// card callbacks that Feishu sends, the long connection, and the chats of the sample company.
//
// It is written from the Feishu Open Platform's documents and from what the official SDK expects on the wire
// (checked 2026-11); it shares no code with Magpie's adapter. It refuses what the real one refuses, with the
// same codes, and forgives nothing that the real one does not forgive.
//
//	bot's client ──HTTP──▶ router ─▶ fault? ─▶ token ─▶ scope ─▶ rate ─▶ handler ─▶ state
//	person (Suite) ──────────────────────────────────────────────────────────────▶ state ─▶ event
//	event ─▶ envelope ─▶ encrypted, signed ─▶ webhook         ─▶ 200, or again after 15 s, 5 min, 1 h, 6 h
//	                  └▶ protobuf frame    ─▶ one connection  ─┘
//
// One mutex guards all state. Handlers run under it and do no I/O; what leaves the process does so in
// goroutines that Close waits for.
package feishu
