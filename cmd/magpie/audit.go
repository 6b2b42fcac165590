package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"magpie/store"
)

func auditCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use: "audit", Short: "Check the trail of what happened",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	verify := &cobra.Command{
		Use: "verify", Short: "Walk every hash chain: status 1 when a row was changed, is missing or was cut off",
		Example: "  magpie audit verify -c magpie.yaml", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c.Context(), path, func(s *store.Store) error {
				a, err := s.AuditVerify(c.Context())
				if err != nil {
					return err
				}
				if asJSON {
					if err := json.NewEncoder(c.OutOrStdout()).Encode(a); err != nil {
						return err
					}
				} else {
					for _, b := range a.Breaks {
						fmt.Fprintf(c.OutOrStdout(), "instance %s, entry %d: %s: %s\n", b.Instance, b.Seq, b.Kind, b.Detail)
					}
					fmt.Fprintf(c.OutOrStdout(), "%d instances, %d entries, %d breaks\n", a.Instances, a.Entries, len(a.Breaks))
				}
				if !a.OK() {
					return errBad
				}
				return nil
			})
		},
	}
	verify.Flags().StringVarP(&path, "config", "c", "magpie.yaml", "the configuration file")
	verify.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(verify)
	return c
}
