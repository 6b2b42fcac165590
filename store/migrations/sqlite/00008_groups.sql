-- User groups, roles and tags of the suites, and who is in them: persons by an id of their account, and departments.
-- +goose Up
CREATE TABLE user_group (
  connection TEXT NOT NULL,
  group_id   TEXT NOT NULL,
  name       TEXT NOT NULL,
  PRIMARY KEY (connection, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_group_member (
  connection TEXT    NOT NULL,
  group_id   TEXT    NOT NULL,
  is_dept    INTEGER NOT NULL,
  member     TEXT    NOT NULL,
  PRIMARY KEY (connection, group_id, is_dept, member)
) STRICT, WITHOUT ROWID;
