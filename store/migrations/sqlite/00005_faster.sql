-- What MySQL notes of a job that counts only where its slot was shown; SQLite asks before and leaves it at 0.
-- +goose Up
ALTER TABLE job ADD COLUMN if_shown INTEGER NOT NULL DEFAULT 0;
