-- Files that people hand in, in pieces.
-- +goose Up
CREATE TABLE file (
  id         TEXT    NOT NULL PRIMARY KEY,
  instance   TEXT    NOT NULL,
  owner      TEXT    NOT NULL,
  size       INTEGER NOT NULL,
  sum        TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  check_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX file_check ON file (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX file_owner ON file (owner, created_at);
CREATE INDEX file_instance ON file (instance);

CREATE TABLE file_part (
  file TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  data BLOB    NOT NULL,
  PRIMARY KEY (file, n)
) STRICT;
