// Package store keeps everything: received events, instances and their trail, work that is due, cards
// and who is who. It runs on SQLite (embedded, one process) and on MySQL or MariaDB (several processes).
//
//	inbox      received events, unique by (connection, event id)      webhook.Inbox, workflows.Store
//	instance, task, trail, definition                                 workflows.Store
//	           (a row of the trail is a command, with its entries)
//	job        outbox rows, timers, lookups; leased by token          workflows.Store, delivery.Outbox
//	slot       the message that shows a card                          delivery.Outbox
//	receipt, setting
//	person, account, department, membership, user_group(_member)      directory.Store, roster.Source
//	account_link, person_alias, people_log, link_code, link_attempt   link.Store; what people say, apart from what directories say
//
// # Leases
//
// A row that may be worked on has due_at, the time from which somebody may take it. Taking it is one
// compare-and-set: a new token, due_at moved to the end of the lease. So one index answers "what is due"
// for rows that wait and for rows whose holder died. Every write back names the token; when it no longer
// fits, ErrLeaseLost.
//
//	waiting --lease--> leased --finish--> done (inbox) or gone (job)
//	   ^                 |  \---bury----> dead --replay, retry--> waiting
//	   +----retry--------+
//
// # Writing
//
// On SQLite one goroutine owns the one writing connection. Requests that wait together share a
// transaction and so its sync to disk; each caller is answered after the commit, with a result of its
// own. On MySQL commands that wait together share a transaction of prepared statements, one per table; one that
// fails there goes alone, as one packet of statements and a COMMIT. Puts that wait together are one INSERT. Reading
// goes through a pool of its own.
//
// All times are stored as milliseconds since 1970, UTC. JSON is kept byte for byte.
package store
