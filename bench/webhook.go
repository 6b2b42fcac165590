package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/adapters/webhook"
	"magpie/config"
	"magpie/store"
)

const (
	serveArg    = "serve-child"
	connections = 50
)

// webhook measures the path in: floor, SQLite, MariaDB.
func (r *report) webhook(ctx context.Context) error {
	floor, err := measureWebhook(ctx, r.each, suites[0], "none", "")
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	for _, d := range r.drivers() {
		dsn, done, err := d.fresh(ctx)
		if err != nil {
			return err
		}
		if d.driver == "mysql" {
			if _, err := store.Migrate(ctx, store.Options{Driver: d.driver, DSN: dsn}); err != nil {
				done()
				return err
			}
		}
		got, err := measureWebhook(ctx, r.each, suites[0], d.driver, dsn)
		done()
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		ratio := got.perSecond / floor.perSecond
		r.add(row{
			what: "webhook events, " + d.name, figure: fmt.Sprintf("%.0f/s", got.perSecond), floor: fmt.Sprintf("%.0f/s", floor.perSecond),
			ratio: fmt.Sprintf("%.2f", ratio), bar: sqliteBar(d, "≥ 5 000/s and ≥ 0.25", "≥ 0.25 is SQLite's; shown"),
			met: d.driver != "sqlite" || got.perSecond >= 5000 && ratio >= 0.25,
		}, row{
			what: "webhook CPU an event, " + d.name, figure: fmt.Sprintf("%d µs", got.cpuEach.Microseconds()), floor: fmt.Sprintf("%d µs", floor.cpuEach.Microseconds()),
			ratio: fmt.Sprintf("%.1f", float64(got.cpuEach)/float64(floor.cpuEach)), bar: sqliteBar(d, "≤ 150 µs", "shown"),
			met: d.driver != "sqlite" || got.cpuEach <= 150*time.Microsecond,
		}, row{
			what: "webhook p99 at 300/s, " + d.name, figure: ms(got.p99), floor: ms(floor.p99),
			ratio: fmt.Sprintf("%.1f", float64(got.p99)/float64(floor.p99)), bar: "≤ 50 ms", met: got.p99 <= 50*time.Millisecond,
		})
	}
	return r.webhookSuites(ctx)
}

// webhookSuites measures the same path for each suite, on SQLite, beside the first.
func (r *report) webhookSuites(ctx context.Context) error {
	var first time.Duration
	for _, of := range suites {
		dsn, done, err := sqlite.fresh(ctx)
		if err != nil {
			return err
		}
		got, err := measureWebhook(ctx, r.each, of, "sqlite", dsn)
		done()
		if err != nil {
			return fmt.Errorf("%s: %w", of.name, err)
		}
		if first == 0 {
			first = got.cpuEach
		}
		ratio := float64(got.cpuEach) / float64(first)
		r.add(row{
			what: "webhook CPU an event of " + of.name, figure: fmt.Sprintf("%d µs, %.0f/s", got.cpuEach.Microseconds(), got.perSecond),
			floor: fmt.Sprintf("%d µs (%s)", first.Microseconds(), suites[0].name), ratio: fmt.Sprintf("%.2f", ratio), bar: "≤ 1.20", met: ratio <= 1.2,
		})
	}
	return nil
}

func sqliteBar(d driver, bar, other string) string {
	if d.driver == "sqlite" {
		return bar
	}
	return other
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

type webhookFigures struct {
	perSecond float64
	cpuEach   time.Duration
	p99       time.Duration
}

// measureWebhook starts a server process and loads it.
func measureWebhook(ctx context.Context, each time.Duration, of suite, driverName, dsn string) (f webhookFigures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	child := exec.CommandContext(ctx, self, serveArg, "-suite", of.name, "-driver", driverName, "-dsn", dsn)
	child.Stderr = os.Stderr
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 5 * time.Second
	out, err := child.StdoutPipe()
	if err != nil {
		return f, err
	}
	if err := child.Start(); err != nil {
		return f, err
	}
	defer func() { cancel(); _ = child.Wait() }()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return f, fmt.Errorf("the server did not start: %w", err)
	}
	l, err := newLoader(strings.TrimSpace(addr), of.request)
	if err != nil {
		return f, err
	}
	defer l.close()
	// Warm up, then full speed.
	if _, _, _, err := clients(ctx, connections, each/4, l.post); err != nil {
		return f, err
	}
	before, err := cpuOf(child.Process.Pid)
	if err != nil {
		return f, err
	}
	n, took, _, err := clients(ctx, connections, each, l.post)
	if err != nil {
		return f, err
	}
	after, err := cpuOf(child.Process.Pid)
	if err != nil {
		return f, err
	}
	f.perSecond, f.cpuEach = float64(n)/took.Seconds(), (after-before)/time.Duration(n)
	// 300 a second, evenly, over 10 connections.
	const clientsAt, rate = 10, 300
	pace := time.Second * clientsAt / rate
	paced := time.Now()
	var mu sync.Mutex
	var all []time.Duration
	_, _, _, err = clients(ctx, clientsAt, each, func(ctx context.Context, c, i int) error {
		due := paced.Add(time.Duration(i)*pace + time.Duration(c)*pace/clientsAt)
		time.Sleep(time.Until(due))
		if err := l.post(ctx, c, i); err != nil {
			return err
		}
		mu.Lock()
		all = append(all, time.Since(due)) // from when it was due: a stall is not hidden
		mu.Unlock()
		return nil
	})
	if err != nil {
		return f, err
	}
	slices.Sort(all)
	f.p99 = percentile(all, .99)
	return f, nil
}

// loader holds connections and makes fresh events.
type loader struct {
	conns   []net.Conn
	rd      []*bufio.Reader
	request func(id string) inbound
	run     int64
	made    atomic.Int64
}

func newLoader(addr string, request func(id string) inbound) (*loader, error) {
	l := &loader{request: request, run: time.Now().UnixNano() % 1e12}
	for range connections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.conns, l.rd = append(l.conns, c), append(l.rd, bufio.NewReader(c))
	}
	return l, nil
}

func (l *loader) close() {
	for _, c := range l.conns {
		_ = c.Close()
	}
}

// post sends one event nobody has seen and reads the acknowledgement.
func (l *loader) post(_ context.Context, client, _ int) error {
	// A number, as WeCom's message ids are.
	in := l.request(fmt.Sprintf("%d%07d", l.run, l.made.Add(1)))
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /webhook/bench%s HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n%s\r\n", in.query, len(in.body), in.headers)
	b.Write(in.body)
	if _, err := l.conns[client].Write(b.Bytes()); err != nil {
		return err
	}
	resp, err := http.ReadResponse(l.rd[client], nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answered %s", resp.Status)
	}
	return err
}

// serveChild is the server process: the real handler on the real platform, with or without a store.
func serveChild(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet(serveArg, flag.ContinueOnError)
	driverName := fs.String("driver", "none", "")
	dsn := fs.String("dsn", "", "")
	name := fs.String("suite", "feishu", "")
	if err := fs.Parse(args); err != nil {
		return err
	}
	of, err := suiteNamed(*name)
	if err != nil {
		return err
	}
	n, ps := config.Parse("bench.yaml", []byte(of.settings))
	if ps.Bad() {
		return ps
	}
	conn, err := adapters.Open(config.Connection{ID: "bench", Suite: of.name, Transport: "webhook", Settings: n}, of.factory, adapters.Env{})
	if err != nil {
		return err
	}
	var h http.Handler
	if *driverName == "none" {
		h = floorHandler(conn)
	} else {
		s, err := store.Open(ctx, store.Options{Driver: *driverName, DSN: *dsn})
		if err != nil {
			return err
		}
		defer s.Close()
		h = webhook.New(webhook.Options{
			Connections:   func(id string) (*adapters.Connection, bool) { return conn, id == "bench" },
			Inbox:         s,
			Engine:        nobody{},
			MaxBacklog:    -1,
			MaxBacklogAge: -1,
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/webhook/{connection}", h)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { <-ctx.Done(); _ = srv.Close() }()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// floorHandler authenticates, decrypts, decodes and answers; it stores nothing.
func floorHandler(conn *adapters.Connection) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err == nil {
			_, err = conn.Receive(r.Context(), adapters.Request{Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body, ReceivedAt: time.Now()})
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
}

// nobody leaves stored events where they are.
type nobody struct{}

func (nobody) Decide(context.Context, event.Event) (webhook.Outcome, error) {
	return webhook.Outcome{}, nil
}
func (nobody) Enqueue(string, string, event.Event) {}

// cpuOf is the CPU time of a process so far.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// Fields 14 and 15 after the name in brackets, in ticks of 10 ms.
	rest := string(b[bytes.LastIndexByte(b, ')')+2:])
	f := strings.Fields(rest)
	u, err1 := strconv.ParseInt(f[11], 10, 64)
	s, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(u+s) * 10 * time.Millisecond, errors.Join(err1, err2)
}
