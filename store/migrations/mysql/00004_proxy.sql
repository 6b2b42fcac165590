-- Standing grants: who decides in whose place, and when.
-- +goose Up

CREATE TABLE IF NOT EXISTS proxy (
  id          VARCHAR(64)  NOT NULL PRIMARY KEY,
  of_person   VARCHAR(128) NOT NULL,
  to_person   VARCHAR(128) NOT NULL,
  from_at     BIGINT       NOT NULL,
  until_at    BIGINT       NOT NULL,
  flows       TEXT         NOT NULL,
  max_amount  VARCHAR(64)  NOT NULL,
  open_too    INT          NOT NULL,
  actor       VARCHAR(255) NOT NULL,
  created_at  BIGINT       NOT NULL,
  revoked_at  BIGINT       NOT NULL DEFAULT 0,
  revoked_by  VARCHAR(255) NOT NULL DEFAULT '',
  KEY proxy_of (of_person)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
