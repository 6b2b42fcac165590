package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/store"
)

func backupCommand() *cobra.Command {
	var path string
	var quick, asJSON bool
	c := &cobra.Command{
		Use: "backup FILE", Short: "Copy the SQLite database, also while a server runs; for MySQL say how", Args: cobra.ExactArgs(1),
		Long: `Backup writes what the database holds at one moment to FILE, or to magpie-DATE-TIME.db in it when that is a folder. It
never writes over anything. The copy is checked before it gets its name: every page, the schema, and every trail as
'magpie audit verify' does (--quick leaves that out). A server may run meanwhile and is not held up.

Requests, people, the trail, files that were handed in and the key of the buttons are in it; magpie.yaml, workflows, templates
and secrets are not. MySQL and MariaDB are copied by their own tools: the command says how, with status 1.`,
		Example: "  magpie backup backups/ -c magpie.yaml\n  magpie backup /mnt/nightly/monday.db --quick",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			o := storeOf(cfg)
			to := args[0]
			if info, err := os.Stat(to); err == nil && info.IsDir() || strings.HasSuffix(to, string(os.PathSeparator)) {
				to = filepath.Join(to, "magpie-"+time.Now().In(cfg.Server.Location).Format("20060102-150405")+".db")
			}
			verify := func(s *store.Store) error {
				a, err := s.Audit(c.Context(), store.AuditOptions{Fold: fold})
				if err == nil && !a.OK() {
					printAudit(c.ErrOrStderr(), a)
					err = errors.New("the trails do not hold; the copy was not kept. 'magpie audit verify' tells whether the database itself is changed, --quick copies it as it is")
				}
				return err
			}
			if quick {
				verify = nil
			}
			made, err := store.Backup(c.Context(), o, to, verify)
			if errors.Is(err, store.ErrNoBackup) {
				return noBackup(c.OutOrStdout(), o, "dump")
			}
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(made)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", made.File, copyText(made))
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&quick, "quick", false, "do not walk the trails of the copy")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func restoreCommand() *cobra.Command {
	var path string
	var replace, asJSON bool
	c := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the SQLite database; no server may run", Args: cobra.ExactArgs(1),
		Long: `Restore checks FILE and puts a copy of it in the place of the database that magpie.yaml names. It refuses while a server
works on that, when FILE is damaged or was made by a newer magpie, and when there is a database already: with --replace that one is
put aside as magpie.db.before-restore, whole. A backup of an older magpie is brought up to date when it is next opened.

What was begun or decided since the backup is unknown afterwards, and presses on such cards are refused.`,
		Example: "  magpie restore backups/magpie-20261001-030000.db -c magpie.yaml\n  magpie restore monday.db --replace",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			o := storeOf(cfg)
			r, err := store.Restore(c.Context(), o, args[0], replace)
			var newer *store.NewerError
			switch {
			case errors.Is(err, store.ErrNoBackup):
				return noBackup(c.OutOrStdout(), o, "load")
			case errors.Is(err, store.ErrOwned):
				return fmt.Errorf("%w; stop it first", err)
			case errors.As(err, &newer):
				return fmt.Errorf("%w; --replace puts it aside and restores the copy", err)
			case err != nil:
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(r)
			}
			fmt.Fprintf(c.OutOrStdout(), "restored: %s\n", copyText(r.Copy))
			if r.Aside != "" {
				fmt.Fprintf(c.OutOrStdout(), "what was there is now %s: %s\n", r.Aside, copyText(*r.Lost))
			}
			fmt.Fprintln(c.OutOrStdout(), "next: magpie audit verify, then magpie serve")
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&replace, "replace", false, "put the database that is there aside")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func copyText(c store.Copy) string {
	last := "nothing has happened in it"
	if !c.Last.IsZero() {
		last = "last changed " + at(c.Last)
	}
	if c.Version == 0 {
		return "it can't be read"
	}
	return fmt.Sprintf("%d requests, %s, schema %d, %d bytes", c.Instances, last, c.Version, c.Bytes)
}

// noBackup says how a server's database is copied or loaded; its password is left out.
func noBackup(w io.Writer, o store.Options, what string) error {
	flags, name := "-h HOST -u USER -p", "DATABASE"
	if at, ok := store.ServerOf(o); ok {
		flags, name = fmt.Sprintf("-h %s -P %s -u %s -p", at.Host, at.Port, at.User), at.Database
		if at.Socket != "" {
			flags = fmt.Sprintf("-S %s -u %s -p", at.Socket, at.User)
		}
	}
	if what == "dump" {
		fmt.Fprintf(w, `MySQL and MariaDB are copied by their own tools, in one snapshot; servers may run meanwhile:

  mysqldump %s --single-transaction --hex-blob --no-tablespaces %s > magpie.sql

Watch that it ends with "Dump completed", that no 'magpie migrate up' runs meanwhile, and keep it elsewhere. Try it now and
then: load it into an empty database and run 'magpie audit verify' there.
`, flags, name)
		return errBad
	}
	fmt.Fprintf(w, `MySQL and MariaDB are restored by their own tools. Stop every 'magpie serve' first, and load into an EMPTY database:

  mysql %s %s < magpie.sql

Then 'magpie migrate status' (a dump of an older magpie needs 'magpie migrate up'; one of a newer magpie needs that), 'magpie audit
verify', and start. What was begun or decided since the dump is unknown, and presses on such cards are refused.
`, flags, name)
	return errBad
}
