package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"magpie/config"
)

// TestParseBounds gives Parse what would make the YAML library slow or deep. Each must be over soon: the
// bound is far above what it takes, and far below what it would take without the caps.
func TestParseBounds(t *testing.T) {
	t.Parallel()
	var keys strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	var deep strings.Builder
	for i := range 700 {
		deep.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, src := range map[string]string{
		"keys":     keys.String(),
		"lists":    strings.Repeat("- ", 400_000),
		"brackets": strings.Repeat("[", 1<<20),
		"braces":   strings.Repeat("{a: ", 200_000),
		"indented": deep.String(),
		"complex":  strings.Repeat("? ", 400_000),
		"large":    strings.Repeat("a", config.MaxFileBytes+1),
		"unclosed": "a: \"" + strings.Repeat("\\", 500_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			n, ps := config.Parse("f.yaml", []byte(src))
			if n != nil || !ps.Bad() {
				t.Error("accepted")
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, want string }{
		"byte order mark": {"\ufeffa: 采购\n", "采购"},
		"crlf":            {"# x\r\na: |\r\n  甲\r\n  乙\r\n", "甲\n乙\n"},
		"marked document": {"---\na: x\n...\n", "x"},
		"folded":          {"a: >-\n  甲\n  乙\n", "甲 乙"},
		"single quotes":   {"a: 'it''s ${X}'\n", "it's ${X}"},
		"escapes":         {`a: "\u4e2d\n"`, "中\n"},
		"over two lines":  {"a: 甲\n  乙\n", "甲 乙"},
	} {
		n, ps := config.Parse("f.yaml", []byte(c.src), config.NoVariables())
		if n == nil {
			t.Errorf("%s: %v", name, ps)
			continue
		}
		var got struct {
			A string `yaml:"a"`
		}
		if ps := n.Decode(&got); len(ps) > 0 || got.A != c.want {
			t.Errorf("%s: got %q, %v", name, got.A, ps)
		}
	}
	for _, src := range []string{"", "\n", "# nothing\n", "---\n"} {
		if n, ps := config.Parse("f.yaml", []byte(src)); n == nil || n.Kind() != config.Null || len(ps) > 0 {
			t.Errorf("%q: %v, %v", src, n, ps)
		}
	}
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "s/good", "pass word\n")
	write(t, dir, "s/empty", "\n")
	write(t, dir, "s/large", strings.Repeat("x", 70_000))
	if err := os.Chmod(write(t, dir, "s/open", "x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ value, want, problem string }{
		{"file:s/open", "x", "warning: key: the secret's file " + dir + "/s/open can be read by everybody on this machine; chmod 600"},
		{"file:s/good", "pass word", ""},
		{"file:" + dir + "/s/good", "pass word", ""},
		{"plain", "plain", ""},
		{"file:s/empty", "", "is empty"},
		{"file:s/large", "", "is larger than 64 KiB"},
		{"file:s", "", "is no regular file"},
		{"file:s/none", "", "no such file"},
	} {
		n, ps := config.Parse(dir+"/f.yaml", []byte("key: "+c.value))
		if n == nil {
			t.Fatal(ps)
		}
		var got struct {
			Key config.Secret `yaml:"key,required"`
		}
		ps = n.Decode(&got)
		if got.Key.Reveal() != c.want || (c.problem == "") != (len(ps) == 0) || !strings.Contains(ps.Error(), c.problem) {
			t.Errorf("%s: %q, %v", c.value, got.Key.Reveal(), ps)
		}
		if strings.Contains(ps.Error(), "pass word") {
			t.Errorf("a secret shows: %v", ps)
		}
	}
}
