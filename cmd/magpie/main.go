// Command magpie is the bot and integration layer over Feishu, DingTalk and WeCom: one binary, one file
// per subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Set by the release build.
var (
	version = "dev"
	commit  = "unknown"
)

// Exit codes.
const (
	exitGood  = 0
	exitBad   = 1 // the thing checked is bad, or it failed
	exitUsage = 2 // wrong flags or arguments
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var u *usageError
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errBad): // it has been printed already
		return exitBad
	case errors.As(err, &u):
		fmt.Fprintln(root.ErrOrStderr(), "magpie:", u.Error())
		fmt.Fprintf(root.ErrOrStderr(), "Run '%s --help' for how to use it.\n", u.command)
		return exitUsage
	}
	fmt.Fprintln(root.ErrOrStderr(), "magpie:", err)
	return exitBad
}

// errBad ends a command with status 1 after it has said why.
var errBad = errors.New("bad")

// usageError ends a command with status 2.
type usageError struct {
	command string
	err     error
}

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "magpie",
		Short: "Magpie 鹊桥: one workflow over Feishu, DingTalk and WeCom",
		Long: `Magpie 鹊桥 is a bot and integration layer over the IM suites that a company already uses.
Approvals are described in YAML, run over all suites at once, and their cards stay true.

Try it:           magpie demo
Run it for real:  magpie serve -c magpie.yaml`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		demoCommand(), serveCommand(), checkCommand(), doctorCommand(), testCommand(), simulateCommand(), explainCommand(), diffCommand(), migrateInstancesCommand(), renderCommand(),
		migrateCommand(), backupCommand(), restoreCommand(), inboxCommand(), outboxCommand(), peopleCommand(), approvalsCommand(), statsCommand(), auditCommand(), versionCommand(),
	)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{c.CommandPath(), err} })
	usageArgs(root)
	return root
}

// usageArgs makes wrong arguments a usage error, on every command below.
func usageArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageArgs(sub)
	}
}
