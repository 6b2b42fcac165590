package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

func testCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use:   "test [WORKFLOW…]",
		Short: "Run the tests of the workflows with a fake clock",
		Long: `Test runs the tests: of the workflow files, each with a clock and an instance of its own; nothing is sent and
nothing is stored. The people are those of test-people.yaml beside magpie.yaml (a list of id, name, dept,
title, manager, lead), or the sample company of the demo when there is no such file.`,
		Example: "  magpie test\n  magpie test purchase -c /etc/magpie/magpie.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			p, ps := loadProject(path, offline())
			if p == nil {
				for _, x := range ps {
					fmt.Fprintln(c.OutOrStdout(), x)
				}
				return errBad
			}
			programs := p.programs
			if len(args) > 0 {
				programs = nil
				for _, id := range args {
					prog, err := p.program(id)
					if err != nil {
						return &usageError{c.CommandPath(), err}
					}
					if !slices.Contains(programs, prog) {
						programs = append(programs, prog)
					}
				}
			}
			return runTests(c, p, programs, asJSON)
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func runTests(c *cobra.Command, p *project, programs []workflows.Program, asJSON bool) error {
	passed, failed := 0, 0
	out := c.OutOrStdout()
	for _, prog := range programs {
		id := prog.Definition().ID
		results, ps := workflowstest.Run(p.sources[id], prog, p.testOptions())
		if len(ps) > 0 {
			results = append(results, workflowstest.Result{Name: "tests", Failure: ps})
		}
		for _, r := range results {
			if r.Passed() {
				passed++
			} else {
				failed++
			}
			if asJSON {
				lines := make([]string, len(r.Failure))
				for i, f := range r.Failure {
					lines[i] = f.String()
				}
				if err := json.NewEncoder(out).Encode(map[string]any{"workflow": id, "test": r.Name, "passed": r.Passed(), "failure": lines}); err != nil {
					return err
				}
				continue
			}
			if r.Passed() {
				fmt.Fprintf(out, "ok    %s: %s\n", id, r.Name)
				continue
			}
			fmt.Fprintf(out, "FAIL  %s: %s\n", id, r.Name)
			for _, f := range r.Failure {
				fmt.Fprintf(out, "      %s\n", f)
			}
		}
	}
	if !asJSON {
		fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	}
	if failed > 0 {
		return errBad
	}
	return nil
}
