package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// The sample is good, and check says what each suite loses of its cards.
func TestCheckOfTheSample(t *testing.T) {
	t.Parallel()
	out, err := command(t, "check")
	if err != nil || !strings.Contains(out, "\ngood: ") || !strings.Contains(out, fmt.Sprintf("%d warnings, 0 losses that nobody has accepted", strings.Count(out, "there are no holiday data for "))) ||
		!regexp.MustCompile(`\nfeishu loses \d+ things that are cut or stand behind the link \(content\), \d+ things that move to a page \(interaction\)\n`).MatchString(out) || !strings.Contains(out, "wecom loses ") || !strings.Contains(out, "that move to a page (interaction)") {
		t.Errorf("check says %q, %v", out, err)
	}
	out, err = command(t, "check", "--losses")
	if err != nil || !strings.Contains(out, "purchase.form: wecom: body[1]: 5 inputs can't be asked on the card: its button leads to a page (interaction, accepted)\n") {
		t.Errorf("check --losses says %q, %v", out, err)
	}
}

// What moves to a page is lost where there are no pages, or where nobody has accepted it; the message says which.
func TestCheckRefusesLostInteractions(t *testing.T) {
	t.Parallel()
	form := "title: \"{{.definition.name}}\"\nsummary: 请填写\nbody:\n  - form: {id: form, inputs: .form.inputs, buttons: [{verb: submit, label: 提交}]}\n"
	for name, c := range map[string]struct {
		file, old, new string
		want           string
	}{
		"no pages":     {"magpie.yaml", `public_url: "${MAGPIE_DEMO_URL:-http://127.0.0.1:8080}"`, "timezone: Asia/Shanghai", "set server.public_url, so that a page can take over"},
		"not accepted": {"templates/approval.form.yaml", "", form, "accept_loss: {wecom: [interaction]}"},
		"no such suite": {"workflows/purchase.yaml", "name: 采购申请", "name: 采购申请\naccept_loss: {wecon: [interaction]}",
			"accept_loss.wecon: there is no such suite; dingtalk, feishu, wecom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := prepareData(dir, false, nil); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, filepath.FromSlash(c.file))
			src, _ := os.ReadFile(file)
			text := strings.Replace(string(src), c.old, c.new, 1)
			if c.old == "" {
				text = c.new
				appendTo(t, filepath.Join(dir, "magpie.yaml"), "\ntemplates: templates/\n")
			} else if text == string(src) {
				t.Fatalf("%q is not in %s", c.old, c.file)
			}
			if c.new == "timezone: Asia/Shanghai" {
				text = strings.Replace(text, "  timezone: Asia/Shanghai\n\n", "\n", 1)
			}
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := magpie(t, dir, "check", "-c", filepath.Join(dir, "magpie.yaml"))
			if code != 1 || !strings.Contains(out+errs, c.want) {
				t.Errorf("ended with %d, says\n%s%s\nwant %q", code, out, errs, c.want)
			}
		})
	}
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(b, text...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
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
				flow, c.args, c.want = "purchases", []string{"--as", "li.lei"}, "leave, meeting, onboarding, purchase"
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
	for _, want := range []string{"role:finance，会签", "韩梅梅 (han.meimei)", "branch: takes form.amount >= 50000, not else", "  4. 总经理 (ceo): role:ceo", "5. tells dept:行政部/lead\n   - 陈洁 (chen.jie)", "after 2 work days: escalate", "due 2026-03-04 09:00 (2 work days)", "ends: approved"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
