package storetest

import (
	"fmt"
	"sync"
	"time"

	"pgregory.net/rapid"

	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

func testTimers(e *env) {
	at := e.clock.Now()
	e.putJobs(timerJob("i1", "a", 1, at.Add(2*time.Second)), timerJob("i1", "b", 1, at.Add(time.Second)), timerJob("i1", "c", 1, at.Add(time.Hour)),
		timerJob("i1", "d", 1, at), cardJob("i1/initiator", 1, "x", at))
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Cancel: []string{"timer/i1/d", "timer/i1/gone"}}))
	got, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	same(e, len(got), 0)
	at = e.clock.Add(2 * time.Second)
	got, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(got) != 2 || got[0].ID != "timer/i1/b" || got[1].ID != "timer/i1/a" {
		e.Fatalf("leased %+v", got)
	}
	want := workflows.LeasedJob{ID: "timer/i1/b", Token: got[0].Token, Gen: 1, Attempt: 1, Queue: workflows.QueueTimer, DueAt: at.Add(-time.Second),
		Timer: event.Timer{Instance: "i1", Name: "b", Generation: 1, DueAt: at.Add(-time.Second)}}
	same(e, got[0], want)
	again, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	same(e, len(again), 0)

	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Job: &workflows.JobDone{ID: got[0].ID, Token: got[0].Token, Gen: got[0].Gen}}))
	e.ok(e.RetryJob(e.ctx, got[1], at.Add(5*time.Second), "目录"))
	e.is(e.RetryJob(e.ctx, got[1], at, "again"), store.ErrLeaseLost)
	at = e.clock.Add(5 * time.Second)
	got, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(got) != 1 || got[0].ID != "timer/i1/a" || got[0].Attempt != 2 {
		e.Fatalf("leased %+v", got)
	}
	// The lease runs out; another takes it; the first is too late.
	at = e.clock.Add(2 * time.Minute)
	next, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(next) != 1 || next[0].Attempt != 3 {
		e.Fatalf("leased %+v", next)
	}
	e.is(e.BuryJob(e.ctx, got[0], "x"), store.ErrLeaseLost)
	e.is(e.Commit(e.ctx, workflows.Commit{Now: at, Job: &workflows.JobDone{ID: got[0].ID, Token: got[0].Token, Gen: 1}}), store.ErrLeaseLost)
	e.ok(e.BuryJob(e.ctx, next[0], "给多"))
	dead, err := e.OutboxList(e.ctx, store.Filter{State: store.StateDead, Queue: "timer"})
	e.ok(err)
	if len(dead) != 1 || dead[0].Cause != "给多" || dead[0].Timer.Name != "a" {
		e.Fatalf("dead: %+v", dead)
	}
	e.ok(e.OutboxRetry(e.ctx, dead[0].ID))
	next, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(next) != 1 || next[0].Attempt != 1 {
		e.Fatalf("leased %+v", next)
	}
	// A canceled timer is gone for its holder too.
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Cancel: []string{"timer/i1/a"}}))
	e.is(e.Commit(e.ctx, workflows.Commit{Now: at, Job: &workflows.JobDone{ID: "timer/i1/a", Token: next[0].Token, Gen: next[0].Gen}}), store.ErrLeaseLost)
}

func testLookups(e *env) {
	at := e.clock.Now()
	p := &workflows.Pending{Instance: "i1", Lookup: workflows.Lookup{ID: "l1", Selectors: []string{"initiator.manager", "dept:财务部"}, Initiator: "li.lei", Form: map[string][]string{"who": {"a"}}}}
	e.putJobs(workflows.Job{ID: "lookup/i1/l1", Queue: workflows.QueueLookup, RunAt: at, Instance: "i1", Lookup: p}, timerJob("i1", "t", 2, at.Add(-time.Second)))
	got, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(got) != 2 || got[0].Queue != workflows.QueueTimer || got[1].Queue != workflows.QueueLookup {
		e.Fatalf("leased %+v", got)
	}
	same(e, got[1].Lookup, p)
}

// A timer that sets itself anew while it is worked on: the holder finishes, the new one waits for its time.
func testJobReplaced(e *env) {
	at := e.clock.Now()
	e.putJobs(timerJob("i1", "remind", 1, at))
	got, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	c := workflows.Commit{Now: at, Job: &workflows.JobDone{ID: got[0].ID, Token: got[0].Token, Gen: got[0].Gen}, Jobs: []workflows.Job{timerJob("i1", "remind", 2, at.Add(time.Hour))}}
	e.ok(e.Commit(e.ctx, c))
	got, err = e.LeaseTimers(e.ctx, e.clock.Add(59*time.Minute), 9, time.Minute)
	e.ok(err)
	same(e, len(got), 0)
	at = e.clock.Add(time.Minute)
	got, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	if len(got) != 1 || got[0].Timer.Generation != 2 {
		e.Fatalf("leased %+v", got)
	}
	// Replaced by somebody else while it is held: it stays leased, and what the holder does with the old
	// content does not touch the new.
	for n, finish := range []func(j workflows.LeasedJob) error{
		func(j workflows.LeasedJob) error {
			return e.Commit(e.ctx, workflows.Commit{Now: at, Job: &workflows.JobDone{ID: j.ID, Token: j.Token, Gen: j.Gen}})
		},
		func(j workflows.LeasedJob) error { return e.RetryJob(e.ctx, j, at.Add(9*time.Hour), "old") },
		func(j workflows.LeasedJob) error { return e.BuryJob(e.ctx, j, "old") },
	} {
		held := got[0]
		gen := int64(10 + n)
		e.putJobs(timerJob("i1", "remind", gen, at.Add(time.Second)))
		none, err := e.LeaseTimers(e.ctx, at.Add(2*time.Second), 9, time.Minute)
		e.ok(err)
		same(e, len(none), 0)
		e.ok(finish(held))
		none, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
		e.ok(err)
		same(e, len(none), 0)
		at = e.clock.Add(2 * time.Second)
		got, err = e.LeaseTimers(e.ctx, at, 9, time.Minute)
		e.ok(err)
		if len(got) != 1 || got[0].Timer.Generation != gen {
			e.Fatalf("%d: leased %+v", n, got)
		}
	}
	// A lease that ran out does not survive a replacement that wants a later time.
	late := got[0]
	at = e.clock.Add(5 * time.Minute)
	e.putJobs(timerJob("i1", "remind", 20, at.Add(time.Hour)))
	e.is(e.RetryJob(e.ctx, late, at, "late"), store.ErrLeaseLost)
	none, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	same(e, len(none), 0)
}

// Against a model: put, cancel, lease, finish, retry and let time pass, in any order. No job is ever held
// twice, none is lost, none comes early.
func testJobModel(e *env) {
	type job struct {
		at    time.Time
		gen   int64 // of the store
		held  string
		until time.Time
		seen  int64 // gen when it was leased
	}
	round := 0
	rapid.Check(e.T, func(r *rapid.T) {
		round++
		instance := fmt.Sprint("m", round)
		model := map[string]*job{}
		held := map[string]workflows.LeasedJob{}
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		fatal := func(err error) {
			if err != nil {
				r.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			now := e.clock.Now()
			n := name.Draw(r, "name")
			id := "timer/" + instance + "/" + n
			m := model[id]
			leased := m != nil && m.held != "" && m.until.After(now)
			switch rapid.SampledFrom([]string{"put", "cancel", "lease", "finish", "retry", "wait"}).Draw(r, "do") {
			case "put":
				at := now.Add(time.Duration(rapid.IntRange(-2, 5).Draw(r, "in")) * time.Second)
				fatal(e.Commit(e.ctx, workflows.Commit{Now: now, Jobs: []workflows.Job{timerJob(instance, n, 1, at)}}))
				if m == nil {
					model[id] = &job{at: at, gen: 1}
					break
				}
				m.at, m.gen = at, m.gen+1
				if !leased {
					m.held = ""
				}
			case "cancel":
				fatal(e.Commit(e.ctx, workflows.Commit{Now: now, Cancel: []string{id}}))
				delete(model, id)
			case "lease":
				got, err := e.LeaseTimers(e.ctx, now, 50, 3*time.Second)
				fatal(err)
				ids := map[string]workflows.LeasedJob{}
				for _, j := range got {
					ids[j.ID] = j
				}
				for id, m := range model {
					due := !m.at.After(now)
					if m.held != "" {
						due = !m.until.After(now)
					}
					j, ok := ids[id]
					if ok != due {
						r.Fatalf("%s: leased %v, due %v", id, ok, due)
					}
					if ok {
						if j.Gen != m.gen || !j.DueAt.Equal(m.at) {
							r.Fatalf("%s: %+v, model %+v", id, j, *m)
						}
						m.held, m.until, m.seen = j.Token, now.Add(3*time.Second), j.Gen
						held[id] = j
					}
					delete(ids, id)
				}
				if len(ids) > 0 {
					r.Fatalf("leased what is not there: %v", ids)
				}
			case "finish":
				j, ok := held[id]
				if !ok {
					break
				}
				delete(held, id)
				err := e.Commit(e.ctx, workflows.Commit{Now: now, Job: &workflows.JobDone{ID: id, Token: j.Token, Gen: j.Gen}})
				if m == nil || m.held != j.Token {
					if err == nil {
						r.Fatalf("%s: finished without a lease", id)
					}
					break
				}
				fatal(err)
				m.held = ""
				if m.gen == j.Gen {
					delete(model, id)
				}
			case "retry":
				j, ok := held[id]
				if !ok {
					break
				}
				delete(held, id)
				err := e.RetryJob(e.ctx, j, now.Add(2*time.Second), "x")
				if m == nil || m.held != j.Token {
					if err == nil {
						r.Fatalf("%s: retried without a lease", id)
					}
					break
				}
				fatal(err)
				m.held = ""
				if m.gen == j.Gen {
					m.at = now.Add(2 * time.Second)
				}
			case "wait":
				e.clock.Add(time.Duration(rapid.IntRange(1, 4).Draw(r, "s")) * time.Second)
			}
		}
		for id := range model {
			fatal(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Cancel: []string{id}}))
		}
	})
}

// Several that lease at once share the work: nobody gets what another has, and all is given out.
func testLeasesSpread(e *env) {
	const jobs = 300
	at := e.clock.Now()
	var list []workflows.Job
	for i := range jobs {
		list = append(list, timerJob(fmt.Sprint("i", i), "t", 1, at))
	}
	e.putJobs(list...)
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for empty := 0; empty < 3; {
				got, err := e.LeaseTimers(e.ctx, at, 10, time.Minute)
				if err != nil {
					e.Error(err)
					return
				}
				if len(got) == 0 {
					empty++
				}
				mu.Lock()
				for _, j := range got {
					seen[j.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	rest, err := e.LeaseTimers(e.ctx, at, jobs, time.Minute)
	e.ok(err)
	for _, j := range rest {
		seen[j.ID]++
	}
	if len(seen) != jobs {
		e.Fatalf("%d of %d were leased", len(seen), jobs)
	}
	for id, n := range seen {
		if n != 1 {
			e.Fatalf("%s was leased %d times", id, n)
		}
	}
}
