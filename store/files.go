package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	filePart = 256 << 10 // bytes of one piece: well below what a MySQL packet takes
	// KeepLoose is how long a file is kept that no state of its instance names: a page that it was handed in on may
	// still be open.
	KeepLoose = 2 * 24 * time.Hour
	fileBatch = 100
)

// PutFile keeps a file for an instance, handed in by a person. Its name and type are the caller's business. A file
// that was not read to its end leaves nothing behind but pieces that PruneFiles removes.
func (s *Store) PutFile(ctx context.Context, instance, owner string, r io.Reader) (event.File, error) {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	id := idText.EncodeToString(b[:])
	now := s.now()
	fail := func(err error) (event.File, error) { return event.File{}, fmt.Errorf("keep a file: %w", err) }
	// The row comes first, so that what is left of a broken upload is found again.
	if err := s.one(ctx, nil, `INSERT INTO file (id, instance, owner, size, sum, created_at, check_at) VALUES (?,?,?,0,'',?,?)`,
		id, cut(instance, 64), cut(owner, 255), now, now.Add(KeepLoose)); err != nil {
		return fail(err)
	}
	sum := sha256.New()
	size := int64(0)
	buf := make([]byte, filePart)
	for n := 0; ; n++ {
		k, err := io.ReadFull(r, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fail(err)
		}
		if k > 0 {
			size += int64(k)
			sum.Write(buf[:k])
			if err := s.one(ctx, nil, `INSERT INTO file_part (file, n, data) VALUES (?,?,?)`, id, n, bytes.Clone(buf[:k])); err != nil {
				return fail(err)
			}
		}
		if err != nil {
			break
		}
	}
	f := event.File{ID: id, Size: size, Sum: hex.EncodeToString(sum.Sum(nil))}
	if err := s.one(ctx, ErrNotFound, `UPDATE file SET size = ?, sum = ? WHERE id = ?`, size, f.Sum, id); err != nil {
		return fail(err)
	}
	return f, nil
}

// OpenFile reads a file, piece by piece. ErrNotFound, also for one that was never handed in whole.
func (s *Store) OpenFile(ctx context.Context, id string) (io.ReadCloser, int64, error) {
	var size int64
	var sum string
	err := s.readOne(ctx, `SELECT size, sum FROM file WHERE id = ?`, []any{cut(id, 64)}, &size, &sum)
	if err == nil && sum == "" {
		err = ErrNotFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open file: %w", err)
	}
	return &fileReader{ctx: ctx, s: s, id: id}, size, nil
}

// fileReader reads the pieces of a file.
type fileReader struct {
	ctx  context.Context
	s    *Store
	id   string
	n    int
	rest []byte
	end  error
}

// Read implements io.Reader.
func (r *fileReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.end == nil {
		err := r.s.readOne(r.ctx, `SELECT data FROM file_part WHERE file = ? AND n = ?`, []any{r.id, r.n}, &r.rest)
		switch {
		case errors.Is(err, ErrNotFound):
			r.end = io.EOF
		case err != nil:
			r.end = fmt.Errorf("read file: %w", err)
		}
		r.n++
	}
	if len(r.rest) == 0 {
		return 0, r.end
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *fileReader) Close() error {
	r.rest, r.end = nil, io.ErrClosedPipe
	return nil
}

// FileOwner tells whose a file is, and for which instance it was handed in. ErrNotFound, also for one that was never
// handed in whole.
func (s *Store) FileOwner(ctx context.Context, id string) (workflows.KeptFile, error) {
	var k workflows.KeptFile
	err := s.readOne(ctx, `SELECT instance, owner, size, sum FROM file WHERE id = ?`, []any{cut(id, 64)}, &k.Instance, &k.Owner, &k.Size, &k.Sum)
	if err == nil && k.Sum == "" {
		err = ErrNotFound
	}
	return k, wrap("owner of a file", err)
}

// Uploaded is how many bytes a person has handed in since a time.
func (s *Store) Uploaded(ctx context.Context, owner string, since time.Time) (int64, error) {
	var n sql.NullInt64
	err := s.readOne(ctx, `SELECT SUM(size) FROM file WHERE owner = ? AND created_at >= ?`, []any{cut(owner, 255), millis(since)}, &n)
	return n.Int64, wrap("count what was handed in", err)
}

// PruneFiles removes files that the state of their instance does not name, KeepLoose after they came, and tells how
// many. A file that is named is looked at again while its instance runs, and is kept for good once that has ended.
func (s *Store) PruneFiles(ctx context.Context, now time.Time) (int, error) {
	removed := 0
	for {
		type loose struct {
			id, instance string
			created      int64
		}
		var list []loose
		err := s.read(ctx, `SELECT id, instance, created_at FROM file WHERE check_at <= ? ORDER BY check_at LIMIT ?`, []any{millis(now), fileBatch}, func(scan scanFunc) error {
			var l loose
			err := scan(&l.id, &l.instance, &l.created)
			list = append(list, l)
			return err
		})
		if err != nil || len(list) == 0 {
			return removed, wrap("prune files", err)
		}
		for _, l := range list {
			named, ended, err := s.names(ctx, l.instance, l.id)
			if err != nil {
				return removed, fmt.Errorf("prune files: %w", err)
			}
			switch {
			case named && ended:
				err = s.one(ctx, nil, `UPDATE file SET check_at = NULL WHERE id = ?`, l.id)
			case named:
				err = s.one(ctx, nil, `UPDATE file SET check_at = ? WHERE id = ?`, now.Add(24*time.Hour), l.id)
			default:
				err = s.dropFile(ctx, l.id)
				removed++
			}
			if err != nil {
				return removed, fmt.Errorf("prune files: %w", err)
			}
		}
	}
}

// names reports whether the state of an instance names a file, and whether the instance has ended.
func (s *Store) names(ctx context.Context, instance, id string) (named, ended bool, err error) {
	in, err := s.LoadInstance(ctx, instance)
	if errors.Is(err, ErrNotFound) {
		return false, true, nil
	}
	if err != nil {
		return false, false, err
	}
	return namesFile(in.State, id), in.Status.Ended(), nil
}

// dropUnnamed removes the files of an instance that a state does not name any more, and tells how many.
func (s *Store) dropUnnamed(ctx context.Context, instance string, state []byte) (int, error) {
	var gone []string
	err := s.read(ctx, `SELECT id FROM file WHERE instance = ? ORDER BY id`, []any{cut(instance, 64)}, func(scan scanFunc) error {
		var id string
		err := scan(&id)
		if err == nil && !namesFile(state, id) {
			gone = append(gone, id)
		}
		return err
	})
	for _, id := range gone {
		if err == nil {
			err = s.dropFile(ctx, id)
		}
	}
	return len(gone), err
}

func namesFile(state []byte, id string) bool { return bytes.Contains(state, []byte(`"`+id+`"`)) }

// dropFile removes a file, its pieces first: what is left of it when that breaks off is found again.
func (s *Store) dropFile(ctx context.Context, id string) error {
	var parts int64
	if err := s.readOne(ctx, `SELECT COUNT(*) FROM file_part WHERE file = ?`, []any{id}, &parts); err != nil {
		return err
	}
	for n := range parts {
		if err := s.one(ctx, nil, `DELETE FROM file_part WHERE file = ? AND n = ?`, id, n); err != nil {
			return err
		}
	}
	return s.one(ctx, nil, `DELETE FROM file WHERE id = ?`, id)
}
