package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/go-sql-driver/mysql" // the floor's driver
	_ "modernc.org/sqlite"             // the floor's driver

	"magpie/store"
)

// driver is a database to measure on; each measurement gets an empty one of its own.
type driver struct {
	name, driver, server string
	maxCPU               float64 // milliseconds that an approval may take of the CPU, here and in the server
}

// pid is the process of the server, 0 where there is none or it can't be seen from here: then its CPU time is not counted.
func (d driver) pid(ctx context.Context) int {
	if d.driver != "mysql" {
		return 0
	}
	db, err := sql.Open("mysql", d.server)
	if err != nil {
		return 0
	}
	defer db.Close()
	var file string
	if err := db.QueryRowContext(ctx, "SELECT @@pid_file").Scan(&file); err != nil {
		return 0
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	if _, err := cpuOf(pid); err != nil {
		return 0
	}
	return pid
}

// fresh makes an empty database and tells its DSN; done removes it.
func (d driver) fresh(ctx context.Context) (dsn string, done func(), err error) {
	if d.driver == "sqlite" {
		dir, err := os.MkdirTemp("", "magpie-bench-")
		if err != nil {
			return "", nil, err
		}
		return filepath.Join(dir, "bench.db"), func() { _ = os.RemoveAll(dir) }, nil
	}
	db, err := sql.Open("mysql", d.server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("magpie_bench_%d", rand.Uint32())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		return "", nil, err
	}
	base, params, _ := strings.Cut(d.server, "?")
	dsn = base + name
	if params != "" {
		dsn += "?" + params
	}
	return dsn, func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		_ = db.Close()
	}, nil
}

// open makes a store with its schema on an empty database.
func (d driver) open(ctx context.Context) (*store.Store, func(), error) {
	dsn, done, err := d.fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.openAt(ctx, dsn)
	if err != nil {
		done()
		return nil, nil, err
	}
	return s, func() { _ = s.Close(); done() }, nil
}

// openAt opens a store, and makes its schema where that is missing.
func (d driver) openAt(ctx context.Context, dsn string) (*store.Store, error) {
	o := store.Options{Driver: d.driver, DSN: dsn}
	if d.driver == "mysql" {
		if _, err := store.Migrate(ctx, o); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, o)
}

// isolation is what the server calls its isolation level: MySQL and MariaDB from 11.1 on differ from older ones.
func (d driver) isolation(ctx context.Context) string {
	name, value := "transaction_isolation", ""
	if db, err := sql.Open("mysql", d.server); err == nil {
		defer db.Close()
		_ = db.QueryRowContext(ctx, "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')").Scan(&name, &value)
	}
	return name
}

// bare opens the database as the floor uses it: the same settings, nothing of ours between.
func (d driver) bare(ctx context.Context) (*sql.DB, func(), error) {
	dsn, done, err := d.fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	var db *sql.DB
	if d.driver == "sqlite" {
		db, err = sql.Open("sqlite", "file:"+dsn+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
		if err == nil {
			db.SetMaxOpenConns(1) // one writer: more are slower
		}
	} else {
		sep := "?"
		if strings.Contains(dsn, "?") {
			sep = "&"
		}
		db, err = sql.Open("mysql", dsn+sep+"interpolateParams=true&"+d.isolation(ctx)+"=%27READ-COMMITTED%27")
		if err == nil {
			db.SetMaxIdleConns(16)
		}
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	for _, q := range []string{
		"CREATE TABLE floor_item (id VARCHAR(64) NOT NULL PRIMARY KEY, rev BIGINT NOT NULL, state TEXT NOT NULL)",
		"CREATE TABLE floor_log (id VARCHAR(80) NOT NULL PRIMARY KEY, item VARCHAR(64) NOT NULL, body TEXT NOT NULL)",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			_ = db.Close()
			done()
			return nil, nil, err
		}
	}
	return db, func() { _ = db.Close(); done() }, nil
}
