package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
)

// knownPeople are the people of today, for what a flow means with them.
type knownPeople struct {
	*testPeople
	everyone []string // ids of those who are there
	from     string   // where they were read, for people
}

// maxInitiators bounds for how many persons a selector is tried out.
const maxInitiators = 500

// today reads the people of the database where there is one to read without asking anybody: a SQLite file.
// Else they are those of test-people.yaml; without that file too, nobody is known and the result is nil.
func (p *project) today(ctx context.Context) (*knownPeople, error) {
	roles := func() map[string][]string { return p.env.Roles }
	file := sqliteFile(p.cfg)
	if _, err := os.Stat(file); file != "" && err == nil {
		all, err := readRoster(ctx, p.cfg)
		if err != nil {
			return nil, err
		}
		if len(all.Persons) > 0 {
			return newKnownPeople(all, roles, shown(file)), nil
		}
	}
	if _, err := os.Stat(filepath.Join(p.cfg.Dir, testPeopleFile)); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	t, ok := p.testPeople.(*testPeople)
	if !ok {
		return nil, nil
	}
	return newKnownPeople(t.all, roles, testPeopleFile), nil
}

func newKnownPeople(all workflows.Roster, roles func() map[string][]string, from string) *knownPeople {
	k := &knownPeople{testPeople: newTestPeople(all, roles), from: from}
	for _, p := range all.Persons {
		if p.Active && len(k.everyone) < maxInitiators {
			k.everyone = append(k.everyone, p.ID)
		}
	}
	return k
}

// sqliteFile is the path of the database file, "" for another driver.
func sqliteFile(cfg *config.Config) string {
	o := storeOf(cfg)
	if o.Driver != "" && o.Driver != store.DriverSQLite {
		return ""
	}
	file, _, _ := strings.Cut(strings.TrimPrefix(o.DSN, "file:"), "?")
	return file
}

func readRoster(ctx context.Context, cfg *config.Config) (all workflows.Roster, err error) {
	o := storeOf(cfg)
	o.Migrate = store.MigrateNever
	s, err := store.Open(ctx, o)
	if err != nil {
		if errors.Is(err, store.ErrSchema) {
			return all, nil // of another release: serve brings it up to date
		}
		return all, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if all, err = s.Roster(ctx); err != nil {
		return all, fmt.Errorf("read the people: %w", err)
	}
	return all, nil
}

// lint holds the workflows against the people of today.
func (p *project) lint(ctx context.Context) config.Problems {
	known, err := p.today(ctx)
	if err != nil {
		return config.Problems{{File: shown(filepath.Join(p.cfg.Dir, "magpie.yaml")), What: "the people can't be read: " + err.Error(), Severity: config.Warning}}
	}
	if known == nil {
		return nil
	}
	var ps config.Problems
	for _, prog := range p.programs {
		d := prog.Definition()
		for _, k := range kinds {
			if l, ok := k.(workflows.Linter); ok && k.Name() == d.Kind {
				ps = append(ps, l.Lint(ctx, p.sources[d.ID], prog, known, known.everyone)...)
			}
		}
	}
	return ps
}
