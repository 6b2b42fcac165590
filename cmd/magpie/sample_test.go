package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The workflows of the demo are short, pass their own tests, and check has nothing to say about them.
func TestSampleWorkflows(t *testing.T) {
	t.Parallel()
	code, out, errs := magpie(t, "sample", "test")
	m := regexp.MustCompile(`(\d+) passed, 0 failed`).FindStringSubmatch(out)
	if code != 0 || m == nil {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	if n, _ := strconv.Atoi(m[1]); n < 47 {
		t.Errorf("only %d tests", n)
	}
	if code, out, errs := magpie(t, "sample", "check"); code != 0 || strings.Contains(out+errs, "workflows/") {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	files, err := filepath.Glob("sample/workflows/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d sample workflows: %v", len(files), err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(src, []byte("\n")); n >= 60 {
			t.Errorf("%s has %d lines, less than 60 are wanted", file, n)
		}
		if id := strings.TrimSuffix(filepath.Base(file), ".yaml"); strings.Count(out, "ok    "+id+": ") < 4 {
			t.Errorf("%s has less than 4 tests", file)
		}
	}
}
