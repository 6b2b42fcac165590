package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/cond"
)

func peopleProxy(path *string) *cobra.Command {
	c := &cobra.Command{
		Use: "proxy", Short: "Say who decides in whose place while somebody is away",
		Long: `A proxy decides approvals in somebody's place. It counts from one time to another, for some workflows or all, and
up to an amount if you give one. The record says who decided for whom. When proxies lead in a circle, or to whoever
asked, the person keeps deciding and is told.`,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(proxyGrant(path), proxyList(path), proxyRevoke(path))
	return c
}

func proxyGrant(path *string) *cobra.Command {
	var from, until, most string
	var flows []string
	var open bool
	c := &cobra.Command{
		Use: "grant PERSON PROXY", Short: "PROXY decides in the place of PERSON", Args: cobra.ExactArgs(2),
		Example: "  magpie people proxy grant han.meimei sun.li --until 2026-10-09\n" +
			"  magpie people proxy grant han.meimei sun.li --from 2026-10-01 --until '2026-10-08 18:00' --workflow purchase --max 5000 --open",
		RunE: func(c *cobra.Command, args []string) error {
			p := workflows.Proxy{Of: args[0], To: args[1], Flows: flows, Max: most, Open: open, Actor: operator()}
			if p.Of == p.To {
				return errors.New("nobody is their own proxy")
			}
			files, ps := loadProject(*path, offline())
			if ps.Bad() {
				return ps
			}
			loc := files.cfg.Server.Location
			var err error
			for _, id := range flows {
				if _, err := files.program(id); err != nil {
					return err
				}
			}
			if p.From, err = momentOf(from, time.Now(), loc); err != nil {
				return &usageError{c.CommandPath(), fmt.Errorf("--from: %w", err)}
			}
			if p.Until, err = momentOf(until, time.Time{}, loc); err != nil {
				return &usageError{c.CommandPath(), fmt.Errorf("--until: %w", err)}
			}
			if !p.Until.IsZero() && !p.Until.After(p.From) {
				return &usageError{c.CommandPath(), fmt.Errorf("--until %s is not after the beginning, %s", at(p.Until), at(p.From))}
			}
			if most != "" {
				if n, err := cond.ParseDecimal(most); err != nil || n < 0 {
					return &usageError{c.CommandPath(), fmt.Errorf("--max %q is not an amount; write it like 5000 or 99.50", most)}
				}
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				p, err := s.GrantProxy(c.Context(), p)
				if err != nil {
					return notThere(c.Context(), s, err, "", args...)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %s decides in the place of %s%s\n", p.ID, p.To, p.Of, scopeOf(p))
				return nil
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "the first moment, 2026-10-01 or '2026-10-01 09:00' (now)")
	c.Flags().StringVar(&until, "until", "", "the first moment after it, 2026-10-09 or '2026-10-08 18:00' (until you revoke it)")
	c.Flags().StringSliceVar(&flows, "workflow", nil, "only for this workflow; more of them by repeating the flag")
	c.Flags().StringVar(&most, "max", "", "only for requests whose amounts are not larger")
	c.Flags().BoolVar(&open, "open", false, "what waits already as well")
	return c
}

// momentOf reads a day or a minute.
func momentOf(text string, none time.Time, loc *time.Location) (time.Time, error) {
	if text == "" {
		return none.UTC().Truncate(time.Millisecond), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-10-01 or '2026-10-01 09:00'", text)
}

func scopeOf(p workflows.Proxy) string {
	out := " from " + at(p.From)
	if !p.Until.IsZero() {
		out += " until " + at(p.Until)
	}
	if len(p.Flows) > 0 {
		out += ", for " + strings.Join(p.Flows, ", ")
	}
	if p.Max != "" {
		out += ", up to " + p.Max
	}
	if p.Open {
		out += ", what waits already as well"
	}
	return out
}

func proxyList(path *string) *cobra.Command {
	var past, asJSON bool
	c := &cobra.Command{
		Use: "list [PERSON]", Short: "List who decides in whose place, the newest first", Args: cobra.MaximumNArgs(1),
		Example: "  magpie people proxy list\n  magpie people proxy list han.meimei --past",
		RunE: func(c *cobra.Command, args []string) error {
			person := ""
			if len(args) == 1 {
				person = args[0]
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				all, err := s.Proxies(c.Context(), person, past)
				if err != nil {
					return err
				}
				if asJSON {
					return printLines(c.OutOrStdout(), all)
				}
				t := newTable(c.OutOrStdout(), "id", "of", "proxy", "from", "until", "workflows", "max", "open too", "by", "state")
				for _, p := range all {
					t.AppendRow(table.Row{p.ID, p.Of, p.To, at(p.From), at(p.Until), strings.Join(p.Flows, " "), p.Max, p.Open, p.Actor, stateOf(p, time.Now())})
				}
				t.Render()
				return nil
			})
		},
	}
	c.Flags().BoolVar(&past, "past", false, "also those that are over")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func stateOf(p workflows.Proxy, now time.Time) string {
	switch {
	case !p.RevokedAt.IsZero():
		return "revoked " + at(p.RevokedAt)
	case now.Before(p.From):
		return "to come"
	case !p.Until.IsZero() && !now.Before(p.Until):
		return "over"
	}
	return "counts"
}

func proxyRevoke(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a proxy now; what the proxy was given stays with them", Args: cobra.ExactArgs(1),
		Example: "  magpie people proxy revoke g1a2b3c",
		RunE: func(c *cobra.Command, args []string) error {
			return withStore(c.Context(), *path, func(s *store.Store) error {
				p, err := s.RevokeProxy(c.Context(), args[0], operator())
				if errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("there is no proxy %s that counts; 'magpie people proxy list' shows them", args[0])
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "%s no longer decides in the place of %s\n", p.To, p.Of)
				return nil
			})
		},
	}
}
