CREATE TABLE account (
  ref_id      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  platform    TEXT    NOT NULL,
  tenant      TEXT    NOT NULL,
  app         TEXT    NOT NULL,
  connection  TEXT    NOT NULL,
  account     TEXT    NOT NULL,
  is_primary  INTEGER NOT NULL DEFAULT 0,
  person      TEXT    NOT NULL DEFAULT '',
  name        TEXT    NOT NULL DEFAULT '',
  employee_no TEXT    NOT NULL DEFAULT '',
  email       TEXT    NOT NULL DEFAULT '',
  mobile      TEXT    NOT NULL DEFAULT '',
  title       TEXT    NOT NULL DEFAULT '',
  manager_ref TEXT    NOT NULL DEFAULT '',
  conflict    TEXT    NOT NULL DEFAULT '',
  active      INTEGER NOT NULL DEFAULT 1,
  left_at     INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (ref_id, kind, platform, tenant, app, connection)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_connection ON account (connection, account);
CREATE INDEX account_person ON account (person, is_primary);
CREATE TABLE account_link (
  connection TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  linked_by  TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (connection, account)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE definition (
  id         TEXT    NOT NULL,
  hash       TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  source     BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id, hash)
) STRICT;
CREATE TABLE department (
  connection TEXT    NOT NULL,
  dept_id    TEXT    NOT NULL,
  parent     TEXT    NOT NULL DEFAULT '',
  name       TEXT    NOT NULL,
  path       TEXT    NOT NULL DEFAULT '',
  sort_order INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (connection, dept_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX department_name ON department (name);
CREATE INDEX department_parent ON department (connection, parent);
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
CREATE INDEX file_instance ON file (instance);
CREATE INDEX file_owner ON file (owner, created_at);
CREATE TABLE file_part (
  file TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  data BLOB    NOT NULL,
  PRIMARY KEY (file, n)
) STRICT;
CREATE TABLE inbox (
  id          INTEGER PRIMARY KEY,
  connection  TEXT    NOT NULL,
  dedupe      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  state       INTEGER NOT NULL,
  due_at      INTEGER,
  token       TEXT    NOT NULL,
  attempt     INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  done_at     INTEGER NOT NULL DEFAULT 0,
  result      TEXT    NOT NULL DEFAULT '',
  instance    TEXT    NOT NULL DEFAULT '',
  cause       TEXT    NOT NULL DEFAULT '',
  toast       BLOB,
  event       BLOB    NOT NULL,
  raw         BLOB
) STRICT;
CREATE UNIQUE INDEX inbox_dedupe ON inbox (connection, dedupe);
CREATE INDEX inbox_due ON inbox (state, due_at) WHERE due_at IS NOT NULL;
CREATE TABLE instance (
  id         TEXT    NOT NULL PRIMARY KEY,
  definition TEXT    NOT NULL,
  hash       TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  rev        INTEGER NOT NULL,
  status     TEXT    NOT NULL,
  initiator  TEXT    NOT NULL,
  title      TEXT    NOT NULL,
  seq        INTEGER NOT NULL,
  head       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL,
  state      BLOB    NOT NULL
) STRICT;
CREATE INDEX instance_definition ON instance (definition, status, created_at);
CREATE INDEX instance_initiator ON instance (initiator, created_at);
CREATE TABLE job (
  id         TEXT    NOT NULL PRIMARY KEY,
  lane       INTEGER NOT NULL,
  queue      TEXT    NOT NULL,
  shard      INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  due_at     INTEGER NOT NULL,
  run_at     INTEGER NOT NULL,
  token      TEXT    NOT NULL,
  attempt    INTEGER NOT NULL,
  gen        INTEGER NOT NULL,
  rev        INTEGER NOT NULL,
  instance   TEXT    NOT NULL,
  slot       TEXT    NOT NULL,
  uncertain  INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  cause      TEXT    NOT NULL,
  body       BLOB    NOT NULL
, if_shown INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX job_due ON job (state, lane, due_at);
CREATE TABLE link_attempt (
  account    TEXT    NOT NULL PRIMARY KEY,
  n          INTEGER NOT NULL,
  until      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE membership (
  connection TEXT    NOT NULL,
  dept_id    TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  person     TEXT    NOT NULL DEFAULT '',
  is_lead    INTEGER NOT NULL DEFAULT 0,
  is_member  INTEGER NOT NULL DEFAULT 1,
  is_primary INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, dept_id, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_account ON membership (connection, account);
CREATE INDEX membership_person ON membership (person);
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
CREATE TABLE person (
  id          TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL,
  employee_no TEXT    NOT NULL DEFAULT '',
  email       TEXT    NOT NULL DEFAULT '',
  mobile      TEXT    NOT NULL DEFAULT '',
  title       TEXT    NOT NULL DEFAULT '',
  manager     TEXT    NOT NULL DEFAULT '',
  preferred   TEXT    NOT NULL DEFAULT '',
  source      TEXT    NOT NULL DEFAULT '',
  active      INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_email ON person (email);
CREATE INDEX person_employee_no ON person (employee_no);
CREATE INDEX person_manager ON person (manager);
CREATE INDEX person_mobile ON person (mobile);
CREATE TABLE person_alias (
  id         TEXT    NOT NULL PRIMARY KEY,
  person     TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_alias_person ON person_alias (person);
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
CREATE TABLE receipt (
  message TEXT    NOT NULL,
  account TEXT    NOT NULL,
  state   TEXT    NOT NULL,
  person  TEXT    NOT NULL,
  source  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (message, account, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (
  name       TEXT    NOT NULL PRIMARY KEY,
  value      BLOB    NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE slot (
  id         TEXT    NOT NULL PRIMARY KEY,
  connection TEXT    NOT NULL,
  shown_rev  INTEGER NOT NULL,
  message    BLOB    NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE task (
  id        TEXT    NOT NULL PRIMARY KEY,
  instance  TEXT    NOT NULL,
  node      TEXT    NOT NULL,
  seat      TEXT    NOT NULL,
  round     INTEGER NOT NULL,
  person    TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  title     TEXT    NOT NULL,
  opened_at INTEGER NOT NULL,
  due_at    INTEGER NOT NULL,
  closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_closed ON task (person, closed_at) WHERE state <> 'open';
CREATE INDEX task_person ON task (person, opened_at) WHERE state = 'open';
CREATE TABLE trail (
  instance  TEXT    NOT NULL,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  event     TEXT    NOT NULL,
  prev_hash TEXT    NOT NULL,
  entries   BLOB    NOT NULL,
  PRIMARY KEY (instance, seq)
) STRICT;
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
