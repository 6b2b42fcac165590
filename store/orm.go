package store

import (
	"context"
	"database/sql"

	"github.com/libtnb/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// openORM puts gorm over the reading pool. It is for lists with many filters; what is hot, and all
// writing, is SQL by hand.
func openORM(db *sql.DB, my bool) (*gorm.DB, error) {
	d := sqlite.New(sqlite.Config{Conn: db})
	if my {
		d = mysql.New(mysql.Config{Conn: db, SkipInitializeWithVersion: true})
	}
	return gorm.Open(d, &gorm.Config{
		Logger: logger.Discard, SkipDefaultTransaction: true, TranslateError: true, DisableAutomaticPing: true,
	})
}

// list starts a query that reads.
func (s *Store) list(ctx context.Context, table string) *gorm.DB {
	return s.orm.WithContext(ctx).Table(table)
}
