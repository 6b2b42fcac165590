package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/engine"
)

func approvalsCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "approvals", Short: "Look at requests, end one, or hand a task to somebody else",
		Long: `What you do here is put into the inbox, and a running server does it: the flow judges it like any press, every card
changes, and the trail names you. Without a server it is done when one starts.`,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&path, "config", "c", "magpie.yaml", "the configuration file")
	c.AddCommand(approvalsList(&path), approvalsTerminate(&path), approvalsTransfer(&path))
	return c
}

// approvalItem is a request as it is listed.
type approvalItem struct {
	ID        string           `json:"id"`
	No        string           `json:"no"` // end of the number that people quote
	Workflow  string           `json:"workflow"`
	Status    workflows.Status `json:"status"`
	Initiator string           `json:"initiator"`
	Title     string           `json:"title"`
	Since     time.Time        `json:"since"`
	Waits     []string         `json:"waits,omitempty"` // open tasks: node/round/seat person
}

func approvalsList(path *string) *cobra.Command {
	var f store.InstanceFilter
	var status string
	var stuck, asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List requests, the newest first", Args: cobra.NoArgs,
		Example: "  magpie approvals list\n  magpie approvals list --stuck\n  magpie approvals list --status approved --workflow purchase --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c.Context(), *path, func(s *store.Store) error {
				f.Kind, f.Status = "approval", workflows.Status(status)
				if status == "all" {
					f.Status = ""
				}
				list, err := s.Instances(c.Context(), f)
				if err != nil {
					return err
				}
				var items []approvalItem
				for _, in := range list {
					i := approvalItem{in.ID, workflows.NumberEnd(in.ID), in.Definition, in.Status, in.Initiator, in.Title, in.CreatedAt, nil}
					tasks, err := s.TasksOf(c.Context(), in.ID)
					if err != nil {
						return err
					}
					for _, t := range tasks {
						if t.State == workflows.TaskOpen {
							i.Waits = append(i.Waits, strings.TrimPrefix(t.ID, in.ID+"/")+" "+t.Person)
						}
					}
					if !stuck || in.Status == workflows.StatusRunning && len(i.Waits) == 0 {
						items = append(items, i)
					}
				}
				if asJSON {
					return printLines(c.OutOrStdout(), items)
				}
				t := newTable(c.OutOrStdout(), "id", "no", "workflow", "status", "initiator", "since", "waits for", "title")
				for _, i := range items {
					t.AppendRow(table.Row{i.ID, i.No, i.Workflow, i.Status, i.Initiator, at(i.Since), strings.Join(i.Waits, ", "), i.Title})
				}
				t.Render()
				return nil
			})
		},
	}
	c.Flags().StringVar(&status, "status", string(workflows.StatusRunning), "draft, running, approved, rejected, withdrawn, terminated, expired or all")
	c.Flags().StringVar(&f.Definition, "workflow", "", "only of this workflow")
	c.Flags().StringVar(&f.Initiator, "initiator", "", "only of this person")
	c.Flags().IntVar(&f.Limit, "limit", 100, "how many at most")
	c.Flags().BoolVar(&stuck, "stuck", false, "only those that run and wait for nobody: for people to be found, or for another workflow")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func approvalsTerminate(path *string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "terminate REQUEST", Short: "End a request; everybody concerned sees it and why", Args: cobra.ExactArgs(1),
		Long:    "REQUEST is the id of the request, or the eight characters at the end of its number.",
		Example: "  magpie approvals terminate 9F86D081 --reason 重复提交",
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return &usageError{c.CommandPath(), errors.New("--reason is needed: the people concerned read it")}
			}
			return operate(c, *path, args[0], &event.Action{Slot: "admin", Verb: "terminate", Form: map[string]event.Value{"opinion": event.Text(reason)}})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func approvalsTransfer(path *string) *cobra.Command {
	var task, to, reason string
	c := &cobra.Command{
		Use: "transfer REQUEST --to PERSON", Short: "Hand an open task to somebody else, for good", Args: cobra.ExactArgs(1),
		Long: `REQUEST is the id of the request, or the eight characters at the end of its number. TASK is as the list shows it
(leader/1/0); it is needed when several wait.`,
		Example: "  magpie approvals transfer 9F86D081 --task leader/1/0 --to zhang.wei --reason 休假",
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" {
				return &usageError{c.CommandPath(), errors.New("--to is needed: 'magpie people list' shows the persons")}
			}
			return operate(c, *path, args[0], &event.Action{Slot: "admin", Verb: "transfer", Form: map[string]event.Value{
				"task": event.Text(task), "who": {Kind: event.ValuePeople, List: []string{to}}, "opinion": event.Text(reason)}})
		},
	}
	c.Flags().StringVar(&task, "task", "", "which task, as the list shows it")
	c.Flags().StringVar(&to, "to", "", "person id")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

// operatePatience is how long the outcome is waited for.
const operatePatience = 20 * time.Second

// operate puts an operator's act into the inbox and waits for what comes of it.
func operate(c *cobra.Command, path, request string, act *event.Action) error {
	ctx := c.Context()
	return withStore(ctx, path, func(s *store.Store) error {
		in, err := findRequest(ctx, s, request)
		if err != nil {
			return err
		}
		if v, ok := act.Form["task"]; ok && v.Text == "" {
			if v.Text, err = onlyTask(ctx, s, in.ID); err != nil {
				return err
			}
			act.Form["task"] = v
		}
		now := time.Now().UTC()
		key := "cli/" + strconv.FormatInt(now.UnixNano(), 36)
		st, err := s.Put(ctx, event.Event{
			ID: engine.PostID(in.ID, "", key), Kind: event.KindCardAction, Connection: event.Self, At: now,
			Actor: event.Actor{Type: event.ActorSystem, Name: operator()}, Body: act, Post: &event.Post{Instance: in.ID, Key: key},
		}, 0)
		if err != nil {
			return err
		}
		return outcome(c, s, st.ID)
	})
}

// outcome waits until an event is handled, and says what came of it.
func outcome(c *cobra.Command, s *store.Store, id string) error {
	end := time.NewTimer(operatePatience)
	defer end.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		i, err := s.InboxItem(c.Context(), id)
		if err != nil {
			return err
		}
		said := ""
		if i.Toast != nil {
			said = ": " + i.Toast.Text.In("en-US")
		}
		switch {
		case i.State == store.StateDone && strings.HasPrefix(i.Result, "stepped"):
			fmt.Fprintf(c.OutOrStdout(), "done%s\n", said)
			return nil
		case i.State == store.StateDone:
			return fmt.Errorf("%s%s", i.Result, said)
		case i.State == store.StateDead:
			return fmt.Errorf("it failed: %s; 'magpie inbox list --state dead' keeps it", i.Cause)
		}
		select {
		case <-c.Context().Done():
			return c.Context().Err()
		case <-end.C:
			fmt.Fprintf(c.OutOrStdout(), "event %s waits: no server has taken it up yet\n", id)
			return nil
		case <-tick.C:
		}
	}
}

// findRequest reads a request by its id, or by the end of the number that people quote.
func findRequest(ctx context.Context, s *store.Store, request string) (workflows.Instance, error) {
	in, err := s.LoadInstance(ctx, strings.ToLower(request))
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return in, err
	}
	_, end, cut := strings.Cut(request, "-")
	if !cut {
		end = request
	}
	for _, status := range []workflows.Status{workflows.StatusRunning, ""} {
		all, err := s.Instances(ctx, store.InstanceFilter{Kind: "approval", Status: status, Limit: 10_000})
		if err != nil {
			return in, err
		}
		for _, in := range all {
			if workflows.NumberEnd(in.ID) == strings.ToUpper(end) {
				return in, nil
			}
		}
	}
	return in, fmt.Errorf("there is no request %q; 'magpie approvals list --status all' shows them", request)
}

// onlyTask is the task that waits when there is just one.
func onlyTask(ctx context.Context, s *store.Store, instance string) (string, error) {
	tasks, err := s.TasksOf(ctx, instance)
	if err != nil {
		return "", err
	}
	var open []string
	for _, t := range tasks {
		if t.State == workflows.TaskOpen {
			open = append(open, strings.TrimPrefix(t.ID, instance+"/"))
		}
	}
	if len(open) != 1 {
		return "", fmt.Errorf("%d tasks are open: say which with --task; %s", len(open), strings.Join(open, ", "))
	}
	return open[0], nil
}
