package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"

	"github.com/spf13/cobra"

	"magpie/store"
	"magpie/workflows"
)

func auditEraseCommand() *cobra.Command {
	var path, instance, person, reason, by string
	var dry, keep bool
	c := &cobra.Command{
		Use: "erase", Short: "Erase personal text of what has ended, without breaking the chain",
		Long: `Erase removes personal text: of one instance (--instance), or of everything that a person has to do with
(--person): all of what they started, and in others' what they wrote and where they are named. What still runs is left
alone and named. A chained entry says what was erased, by whom and why; that stays, so the reason must name nobody.
Ids of persons stay, since decisions are bound to them.

On SQLite the file is written anew at the end, so that nothing is left in free pages; stop the server first where the
file is large. Backups, and logs of a MySQL server, are yours to look after.`,
		Example: "  magpie audit erase --instance 0f3k… --reason \"request 7\"\n  magpie audit erase --person li.lei --reason \"request 8\" --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case (instance == "") == (person == ""):
				return &usageError{c.CommandPath(), errors.New("name either --instance or --person")}
			case reason == "":
				return &usageError{c.CommandPath(), errors.New("--reason is missing: it stays in the trail")}
			}
			if by == "" {
				by = "operator"
				if u, err := user.Current(); err == nil {
					by = u.Username
				}
			}
			e := eraser{out: c.OutOrStdout(), o: store.EraseOptions{By: by, Reason: reason, Fold: fold}, dry: dry}
			return withStore(c.Context(), path, func(s *store.Store) error {
				e.s = s
				if err := e.run(c.Context(), instance, person); err != nil || dry {
					return err
				}
				if keep {
					return nil
				}
				if err := s.Compact(c.Context()); err != nil {
					return fmt.Errorf("erased from all tables, but free pages of the file may still hold text; stop the server and run this again: %w", err)
				}
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&instance, "instance", "", "this instance")
	c.Flags().StringVar(&person, "person", "", "this person, by id")
	c.Flags().StringVar(&reason, "reason", "", "why; stays in the trail for good")
	c.Flags().StringVar(&by, "by", "", "who erases; stays in the trail; default: who is logged in here")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be erased")
	c.Flags().BoolVar(&keep, "keep-free-pages", false, "do not write the SQLite file anew")
	return c
}

// eraser carries one command.
type eraser struct {
	s       *store.Store
	out     io.Writer
	o       store.EraseOptions
	dry     bool
	total   store.EraseResult
	done    int
	running int
}

func (e *eraser) run(ctx context.Context, instance, person string) error {
	if instance != "" {
		in, err := e.s.LoadInstance(ctx, instance)
		if err != nil {
			return err
		}
		if err := e.one(ctx, store.Concerned{ID: in.ID, Status: in.Status, Initiator: in.Initiator}, e.o); err != nil {
			return err
		}
		if e.running > 0 {
			return errBad
		}
		return e.close()
	}
	names := [][]byte{workflows.Data(person)}
	name, err := e.s.PersonName(ctx, person)
	if err != nil {
		return err
	}
	if len([]rune(name)) > 1 && name != workflows.TextErased {
		quoted := workflows.Data(name)
		names = append(names, quoted[1:len(quoted)-1])
	}
	err = e.s.Concerning(ctx, person, func(c store.Concerned) error {
		o := e.o
		if c.Initiator != person {
			o.Entry = func(t workflows.Entry) bool {
				for _, n := range names {
					if bytes.Contains(t.Private, n) {
						return true
					}
				}
				return t.Actor == person
			}
		}
		return e.one(ctx, c, o)
	})
	if err != nil {
		return err
	}
	if !e.dry {
		switch err := e.s.ErasePerson(ctx, person); {
		case errors.Is(err, store.ErrRunning):
			fmt.Fprintf(e.out, "%s is still in the directory: name and addresses come from there, and stay\n", person)
		case err != nil:
			return err
		}
	}
	return e.close()
}

// one erases an instance, or says that it still runs.
func (e *eraser) one(ctx context.Context, c store.Concerned, o store.EraseOptions) error {
	if !c.Status.Ended() {
		e.running++
		fmt.Fprintf(e.out, "instance %s is %s: left alone; end it first, or come again\n", c.ID, c.Status)
		return nil
	}
	if e.dry {
		n := 0
		trail, err := e.s.TrailOf(ctx, c.ID)
		for _, t := range trail {
			if t.Private != nil && (o.Entry == nil || o.Entry(t)) {
				n++
			}
		}
		if n > 0 {
			e.done++
			e.total.Entries += n
			fmt.Fprintf(e.out, "instance %s: %d entries would be erased\n", c.ID, n)
		}
		return err
	}
	r, err := e.s.Erase(ctx, c.ID, o)
	if errors.Is(err, store.ErrConflict) { // it changed at this moment
		r, err = e.s.Erase(ctx, c.ID, o)
	}
	if err != nil {
		return err
	}
	if r != (store.EraseResult{}) {
		e.done++
		e.total.Entries += r.Entries
		e.total.Events += r.Events
		e.total.Jobs += r.Jobs
		e.total.Files += r.Files
		fmt.Fprintf(e.out, "instance %s: %d entries, %d events, %d messages, %d files erased\n", c.ID, r.Entries, r.Events, r.Jobs, r.Files)
	}
	return nil
}

func (e *eraser) close() error {
	word := "erased"
	if e.dry {
		word = "would be erased"
	}
	fmt.Fprintf(e.out, "%d entries of %d instances %s, %d instances still run\n", e.total.Entries, e.done, word, e.running)
	return nil
}
