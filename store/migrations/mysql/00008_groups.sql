-- User groups, roles and tags of the suites, and who is in them: persons by an id of their account, and departments.
-- +goose Up
CREATE TABLE IF NOT EXISTS user_group (
  connection VARCHAR(64)  NOT NULL,
  group_id   VARCHAR(191) NOT NULL,
  name       VARCHAR(255) NOT NULL,
  PRIMARY KEY (connection, group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS user_group_member (
  connection VARCHAR(64)  NOT NULL,
  group_id   VARCHAR(191) NOT NULL,
  is_dept    INT          NOT NULL,
  member     VARCHAR(191) NOT NULL,
  PRIMARY KEY (connection, group_id, is_dept, member)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
