package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"magpie/workflows/workflowstest"
)

// abilities are what an approval engine is asked for; each has a row in docs/approvals.md that begins so, and that links
// a story at least. A row may go only together with its line here.
var abilities = []string{
	"Or-sign", "Countersign", "Percentage", "Sequential", "Transfer", "Delegate", "Standing proxy", "Add-sign", "Remove-sign",
	"Return", "After a return", "Withdraw", "Revoke", "Copies", "Conditional branch", "Parallel and inclusive branches", "Sub-flow",
	"Approver: manager, head of department", "Consecutive chiefs", "Approver: role, department, persons", "Approver: a person in the form",
	"Job titles", "Groups of a suite", "Head of a department field",
	"Chosen by the initiator", "Nobody found", "The initiator is an approver", "The same person again", "Time-outs", "… in working time",
	"Urge", "Several at once", "Comments", "Attachments and images", "Hand signature", "Print and export", "Tables", "Ranges, notes, rules between fields",
	"Field rights", "Who will be asked", "Versions", "Migration", "A definition is text", "Tests and trying out", "Begun once", "Two presses at once",
	"A card says who answered, and is locked", "A trail that shows tampering", "One approval over several suites", "Statistics",
}

var (
	abilityRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$`)
	storyLink  = regexp.MustCompile(`\[(\w+)\]\(\.\./((?:workflows/approval/testdata|cmd/magpie/testdata/stories)/(\w+)\.txtar)\)`)
)

// The table of what an approval can do has a row for every ability, every row has a story, and every story a row. A
// story says in words what it shows, and expects something.
func TestApprovalsManualLinksEveryStory(t *testing.T) {
	t.Parallel()
	md, err := os.ReadFile("../../docs/approvals.md")
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	var features []string
	for _, row := range abilityRow.FindAllStringSubmatch(string(md), -1) {
		if row[1] == "feature" {
			continue
		}
		features = append(features, row[1])
		links := storyLink.FindAllStringSubmatch(row[2], -1)
		if len(links) == 0 {
			t.Errorf("the row %q links no story", row[1])
		}
		for _, l := range links {
			linked[l[2]] = true
			if l[1] != l[3] {
				t.Errorf("the link %s leads to %s", l[1], l[2])
			}
		}
	}
	if n := strings.Count(string(md), "\n| "); len(features) != n-1 { // the head
		t.Errorf("%d rows were read of %d", len(features), n-1)
	}
	for _, a := range abilities {
		if !slices.ContainsFunc(features, func(f string) bool { return strings.HasPrefix(f, a) }) {
			t.Errorf("docs/approvals.md has no row %q", a)
		}
	}
	var stories []string
	for _, dir := range []string{"workflows/approval/testdata", "cmd/magpie/testdata/stories"} {
		found, err := filepath.Glob("../../" + dir + "/*.txtar")
		if err != nil || len(found) < 8 {
			t.Fatalf("%d stories in %s: %v", len(found), dir, err)
		}
		for _, f := range found {
			stories = append(stories, dir+"/"+filepath.Base(f))
		}
	}
	for _, s := range stories {
		if !linked[s] {
			t.Errorf("docs/approvals.md does not link %s", s)
		}
		src, err := os.ReadFile("../../" + s)
		if err != nil {
			t.Fatal(err)
		}
		about, files := workflowstest.ParseArchive(string(src))
		if strings.TrimSpace(about) == "" {
			t.Errorf("%s does not say what it shows", s)
		}
		if n := len(files); n == 0 || files[n-1].Name != "story" || !strings.Contains("\n"+files[n-1].Body, "\nexpect ") {
			t.Errorf("%s expects nothing", s)
		}
	}
	for l := range linked {
		if !slices.Contains(stories, l) {
			t.Errorf("docs/approvals.md links %s, which is not there", l)
		}
	}
}
