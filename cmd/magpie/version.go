package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// configSchema is the version of what magpie.yaml and workflow files may hold.
const configSchema = 1

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print version, commit and config schema",
		Example: "  magpie version --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{
					"version": version, "commit": commit, "config_schema": configSchema, "go": runtime.Version(),
				})
			}
			fmt.Fprintf(c.OutOrStdout(), "magpie %s (commit %s, config schema %d, %s)\n", version, commit, configSchema, runtime.Version())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
