-- Standing grants: who decides in whose place, and when.
-- +goose Up

CREATE TABLE proxy (
  id          TEXT    NOT NULL PRIMARY KEY,
  of_person   TEXT    NOT NULL,
  to_person   TEXT    NOT NULL,
  from_at     INTEGER NOT NULL,
  until_at    INTEGER NOT NULL,
  flows       TEXT    NOT NULL,
  max_amount  TEXT    NOT NULL,
  open_too    INTEGER NOT NULL,
  actor       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  revoked_at  INTEGER NOT NULL DEFAULT 0,
  revoked_by  TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX proxy_of ON proxy (of_person);
