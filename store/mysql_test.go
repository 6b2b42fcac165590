package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"

	"magpie/store"
	"magpie/store/storetest"
)

// mysqlDSN makes a database of its own on the server of MAGPIE_TEST_MYSQL and drops it at the end.
func mysqlDSN(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("MAGPIE_TEST_MYSQL")
	if dsn == "" {
		t.Skip("MAGPIE_TEST_MYSQL names no server")
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("MAGPIE_TEST_MYSQL can't be read")
	}
	cfg.DBName = ""
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("magpie_test_%x", rand.Uint64())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name+" CHARACTER SET latin1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "DROP DATABASE "+name)
		if err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	cfg.DBName = name
	return cfg.FormatDSN()
}

func openMySQL(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	o.Driver, o.DSN = store.DriverMySQL, mysqlDSN(t)
	if _, err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	if os.Getenv("MAGPIE_TEST_MYSQL") == "" {
		t.Skip("MAGPIE_TEST_MYSQL names no server")
	}
	storetest.Run(t, func(t *testing.T, c *storetest.Clock) *store.Store {
		return openMySQL(t, store.Options{Now: c.Now, Readers: 8})
	})
}

// A connection keeps a bounded number of statements prepared, and those that it gave up work again.
func TestPreparedStatements(t *testing.T) {
	t.Parallel()
	s := openMySQL(t, store.Options{})
	kept, err := s.PrepareMany(t.Context(), store.MaxPrepared+20)
	if err != nil || kept != store.MaxPrepared {
		t.Fatalf("%d statements are kept, want %d (%v)", kept, store.MaxPrepared, err)
	}
}
