package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Check, prove and export the trail of what happened, and erase personal text from it",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(auditVerifyCommand(), auditHeadCommand(), auditExportCommand(), auditEraseCommand())
	return c
}

// fold is what instances are compared with: the kinds follow their trails.
func fold(kind string, trail []workflows.Entry) (workflows.Folded, bool, error) {
	for _, k := range kinds {
		if f, ok := k.(workflows.Folder); ok && k.Name() == kind {
			out, err := f.Fold(trail)
			return out, true, err
		}
	}
	return workflows.Folded{}, false, nil
}

func auditVerifyCommand() *cobra.Command {
	var path, head string
	var asJSON bool
	o := store.AuditOptions{Fold: fold, Files: true}
	c := &cobra.Command{
		Use: "verify", Short: "Walk every hash chain and head: status 1 when a row was changed, is missing or was cut off",
		Long: `Verify walks every trail: each entry fits its hash and follows the one before, the last is the one that the
instance names, instance and tasks are what the trail leads to, and every file and hand signature that it names is there
and is the one that was handed in (what was erased is not missed). Then it walks the daily heads: what they name
is still there, and is still the same. Heads that were published (audit.heads in the configuration, or --head)
prove that the database was not written anew as a whole.`,
		Example: "  magpie audit verify -c magpie.yaml\n  magpie audit verify --since 2026-11-01\n  magpie audit verify --head heads-of-the-auditor.jsonl", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Since != "" {
				if _, err := time.Parse(time.DateOnly, o.Since); err != nil {
					return &usageError{c.CommandPath(), fmt.Errorf("--since %s: write a day like 2026-11-20", o.Since)}
				}
			}
			published, err := publishedHeads(path, head)
			if err != nil {
				return err
			}
			if published != nil {
				defer published.Close()
				o.Published = published
			}
			return withStore(c.Context(), path, func(s *store.Store) error {
				a, err := s.Audit(c.Context(), o)
				if err != nil {
					return err
				}
				if asJSON {
					if err := json.NewEncoder(c.OutOrStdout()).Encode(a); err != nil {
						return err
					}
				} else {
					printAudit(c.OutOrStdout(), a)
				}
				if !a.OK() {
					return errBad
				}
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&head, "head", "", "a file with published heads; default: audit.heads of the configuration")
	c.Flags().StringVar(&o.Since, "since", "", "only instances that changed on this day or later (2026-11-20)")
	c.Flags().StringVar(&o.Instance, "instance", "", "only this instance")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printAudit(w io.Writer, a store.Audit) {
	for _, b := range a.Breaks {
		where := ""
		switch {
		case b.Instance != "" && b.Seq > 0:
			where = fmt.Sprintf("instance %s, entry %d", b.Instance, b.Seq)
		case b.Instance != "":
			where = "instance " + b.Instance
		default:
			where = fmt.Sprintf("head %d", b.Head)
		}
		fmt.Fprintf(w, "%s: %s: %s\n", where, b.Kind, b.Detail)
	}
	fmt.Fprintf(w, "%d instances, %d entries (%d erased), %d files, %d heads (%d published), %d breaks\n", a.Instances, a.Entries, a.Erased, a.Files, a.Heads, a.Published, len(a.Breaks))
	if a.Last != nil {
		fmt.Fprintf(w, "newest head: %d of %s, %s\n", a.Last.N, at(a.Last.At), a.Last.Hash)
	}
}

func auditHeadCommand() *cobra.Command {
	var path string
	var list bool
	c := &cobra.Command{
		Use: "head", Short: "Make a head over all trails now, and print it; --list prints those that there are",
		Long: `A head stands for everything that was committed up to now. A server makes one each day by itself. Keep it
where the database's owner can't change it: what it stands for can be proved with audit verify --head.`,
		Example: "  magpie audit head -c magpie.yaml\n  magpie audit head --list > heads.jsonl", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			return withStore(c.Context(), path, func(s *store.Store) error {
				if list {
					for after := int64(0); ; {
						page, err := s.Heads(c.Context(), after, 500)
						if err != nil || len(page) == 0 {
							return err
						}
						if err := printLines(c.OutOrStdout(), page); err != nil {
							return err
						}
						after = page[len(page)-1].N
					}
				}
				h, err := s.MakeHead(c.Context())
				if err != nil {
					return err
				}
				if err := printLines(c.OutOrStdout(), []store.Head{h}); err != nil {
					return err
				}
				return publishHeads(c.Context(), s, cfg.Audit.Heads)
			})
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&list, "list", false, "make none, print all, oldest first")
	return c
}

// loadConfig reads the envelope alone.
func loadConfig(path string) (*config.Config, error) {
	cfg, ps := config.Load(path)
	if cfg == nil {
		return nil, fmt.Errorf("the configuration can't be used:\n%w", ps)
	}
	return cfg, nil
}
