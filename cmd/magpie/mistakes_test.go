package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// command runs one command on the sample project and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := prepareData(dir, false, nil); err != nil {
		t.Fatal(err)
	}
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append(args, "-c", filepath.Join(dir, "magpie.yaml")))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCheckOfTheSampleLosesNothing(t *testing.T) {
	t.Parallel()
	out, err := command(t, "check")
	if err != nil || !strings.HasPrefix(out, "good: ") || !strings.Contains(out, "0 warnings, 0 losses") {
		t.Errorf("check says %q, %v", out, err)
	}
}

func TestSimulateRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nobody asks":      {[]string{"--set", "item=x"}, "--as PERSON is missing"},
		"unknown person":   {[]string{"--as", "nobody"}, "there is no such person"},
		"misspelt field":   {[]string{"--as", "li.lei", "--set", "item=x", "--set", "amuont=1"}, "item, amount, kind, needed, reason"},
		"no value":         {[]string{"--as", "li.lei", "--set", "item"}, "write it as FIELD=VALUE"},
		"field twice":      {[]string{"--as", "li.lei", "--set", "item=x", "--set", "item=y"}, "twice"},
		"no time":          {[]string{"--as", "li.lei", "--at", "tomorrow"}, "2026-03-02 09:00"},
		"unknown workflow": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow := "purchase"
			if c.args == nil {
				flow, c.args, c.want = "purchases", []string{"--as", "li.lei"}, "leave, purchase, seal"
			}
			_, err := command(t, append([]string{"simulate", flow}, c.args...)...)
			var u *usageError
			if !errors.As(err, &u) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a usage error with %q", err, c.want)
			}
		})
	}
}

func TestSimulateNamesEverybody(t *testing.T) {
	t.Parallel()
	out, err := command(t, "simulate", "purchase", "--as", "li.lei", "--set", "item=服务器", "--set", "amount=60000", "--at", "2026-03-02 09:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"role:finance，会签", "韩梅梅 (han.meimei)", "told: 陈洁 (chen.jie)", "due 2026-03-04 09:00 (2 work days)", "ends: approved"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
