// Package migrations holds the numbered steps that make the tables, one folder per dialect, and the
// schema that they lead to (schema.sql, a golden). Files that were released are never changed: a test
// keeps their hashes. To change a table, add a file with the next number to both folders.
package migrations

import "embed"

// FS holds sqlite/*.sql and mysql/*.sql.
//
//go:embed sqlite/0*.sql mysql/0*.sql
var FS embed.FS
