-- What the trails of all instances ended with, day by day; the lists say of which instance, in parts.
-- +goose Up
CREATE TABLE audit_head (
  n         INTEGER NOT NULL PRIMARY KEY,
  day       TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  instances INTEGER NOT NULL,
  digest    TEXT    NOT NULL,
  prev_hash TEXT    NOT NULL,
  hash      TEXT    NOT NULL,
  list      TEXT    NOT NULL
) STRICT;

CREATE TABLE audit_list (
  list  TEXT    NOT NULL,
  part  INTEGER NOT NULL,
  items BLOB    NOT NULL,
  PRIMARY KEY (list, part)
) STRICT;
