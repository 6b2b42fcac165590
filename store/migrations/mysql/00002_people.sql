-- What people say about accounts and persons, apart from what directories say: no pull changes it.
-- Every statement can be run again: MySQL commits each DDL statement by itself.
-- +goose Up

CREATE TABLE IF NOT EXISTS account_link (
  connection VARCHAR(64) NOT NULL,
  account VARCHAR(191) NOT NULL,
  person VARCHAR(128) NOT NULL,
  linked_by VARCHAR(16) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (connection, account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS person_alias (
  id VARCHAR(128) NOT NULL,
  person VARCHAR(128) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY person_alias_person (person)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS people_log (
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor VARCHAR(255) NOT NULL,
  action VARCHAR(32) NOT NULL,
  person VARCHAR(128) NOT NULL,
  connection VARCHAR(64) NOT NULL,
  account VARCHAR(191) NOT NULL,
  was VARCHAR(191) NOT NULL,
  became VARCHAR(191) NOT NULL,
  PRIMARY KEY (id),
  KEY people_log_person (person, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS link_code (
  id VARCHAR(64) NOT NULL,
  connection VARCHAR(64) NOT NULL,
  account VARCHAR(191) NOT NULL,
  person VARCHAR(128) NOT NULL,
  expires_at BIGINT NOT NULL,
  used_by VARCHAR(255) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY link_code_account (connection, account),
  KEY link_code_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS link_attempt (
  account VARCHAR(255) NOT NULL,
  n INT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

-- The manager was whom the suite said that was pulled last. Now accounts say so, and this is for administrators.
UPDATE person SET manager = '' WHERE manager <> '';
