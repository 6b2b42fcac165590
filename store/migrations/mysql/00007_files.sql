-- Files that people hand in, in pieces.
-- +goose Up
CREATE TABLE IF NOT EXISTS file (
  id         VARCHAR(64)  NOT NULL PRIMARY KEY,
  instance   VARCHAR(64)  NOT NULL,
  owner      VARCHAR(255) NOT NULL,
  size       BIGINT       NOT NULL,
  sum        VARCHAR(64)  NOT NULL,
  created_at BIGINT       NOT NULL,
  check_at   BIGINT,
  KEY file_check (check_at),
  KEY file_owner (owner, created_at),
  KEY file_instance (instance)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS file_part (
  file VARCHAR(64) NOT NULL,
  n    INT         NOT NULL,
  data MEDIUMBLOB  NOT NULL,
  PRIMARY KEY (file, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
