package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/store"
)

// storeOf says which database a configuration names. A relative SQLite file stands beside it.
func storeOf(cfg *config.Config) store.Options {
	return store.Options{Driver: cfg.Store.Driver, DSN: cfg.Store.DSN.Reveal()}
}

// withStore opens the database for one command.
func withStore(ctx context.Context, path string, f func(*store.Store) error) (err error) {
	o, err := storeOptions(path)
	if err != nil {
		return err
	}
	o.Migrate = store.MigrateNever
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	return f(s)
}

// newTable prints plain columns that line up, wide characters too.
func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	t.SetStyle(s)
	t.AppendHeader(table.Row(header))
	return t
}

// listFlags are those of every list.
type listFlags struct {
	path   string
	asJSON bool
	filter store.Filter
}

func (l *listFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&l.filter.State, "state", "", "only these: waiting, leased, done, dead")
	c.Flags().IntVar(&l.filter.Limit, "limit", 50, "at most so many")
	c.Flags().StringVar(&l.filter.Instance, "instance", "", "only of this instance")
	c.Flags().BoolVar(&l.asJSON, "json", false, "print JSON, one object a line")
}

// printJSON prints one JSON value over several lines, as a person reads it too.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printLines prints one JSON object a line.
func printLines[T any](w io.Writer, items []T) error {
	e := json.NewEncoder(w)
	for _, i := range items {
		if err := e.Encode(i); err != nil {
			return err
		}
	}
	return nil
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
