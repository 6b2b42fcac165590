-- What a person has decided, the newest first. CREATE INDEX can't be run again on MySQL, so it is asked first
-- whether the index is there.
-- +goose Up

SET @step = (SELECT IF(COUNT(*) = 0, 'CREATE INDEX task_closed ON task (person, closed_at)', 'DO 0')
  FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'task' AND index_name = 'task_closed');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
