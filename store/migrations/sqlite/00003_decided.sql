-- What a person has decided, the newest first.
-- +goose Up
CREATE INDEX task_closed ON task (person, closed_at) WHERE state <> 'open';
