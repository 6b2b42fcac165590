package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"magpie/config"
	"magpie/store"
	"magpie/workflows"
)

// knownPeople are the people of today, for what a flow means with them.
type knownPeople struct {
	*testPeople
	everyone []string // ids of those who are there, at most maxInitiators
	count    int      // of those who are there
	from     string   // where they were read, for people
}

// maxInitiators bounds for how many persons a selector is tried out.
const maxInitiators = 500

// databasePatience is how long a database server may take to tell who the people are.
const databasePatience = 10 * time.Second

// today are the people of the database; where it knows none those of test-people.yaml; without that file too, nobody
// is known and the result is nil.
func (p *project) today(ctx context.Context) (*knownPeople, error) {
	known, _, err := p.stored(ctx)
	if known == nil && err == nil {
		known = p.invented()
	}
	return known, err
}

// stored reads the people of the database; without any, why says so.
func (p *project) stored(ctx context.Context) (known *knownPeople, why string, err error) {
	from := "the database"
	if file := sqliteFile(p.cfg); file != "" {
		from = shown(file)
	}
	if !hasStore(p.cfg) {
		return nil, from + " is not there yet", nil
	}
	ctx, cancel := context.WithTimeout(ctx, databasePatience)
	defer cancel()
	all, err := readRoster(ctx, p.cfg)
	switch {
	case errors.Is(err, store.ErrSchema):
		return nil, from + " is of another release", nil // serve brings a file up to date, migrate a server
	case err != nil:
		return nil, "", err
	case len(all.Persons) == 0:
		return nil, "nobody is in " + from + " yet", nil
	}
	return newKnownPeople(all, p.configured(), from), "", nil
}

// invented are the people of test-people.yaml, nil without that file.
func (p *project) invented() *knownPeople {
	if _, err := os.Stat(filepath.Join(p.cfg.Dir, testPeopleFile)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	t, ok := p.testPeople.(*testPeople)
	if !ok {
		return nil
	}
	return newKnownPeople(t.all, p.configured(), testPeopleFile)
}

func newKnownPeople(all workflows.Roster, conf named, from string) *knownPeople {
	k := &knownPeople{testPeople: newTestPeople(all, conf), from: from}
	for _, p := range all.Persons {
		if !p.Active {
			continue
		}
		if k.count++; len(k.everyone) < maxInitiators {
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
		return all, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if all, err = s.Roster(ctx); err != nil {
		return all, fmt.Errorf("read the people: %w", err)
	}
	return all, nil
}

// lint holds the workflows against the people of today; about says whom, or why that was not done.
func (p *project) lint(ctx context.Context) (ps config.Problems, about string) {
	known, why, err := p.stored(ctx)
	if err != nil {
		why = "the people of the database can't be read"
	}
	if known == nil {
		known = p.invented()
	}
	switch {
	case known == nil:
		about = "not checked: whether every step finds somebody: " + why + ", and there is no " + testPeopleFile
	case why != "":
		about = fmt.Sprintf("who decides was held against the %d people of %s: %s", known.count, known.from, why)
	default:
		about = fmt.Sprintf("who decides was held against the %d people of %s", known.count, known.from)
	}
	if known != nil && known.count > len(known.everyone) {
		about += fmt.Sprintf("; what depends on who asks was tried for %d of them", len(known.everyone))
	}
	if err != nil {
		ps = append(ps, config.Problem{
			File: shown(filepath.Join(p.cfg.Dir, "magpie.yaml")), Path: "store", Severity: config.Warning,
			What: "the people can't be read: " + err.Error(), Want: "run check where the database can be reached, or it can't tell whether every step finds somebody",
		})
	}
	if known == nil {
		return ps, about
	}
	ps = append(ps, p.lintNames(ctx, known)...)
	for _, prog := range p.programs {
		d := prog.Definition()
		for _, k := range kinds {
			if l, ok := k.(workflows.Linter); ok && k.Name() == d.Kind {
				ps = append(ps, l.Lint(ctx, p.sources[d.ID], prog, known, known.everyone)...)
			}
		}
	}
	return ps, about
}
