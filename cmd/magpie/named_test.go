package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// namedProject is a project that names people by job title, by chains with a bound, by group and by duty roster.
func namedProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"magpie.yaml": `server: {addr: "127.0.0.1:0"}
store: {driver: sqlite, dsn: magpie.db}
people:
  roles: {finance: ["title:财务经里", "group:评审委员"], admin: [boss]}
  oncall:
    ops: {persons: [li.lei, wang.fnag], every: 1 week, from: "2026-11-02T09:00", overrides: [{person: gone, from: 2026-11-16, to: 2026-11-17}]}
calendar: {country: cn}
workflows: workflows/
`,
		"test-people.yaml": `- {id: boss, name: 老板, dept: 总办, title: 总经理, lead: true}
- {id: wang.fang, name: 王芳, dept: 财务部, title: 财务经理, manager: boss, lead: true, groups: 评审委员会}
- {id: li.lei, name: 李雷, dept: 研发部, title: 工程师, manager: wang.fang, groups: [ding-main/评审委员会]}
- {id: gone, name: 走了, dept: 研发部, left: true}
`,
		"workflows/fix.yaml": `kind: approval
id: fix
name: 报修
start: {commands: [报修]}
form: [{id: item, type: text, label: 内容, required: true}]
steps:
  - {id: duty, name: 值班, approve: {by: "oncall:ops"}}
  - {id: chiefs, name: 逐级, approve: {by: "initiator.managers(until: title:财务经理)", mode: all}}
  - {id: board, name: 委员会, approve: {by: "group:评审委员会", mode: all}}
rules: {same_person: off, initiator_is_approver: ask}
tests:
  - name: 轮到谁是谁
    start: {by: li.lei, at: "2026-11-03 10:00", form: {item: 门锁}}
    expect: {approvers: {duty: [li.lei]}}
  - name: 换班之后
    start: {by: boss, at: "2026-11-02 10:00", form: {item: 门锁}}
    do: [{wait: 7 days}]
    expect: {approvers: {duty: [li.lei]}, open: [li.lei]}
  - name: 这一次由别人值班，委员会也换了人
    oncall: {ops: boss}
    groups: {评审委员会: [boss]}
    start: {by: li.lei, at: "2026-11-03 10:00", form: {item: 门锁}}
    do: [{approve: {step: duty, by: boss}}, {approve: {step: chiefs, by: wang.fang}}]
    expect: {approvers: {duty: [boss], chiefs: [wang.fang], board: [boss]}}
  - name: 没有人值班
    oncall: {ops: none}
    start: {by: li.lei, at: "2026-11-03 10:00", form: {item: 门锁}}
    expect: {approvers: {duty: [boss]}}
`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check says of each name in magpie.yaml whom it does not find.
func TestCheckNames(t *testing.T) {
	t.Parallel()
	code, out, errs := magpie(t, namedProject(t), "check")
	if code != 0 {
		t.Fatalf("check ends with %d: %s %s", code, out, errs)
	}
	for _, want := range []string{
		"magpie.yaml:4:21: warning: people.roles.finance[0]: today nobody has the job title 财务经里; did you mean title:财务经理?",
		"magpie.yaml:4:35: warning: people.roles.finance[1]: today nobody is in a group 评审委员; did you mean group:评审委员会?",
		"people.oncall.ops.persons[1]: wang.fnag is never on duty: nobody has this id; did you mean wang.fang?",
		"people.oncall.ops.overrides[0].person: gone is never on duty: they have left; somebody else in their place",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}
}

// The clock of a test, or of a dry run, says whose turn it is; a test may say otherwise.
func TestNamedPeopleInTests(t *testing.T) {
	t.Parallel()
	dir := namedProject(t)
	if code, out, errs := magpie(t, dir, "test"); code != 0 || !strings.Contains(out, "4 passed, 0 failed") {
		t.Errorf("test ends with %d: %s %s", code, out, errs)
	}
	for at, want := range map[string]string{"2026-11-03 10:00": "李雷 (li.lei)", "2026-11-01 10:00": "老板 (boss)"} { // nobody yet, so role admin
		_, out, errs := magpie(t, dir, "simulate", "fix", "--as", "li.lei", "--set", "item=门锁", "--at", at)
		if _, first, _ := strings.Cut(out, "oncall:ops"); !strings.HasPrefix(first, "\n   - "+want) {
			t.Errorf("at %s: %s %s", at, out, errs)
		}
	}
	_, out, errs := magpie(t, dir, "simulate", "fix", "--as", "wang.fang", "--set", "item=门锁", "--at", "2026-11-03 10:00")
	if !strings.Contains(out, "initiator.managers(until: title:财务经理) 的终点不在上级里，已到最上级\n   - 老板 (boss)") {
		t.Errorf("a bound that nobody meets is not told: %s %s", out, errs)
	}
	if !strings.Contains(out, "group:评审委员会，会签\n   - 王芳 (wang.fang)\n   - 李雷 (li.lei)") {
		t.Errorf("a group over suites is not both: %s %s", out, errs)
	}
}

// A test that puts somebody unknown on duty, or into a group, is told where.
func TestNamedPeopleMistakes(t *testing.T) {
	t.Parallel()
	dir := namedProject(t)
	path := filepath.Join(dir, "workflows", "fix.yaml")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ was, is, want string }{
		{"oncall: {ops: boss}", "oncall: {ops: bos}", `fix.yaml:20:19: tests[2].oncall.ops: there is no person "bos"; a person id, or none`},
		{"groups: {评审委员会: [boss]}", "groups: {评审委员会: [li.lie]}", `tests[2].groups.评审委员会[0]: there is no person "li.lie"; person ids, or none`},
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(src), c.was, c.is, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := magpie(t, dir, "test"); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("test ends with %d, want %s:\n%s %s", code, c.want, out, errs)
		}
	}
}
