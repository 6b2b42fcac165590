package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"magpie/store"
	"magpie/workflows"
)

func peopleCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "people", Short: "Look at who is who over all suites, and mend it",
		Long: `Accounts of several suites are one person by employee number, e-mail or mobile number, never by name.
What you decide here stands, whatever a later pull of the directories says, and is kept on record. A running
server goes by it within seconds.`,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&path, "config", "c", "magpie.yaml", "the configuration file")
	c.AddCommand(peopleList(&path), peopleLink(&path), peopleUnlink(&path), peoplePrefer(&path), peopleManager(&path), peopleProxy(&path), peopleLog(&path))
	return c
}

func peopleList(path *string) *cobra.Command {
	var unlinked, conflicts, accounts, asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List persons and their accounts, or accounts that are nobody's", Args: cobra.NoArgs,
		Example: "  magpie people list\n  magpie people list --conflicts\n  magpie people list --unlinked --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c.Context(), *path, func(s *store.Store) error {
				var states []string
				if unlinked {
					states = append(states, store.AccountUnlinked)
				}
				if conflicts {
					states = append(states, store.AccountConflict)
				}
				if accounts {
					states = append(states, store.AccountLinked, store.AccountUnlinked, store.AccountConflict, store.AccountLeft)
				}
				if len(states) > 0 {
					return listAccounts(c, s, asJSON, states)
				}
				return listPersons(c, s, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&unlinked, "unlinked", false, "accounts that are linked to nobody and that nothing is wrong with")
	c.Flags().BoolVar(&conflicts, "conflicts", false, "accounts that could not be linked, and why")
	c.Flags().BoolVar(&accounts, "accounts", false, "all accounts")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func listPersons(c *cobra.Command, s *store.Store, asJSON bool) error {
	people, err := s.People(c.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return printLines(c.OutOrStdout(), people)
	}
	t := newTable(c.OutOrStdout(), "person", "name", "title", "state", "preferred", "accounts")
	for _, p := range people {
		state := "here"
		switch {
		case p.MergedInto != "":
			state = "is " + p.MergedInto
		case !p.Active:
			state = "left"
		}
		t.AppendRow(table.Row{p.ID, p.Name, p.Title, state, p.Preferred, strings.Join(p.Accounts, " ")})
	}
	t.Render()
	counts, err := s.CountAccounts(c.Context())
	if err != nil {
		return err
	}
	n := map[string]int64{}
	for _, x := range counts {
		n[x.State] += x.N
	}
	fmt.Fprintf(c.OutOrStdout(), "\n%d persons; accounts: %d linked, %d unlinked, %d conflicts, %d left\n",
		len(people), n[store.AccountLinked], n[store.AccountUnlinked], n[store.AccountConflict], n[store.AccountLeft])
	return nil
}

func listAccounts(c *cobra.Command, s *store.Store, asJSON bool, states []string) error {
	items, err := s.Accounts(c.Context(), states...)
	if err != nil {
		return err
	}
	if asJSON {
		return printLines(c.OutOrStdout(), items)
	}
	t := newTable(c.OutOrStdout(), "account", "state", "name", "employee no", "e-mail", "mobile", "person", "why")
	for _, a := range items {
		why := a.Conflict
		if a.LinkedBy != workflows.LinkedByKeys {
			why = "by " + string(a.LinkedBy)
		}
		t.AppendRow(table.Row{a.Connection + "/" + a.Account, a.State, a.Name, a.EmployeeNo, a.Email, a.Mobile, a.Person, why})
	}
	t.Render()
	return nil
}

// oneAccount reads an argument that names an account.
func oneAccount(c *cobra.Command, arg string) (connection, account string, err error) {
	connection, account, ok := store.ParseAccount(arg)
	if !ok {
		return "", "", &usageError{c.CommandPath(), fmt.Errorf("%q is no account; write CONNECTION/ID, as 'magpie people list --accounts' shows them", arg)}
	}
	return connection, account, nil
}

func peopleLink(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "link ACCOUNT PERSON", Short: "Say whose an account is", Args: cobra.ExactArgs(2),
		Example: "  magpie people link ding-main/manager4220 li.lei",
		RunE: func(c *cobra.Command, args []string) error {
			connection, account, err := oneAccount(c, args[0])
			if err != nil {
				return err
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				l, err := s.LinkAccount(c.Context(), workflows.Link{Connection: connection, Account: account, Person: args[1], By: workflows.LinkedByAdmin, Actor: operator()})
				if err != nil {
					return notThere(c.Context(), s, err, args[0], args[1])
				}
				fmt.Fprintf(c.OutOrStdout(), "%s/%s is %s\n", l.Connection, l.Account, l.Person)
				switch {
				case l.Merged:
					fmt.Fprintf(c.OutOrStdout(), "%s had no other account and is %s from now on\n", l.Before, l.Person)
				case l.Gone:
					fmt.Fprintf(c.OutOrStdout(), "%s has no account left\n", l.Before)
				}
				return nil
			})
		},
	}
}

func peopleUnlink(path *string) *cobra.Command {
	var auto bool
	c := &cobra.Command{
		Use: "unlink ACCOUNT", Short: "Say that an account is nobody's", Args: cobra.ExactArgs(1),
		Long: `Unlink keeps an account from being linked to anybody, until you link it or it is linked with a code in chat.
With --auto what was decided about the account is forgotten instead: its keys decide again.`,
		Example: "  magpie people unlink ding-main/manager4220\n  magpie people unlink --auto ding-main/manager4220",
		RunE: func(c *cobra.Command, args []string) error {
			connection, account, err := oneAccount(c, args[0])
			if err != nil {
				return err
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				if auto {
					switch err := s.FreeAccount(c.Context(), connection, account, operator()); {
					case errors.Is(err, store.ErrNotFound):
						return fmt.Errorf("nothing was decided about %s", args[0])
					case err != nil:
						return err
					}
					fmt.Fprintf(c.OutOrStdout(), "%s is linked by its keys again, at the latest with the next pull\n", args[0])
					return nil
				}
				l, err := s.LinkAccount(c.Context(), workflows.Link{Connection: connection, Account: account, By: workflows.LinkedByAdmin, Actor: operator()})
				if err != nil {
					return notThere(c.Context(), s, err, args[0], "")
				}
				fmt.Fprintf(c.OutOrStdout(), "%s/%s is nobody's\n", l.Connection, l.Account)
				if l.Gone {
					fmt.Fprintf(c.OutOrStdout(), "%s has no account left: what waits for them is handed on\n", l.Before)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&auto, "auto", false, "forget what was decided by hand")
	return c
}

func peoplePrefer(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "prefer PERSON [CONNECTION]", Short: "Set where a person's cards go; without CONNECTION the configuration's order decides",
		Args: cobra.RangeArgs(1, 2), Example: "  magpie people prefer zhang.wei ding-main",
		RunE: func(c *cobra.Command, args []string) error {
			to := ""
			if len(args) == 2 {
				to = args[1]
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				switch err := s.Prefer(c.Context(), args[0], to, operator()); {
				case errors.Is(err, store.ErrNotFound):
					return fmt.Errorf("there is no person %s with an account in %q; 'magpie people list' shows who is where", args[0], to)
				case err != nil:
					return err
				}
				if to == "" {
					to = "the first connection of the configuration that they are in"
				}
				fmt.Fprintf(c.OutOrStdout(), "cards of %s go to %s\n", args[0], to)
				return nil
			})
		},
	}
}

func peopleManager(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "manager PERSON [MANAGER]", Short: "Name a person's manager where no suite knows; without MANAGER the suites decide again",
		Args: cobra.RangeArgs(1, 2), Example: "  magpie people manager wang.fang zhang.wei",
		RunE: func(c *cobra.Command, args []string) error {
			manager := ""
			if len(args) == 2 {
				manager = args[1]
			}
			if manager == args[0] {
				return errors.New("nobody is their own manager")
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				if err := s.SetManager(c.Context(), args[0], manager, operator()); err != nil {
					return notThere(c.Context(), s, err, "", args...)
				}
				if manager == "" {
					manager = "whom the suites name"
				}
				fmt.Fprintf(c.OutOrStdout(), "the manager of %s is %s\n", args[0], manager)
				return nil
			})
		},
	}
}

func peopleLog(path *string) *cobra.Command {
	var asJSON bool
	var limit int
	c := &cobra.Command{
		Use: "log [PERSON]", Short: "Show who linked, unlinked or set what, the newest first", Args: cobra.MaximumNArgs(1),
		Example: "  magpie people log\n  magpie people log li.lei --json",
		RunE: func(c *cobra.Command, args []string) error {
			person := ""
			if len(args) == 1 {
				person = args[0]
			}
			return withStore(c.Context(), *path, func(s *store.Store) error {
				log, err := s.PeopleLog(c.Context(), person, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return printLines(c.OutOrStdout(), log)
				}
				t := newTable(c.OutOrStdout(), "at", "who", "did", "person", "account", "before", "after")
				for _, e := range log {
					account := e.Account
					if e.Connection != "" {
						account = e.Connection + "/" + account
					}
					t.AppendRow(table.Row{at(e.At), e.Actor, e.Action, e.Person, account, e.Before, e.After})
				}
				t.Render()
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().IntVar(&limit, "limit", 50, "at most so many")
	return c
}

// notThere says which of an account and persons does not exist, with the nearest names.
func notThere(ctx context.Context, s *store.Store, err error, account string, persons ...string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	all, lerr := s.People(ctx)
	if lerr != nil {
		return errors.Join(err, lerr)
	}
	known := map[string]bool{"": true}
	for _, p := range all {
		known[p.ID] = true
	}
	for _, p := range persons {
		if !known[p] {
			return fmt.Errorf("there is no person %q; 'magpie people list' shows them", p)
		}
	}
	return fmt.Errorf("there is no account %s; 'magpie people list --accounts' shows them", account)
}

// operator is whoever runs the command, for the record.
func operator() string {
	name, host := os.Getenv("USER"), "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return "cli:" + name + "@" + host
}
