package main

import (
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/store"
)

func inboxCommand() *cobra.Command {
	l := &listFlags{}
	c := &cobra.Command{
		Use: "inbox", Short: "Look at received events, and handle one again",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&l.path, "config", "c", "magpie.yaml", "the configuration file")
	list := &cobra.Command{
		Use: "list", Short: "List received events, the newest first", Args: cobra.NoArgs,
		Example: "  magpie inbox list --state dead\n  magpie inbox list --json --limit 1000",
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c.Context(), l.path, func(s *store.Store) error {
				items, err := s.InboxList(c.Context(), l.filter)
				if err != nil {
					return err
				}
				if l.asJSON {
					return printLines(c.OutOrStdout(), items)
				}
				t := newTable(c.OutOrStdout(), "id", "state", "connection", "kind", "from", "received", "result", "cause")
				for _, i := range items {
					t.AppendRow(table.Row{i.ID, i.State, i.Connection, i.Kind, i.Event.Actor.Ref.ID, at(i.ReceivedAt), i.Result, i.Cause})
				}
				t.Render()
				return nil
			})
		},
	}
	l.add(list)
	list.Flags().StringVar(&l.filter.Connection, "connection", "", "only of this connection")
	var again bool
	replay := &cobra.Command{
		Use: "replay ID", Short: "Handle a dead or waiting event now; with --again one that is done",
		Long: `Replay puts an event back among the waiting ones; a running server takes it up within seconds. What it
did already is not done twice: an instance that it started is found, and a decision that was made stays.`,
		Example: "  magpie inbox replay 1042",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withStore(c.Context(), l.path, func(s *store.Store) error {
				switch err := s.InboxReplay(c.Context(), args[0], again); {
				case errors.Is(err, store.ErrNotFound):
					return fmt.Errorf("there is no event %s; 'magpie inbox list' shows the ids", args[0])
				case errors.Is(err, store.ErrConflict) && again:
					return fmt.Errorf("event %s is being handled right now", args[0])
				case errors.Is(err, store.ErrConflict):
					return fmt.Errorf("event %s was handled, or is right now; --again handles one once more that was", args[0])
				case err != nil:
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "event %s waits to be handled again\n", args[0])
				return nil
			})
		},
	}
	replay.Flags().BoolVar(&again, "again", false, "also an event that was handled already")
	c.AddCommand(list, replay)
	return c
}
