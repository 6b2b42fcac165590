// Package wecom is the server side of WeCom (企业微信) for one corp: the API that an app calls below
// /cgi-bin, the encrypted callbacks that it receives, the sign-in of web pages, the smart robots with their
// long connection, and the conversations of the sample company.
//
// It is written from the WeCom developer documents (checked 2026-11); it shares no code with Magpie's
// adapter. It refuses what the real one refuses, with the same codes, and is as silent as the real one where
// that says nothing: a member who gets too many messages simply doesn't get the rest.
//
//	app's client ──HTTP──▶ router ─▶ fault? ─▶ token ─▶ address ─▶ pace ─▶ handler ─▶ state
//	person (Suite) ───────────────────────────────────────────────────────────────▶ state ─▶ event
//	event ─▶ XML  ─▶ encrypted, signed ─▶ the app's callback   ─▶ 200, or again after 5 s, three times
//	      └▶ JSON ─▶ encrypted, signed ─▶ the robot's callback, or its one WebSocket, in the clear
//
// An app speaks to persons, each in their own conversation with it, and to groups that it made itself. It is
// never in the groups that people made: there only smart robots and group pushes are.
//
// Where the documents leave something open, the choice is named at the place: ways in which a client could
// be surprised are taken, ways that only this simulator would know are not.
//
// One mutex guards all state. Handlers run under it and do no I/O; what leaves the process does so in
// goroutines that Close waits for.
package wecom
