package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"
)

// grown is how the figures hold when the store has many open instances: as many as -open says.
func (r *report) grown(ctx context.Context) error {
	for _, d := range r.drivers() {
		if err := r.grownOn(ctx, d); err != nil {
			return fmt.Errorf("on %s: %w", d.name, err)
		}
	}
	return nil
}

func (r *report) grownOn(ctx context.Context, d driver) error {
	dsn, done, err := d.fresh(ctx)
	if err != nil {
		return err
	}
	defer done()
	n, size, took, err := d.fill(ctx, dsn, r.open, r.fillFor)
	if err != nil {
		return fmt.Errorf("make %d open instances: %w", r.open, err)
	}
	// In turns with a store that has few.
	c, err := r.compareApprovals(ctx, d, func(ctx context.Context) (turns, func(), error) { return d.rigAt(ctx, dsn) })
	if err != nil {
		return err
	}
	in, err := webhookAt(ctx, d, r.each, "")
	if err != nil {
		return err
	}
	inBig, err := webhookAt(ctx, d, r.each, dsn)
	if err != nil {
		return err
	}
	many := fmt.Sprintf(" with %d open instances, %s", n, d.name)
	inRatio := inBig.perSecond / in.perSecond
	enough := n >= r.open
	ratio := c.ratio.inverse()
	r.add(row{
		what: "three-step approvals" + many, figure: fmt.Sprintf("%.0f/s", c.other.rate.median()), floor: fmt.Sprintf("%.0f/s (few)", c.ours.rate.median()),
		ratio: ratio.String(), bar: "≥ 0.85", met: enough && ratio.median() >= .85,
	}, row{
		what: "one press, p99," + many, figure: fmt.Sprintf("%.2f ms", c.other.p99.median()), bar: "≤ 25 ms", met: c.other.p99.median() <= 25,
	}, row{
		what: "webhook events" + many, figure: fmt.Sprintf("%.0f/s", inBig.perSecond), floor: fmt.Sprintf("%.0f/s (few)", in.perSecond),
		ratio: fmt.Sprintf("%.2f", inRatio), bar: "≥ 0.85", met: enough && inRatio >= .85,
	})
	note := fmt.Sprintf("%s was filled with %d open instances in %.0f s, %.1f GB: for each the instance, its open task, a timer of the next 30 days, two cards shown, the first row of its trail, and a handled event; 10 000 persons.",
		d.name, n, took.Seconds(), float64(size)/1e9)
	if !enough {
		note += fmt.Sprintf(" That is all that fitted into %s; %d were wanted.", r.fillFor, r.open)
	}
	r.notes = append(r.notes, note)
	return nil
}

// rigAt is an engine on a store that is there.
func (d driver) rigAt(ctx context.Context, dsn string) (turns, func(), error) {
	s, err := d.openAt(ctx, dsn)
	if err != nil {
		return nil, nil, err
	}
	g, err := newRig(ctx, s)
	if err != nil {
		_ = s.Close()
		return nil, nil, err
	}
	return g, func() { _ = s.Close() }, nil
}

// webhookAt measures the way in on a store that is there, or on a fresh one.
func webhookAt(ctx context.Context, d driver, each time.Duration, dsn string) (webhookFigures, error) {
	if dsn == "" {
		s, done, err := d.fresh(ctx)
		if err != nil {
			return webhookFigures{}, err
		}
		defer done()
		dsn = s
	}
	s, err := d.openAt(ctx, dsn) // its schema is there
	if err != nil {
		return webhookFigures{}, err
	}
	if err := s.Close(); err != nil {
		return webhookFigures{}, err
	}
	return measureWebhook(ctx, each, suites[0], d.driver, dsn)
}

// fillStep is how many instances share a transaction: four digits.
const fillStep = 10_000

// fill makes an instance that waits for its first approval, and copies its rows until there are n or the time is up.
func (d driver) fill(ctx context.Context, dsn string, n int, limit time.Duration) (made int, size int64, took time.Duration, err error) {
	start := time.Now()
	model, err := d.model(ctx, dsn)
	if err != nil {
		return 0, 0, 0, err
	}
	db, err := d.bulk(dsn)
	if err != nil {
		return 0, 0, 0, err
	}
	defer db.Close()
	for made < n && time.Since(start) < limit {
		if err := fillSome(ctx, db, d.driver, model, made, min(fillStep, n-made)); err != nil {
			return made, 0, 0, err
		}
		made += min(fillStep, n-made)
	}
	size, err = d.settle(ctx, db, dsn)
	return made, size, time.Since(start), err
}

// model is an instance as the engine leaves it when it waits for its first approval.
func (d driver) model(ctx context.Context, dsn string) (string, error) {
	s, err := d.openAt(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer s.Close()
	g, err := newRig(ctx, s)
	if err != nil {
		return "", err
	}
	m, err := g.draft(ctx)
	if err != nil {
		return "", err
	}
	return m.id, g.press(ctx, "li.lei", &m.presses[0])
}

// bulk opens a database for filling it: what is lost when the machine stops now is only the benchmark.
func (d driver) bulk(dsn string) (*sql.DB, error) {
	q := "file:" + dsn + "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)&_pragma=locking_mode(EXCLUSIVE)"
	if d.driver == "mysql" {
		q = dsn + "?interpolateParams=true"
		if strings.Contains(dsn, "?") {
			q = dsn + "&interpolateParams=true"
		}
	}
	db, err := sql.Open(d.driver, q)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// fillSome copies the model's rows n times, with ids from made on: each begins with a time, as the engine's do, but
// one that is long past.
func fillSome(ctx context.Context, db *sql.DB, driver, model string, made, n int) error {
	id := "printf('0%07d%018X', i / 16, i * 2654435761)"
	cat := func(parts ...string) string { return strings.Join(parts, " || ") }
	if driver == "mysql" {
		id = "CONCAT('0', LPAD(i DIV 16, 7, '0'), LPAD(HEX(i * 2654435761), 18, '0'))"
		cat = func(parts ...string) string { return "CONCAT(" + strings.Join(parts, ", ") + ")" }
	}
	digit := "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	numbers := fmt.Sprintf("(SELECT %d + j AS i FROM (SELECT a.d * 1000 + b.d * 100 + c.d * 10 + e.d AS j FROM %s a, %s b, %s c, %s e) x WHERE j < %d) n", made, digit, digit, digit, digit, n)
	person := cat("'p'", "i % 10000")
	first := " AND t.seq = (SELECT MIN(seq) FROM trail WHERE instance = t.instance)"
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{
		"INSERT INTO instance (id, definition, hash, kind, rev, status, initiator, title, seq, head, created_at, updated_at, ended_at, state) SELECT " + id +
			", definition, hash, kind, rev, status, " + person + ", title, seq, head, created_at - 4000000000 + i * 1000, updated_at, ended_at, state FROM instance t, " + numbers + " WHERE t.id = ? ORDER BY i",
		"INSERT INTO task (id, instance, node, seat, round, person, state, title, opened_at, due_at, closed_at) SELECT " + cat(id, "'/one/1/0'") + ", " + id +
			", node, seat, round, " + person + ", state, title, opened_at - 4000000000 + i * 1000, due_at, closed_at FROM task t, " + numbers + " WHERE t.instance = ? ORDER BY i",
		"INSERT INTO trail (instance, seq, at, event, prev_hash, entries) SELECT " + id +
			", seq, at, event, prev_hash, entries FROM trail t, " + numbers + " WHERE t.instance = ?" + first + " ORDER BY i",
		"INSERT INTO job (id, lane, queue, shard, state, due_at, run_at, token, attempt, gen, rev, instance, slot, uncertain, created_at, updated_at, cause, body) SELECT " + cat("'timer/'", id, "'/remind/one/1/0'") +
			", 1, 'timer', 0, 0, due_at + 86400000 + i * 2591 % 2592000000, run_at + 86400000 + i * 2591 % 2592000000, '', 0, 1, 0, " + id + ", '', 0, created_at, updated_at, '', body FROM job t, " + numbers + " WHERE t.instance = ? AND t.slot LIKE '%/initiator' ORDER BY i",
		"INSERT INTO slot (id, connection, shown_rev, message, updated_at) SELECT " + cat(id, "substr(t.slot, 27)") +
			", 'c', 1, body, updated_at FROM job t, " + numbers + " WHERE t.instance = ? AND t.slot <> '' AND t.queue = 'out' ORDER BY i, t.slot",
		"INSERT INTO inbox (id, connection, dedupe, kind, state, due_at, token, attempt, received_at, done_at, result, instance, cause, toast, event, raw) SELECT 1000000 + i, connection, " + cat("'card_action:old:'", id) +
			", kind, 1, NULL, '', 1, received_at, done_at, result, " + id + ", cause, toast, event, raw FROM inbox t, " + numbers + " WHERE t.instance = ? AND t.kind = 'card_action' ORDER BY i",
	} {
		if _, err := tx.ExecContext(ctx, q, model); err != nil {
			return fmt.Errorf("%.30s…: %w", q, err)
		}
	}
	return tx.Commit()
}

// settle waits until what was filled in is on disk, so that it is not written while something is measured. It tells
// how large the database is.
func (d driver) settle(ctx context.Context, db *sql.DB, dsn string) (int64, error) {
	if d.driver == "sqlite" {
		f, err := os.OpenFile(dsn, os.O_RDWR, 0)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		return info.Size(), f.Sync()
	}
	var size int64
	err := db.QueryRowContext(ctx, "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&size)
	if err != nil {
		return 0, err
	}
	// Where the bench may not ask the server to hurry, it waits as long as it may take.
	var before string
	if db.QueryRowContext(ctx, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct").Scan(&before) == nil {
		_, _ = db.ExecContext(ctx, "SET GLOBAL innodb_max_dirty_pages_pct = 0")
		defer func() { _, _ = db.ExecContext(ctx, "SET GLOBAL innodb_max_dirty_pages_pct = "+before) }()
	}
	for range 60 {
		var name string
		var dirty int
		if err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'").Scan(&name, &dirty); err != nil || dirty < 500 {
			break
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return size, ctx.Err()
		}
	}
	return size, nil
}
