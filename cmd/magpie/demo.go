package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/simulator"
	"magpie/simulator/playground"
)

//go:embed sample
var sample embed.FS

// demoMark is the file that makes a folder the demo's: only such a folder is ever emptied.
const demoMark = ".magpie-demo"

func demoCommand() *cobra.Command {
	var o demoOptions
	var level string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try it: server, simulated suites and a playground page, all on this machine",
		Long: `Demo starts Magpie with a sample company of 40 people, sample workflows and simulated suites, and prints
the address of a page where you can be any of them. Everything is kept in the data folder between runs:
magpie.yaml and workflows/ there are yours to edit, and changes count at once.`,
		Example: "  magpie demo\n  magpie demo --addr 127.0.0.1:9000 --data ./demo --fresh",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := newLog(level)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			if o.transport != "webhook" && o.transport != "websocket" {
				return &usageError{c.CommandPath(), fmt.Errorf("--transport %s: webhook or websocket", o.transport)}
			}
			o.log, o.out = log, c.OutOrStdout()
			return demo(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen here")
	c.Flags().StringVar(&o.data, "data", "", "keep everything in this folder (default: magpie-demo under your data home)")
	c.Flags().BoolVar(&o.fresh, "fresh", false, "start anew: forget what an earlier run left in the data folder")
	c.Flags().StringVar(&o.transport, "transport", "webhook", "how the suites reach Magpie: webhook or websocket")
	logFlag(c, &level)
	c.Flags().Lookup("log").DefValue = "warn"
	_ = c.Flags().Set("log", "warn")
	return c
}

type demoOptions struct {
	addr, data, transport string
	fresh                 bool
	suites                []string // nil: all
	log                   *slog.Logger
	out                   io.Writer
	now                   func() time.Time
	started               func(base string) // tests
}

// demo runs until ctx ends.
func demo(ctx context.Context, o demoOptions) (err error) {
	if o.data == "" {
		if o.data, err = dataHome(); err != nil {
			return err
		}
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with --addr", o.addr, err)
	}
	defer ln.Close() // the server closes it too; twice is harmless
	if err := prepareData(o.data, o.fresh, o.suites); err != nil {
		return err
	}
	base := "http://" + ln.Addr().String()
	d, err := openDemo(ctx, o, base)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	fmt.Fprintf(o.out, `
  鹊桥 Magpie %s

  Playground   %s/sim/
  Edit         %s  (changes count at once)
  State        %s/readyz    Metrics  %s/metrics
  Vendor APIs  %s/sim/feishu  /sim/dingtalk  /sim/wecom    credentials: %s/sim/api/connections

  Try: as 李雷 (飞书) write 采购, fill in the card, then press 同意 as 韩梅梅 (钉钉). From ¥5000 on 王芳
  (企业微信) and 赵敏 (飞书) are asked as well. Stop with Ctrl-C.

`, version, base, filepath.Join(shown(o.data), "workflows"), base, base, base, base)
	if o.started != nil {
		o.started(base)
	}
	return d.app.Run(ctx, ln)
}

// demoParts are what one demo holds.
type demoParts struct {
	app *App
	hub *simulator.Hub
}

func openDemo(ctx context.Context, o demoOptions, base string) (*demoParts, error) {
	if len(o.suites) == 0 {
		o.suites = demoSuites
	}
	sim := simulation{company: simulator.SampleCompany().Within(o.suites...), bus: &simulator.Bus{}, log: o.log, base: base, data: o.data, transport: o.transport}
	suites, err := sim.startAll(o.suites)
	if err != nil {
		return nil, err
	}
	hub := simulator.NewHub(sim.company, sim.bus, suites...)
	hub.SetPage(playground.New(hub, playground.Options{}))
	vars := sim.variables(suites)
	app, err := Open(ctx, AppOptions{
		Config: filepath.Join(o.data, "magpie.yaml"), Log: o.log, Watch: true, Now: o.now,
		Variables: func(name string) (string, bool) {
			v, ok := vars[name]
			if !ok {
				return os.LookupEnv(name)
			}
			return v, true
		},
		Mount: func(mux *http.ServeMux) {
			mux.Handle("/sim/", hub.Handler())
			mux.Handle("/{$}", http.RedirectHandler("/sim/", http.StatusFound))
		},
		Stopping: hub.EndStreams,
	})
	if err != nil {
		return nil, errors.Join(err, hub.Close())
	}
	return &demoParts{app: app, hub: hub}, nil
}

func (d *demoParts) close() error { return errors.Join(d.hub.Close(), d.app.Close()) }

// dataHome is where the demo lives unless it is told: $XDG_DATA_HOME, or what stands for it here.
func dataHome() (string, error) {
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "magpie-demo"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for the demo's data: %w; choose one with --data", err)
	}
	return filepath.Join(home, ".local", "share", "magpie-demo"), nil
}

// prepareData makes the folder and writes the sample files that are not there, with the connections of the
// suites; nil is all. With fresh it is emptied before, if it is the demo's.
func prepareData(dir string, fresh bool, suites []string) error {
	mark := filepath.Join(dir, demoMark)
	if fresh {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("empty the demo's folder: %w", err)
		}
		if _, err := os.Stat(mark); err != nil && len(entries) > 0 {
			return fmt.Errorf("%s is not empty and not the demo's: nothing was removed; choose another --data", dir)
		}
		for _, e := range entries {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("empty the demo's folder: %w", err)
			}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	if err := os.WriteFile(mark, []byte("This folder belongs to magpie demo; --fresh empties it.\n"), 0o600); err != nil {
		return err
	}
	return fs.WalkDir(sample, "sample", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("sample", p)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if _, err := os.Stat(to); err == nil {
			return nil // it may have been edited
		}
		b, err := sample.ReadFile(p)
		if err != nil {
			return err
		}
		if rel == "magpie.yaml" && suites != nil {
			b = onlySuites(b, suites)
		}
		return os.WriteFile(to, b, 0o600)
	})
}

// variables is how a configuration finds its ${…}: the process's environment unless said otherwise.
func (o AppOptions) variables() []config.Option {
	if o.Variables == nil {
		return nil
	}
	return []config.Option{config.Env(o.Variables)}
}
