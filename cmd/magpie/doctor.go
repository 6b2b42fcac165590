package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"magpie/adapters"
	"magpie/config"
	"magpie/store"
)

// Limits of what the doctor takes for healthy.
const (
	doctorPatience = 30 * time.Second
	skewBad        = 5 * time.Minute  // signatures and log-ins are refused
	skewOdd        = 30 * time.Second // deadlines are noticeably early or late
	diskBad        = 100 << 20        // bytes
	diskOdd        = 1 << 30
)

// finding is one line of the doctor.
type finding struct {
	State string `json:"state"` // ok, warn, bad
	About string `json:"about"` // store, feishu-main, …
	What  string `json:"what"`
	Do    string `json:"do,omitempty"` // what to do about it
}

func doctorCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Look whether this installation can work: store, suites, clock, addresses; what to do about what can't", Args: cobra.NoArgs,
		Long: `Doctor reads the configuration, opens the database without changing it, asks each suite for a token and for its departments,
compares the clock with theirs, and calls server.public_url. Each line says what was found and what to do; status 1 when something
can't work. Nothing is sent to people. It may run beside a server.`,
		Example: "  magpie doctor -c magpie.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), 2*doctorPatience)
			defer cancel()
			all := examine(ctx, path)
			if asJSON {
				if err := printLines(c.OutOrStdout(), all); err != nil {
					return err
				}
			} else {
				printFindings(c.OutOrStdout(), all)
			}
			for _, f := range all {
				if f.State == "bad" {
					return errBad
				}
			}
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func printFindings(w io.Writer, all []finding) {
	bad, odd := 0, 0
	for _, f := range all {
		switch f.State {
		case "bad":
			bad++
		case "warn":
			odd++
		}
		fmt.Fprintf(w, "%-4s  %s: %s", f.State, f.About, f.What)
		if f.Do != "" {
			fmt.Fprintf(w, "\n      -> %s", f.Do)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d can't work, %d to look at\n", bad, odd)
}

// examine looks at everything; one thing that is wrong does not hide the next.
func examine(ctx context.Context, path string) []finding {
	watch := &clockWatch{next: http.DefaultTransport, skew: map[string]time.Duration{}}
	env := offline()
	env.HTTP.Transport = watch
	p, ps := loadProject(path, env)
	var out []finding
	for _, x := range ps {
		state := "bad"
		if x.Severity == config.Warning {
			state = "warn"
		}
		out = append(out, finding{state, "configuration", x.String(), ""})
	}
	if p == nil {
		return append(out, finding{"bad", "configuration", "it can't be used, so nothing else was looked at", "mend it; 'magpie check' says the same with the losses of cards"})
	}
	out = append(out, finding{"ok", "configuration", fmt.Sprintf("%d workflows, %d connections", len(p.programs), len(p.connections)), ""})
	out = append(out, examineStore(ctx, p)...)
	var mu sync.Mutex
	var wg sync.WaitGroup
	found := make([][]finding, len(p.connections))
	for i, conn := range p.connections {
		wg.Go(func() {
			f := examineConnection(ctx, conn)
			mu.Lock()
			found[i] = f
			mu.Unlock()
		})
	}
	wg.Wait()
	for _, f := range found {
		out = append(out, f...)
	}
	out = append(out, watch.findings()...)
	return append(out, examineAddress(ctx, p)...)
}

func examineStore(ctx context.Context, p *project) []finding {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	var out []finding
	if file := sqliteFile(p.cfg); file != "" {
		if free, err := freeBytes(filepath.Dir(file)); err == nil {
			f := finding{"ok", "disk", fmt.Sprintf("%d MB free beside %s", free>>20, shown(file)), ""}
			switch {
			case free < diskBad:
				f.State, f.Do = "bad", "make room: without it no event can be stored, and the suites are answered 503"
			case free < diskOdd:
				f.State, f.Do = "warn", "make room before it runs out"
			}
			out = append(out, f)
		}
		if !hasStore(p.cfg) {
			return append(out, finding{"ok", "store", shown(file) + " is not there yet: 'magpie serve' makes it", ""})
		}
	}
	err := openStore(ctx, p.cfg, func(s *store.Store) error {
		people, err := s.Roster(ctx)
		if err != nil {
			return err
		}
		active, admins := 0, p.env.Roles["admin"]
		for _, x := range people.Persons {
			if x.Active {
				active++
			}
		}
		out = append(out, finding{"ok", "store", fmt.Sprintf("it answers, its schema fits; %d people", active), ""})
		if len(admins) == 0 {
			out = append(out, finding{"warn", "people", "nobody has the role admin: what finds no approver waits, and nobody can end a request on a page", "people: {roles: {admin: [PERSON]}}"})
		}
		h, err := s.Health(ctx, time.Now())
		if err != nil {
			return err
		}
		for _, q := range []struct {
			name string
			n    int
		}{{"inbox", h.InboxDead}, {"outbox", h.JobsDead}} {
			if q.n > 0 {
				out = append(out, finding{"warn", q.name, fmt.Sprintf("%d dead letters", q.n), "magpie " + q.name + " list --state dead"})
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, store.ErrSchema):
		return append(out, finding{"bad", "store", err.Error(), "make a backup, then: magpie migrate up"})
	case err != nil:
		return append(out, finding{"bad", "store", err.Error(), "start the database, or correct store: in magpie.yaml"})
	}
	return out
}

// examineConnection fetches a token and asks for the departments: the smallest call that every suite has and that
// needs a scope of the app.
func examineConnection(ctx context.Context, c *adapters.Connection) []finding {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	all, err := c.Departments(ctx)
	f := finding{State: "bad", About: c.ID}
	switch adapters.KindOf(err) {
	case "":
		f.State, f.What = "ok", fmt.Sprintf("a token was given, and %d departments", len(all))
		if len(all) == 0 {
			f.State, f.Do = "warn", "widen whom the app may see (docs/"+c.Suite+".md, step 1.4): nobody outside it can approve"
		}
	case adapters.KindUnsupported:
		f.State, f.What = "ok", "it has no directory, so nothing can be asked without writing to somebody"
	case adapters.KindUnauthenticated, adapters.KindForbidden: // some suites say of a wrong secret that it is forbidden
		f.What = err.Error()
		f.Do = "a wrong id or secret: compare them with the vendor's console, a secret that was reset there is a new one here; a scope that is missing, or an address that is not trusted: add it there and publish (docs/" + c.Suite + ".md)"
	case adapters.KindRateLimited, adapters.KindTransient, adapters.KindUnknown:
		f.State, f.What, f.Do = "warn", err.Error(), "try again; when it stays, see whether this host reaches the suite: proxy, firewall, name server"
	default:
		f.What, f.Do = err.Error(), "docs/"+c.Suite+".md says what the code means"
	}
	return []finding{f}
}

// examineAddress calls the address that cards lead to and suites call.
func examineAddress(ctx context.Context, p *project) []finding {
	base := strings.TrimRight(p.cfg.Server.PublicURL, "/")
	if base == "" {
		return []finding{{"ok", "public_url", "none: there are no pages, and no suite can call", ""}}
	}
	var out []finding
	if !strings.HasPrefix(base, "https://") {
		out = append(out, finding{"warn", "public_url", base + " is not https: links and sessions travel in the clear, and suites may refuse it", "a proxy with a certificate in front"})
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return append(out, finding{"bad", "public_url", err.Error(), "an address like https://bot.example.com"})
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return append(out, finding{"warn", "public_url", err.Error(), "start 'magpie serve' and look again; from inside, an address of the outside may be closed: then try " + base + "/healthz from a phone"})
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return append(out, finding{"warn", "public_url", fmt.Sprintf("%s/healthz answers %d", base, res.StatusCode), "the proxy must let /webhook/ and /m/ through to Magpie; /healthz need not be open to the outside"})
	}
	return append(out, finding{"ok", "public_url", base + " leads here", ""})
}

// clockWatch compares the clock with that of everybody who answers.
type clockWatch struct {
	next http.RoundTripper
	mu   sync.Mutex
	skew map[string]time.Duration // by host: how much this clock is ahead
}

// RoundTrip implements http.RoundTripper.
func (w *clockWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	res, err := w.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	if at, perr := http.ParseTime(res.Header.Get("Date")); perr == nil {
		w.mu.Lock()
		w.skew[r.URL.Host] = skewOf(sent, time.Now(), at)
		w.mu.Unlock()
	}
	return res, nil
}

// skewOf is how much the clock was ahead of one that said at between two moments, 0 where it fits: that one has only
// whole seconds.
func skewOf(sent, got, at time.Time) time.Duration {
	switch {
	case sent.After(at.Add(time.Second)):
		return sent.Sub(at.Add(time.Second))
	case got.Before(at):
		return got.Sub(at)
	}
	return 0
}
