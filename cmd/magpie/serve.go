package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"
)

func serveCommand() *cobra.Command {
	var path, addr, level string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run for real: connections, workflows and store as magpie.yaml says",
		Long: `Serve runs Magpie with the connections, workflows and store that magpie.yaml names. It ends
cleanly on SIGINT and SIGTERM: what is in hand is finished first. Several processes may run on one
MySQL or MariaDB. Workflows and templates are reloaded when their files change.`,
		Example: "  magpie serve -c magpie.yaml\n  magpie serve -c magpie.yaml --addr 127.0.0.1:9000",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := newLog(level)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			tuneGarbage(c.Context())
			return serve(c.Context(), AppOptions{Config: path, Log: log, Watch: true}, addr, func(at string) {
				fmt.Fprintf(c.OutOrStdout(), "magpie %s serves on http://%s\n", version, at)
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&addr, "addr", "", "listen here instead of server.addr")
	logFlag(c, &level)
	return c
}

// serve opens the app, listens and runs until ctx ends. started is told the address.
func serve(ctx context.Context, o AppOptions, addr string, started func(addr string)) (err error) {
	a, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := a.Close(); err == nil {
			err = cerr
		}
	}()
	if addr == "" {
		addr = a.config().Server.Addr
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	started(ln.Addr().String())
	return a.Run(ctx, ln)
}

func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "config", "c", "magpie.yaml", "the configuration file")
}

func logFlag(c *cobra.Command, level *string) {
	c.Flags().StringVar(level, "log", "info", "what to log: debug, info, warn, error")
}

func newLog(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log %s: one of debug, info, warn, error", level)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l})), nil
}
