package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/store"
)

// A backup is made beside a running server, refused in its place while that runs, and restored when it has ended: what
// was decided since is put aside, and what was begun before goes on.
func TestBackupAndRestoreOfAServer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", sqliteStore, nil)
	s := o.serve(true)
	o.purchase("li.lei", "显示器", "800")
	task := o.cardWith("han.meimei", "同意", "显示器")
	run := func(code int, want string, args ...string) string {
		t.Helper()
		got, out, errs := magpie(t, o.dir, args...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("%v: %d %s%s, want %d %q", args, got, out, errs, code, want)
		}
		return out
	}
	if err := os.Mkdir(filepath.Join(o.dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(0, "1 requests", "backup", "backups/")
	found, err := filepath.Glob(filepath.Join(o.dir, "backups", "magpie-*.db"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	run(1, "something is there already", "backup", found[0])
	run(1, "stop it first", "restore", found[0], "--replace")
	run(2, "", "backup")
	o.told("han.meimei", task, "同意", nil, "success", "已同意")
	o.card("li.lei", "显示器", "已通过")
	s.terminate()
	run(1, "--replace puts it aside", "restore", found[0])
	run(0, "before-restore", "restore", found[0], "--replace")
	o.serve(true)
	_, out, _ := magpie(t, o.dir, "approvals", "list", "--json")
	if !strings.Contains(out, `"leader/1/0 han.meimei"`) {
		t.Errorf("after the restore: %s", out)
	}
	o.audited()
	aside, err := store.CheckCopy(t.Context(), filepath.Join(o.dir, "magpie.db.before-restore"))
	if err != nil || aside.Instances != 1 {
		t.Errorf("%+v, %v", aside, err)
	}
}

// For a server's database it is said how, and nobody takes that for a backup.
func TestBackupOfMySQLIsExplained(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "webhook", `{driver: mysql, dsn: "magpie:geheim@tcp(db.example.com:3307)/flows"}`, nil)
	for _, args := range [][]string{{"backup", "x.db"}, {"restore", o.path}} {
		code, out, errs := magpie(t, o.dir, args...)
		if code != 1 || !strings.Contains(out, "-h db.example.com -P 3307 -u magpie -p") || !strings.Contains(out, "flows") || strings.Contains(out+errs, "geheim") {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(o.dir, "x.db")); err == nil {
		t.Error("there is a file nevertheless")
	}
}
