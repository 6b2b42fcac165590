// Package webhook is the inbound runtime: what a suite delivers becomes a stored event, and only then is it
// acknowledged.
//
// One path serves both transports. Handler serves POST and GET /webhook/{connection}; Handler.Sink gives the
// adapters.Sink of a long connection:
//
//	body, capped ─▶ Connection.Receive ─▶ Inbox.Put ─▶ acknowledge ─▶ Engine.Enqueue
//	                (authentic or 401)       │
//	                     wants an answer ────┴─▶ Engine.Process ─▶ toast ─▶ answer ─▶ held outbox rows leave
//	                     (a press on a card)     within 1.5 s of receipt, else "received, working on it"
//
// A press is not delivered again by every suite, so a store that is too slow for the answer does not lose
// it: the press is kept in memory and the store is tried for a while longer. Everything else is delivered
// again, so a store that fails is told to the vendor with 503, and so is an inbox that is too far behind.
//
// Nothing about a refusal goes into the response: its reason is logged with the request id that the
// response carries, and kept among the last Attempts of the connection.
package webhook
