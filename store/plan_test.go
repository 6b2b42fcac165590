package store

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// With a million rows a statement on the hot path must use an index, and none may sort.
func TestHotStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	s, err := Open(t.Context(), Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for q, index := range map[string]string{
		sqlDueEvents:             "inbox_due",
		sqlBacklog:               "inbox_due",
		sqlFindEvent:             "inbox_dedupe",
		sqlEarlierPosts:          "inbox_dedupe",
		sqlLoadEvent:             "PRIMARY KEY",
		sqlFinishEvent:           "PRIMARY KEY",
		sqlRetryEvent:            "PRIMARY KEY",
		sqlLeaseEvent + marks(3): "PRIMARY KEY",
		sqlLoadInstance:          "sqlite_autoindex_instance_1",
		sqlUpdateInstance:        "sqlite_autoindex_instance_1",
		sqlEachInstance:          "sqlite_autoindex_instance_1",
		sqlEachOfOneFlow:         "sqlite_autoindex_instance_1",
		sqlTasksOf:               "task_person",
		sqlTasksIn:               "PRIMARY KEY",
		sqlOpenOf:                "task_person",
		sqlDecidedOf:             "task_closed",
		sqlToldOf:                "task_closed",
		sqlStartedBy:             "instance_initiator",
		sqlTrailOf:               "sqlite_autoindex_trail_1",
		sqlRewriteTrail:          "sqlite_autoindex_trail_1",
		sqlAuditTrail:            "sqlite_autoindex_trail_1",
		sqlDueJobs:               "job_due",
		sqlLeaseJobs + marks(3):  "sqlite_autoindex_job_1",
		sqlLeaseNamed + marks(3): "sqlite_autoindex_job_1",
		sqlDeleteJob:             "sqlite_autoindex_job_1",
		sqlReleaseJob:            "sqlite_autoindex_job_1",
		sqlSentJob:               "sqlite_autoindex_job_1",
		sqlCancelJob:             "sqlite_autoindex_job_1",
		sqlRetryJob:              "sqlite_autoindex_job_1",
		sqlShown:                 "sqlite_autoindex_job_1",
		"SELECT COUNT(*), MIN(due_at) FROM job WHERE state = 0 AND lane = ? AND due_at <= ?": "job_due",
	} {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q, make([]any, strings.Count(q, "?"))...)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		_ = rows.Close()
		text := strings.Join(plan, "; ")
		if !strings.Contains(text, index) && !(index == "PRIMARY KEY" && strings.Contains(text, "INTEGER PRIMARY KEY")) {
			t.Errorf("%s\nplan: %s\nwant: %s", q, text, index)
		}
		if strings.Contains(text, "SCAN") && !strings.Contains(text, "CONSTANT ROW") && !strings.Contains(text, "USING COVERING INDEX") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s\nplan: %s", q, text)
		}
	}
}
