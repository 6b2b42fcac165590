// Package loopback is a suite inside this process: for demos, for tests, and as the smallest adapter to copy.
//
// Inbound it takes signed JSON, over HTTP or from Deliver (its long connection). Outbound it keeps what was
// sent, to be looked at with Messages, and presses of its buttons can be made with PressBody. Failures of the next calls
// are scripted with Fail. It draws everything that the neutral card has, so it loses nothing.
//
// # Inbound wire format
//
// A POST whose header X-Loopback-Time holds the Unix time in seconds and X-Loopback-Signature the hex
// HMAC-SHA256 of "time.body" under the secret. The body is one of
//
//	{"challenge": "…"}                                         answered with the same
//	{"id", "type": "message", "at", "user", "name", "chat", "text"}
//	{"id", "type": "press", "at", "user", "message", "value": {slot, rev, verb, token, data}, "form"}
//	{"id", "type": …}                                          anything else is kept as unknown
//
// To write an adapter, copy the folder: config.go (settings), receive.go (authenticate, decode, answer),
// send.go (encode, send, what the suite can). Then have adapterstest.Run go over it.
package loopback
