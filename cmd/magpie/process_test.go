package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"magpie/simulator"
	simfeishu "magpie/simulator/feishu"
)

// magpie runs a command of the program in a process of its own.
func magpie(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Dir, c.Env = dir, childEnv()
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatalf("start magpie %v: %v", args, err)
	}
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

func childEnv() []string {
	return append(os.Environ(), asMagpie+"=1", "GOCOVERDIR=")
}

// office is a simulated Feishu with a server of its own, and a folder with a configuration for it: what
// `magpie serve` finds in the world.
type office struct {
	persons
	feishu *simfeishu.Server
	dir    string
	path   string // of magpie.yaml
	port   string // where serve listens; chosen at its first start
}

// newOffice makes one. store is the store section of the configuration.
func newOffice(t *testing.T, transport, store string, clock simulator.Clock) *office {
	t.Helper()
	sim, err := simfeishu.New(simfeishu.Options{Apps: []simfeishu.App{{ID: "feishu-main", Transport: transport}}, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	sim.SetBase(server.URL)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		server.CloseClientConnections()
		server.Close()
	})
	o := &office{persons: persons{t, sim}, feishu: sim, dir: t.TempDir()}
	o.path = filepath.Join(o.dir, "magpie.yaml")
	cred := sim.Connections()[0].Credentials
	files := map[string]string{o.path: fmt.Sprintf(`server: {addr: "127.0.0.1:0", timezone: Asia/Shanghai}
store: %s
connections:
  - id: feishu-main
    suite: feishu
    transport: %s
    base_url: %s
    app_id: %s
    app_secret: %s
    encrypt_key: %s
    verification_token: %s
    tenant_key: %s
people:
  link_by: [employee_no, email, mobile]
  roles: {finance: [wang.fang, zhao.min], ceo: [zhang.wei], admin: [chen.jie]}
calendar: {country: cn, workday: "09:00-18:00", lunch: "12:00-13:30"}
workflows: workflows/
`, store, transport, server.URL, cred["app_id"], cred["app_secret"], cred["encrypt_key"], cred["verification_token"], cred["tenant_key"])}
	for _, name := range []string{"purchase", "leave", "seal"} {
		src, err := sample.ReadFile("sample/workflows/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(o.dir, "workflows", name+".yaml")] = string(src)
	}
	if err := os.Mkdir(filepath.Join(o.dir, "workflows"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// served is one running `magpie serve`.
type served struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	log  *logBook
	done chan struct{} // closed when it has ended
}

var servesOn = regexp.MustCompile(`serves on (http://\S+)`)

// serve starts `magpie serve` and waits until it is ready. Unless main is false the simulated Feishu
// delivers to it, and later starts listen at the same address.
func (o *office) serve(main bool) *served {
	o.t.Helper()
	args := []string{"serve", "-c", o.path, "--log", "debug"}
	if main && o.port != "" {
		args = append(args, "--addr", o.port)
	}
	s := &served{t: o.t, cmd: exec.Command(os.Args[0], args...), log: &logBook{}, done: make(chan struct{})}
	s.cmd.Env, s.cmd.Stderr = childEnv(), s.log
	// A test that is killed takes its processes along.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	address := make(chan string, 1)
	var read sync.WaitGroup
	read.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := servesOn.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	})
	go func() {
		read.Wait()
		_ = s.cmd.Wait() // how it ended is in ProcessState
		close(s.done)
	}()
	o.t.Cleanup(func() {
		s.kill()
		if o.t.Failed() {
			o.t.Logf("log of process %d:\n%s", s.cmd.Process.Pid, tail(s.log.String(), 1500))
		}
	})
	select {
	case s.base = <-address:
	case <-s.done:
		o.t.Fatalf("serve ended with %d:\n%s", s.cmd.ProcessState.ExitCode(), s.log)
	case <-time.After(patience):
		o.t.Fatalf("serve did not start:\n%s", s.log)
	}
	eventually(o.t, "serve is ready", func() bool { status, _ := get(o.t, s.base+"/readyz"); return status == 200 },
		func() string { return tail(s.log.String(), 2000) })
	if o.sim.Connections()[0].Transport == simfeishu.TransportWebsocket {
		eventually(o.t, "the long connection is up", func() bool { return strings.Contains(s.log.String(), "the long connection is up") })
	}
	if main {
		o.port = strings.TrimPrefix(s.base, "http://")
		if err := o.feishu.SetWebhook("feishu-main", s.base+"/webhook/feishu-main"); err != nil {
			o.t.Fatal(err)
		}
	}
	return s
}

// kill ends the process at once, whatever it does.
func (s *served) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// terminate asks the process to end, and wants it to do so cleanly.
func (s *served) terminate() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.done:
		if code := s.cmd.ProcessState.ExitCode(); code != 0 {
			s.t.Errorf("serve ended with %d on SIGTERM:\n%s", code, tail(s.log.String(), 3000))
		}
	case <-time.After(patience):
		s.t.Fatalf("serve has not ended %s after SIGTERM:\n%s", patience, tail(s.log.String(), 3000))
	}
}

// leases is how long it may take until what a killed process had in hand is taken up by another: 30 s for an
// event, 90 s for a message on its way out, and then the work itself.
const leases = 4 * time.Minute

// idle waits until the process has nothing left to do.
func (s *served) idle() {
	s.t.Helper()
	body := ""
	eventuallyIn(s.t, leases, "nothing waits and nothing is dead", func() (still bool) {
		still, body = s.still()
		return still
	}, func() string { return body })
}

// still tells whether nothing waits and nothing is dead just now.
func (s *served) still() (bool, string) {
	_, body := get(s.t, s.base+"/readyz")
	return strings.Contains(body, `"inbox_waiting":0`) && strings.Contains(body, `"outbox_waiting":0`) && strings.Contains(body, `"dead_letters":0`), body
}

// audited checks the trail with the command.
func (o *office) audited() {
	o.t.Helper()
	if code, out, errs := magpie(o.t, o.dir, "audit", "verify", "-c", o.path); code != 0 || !strings.Contains(out, " 0 breaks") {
		o.t.Errorf("audit verify ended with %d: %s%s", code, out, errs)
	}
}

const sqliteStore = "{driver: sqlite, dsn: magpie.db}"

// What is said while nobody is there is handled once, when serve is back.
func TestServeMissesNothing(t *testing.T) {
	t.Parallel()
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			clock := simulator.NewManualClock(time.Now())
			o := newOffice(t, transport, sqliteStore, clock)
			s := o.serve(true)
			o.purchase("li.lei", "椅子", "700")
			asked := o.cardWith("han.meimei", "同意", "椅子")
			s.idle()
			s.terminate()

			o.say("ma.chao", "采购")
			o.say("tang.yu", "请假")
			// A press is not sent again: the person sees that it failed and presses again.
			if r := o.press("han.meimei", asked, "同意", nil); r.Status == "ok" {
				t.Errorf("a press while nobody is there ended with %+v", r)
			}
			eventually(t, "both messages have failed once", func() bool {
				n := 0
				for _, d := range o.feishu.Deliveries() {
					if d.EventType == "im.message.receive_v1" && d.Err != "" {
						n++
					}
				}
				return n == 2
			}, func() string { return fmt.Sprint(o.feishu.Deliveries()) })

			s = o.serve(true)
			clock.Advance(15 * time.Second) // Feishu's first redelivery
			o.card("ma.chao", "采购申请", "待填写")
			o.card("tang.yu", "请假申请", "待填写")
			o.told("han.meimei", o.cardWith("han.meimei", "同意", "椅子"), "同意", nil, "success", "已同意")
			o.card("li.lei", "已通过")
			s.idle()
			for _, p := range []string{"ma.chao", "tang.yu", "li.lei", "han.meimei"} {
				if n := len(o.cards(p)); n != 1 {
					t.Errorf("%s has %d cards, want 1\n%s", p, n, o.seen(p))
				}
			}
			s.terminate()
			o.audited()
		})
	}
}
