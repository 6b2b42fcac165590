-- What the trails of all instances ended with, day by day; the lists say of which instance, in parts.
-- +goose Up
CREATE TABLE IF NOT EXISTS audit_head (
  n BIGINT NOT NULL,
  day VARCHAR(10) NOT NULL,
  at BIGINT NOT NULL,
  instances BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  prev_hash VARCHAR(64) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  list VARCHAR(32) NOT NULL,
  PRIMARY KEY (n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS audit_list (
  list VARCHAR(32) NOT NULL,
  part BIGINT NOT NULL,
  items LONGBLOB NOT NULL,
  PRIMARY KEY (list, part)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
