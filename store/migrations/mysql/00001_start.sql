-- Times are milliseconds since 1970, UTC; 0 is "none". JSON is kept as bytes, never as the JSON type,
-- which would rewrite it. Every statement can be run again: MySQL commits each DDL statement by itself.
-- +goose Up

CREATE TABLE IF NOT EXISTS inbox (
  id BIGINT NOT NULL,
  connection VARCHAR(64) NOT NULL,
  dedupe VARBINARY(255) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  state INT NOT NULL,
  due_at BIGINT,
  token VARCHAR(32) NOT NULL,
  attempt INT NOT NULL,
  received_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL DEFAULT 0,
  result VARCHAR(255) NOT NULL DEFAULT '',
  instance VARCHAR(64) NOT NULL DEFAULT '',
  cause TEXT NOT NULL,
  toast LONGBLOB,
  event LONGBLOB NOT NULL,
  raw LONGBLOB,
  PRIMARY KEY (id),
  UNIQUE KEY inbox_dedupe (connection, dedupe),
  KEY inbox_due (state, due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS instance (
  id VARCHAR(64) NOT NULL,
  definition VARCHAR(128) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  rev BIGINT NOT NULL,
  status VARCHAR(32) NOT NULL,
  initiator VARCHAR(128) NOT NULL,
  title TEXT NOT NULL,
  seq BIGINT NOT NULL,
  head VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  state LONGBLOB NOT NULL,
  PRIMARY KEY (id),
  KEY instance_initiator (initiator, created_at),
  KEY instance_definition (definition, status, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS task (
  id VARCHAR(255) NOT NULL,
  instance VARCHAR(64) NOT NULL,
  node VARCHAR(128) NOT NULL,
  seat VARCHAR(128) NOT NULL,
  round INT NOT NULL,
  person VARCHAR(128) NOT NULL,
  state VARCHAR(32) NOT NULL,
  title TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY task_person (person, state, opened_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS trail (
  instance VARCHAR(64) NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  event VARCHAR(255) NOT NULL,
  prev_hash VARCHAR(64) NOT NULL,
  entries LONGBLOB NOT NULL,
  PRIMARY KEY (instance, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS definition (
  id VARCHAR(128) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  source LONGBLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id, hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS job (
  id VARCHAR(255) NOT NULL,
  lane INT NOT NULL,
  queue VARCHAR(16) NOT NULL,
  shard INT NOT NULL,
  state INT NOT NULL,
  due_at BIGINT NOT NULL,
  run_at BIGINT NOT NULL,
  token VARCHAR(32) NOT NULL,
  attempt INT NOT NULL,
  gen BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  instance VARCHAR(64) NOT NULL,
  slot VARCHAR(255) NOT NULL,
  uncertain INT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  cause TEXT NOT NULL,
  body LONGBLOB NOT NULL,
  PRIMARY KEY (id),
  KEY job_due (state, lane, due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS slot (
  id VARCHAR(255) NOT NULL,
  connection VARCHAR(64) NOT NULL,
  shown_rev BIGINT NOT NULL,
  message LONGBLOB NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS receipt (
  message VARBINARY(400) NOT NULL,
  account VARBINARY(400) NOT NULL,
  state VARCHAR(32) NOT NULL,
  person VARCHAR(128) NOT NULL,
  source VARCHAR(32) NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message, account, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS person (
  id VARCHAR(128) NOT NULL,
  name VARCHAR(255) NOT NULL,
  employee_no VARCHAR(128) NOT NULL DEFAULT '',
  email VARCHAR(191) NOT NULL DEFAULT '',
  mobile VARCHAR(64) NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  manager VARCHAR(128) NOT NULL DEFAULT '',
  preferred VARCHAR(64) NOT NULL DEFAULT '',
  source VARCHAR(64) NOT NULL DEFAULT '',
  active INT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY person_employee_no (employee_no),
  KEY person_email (email),
  KEY person_mobile (mobile),
  KEY person_manager (manager)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS account (
  ref_id VARCHAR(191) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  platform VARCHAR(32) NOT NULL,
  tenant VARCHAR(128) NOT NULL,
  app VARCHAR(128) NOT NULL,
  connection VARCHAR(64) NOT NULL,
  account VARCHAR(191) NOT NULL,
  is_primary INT NOT NULL DEFAULT 0,
  person VARCHAR(128) NOT NULL DEFAULT '',
  name VARCHAR(255) NOT NULL DEFAULT '',
  employee_no VARCHAR(128) NOT NULL DEFAULT '',
  email VARCHAR(191) NOT NULL DEFAULT '',
  mobile VARCHAR(64) NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  manager_ref VARCHAR(191) NOT NULL DEFAULT '',
  conflict VARCHAR(1000) NOT NULL DEFAULT '',
  active INT NOT NULL DEFAULT 1,
  left_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (ref_id, kind, platform, tenant, app, connection),
  KEY account_person (person, is_primary),
  KEY account_connection (connection, account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS department (
  connection VARCHAR(64) NOT NULL,
  dept_id VARCHAR(191) NOT NULL,
  parent VARCHAR(191) NOT NULL DEFAULT '',
  name VARCHAR(255) NOT NULL,
  path TEXT NOT NULL,
  sort_order BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (connection, dept_id),
  KEY department_name (name),
  KEY department_parent (connection, parent)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS membership (
  connection VARCHAR(64) NOT NULL,
  dept_id VARCHAR(191) NOT NULL,
  account VARCHAR(191) NOT NULL,
  person VARCHAR(128) NOT NULL DEFAULT '',
  is_lead INT NOT NULL DEFAULT 0,
  is_member INT NOT NULL DEFAULT 1,
  is_primary INT NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, dept_id, account),
  KEY membership_account (connection, account),
  KEY membership_person (person)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS setting (
  name VARCHAR(255) NOT NULL,
  value LONGBLOB NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
