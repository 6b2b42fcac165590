package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"magpie/workflows"
)

// claimedFile is a file as the trail of an instance names it.
type claimedFile struct {
	instance, head string
	workflows.FoldedFile
}

// auditFiles compares stored files with the digests in the trails, one after the other and outside of any transaction:
// they can be large. What is wrong while the instance went on since counts for nothing: the file may have been
// replaced or erased, and is looked at the next time.
func (s *Store) auditFiles(ctx context.Context, a *findings, list []claimedFile) error {
	for _, c := range list {
		wrong, err := s.auditFile(ctx, c)
		if err != nil {
			return fmt.Errorf("file %s of instance %s: %w", c.File.ID, c.instance, err)
		}
		a.Files++
		if wrong == "" {
			continue
		}
		switch in, err := s.LoadInstance(ctx, c.instance); {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err != nil, in.Head != c.head:
			continue
		}
		a.fail(Break{Instance: c.instance, Seq: c.Seq, Kind: BreakFile}, "the file %s of %s %s", c.File.ID, c.Where, wrong)
	}
	return nil
}

// auditFile says what is wrong with a file, "" when it is the one that was handed in.
func (s *Store) auditFile(ctx context.Context, c claimedFile) (wrong string, err error) {
	r, _, err := s.OpenFile(ctx, c.File.ID)
	if errors.Is(err, ErrNotFound) {
		if !c.Kept {
			return "", nil
		}
		return "is missing", nil
	}
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return "", err
	}
	switch got := hex.EncodeToString(sum.Sum(nil)); {
	case n != c.File.Size:
		return fmt.Sprintf("has %d bytes, %d were handed in", n, c.File.Size), nil
	case got != c.File.Sum:
		return "is not what was handed in: its content has another digest", nil
	}
	return "", nil
}
