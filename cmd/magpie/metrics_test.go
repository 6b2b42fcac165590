package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// The manual's table of metrics names all of ours with their labels and help, and no others.
func TestManualNamesTheMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	w := m.webhook()
	w.Request("c", 200, time.Second)
	w.Event("c", event.KindMessage, true)
	w.Answer("c", time.Second, true)
	w.Lost("c")
	d := m.delivery()
	d.Called("c", "send", adapters.KindTransient, time.Second)
	d.Sent("c", "send", time.Second)
	d.Buried("c", "send", adapters.KindInvalid)
	m.accounts.WithLabelValues("c", "linked").Set(1)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "magpie_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		want["| `"+f.GetName()+"` | "+strings.Join(labels, ", ")+" | "+f.GetHelp()+" |"] = true
	}
	src, err := os.ReadFile(filepath.Join("..", "..", "docs", "operation.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 8 {
		t.Fatalf("only %d metrics are gathered", len(want))
	}
	for line := range strings.SplitSeq(string(src), "\n") {
		if strings.HasPrefix(line, "| `magpie_") && !want[line] {
			t.Errorf("docs/operation.md has the row %s, which is no metric (any more)", line)
		}
		delete(want, line)
	}
	for line := range want {
		t.Errorf("docs/operation.md lacks the row %s", line)
	}
}
