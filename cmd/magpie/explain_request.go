package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/workflows"
)

// explainedRequest is the story of a request.
type explainedRequest struct {
	Instance  string               `json:"instance"`
	No        string               `json:"no"`
	Workflow  string               `json:"workflow"`
	Version   string               `json:"version"`
	Current   bool                 `json:"current"` // the version in force
	Title     string               `json:"title"`
	Status    workflows.Status     `json:"status"`
	Initiator string               `json:"initiator"`
	Rev       int64                `json:"rev"`
	CreatedAt time.Time            `json:"created_at"`
	EndedAt   time.Time            `json:"ended_at,omitzero"`
	Path      []workflows.PathStep `json:"path"`
	Story     []explainedLine      `json:"story"`
	Open      []explainedTask      `json:"open"`
	Jobs      []explainedJob       `json:"jobs"`
	Cards     []explainedCard      `json:"cards"`
}

type explainedLine struct {
	At   time.Time `json:"at"`
	Who  string    `json:"who,omitempty"`
	What string    `json:"what"`
	Note string    `json:"note,omitempty"`
}

type explainedTask struct {
	Task   string    `json:"task"`
	Person string    `json:"person"`
	Since  time.Time `json:"since"`
	DueAt  time.Time `json:"due_at,omitzero"`
}

// request tells the story of the instance of an id or a number.
func (x *explaining) request(ctx context.Context, request string) (*explainedRequest, error) {
	in, err := findRequest(ctx, x.store, request)
	if err != nil {
		return nil, fmt.Errorf("there is no event and no request %q; 'magpie inbox list' and 'magpie approvals list --status all' show them", request)
	}
	if in.State == nil { // lists come without states
		if in, err = x.store.LoadInstance(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	out := &explainedRequest{
		Instance: in.ID, No: workflows.NumberEnd(in.ID), Workflow: in.Definition, Version: in.Hash, Title: in.Title, Status: in.Status,
		Initiator: in.Initiator, Rev: in.Rev, CreatedAt: in.CreatedAt, EndedAt: in.EndedAt, Path: []workflows.PathStep{}, Story: []explainedLine{}, Open: []explainedTask{},
	}
	if p, err := x.p.program(in.Definition); err == nil {
		out.Current = p.Definition().Hash == in.Hash
	}
	prog, err := x.versions.of(ctx, in.Definition, in.Hash)
	if err != nil {
		return nil, err
	}
	trail, err := x.store.TrailOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p, ok := prog.(workflows.Pather); ok {
		if out.Path, err = p.Path(in, trail); err != nil {
			return nil, err
		}
	}
	if t, ok := prog.(workflows.Teller); ok {
		lines, err := t.Tell(in, trail)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			out.Story = append(out.Story, explainedLine{l.At, l.Who, l.What.Default, l.Note})
		}
	}
	tasks, err := x.store.TasksOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if t.State == workflows.TaskOpen {
			out.Open = append(out.Open, explainedTask{strings.TrimPrefix(t.ID, in.ID+"/"), t.Person, t.OpenedAt, t.DueAt})
		}
	}
	out.Jobs, out.Cards, err = x.work(ctx, in.ID)
	return out, err
}

func (r *explainedRequest) show(x *explaining, c *cobra.Command) {
	w, loc := c.OutOrStdout(), x.p.cfg.Server.Location
	version := "an older version"
	if r.Current {
		version = "the version in force"
	}
	fmt.Fprintf(w, "%s %s\n", r.No, r.Title)
	fmt.Fprintf(w, "  %s of %s, begun %s by %s; %s (%.12s), revision %d, id %s\n", r.Status, r.Workflow, at(r.CreatedAt), r.Initiator, version, r.Version, r.Rev, r.Instance)
	for _, s := range r.Path {
		fmt.Fprintf(w, "  %s%s", strings.Repeat("  ", len(s.Inside)), headOf(s))
		if s.State != "" && s.State != "skipped" {
			fmt.Fprintf(w, ": %s", s.State)
		}
		if s.Guessed {
			fmt.Fprint(w, "; its deadline reaches into a year without holiday data, plain weekdays were counted")
		}
		fmt.Fprintln(w)
	}
	for _, l := range r.Story {
		who := l.Who
		if who != "" {
			who += " "
		}
		fmt.Fprintf(w, "  %s  %s%s", l.At.In(loc).Format("2006-01-02 15:04:05"), who, l.What)
		if l.Note != "" {
			fmt.Fprintf(w, "：%s", l.Note)
		}
		fmt.Fprintln(w)
	}
	for _, t := range r.Open {
		fmt.Fprintf(w, "  waits for %s at %s since %s", t.Person, t.Task, at(t.Since))
		if !t.DueAt.IsZero() {
			fmt.Fprintf(w, ", due %s", at(t.DueAt))
		}
		fmt.Fprintln(w)
	}
	if r.Status == workflows.StatusRunning && len(r.Open) == 0 {
		fmt.Fprintln(w, "  waits for nobody: for people to be found, or for another workflow")
	}
	showWork(w, r.Jobs, r.Cards, r.Rev, r.Instance)
}

// showWork prints messages and timers that are not through, and cards that show something old.
func showWork(w io.Writer, jobs []explainedJob, cards []explainedCard, rev int64, instance string) {
	for _, j := range jobs {
		fmt.Fprintf(w, "  %s %s, %s", strings.Replace(j.ID, instance+"/", "", 1), j.State, at(j.DueAt))
		if j.Cause != "" {
			fmt.Fprintf(w, ", attempt %d: %s", j.Attempt, j.Cause)
		}
		fmt.Fprintln(w)
	}
	for _, c := range cards {
		old := ""
		if c.ShownRev < rev {
			old = fmt.Sprintf(", the request is at %d", rev)
		}
		fmt.Fprintf(w, "  card %s by %s shows revision %d since %s%s\n", c.Slot, c.Connection, c.ShownRev, at(c.UpdatedAt), old)
	}
}
