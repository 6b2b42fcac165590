package store

import "strings"

// States of an inbox row and of a job.
const (
	stateWaiting = 0
	stateDone    = 1 // inbox only: a finished job is removed
	stateDead    = 2
)

// Lanes are what is leased together.
const (
	laneOut  = 0 // outbox
	laneSelf = 1 // timers and lookups
)

// statements are the texts in which the dialects differ. In MySQL's ON DUPLICATE KEY UPDATE the
// assignments take effect one after the other, so their order matters.
type statements struct {
	insertInstance string
	insertDone     string // an event with its outcome
	putPost        string // an event of our own
	putTask        string
	insertTrail    string
	putJob         string
	putShownJob    string // SQLite only, two more arguments: slot id, job id
	putReceipt     string
	putDefinition  string
	putSlot        string
	putSetting     string
	addSetting     string
}

const (
	instanceColumns = "id, definition, hash, kind, rev, status, initiator, title, seq, head, created_at, updated_at, ended_at, state"
	taskColumns     = "id, instance, node, seat, round, person, state, title, opened_at, due_at, closed_at"
	jobColumns      = "id, lane, queue, shard, state, due_at, run_at, token, attempt, gen, rev, instance, slot, uncertain, created_at, updated_at, cause, body, if_shown"

	sqlInsertInstance = "INSERT INTO instance (" + instanceColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	// The guard of every command: no row means that somebody was faster.
	sqlUpdateInstance = "UPDATE instance SET rev = ?, status = ?, title = ?, seq = ?, head = ?, updated_at = ?, ended_at = ?, state = ?, hash = ? WHERE id = ? AND rev = ?"
	sqlInsertTask     = "INSERT INTO task (" + taskColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	sqlInsertJob      = "INSERT INTO job (" + jobColumns + ") "
	jobValues         = "?, ?, ?, ?, 0, ?, ?, '', 0, 1, ?, ?, ?, 0, ?, ?, '', ?, ?"

	// On SQLite, where nobody else writes meanwhile, whether a slot was shown is a question of its own: two keys
	// looked up cost less than a statement that asks while it inserts, and all jobs go into one.
	sqlShown = "SELECT 1 FROM slot WHERE id = ? UNION ALL SELECT 1 FROM job WHERE id = ? AND state = 0 LIMIT 1"

	sqlFinishEvent = "UPDATE inbox SET state = 1, due_at = NULL, token = '', done_at = ?, result = ?, instance = ?, toast = ? WHERE id = ? AND token = ? AND state = 0"

	sqlDeleteJob = "DELETE FROM job WHERE id = ? AND token = ? AND gen = ?"
	// A job whose content was replaced while it was worked on: it becomes due as the new content wants.
	sqlReleaseJob = "UPDATE job SET token = '', due_at = run_at, attempt = 0, cause = '' WHERE id = ? AND token = ?"
	sqlCancelJob  = "DELETE FROM job WHERE id = ?"
)

// A job whose ID exists gets the new content. Somebody who holds it keeps the lease, and finds at the
// end that gen has moved. Its queue, instance and slot are part of the ID. An older revision changes nothing. A row that may have been sent under its key, or is
// being sent, keeps its age: the vendor knows the key since then. A row of a card that says the same, and that
// waits untouched and no longer than the new one would, stays as it is: writing it again would change nothing.
const (
	liteOnJob = ` ON CONFLICT (id) DO UPDATE SET state = 0,
 due_at = CASE WHEN job.token <> '' AND job.due_at > excluded.updated_at THEN job.due_at ELSE excluded.run_at END,
 token = CASE WHEN job.token <> '' AND job.due_at > excluded.updated_at THEN job.token ELSE '' END,
 uncertain = CASE WHEN job.token <> '' AND job.due_at <= excluded.updated_at THEN 1 ELSE job.uncertain END,
 run_at = excluded.run_at, attempt = 0, gen = job.gen + 1, rev = excluded.rev,
 created_at = CASE WHEN job.uncertain = 1 OR job.token <> '' THEN job.created_at ELSE excluded.created_at END, updated_at = excluded.updated_at, cause = '', body = excluded.body
 WHERE excluded.rev >= job.rev AND NOT (job.body = excluded.body AND job.slot <> '' AND job.state = 0 AND job.token = ''
 AND job.attempt = 0 AND job.uncertain = 0 AND job.due_at <= excluded.run_at)`
)

// The same on MySQL, where each assignment must ask for itself whether the new content counts. updated_at comes first
// and says so to the others: in a row that stays it is not that of the new content. On MySQL, where asking for the slot before would be a statement of its own
// for each group of commands, a job that counts only where its slot was shown is put all the same, and says so: see
// ifShown.
var myOnJob = strings.ReplaceAll(` ON DUPLICATE KEY UPDATE updated_at = IF(VALUES(rev) >= rev AND NOT (slot <> '' AND state = 0 AND token = '' AND attempt = 0
 AND uncertain = 0 AND due_at <= VALUES(run_at) AND if_shown <= VALUES(if_shown) AND body = VALUES(body)), VALUES(updated_at),
 updated_at - (updated_at = VALUES(updated_at))),
 if_shown = IF(?, IF(VALUES(if_shown) = 0, 0, IF(state = 2, 2, if_shown)), if_shown), state = IF(?, 0, state),
 created_at = IF(? AND uncertain = 0 AND token = '', VALUES(created_at), created_at),
 uncertain = IF(? AND token <> '' AND due_at <= VALUES(updated_at), 1, uncertain),
 token = IF(? AND NOT (token <> '' AND due_at > VALUES(updated_at)), '', token), due_at = IF(? AND token = '', VALUES(run_at), due_at),
 run_at = IF(?, VALUES(run_at), run_at), attempt = IF(?, 0, attempt), gen = IF(?, gen + 1, gen),
 cause = IF(?, '', cause), body = IF(?, VALUES(body), body), rev = IF(?, VALUES(rev), rev)`, "?", "updated_at = VALUES(updated_at)")

// What a row says about its slot, on MySQL: the job counts in any case; only when the slot was shown, or else is
// dropped; only then, or else is a dead letter again.
const (
	ifShownAlways = 0
	ifShownOrGone = 1
	ifShownOrDead = 2
)

var sqliteStatements = &statements{
	insertInstance: sqlInsertInstance + " ON CONFLICT (id) DO NOTHING",
	insertDone:     sqlInsertDone + " ON CONFLICT (connection, dedupe) DO NOTHING",
	putPost:        sqlPutEvent,
	putTask: sqlInsertTask + ` ON CONFLICT (id) DO UPDATE SET person = excluded.person, state = excluded.state, title = excluded.title,
 due_at = excluded.due_at, closed_at = excluded.closed_at`,
	insertTrail:   sqlInsertTrail + " ON CONFLICT (instance, seq) DO NOTHING",
	putJob:        sqlInsertJob + "VALUES (" + jobValues + ")" + liteOnJob,
	putShownJob:   sqlShown + "; " + sqlInsertJob, // never run: see shownOnly
	putReceipt:    "INSERT INTO receipt (message, account, state, person, source, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
	putDefinition: "INSERT INTO definition (id, hash, kind, name, source, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
	putSlot: `INSERT INTO slot (id, connection, shown_rev, message, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
 connection = excluded.connection, shown_rev = excluded.shown_rev, message = excluded.message, updated_at = excluded.updated_at
 WHERE excluded.shown_rev >= slot.shown_rev`,
	putSetting: "INSERT INTO setting (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
	addSetting: "INSERT INTO setting (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
}

var mysqlStatements = &statements{
	insertInstance: sqlInsertInstance,
	insertDone:     sqlInsertDone,
	putPost: sqlInsertEvent[:len(sqlInsertEvent)-len("VALUES ")] + "SELECT " + eventValues[1:len(eventValues)-1] +
		" FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM inbox AS i WHERE i.connection = ? AND i.dedupe = ?)",
	putTask: sqlInsertTask + ` ON DUPLICATE KEY UPDATE person = VALUES(person), state = VALUES(state), title = VALUES(title),
 due_at = VALUES(due_at), closed_at = VALUES(closed_at)`,
	insertTrail:   sqlInsertTrail,
	putJob:        sqlInsertJob + "VALUES (" + jobValues + ")" + myOnJob,
	putReceipt:    "INSERT INTO receipt (message, account, state, person, source, at) VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE at = at",
	putDefinition: "INSERT INTO definition (id, hash, kind, name, source, created_at) VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id",
	putSlot: `INSERT INTO slot (id, connection, shown_rev, message, updated_at) VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE
 connection = IF(VALUES(shown_rev) >= shown_rev, VALUES(connection), connection), message = IF(VALUES(shown_rev) >= shown_rev, VALUES(message), message),
 updated_at = IF(VALUES(shown_rev) >= shown_rev, VALUES(updated_at), updated_at), shown_rev = GREATEST(VALUES(shown_rev), shown_rev)`,
	putSetting: "INSERT INTO setting (name, value, updated_at) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value), updated_at = VALUES(updated_at)",
	addSetting: "INSERT INTO setting (name, value, updated_at) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE name = name",
}
