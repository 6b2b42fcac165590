package approval_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// Every rule has a story of its own under testdata.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			workflowstest.Scenario(t, approval.Kind{}, filepath.Base(file), string(src))
		})
	}
}
