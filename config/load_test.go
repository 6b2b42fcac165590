package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"magpie/config"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestExample(t *testing.T) {
	t.Parallel()
	c, ps := config.Load("example/magpie.yaml", config.Env(func(string) (string, bool) { return "", false }))
	if len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	dir, err := filepath.Abs("example")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02T15:04", s, time.FixedZone("CST", 8*60*60))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	want := &config.Config{
		Server: config.Server{Addr: ":8080", PublicURL: "https://bot.example.com", Timezone: "Asia/Shanghai"},
		Store:  config.Store{Driver: "sqlite"},
		Connections: []config.Connection{
			{ID: "feishu-main", Suite: "feishu", Transport: "websocket"},
			{ID: "ding-main", Suite: "dingtalk", Transport: "stream"},
			{ID: "wecom-main", Suite: "wecom"},
		},
		People: config.People{LinkBy: []string{"employee_no", "email", "mobile"}, Sync: 30 * time.Minute, Leavers: "manager", Roles: map[string][]string{
			"finance": {"wang.fang", "dept:财务部"}, "ceo": {"zhang.wei"}, "buyer": {"chen.jie"},
		}, OnCall: map[string]config.OnCall{"ops": {
			Persons: []string{"li.lei", "chen.jie"}, Every: 1, Unit: "weeks", From: at("2026-11-02T09:00"), Covers: []config.Cover{{Person: "wang.fang", From: at("2026-11-05T18:00"), To: at("2026-11-07T00:00")}},
		}}},
		Calendar: config.Calendar{Country: "cn", WorkStart: 9 * time.Hour, WorkEnd: 18 * time.Hour, LunchStart: 12 * time.Hour,
			LunchEnd: 13*time.Hour + 30*time.Minute, QuietStart: 21 * time.Hour, QuietEnd: 8 * time.Hour},
		Workflows: filepath.Join(dir, "workflows"),
		Limits:    map[string]config.Limits{"feishu-main": {PerMinute: 800, PerRecipient: 4}},
		Dir:       dir,
	}
	if d := cmp.Diff(want, c, cmpopts.IgnoreTypes(&config.Node{}, &time.Location{}, config.Secret{}), cmpopts.IgnoreFields(config.Config{}, "Revision"), cmpopts.IgnoreFields(config.Connection{}, "Settings")); d != "" {
		t.Error(d)
	}
	if got := c.Store.DSN.Reveal(); got != filepath.Join(dir, "magpie.db") {
		t.Errorf("dsn %q", got)
	}
	if c.Server.Location.String() != "Asia/Shanghai" {
		t.Errorf("location %v", c.Server.Location)
	}
	var settings struct {
		ID        string        `yaml:"id"`
		Suite     string        `yaml:"suite"`
		Transport string        `yaml:"transport"`
		AppID     string        `yaml:"app_id,required"`
		AppSecret config.Secret `yaml:"app_secret,required"`
		Encrypt   config.Secret `yaml:"encrypt_key"`
		Token     config.Secret `yaml:"verification_token"`
	}
	if ps := c.Connections[0].Settings.Decode(&settings); len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	if settings.AppSecret.Reveal() != "not-set" {
		t.Error("the default of a variable is not used")
	}
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "workflows"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := write(t, dir, "magpie.yaml", "# nothing\n")
	c, ps := config.Load(path)
	if len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	if c.Server.Addr != ":8080" || c.Server.Timezone != "Asia/Shanghai" || c.Store.Driver != "sqlite" || c.Store.DSN.Reveal() != filepath.Join(dir, "magpie.db") ||
		c.People.Sync != 30*time.Minute || c.Calendar.Country != "cn" || c.Calendar.QuietStart != c.Calendar.QuietEnd || c.Templates != "" {
		t.Errorf("got %+v", c)
	}
}

func TestRevision(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, dir, "magpie.yaml", "templates: t\n")
	write(t, dir, "workflows/a.yaml", "kind: approval\n")
	write(t, dir, "t/b.yaml", "title: x\n")
	load := func() string {
		t.Helper()
		c, ps := config.Load(path)
		if ps.Bad() {
			t.Fatal(ps.Error())
		}
		return c.Revision
	}
	first := load()
	if again := load(); again != first || len(first) != 16 {
		t.Errorf("revision %q, then %q", first, again)
	}
	write(t, dir, "workflows/.hidden.yaml", "x: 1\n")
	write(t, dir, "workflows/README.md", "x\n")
	if again := load(); again != first {
		t.Error("files that are not read change the revision")
	}
	seen := map[string]bool{first: true}
	for _, change := range [][2]string{{"workflows/a.yaml", "kind: todo\n"}, {"t/b.yaml", "title: y\n"}, {"workflows/sub/c.yml", ""}, {"magpie.yaml", "templates: t # changed\n"}} {
		write(t, dir, change[0], change[1])
		if r := load(); seen[r] {
			t.Errorf("%s changed and the revision did not", change[0])
		} else {
			seen[r] = true
		}
	}
}

func TestCheckSuites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, ps := config.Load(write(t, dir, "magpie.yaml", "connections:\n  - {id: a, suite: feshu}\n  - {id: b, suite: wecom}\n"))
	if ps.Bad() {
		t.Fatal(ps.Error())
	}
	got := c.CheckSuites([]string{"feishu", "wecom"}).Error()
	want := filepath.Join(dir, "magpie.yaml") + `:2:20: connections[0].suite: suite "feshu" is not known; did you mean feishu?`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
