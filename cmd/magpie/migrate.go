package main

import (
	"encoding/json"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/store"
)

func migrateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to this version's schema, or show how it stands",
		Long: `SQLite brings itself up to date when it is opened, after a copy of the file. MySQL and MariaDB change
only by this command: stop the other processes, make a backup, then run 'magpie migrate up'.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var path string
	var asJSON bool
	c.PersistentFlags().StringVarP(&path, "config", "c", "magpie.yaml", "the configuration file")
	up := &cobra.Command{
		Use: "up", Short: "Apply what is missing", Example: "  magpie migrate up -c magpie.yaml", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := storeOptions(path)
			if err != nil {
				return err
			}
			done, err := store.Migrate(c.Context(), o)
			if err != nil {
				return err
			}
			for _, m := range done {
				fmt.Fprintf(c.OutOrStdout(), "applied %05d %s\n", m.Version, m.File)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d applied; the schema is up to date\n", len(done))
			return nil
		},
	}
	status := &cobra.Command{
		Use: "status", Short: "Show which steps are applied; status 1 when some are missing", Args: cobra.NoArgs,
		Example: "  magpie migrate status -c magpie.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := storeOptions(path)
			if err != nil {
				return err
			}
			all, err := store.MigrationStatus(c.Context(), o)
			if err != nil {
				return err
			}
			missing := 0
			t := newTable(c.OutOrStdout(), "version", "file", "applied")
			for _, m := range all {
				at := "missing"
				if m.Applied() {
					at = m.AppliedAt.UTC().Format("2006-01-02 15:04:05Z")
				} else {
					missing++
				}
				t.AppendRow(table.Row{m.Version, m.File, at})
			}
			if asJSON {
				if err := json.NewEncoder(c.OutOrStdout()).Encode(all); err != nil {
					return err
				}
			} else {
				t.Render()
			}
			if missing > 0 {
				fmt.Fprintf(c.ErrOrStderr(), "magpie: %d missing; run 'magpie migrate up'\n", missing)
				return errBad
			}
			return nil
		},
	}
	status.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(up, status)
	return c
}

// storeOptions reads where the database is from the configuration; its workflows are not looked at.
func storeOptions(path string) (store.Options, error) {
	cfg, ps := config.Load(path)
	if cfg == nil {
		return store.Options{}, ps
	}
	return storeOf(cfg), nil
}
