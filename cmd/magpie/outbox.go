package main

import (
	"fmt"

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
				if err := s.OutboxRetry(c.Context(), args[0]); err != nil {
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
