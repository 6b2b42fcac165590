package main

import (
	"errors"

	"github.com/spf13/cobra"

	"magpie/store"
)

func explainCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain EVENT-ID|REQUEST",
		Short: "Say what a stored event matched or did not, and why; or tell the story of a request",
		Long: `With the id of an event ('magpie inbox list' shows them) explain says who sent it and who that is, which workflows
were asked and said no, which request it concerned, what was refused and why or what was written into the trail,
and what became of the messages and timers.

With the id of a request, or the number that people quote, it tells the request's story: what happened, where it
stands, who is waited for until when, what its cards show.`,
		Example: "  magpie explain 1042\n  magpie explain 20260302-9F86D081\n  magpie explain 9F86D081 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, ps := loadProject(path, offline())
			if p == nil {
				return ps
			}
			return openStore(c.Context(), p.cfg, func(s *store.Store) error {
				x := newExplaining(p, s)
				var out interface {
					show(*explaining, *cobra.Command)
				}
				item, err := s.InboxItem(c.Context(), args[0])
				switch {
				case err == nil:
					out, err = x.event(c.Context(), item)
				case errors.Is(err, store.ErrNotFound):
					out, err = x.request(c.Context(), args[0])
				}
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), out)
				}
				out.show(x, c)
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
