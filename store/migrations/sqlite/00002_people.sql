-- What people say about accounts and persons, apart from what directories say: no pull changes it.
-- +goose Up

CREATE TABLE account_link (
  connection TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  linked_by  TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (connection, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_alias (
  id         TEXT    NOT NULL PRIMARY KEY,
  person     TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_alias_person ON person_alias (person);

CREATE TABLE people_log (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  actor      TEXT    NOT NULL,
  action     TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  connection TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  was        TEXT    NOT NULL,
  became     TEXT    NOT NULL
) STRICT;
CREATE INDEX people_log_person ON people_log (person, id);

CREATE TABLE link_code (
  id         TEXT    NOT NULL PRIMARY KEY,
  connection TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  expires_at INTEGER NOT NULL,
  used_by    TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX link_code_account ON link_code (connection, account);
CREATE INDEX link_code_expires ON link_code (expires_at);

CREATE TABLE link_attempt (
  account    TEXT    NOT NULL PRIMARY KEY,
  n          INTEGER NOT NULL,
  until      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The manager was whom the suite said that was pulled last. Now accounts say so, and this is for administrators.
UPDATE person SET manager = '' WHERE manager <> '';
