package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/store"
)

func outboxCommand() *cobra.Command {
	l := &listFlags{}
	c := &cobra.Command{
		Use: "outbox", Short: "Look at what waits to be sent, and send dead letters again",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&l.path, "config", "c", "magpie.yaml", "the configuration file")
	list := &cobra.Command{
		Use: "list", Short: "List what waits, in the order in which it is due", Args: cobra.NoArgs,
		Example: "  magpie outbox list --state dead\n  magpie outbox list --queue timer",
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c.Context(), l.path, func(s *store.Store) error {
				items, err := s.OutboxList(c.Context(), l.filter)
				if err != nil {
					return err
				}
				if l.asJSON {
					return printLines(c.OutOrStdout(), items)
				}
				t := newTable(c.OutOrStdout(), "id", "state", "to", "due", "tries", "uncertain", "cause")
				for _, i := range items {
					to := ""
					if i.Message != nil {
						to = i.Message.Connection + " " + i.Message.To.ID
					}
					t.AppendRow(table.Row{i.ID, i.State, to, at(i.DueAt), i.Attempt, i.Uncertain, i.Cause})
				}
				t.Render()
				return nil
			})
		},
	}
	l.add(list)
	list.Flags().StringVar(&l.filter.Queue, "queue", "", "out (the default), timer, lookup, or * for all")
	retry := &cobra.Command{
		Use: "retry ID", Short: "Send a dead letter again", Args: cobra.ExactArgs(1),
		Example: "  magpie outbox retry card/5h2…/initiator",
		RunE: func(c *cobra.Command, args []string) error {
			return withStore(c.Context(), l.path, func(s *store.Store) error {
				if err := noTimer(c.Context(), s, args[0]); err != nil {
					return err
				}
				switch err := s.OutboxRetry(c.Context(), args[0]); {
				case errors.Is(err, store.ErrNotFound):
					return fmt.Errorf("there is no message %s; 'magpie outbox list --state dead' shows the ids", args[0])
				case errors.Is(err, store.ErrConflict):
					return fmt.Errorf("message %s is being sent right now", args[0])
				case err != nil:
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "%s waits to be sent again\n", args[0])
				return nil
			})
		},
	}
	c.AddCommand(list, retry)
	return c
}

// noTimer refuses a reminder or time-out that waits for its hour: made due now it would fire, and decide
// something. A dead one may be tried again.
func noTimer(ctx context.Context, s *store.Store, id string) error {
	queue, rest, _ := strings.Cut(id, "/")
	if queue != "timer" {
		return nil
	}
	instance, _, _ := strings.Cut(rest, "/")
	items, err := s.OutboxList(ctx, store.Filter{Queue: "timer", Instance: instance, Limit: 1000})
	if err != nil {
		return err
	}
	for _, i := range items {
		if i.ID == id && i.State != "dead" {
			return fmt.Errorf("%s is no dead letter but waits until %s: made due now it would fire at once", id, at(i.DueAt))
		}
	}
	return nil
}
