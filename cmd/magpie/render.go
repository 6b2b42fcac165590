package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/simulator/playground"
	"magpie/workflows/workflowstest"
)

func renderCommand() *cobra.Command {
	var path, suite, file string
	var text bool
	c := &cobra.Command{
		Use:   "render WORKFLOW[.MOMENT]",
		Short: "Show a card as the suite gets it, and what it loses there",
		Long: `Render draws the cards of a workflow for a suite: the JSON that would be sent goes to the output, what is
lost to the error output. With --png a picture is drawn as the suite would show it; that needs Chromium.
Without a moment it lists the moments there are.`,
		Example: "  magpie render purchase\n  magpie render purchase.task --suite feishu\n  magpie render purchase.task --suite wecom --png task.png",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			usage := func(err error) error { return &usageError{c.CommandPath(), err} }
			p, ps := loadProject(path, offline())
			if p == nil {
				return ps
			}
			flow, moment, _ := strings.Cut(args[0], ".")
			prog, err := p.program(flow)
			if err != nil {
				return usage(err)
			}
			views, err := workflowstest.Previews(p.sources[flow], prog, previewTime, p.testOptions())
			if err != nil {
				return err
			}
			i := slices.IndexFunc(views, func(v workflowstest.Preview) bool { return v.Moment == moment })
			if moment == "" {
				for _, v := range views {
					fmt.Fprintf(c.OutOrStdout(), "%s.%s\n", flow, v.Moment)
				}
				return nil
			}
			if i < 0 {
				return usage(fmt.Errorf("%s has no moment %q; run 'magpie render %s' for the list", flow, moment, flow))
			}
			conn, err := p.suite(suite)
			if err != nil {
				return usage(err)
			}
			drawn, err := preview(p, flow, views[i], conn.Suite)
			if err != nil {
				return err
			}
			if text {
				fmt.Fprintln(c.OutOrStdout(), drawn.PlainText())
				return nil
			}
			wire, losses, err := conn.EncodeCard(drawn, adapters.EncodeOptions{})
			if err != nil {
				return err
			}
			for _, l := range losses {
				fmt.Fprintf(c.ErrOrStderr(), "lost (%s): %s: %s\n", l.Severity, l.Path, l.What)
			}
			if file != "" {
				return drawToFile(c.Context(), drawn, conn, file)
			}
			var pretty bytes.Buffer
			if json.Indent(&pretty, wire.Body, "", "  ") != nil {
				pretty.Reset()
				pretty.Write(wire.Body)
			}
			fmt.Fprintln(c.OutOrStdout(), pretty.String())
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&suite, "suite", "", "for which suite; the first connection's without it")
	c.Flags().StringVar(&file, "png", "", "draw a picture into this file")
	c.Flags().BoolVar(&text, "text", false, "as plain text, for a channel without cards")
	return c
}

// drawToFile draws a card as its suite would show it.
func drawToFile(ctx context.Context, drawn card.Card, conn *adapters.Connection, file string) error {
	got, err := sendToSimulator(ctx, conn.Suite, drawn, !conn.Capabilities().Update)
	if err != nil {
		return err
	}
	page, err := playground.Page(conn.Suite, got.card, func(ref string) (string, bool) {
		name, ok := got.names[ref]
		return name, ok
	})
	if err != nil {
		return err
	}
	img, err := picture(ctx, page)
	if err != nil {
		return err
	}
	return os.WriteFile(file, img, 0o644)
}

// suite finds a connection of a suite.
func (p *project) suite(name string) (*adapters.Connection, error) {
	var names []string
	for _, c := range p.connections {
		if name == "" || c.Suite == name {
			return c, nil
		}
		names = append(names, c.Suite)
	}
	return nil, fmt.Errorf("no connection of suite %q; there are: %s", name, strings.Join(names, ", "))
}
