package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// killEnv names the database for the child; its presence makes the test binary be the child.
const killEnv = "MAGPIE_TEST_KILL_DB"

func TestMain(m *testing.M) {
	if path := os.Getenv(killEnv); path != "" {
		killChild(path)
		return
	}
	os.Exit(m.Run())
}

// killChild puts events and commits their instances from many goroutines, and prints each one after the
// store has acknowledged it. It never ends by itself.
func killChild(path string) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{DSN: path})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	lines := make(chan string)
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				st, err := s.Put(ctx, event.Event{ID: id, Connection: "c", Kind: event.KindUnknown, Raw: make([]byte, 3000)}, time.Minute)
				if err != nil {
					lines <- "error " + err.Error()
					return
				}
				lines <- "put " + id
				in := &workflows.Instance{ID: id, Rev: 1, Status: workflows.StatusRunning, State: []byte("{}")}
				e := workflows.Entry{Instance: id, Seq: 1, At: time.Now().Truncate(time.Millisecond), Kind: "started", Event: st.ID}
				workflows.Seal(&e, "")
				in.Seq, in.Head = 1, e.Hash
				err = s.Commit(ctx, workflows.Commit{Instance: in, Trail: []workflows.Entry{e}, Event: &workflows.EventDone{ID: st.ID, Token: st.Token, Result: "stepped", Instance: id},
					Posts: []event.Event{killPost(id)}})
				if err != nil {
					lines <- "error " + err.Error()
					return
				}
				lines <- "done " + id
			}
		}()
	}
	for l := range lines {
		fmt.Println(l)
	}
}

// killPost is what an instance posts in the command that makes it.
func killPost(id string) event.Event {
	return event.Event{
		ID: "next/" + id + "/k", Kind: event.KindAnswer, Connection: event.Self, Body: &event.Answer{Key: "k", Result: "stepped"},
		Post: &event.Post{Instance: "next", From: id, Key: "k"},
	}
}

// A process that is killed at any moment has lost nothing that it acknowledged, and left nothing half done.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	acked := map[string]string{}
	for round := range 6 {
		runAndKill(t, path, 150+round*97, acked)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for id, state := range acked {
		st, err := s.Put(t.Context(), event.Event{ID: id, Connection: "c", Kind: event.KindUnknown}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if st.New || state == "done" && !st.Done {
			t.Fatalf("%s was acknowledged as %s, and is now %+v", id, state, st)
		}
		in, err := s.LoadInstance(t.Context(), id)
		if state == "done" && (err != nil || in.Seq != 1) {
			t.Fatalf("%s was committed, and is now %+v, %v", id, in, err)
		}
		post, perr := s.Put(t.Context(), killPost(id), 0)
		if perr != nil || post.New == (err == nil) {
			t.Fatalf("%s: instance %v, and what it posted is new: %v, %v", id, err, post.New, perr)
		}
		if st.Done != (err == nil) {
			t.Fatalf("%s is half committed: event done %v, instance %v", id, st.Done, err)
		}
	}
	a, err := s.AuditVerify(t.Context())
	if err != nil || !a.OK() || a.Instances == 0 {
		t.Fatalf("audit: %+v, %v", a, err)
	}
}

// runAndKill starts a child, takes in lines of it, kills it, and takes in what it had still printed.
func runAndKill(t *testing.T, path string, lines int, acked map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for n := 0; ; n++ {
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break // a last line may be cut: it counts for nothing
		}
		if err != nil {
			t.Fatal(err)
		}
		what, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if what == "error" {
			_ = cmd.Process.Kill()
			t.Fatal(line)
		}
		acked[id] = what
	}
	_ = cmd.Wait()
}
