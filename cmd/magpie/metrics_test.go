package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// metered is a suite with two allowances, one of which the vendor calls spent.
type metered struct{ adapters.Platform }

func (*metered) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: "metered"}
}

func (*metered) Usage() []adapters.Usage {
	return []adapters.Usage{{Name: "api_calls", Used: 7, Limit: 5000}, {Name: "pushes", Used: 3, Limit: 100, Spent: true}}
}

func TestAllowances(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.registry.MustRegister(newUsage(func() []*adapters.Connection { return []*adapters.Connection{adapters.New("c", &metered{})} }))
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, x := range f.GetMetric() {
			if strings.HasPrefix(f.GetName(), "magpie_allowance") {
				got[f.GetName()+" "+x.GetLabel()[0].GetValue()] = x.GetGauge().GetValue()
			}
		}
	}
	want := map[string]float64{"magpie_allowance_used api_calls": 7, "magpie_allowance_limit api_calls": 5000, "magpie_allowance_used pushes": 100, "magpie_allowance_limit pushes": 100}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

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
	m.registry.MustRegister(newUsage(func() []*adapters.Connection { return []*adapters.Connection{adapters.New("c", &metered{})} }))
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
