-- A job that counts only where its slot was shown says so itself; and the tasks of a person, open or decided, are in
-- one index instead of two: what is open was closed at no time. Every statement can be run again.
-- +goose Up

SET @step = (SELECT IF(COUNT(*) = 0, 'ALTER TABLE job ADD COLUMN if_shown INT NOT NULL DEFAULT 0', 'DO 0')
  FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'job' AND column_name = 'if_shown');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

UPDATE task SET closed_at = GREATEST(opened_at, 1) WHERE state <> 'open' AND closed_at = 0;
UPDATE task SET closed_at = 0 WHERE state = 'open' AND closed_at <> 0;

SET @step = (SELECT IF(COUNT(*) = 0, 'CREATE INDEX task_work ON task (person, closed_at, opened_at)', 'DO 0')
  FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'task' AND index_name = 'task_work');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = (SELECT IF(COUNT(*) > 0, 'DROP INDEX task_person ON task', 'DO 0')
  FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'task' AND index_name = 'task_person');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = (SELECT IF(COUNT(*) > 0, 'DROP INDEX task_closed ON task', 'DO 0')
  FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'task' AND index_name = 'task_closed');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
