package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Restored is what Restore has done.
type Restored struct {
	Copy
	Aside string `json:"aside,omitempty"` // where the database that was there is now; "" when there was none
	Lost  *Copy  `json:"lost,omitempty"`  // what was in it
}

// NewerError says that the database which a copy is to take the place of knows more than the copy.
type NewerError struct{ There, Copy Copy }

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: a database is there already: %d requests, last changed %s; the copy has %d, of %s",
		e.There.File, e.There.Instances, stampText(e.There), e.Copy.Instances, stampText(e.Copy))
}

// Unwrap makes it an ErrThere.
func (e *NewerError) Unwrap() error { return ErrThere }

func stampText(c Copy) string {
	if c.Last.IsZero() {
		return "never"
	}
	return c.Last.Format("2006-01-02 15:04:05Z")
}

// Restore puts a copy in the place of the SQLite file of o. ErrOwned while a server works on that file, a NewerError
// when there is a database unless replace is set: then it is put aside beside it, whole. The copy stays where it is. It
// is checked before and after it was taken over: ErrUnsound, and ErrSchema when a newer program made it. A copy of an
// older program is brought up to date by whoever opens it next. ErrNoBackup on MySQL.
func Restore(ctx context.Context, o Options, from string, replace bool) (r Restored, err error) {
	o = o.withDefaults()
	to, err := liteFile(o)
	if err != nil {
		return r, err
	}
	if from, err = filepath.Abs(from); err != nil {
		return r, err
	}
	if from == to {
		return r, fmt.Errorf("restore %s: it is the database itself", from)
	}
	if r.Copy, err = CheckCopy(ctx, from); err != nil {
		return r, err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return r, err
	}
	lock, err := ownFile(to)
	if err != nil {
		return r, fmt.Errorf("restore %s: %w", to, err)
	}
	defer lock.Close()
	if _, err := os.Stat(to); err == nil {
		there, err := CheckCopy(ctx, to)
		there.File = to
		if err == nil && !replace {
			return r, &NewerError{There: there, Copy: r.Copy}
		}
		if err != nil && !replace {
			return r, fmt.Errorf("restore %s: %w: %w", to, ErrThere, err)
		}
		r.Lost = &there
	} else if !errors.Is(err, os.ErrNotExist) {
		return r, err
	}
	part := to + ".part"
	if err := removeLite(part); err != nil { // of a restore that was cut off
		return r, err
	}
	if err := vacuumInto(ctx, from, part); err != nil {
		return r, errors.Join(fmt.Errorf("restore %s: %w", from, err), removeLite(part))
	}
	if _, err := CheckCopy(ctx, part); err != nil {
		return r, errors.Join(err, removeLite(part))
	}
	if r.Lost != nil {
		if r.Aside, err = putAside(ctx, to); err != nil {
			return r, errors.Join(err, removeLite(part))
		}
	}
	if err := os.Rename(part, to); err != nil {
		return r, err
	}
	return r, syncDir(filepath.Dir(to))
}

// putAside gives a database another name, with all that was in it. One that is damaged keeps what stands beside it.
func putAside(ctx context.Context, path string) (string, error) {
	name := path + ".before-restore"
	for i := 2; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s.before-restore.%d", path, i)
	}
	if err := alone(ctx, path); err == nil {
		// Under two names until the copy takes the first: there is a database all the time. Where a file system knows
		// no second name it is moved.
		if os.Link(path, name) == nil {
			return name, nil
		}
	} else {
		if _, bad := CheckCopy(ctx, path); !errors.Is(bad, ErrUnsound) {
			return "", fmt.Errorf("put %s aside: %w", path, err)
		}
	}
	for _, end := range []string{"-wal", "-shm", ""} { // what belongs to it first: a new file must never meet it
		if err := os.Rename(path+end, name+end); err != nil && !(end != "" && errors.Is(err, os.ErrNotExist)) {
			return "", err
		}
	}
	return name, nil
}
