package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"magpie/workflows"
)

// Head stands for all trails of the store at one moment. Each follows the one before, so that the newest stands
// for everything. Whoever was given one can prove later what the trails were: see Audit.
type Head struct {
	N         int64     // 1, 2, 3, …
	Day       string    // "2026-11-20": the day that it closes; "" for one that was asked for
	At        time.Time // when it was made: what was committed up to then is in this head or an earlier one
	Instances int64     // whose trails went on since the head before; they are on its list
	Digest    string    // SHA-256 of the list, hex: a line "<instance> <seq> <hash>\n" for each, by instance
	Prev      string    // Hash of the head before, "" of the first
	Hash      string
	list      string
}

// Sum computes what Hash must be: SHA-256, hex, over prev, n, day, at (RFC 3339, UTC, milliseconds), instances
// and digest, each with its length and a colon before it, as in the trail.
func (h Head) Sum() string {
	var b []byte
	for _, s := range [...]string{
		h.Prev, strconv.FormatInt(h.N, 10), h.Day, workflows.FormatTime(h.At), strconv.FormatInt(h.Instances, 10), h.Digest,
	} {
		b = append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...)
	}
	d := sha256.Sum256(b)
	return hex.EncodeToString(d[:])
}

type headJSON struct {
	N         int64  `json:"n"`
	Day       string `json:"day,omitempty"`
	At        string `json:"at"`
	Instances int64  `json:"instances"`
	Digest    string `json:"digest"`
	Prev      string `json:"prev"`
	Hash      string `json:"hash"`
}

// MarshalJSON writes a head as it is published.
func (h Head) MarshalJSON() ([]byte, error) {
	return json.Marshal(headJSON{h.N, h.Day, workflows.FormatTime(h.At), h.Instances, h.Digest, h.Prev, h.Hash})
}

// UnmarshalJSON reads what was published.
func (h *Head) UnmarshalJSON(b []byte) error {
	var j headJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, j.At)
	if err != nil {
		return fmt.Errorf("head %d: at: %w", j.N, err)
	}
	*h = Head{N: j.N, Day: j.Day, At: at.UTC(), Instances: j.Instances, Digest: j.Digest, Prev: j.Prev, Hash: j.Hash}
	return nil
}

const (
	headColumns = "n, day, at, instances, digest, prev_hash, hash, list"
	sqlHeads    = "SELECT " + headColumns + " FROM audit_head WHERE n > ? ORDER BY n LIMIT ?"
	sqlLastHead = "SELECT " + headColumns + " FROM audit_head ORDER BY n DESC LIMIT 1"
	sqlHead     = "SELECT " + headColumns + " FROM audit_head WHERE n = ?"
	sqlLastDay  = "SELECT day FROM audit_head WHERE day <> '' ORDER BY n DESC LIMIT 1"
	sqlAddHead  = "INSERT INTO audit_head (" + headColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
	sqlAddList  = "INSERT INTO audit_list (list, part, items) VALUES (?, ?, ?)"
	sqlList     = "SELECT items FROM audit_list WHERE list = ? AND part = ?"
	sqlChanged  = "SELECT id, seq, head FROM instance WHERE id > ? AND updated_at >= ? ORDER BY id LIMIT ?"

	// newestHead is the setting that names the newest head: without it the last heads could be taken away unseen.
	newestHead = "audit_head"
	// headOverlap is how much earlier than the last head a change may claim to be and still be looked at: the clocks
	// of several processes differ, and a command is committed a little after the time that it bears.
	headOverlap = time.Hour
	listPart    = 1000 // lines of a part
	maxCatchUp  = 400  // days
)

// Heads lists heads after one, in order.
func (s *Store) Heads(ctx context.Context, after int64, limit int) ([]Head, error) {
	list, err := s.heads(ctx, sqlHeads, after, limit)
	return list, wrap("list heads", err)
}

// LastHead is the newest, ErrNotFound.
func (s *Store) LastHead(ctx context.Context) (Head, error) {
	list, err := s.heads(ctx, sqlLastHead)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Head{}, fmt.Errorf("last head: %w", err)
	}
	return list[0], nil
}

func (s *Store) heads(ctx context.Context, q string, args ...any) ([]Head, error) {
	var list []Head
	err := s.read(ctx, q, args, func(scan scanFunc) error {
		h, err := scanHead(scan)
		list = append(list, h)
		return err
	})
	return list, err
}

func scanHead(scan scanFunc) (h Head, err error) {
	var at int64
	err = scan(&h.N, &h.Day, &at, &h.Instances, &h.Digest, &h.Prev, &h.Hash, &h.list)
	h.At = fromMillis(at)
	return h, err
}

// CloseDays makes the heads of the days that are over and have none yet: of yesterday, and of those before it on
// which nothing ran. today is the day that is under way, in the zone that days are counted in. ErrConflict when
// another process makes them at this moment: then there is nothing left to do.
func (s *Store) CloseDays(ctx context.Context, today time.Time) ([]Head, error) {
	last := ""
	if err := s.readOne(ctx, sqlLastDay, nil, &last); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("close days: %w", err)
	}
	day := dayBefore(today, 1)
	var due []string
	for i := 1; day > last && i <= maxCatchUp; i++ {
		due = append([]string{day}, due...)
		if last == "" {
			break // there is no head yet: earlier days are all in the first
		}
		day = dayBefore(today, i+1)
	}
	var made []Head
	for i, day := range due {
		h, err := s.makeHead(ctx, day, i > 0)
		if err != nil {
			return made, fmt.Errorf("close %s: %w", day, err)
		}
		made = append(made, h)
	}
	return made, nil
}

func dayBefore(t time.Time, n int) string {
	y, m, d := t.Date()
	return time.Date(y, m, d-n, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// MakeHead makes a head now, whatever the day. ErrConflict when another process makes one at this moment.
func (s *Store) MakeHead(ctx context.Context) (Head, error) {
	h, err := s.makeHead(ctx, "", false)
	if err != nil {
		return Head{}, fmt.Errorf("make a head: %w", err)
	}
	return h, nil
}

// makeHead writes the list in small transactions, under a name of its own, and then the head that names it. nothing
// says that nothing can have changed: the head before was made just now.
func (s *Store) makeHead(ctx context.Context, day string, nothing bool) (Head, error) {
	prev, err := s.LastHead(ctx)
	since := int64(0)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return Head{}, err
	case prev.At.Before(s.now()):
		since = millis(prev.At.Add(-headOverlap))
	} // a clock that was set back says nothing of what is new: all of it is looked at
	// Asked after prev was read: whoever closed the day before that is seen here, and whoever does later is seen below.
	last := ""
	if err := s.readOne(ctx, sqlLastDay, nil, &last); err != nil && !errors.Is(err, ErrNotFound) {
		return Head{}, err
	}
	if day != "" && last >= day {
		return Head{}, ErrConflict
	}
	h := Head{N: prev.N + 1, Day: day, At: s.now().UTC().Truncate(time.Millisecond), Prev: prev.Hash, list: newToken()}
	if nothing {
		d := sha256.Sum256(nil)
		h.Digest = hex.EncodeToString(d[:])
	} else if h.Instances, h.Digest, err = s.writeList(ctx, h.list, since); err != nil {
		return Head{}, errors.Join(err, s.dropList(context.WithoutCancel(ctx), h.list))
	}
	h.Hash = h.Sum()
	newest, err := json.Marshal(h)
	if err != nil {
		return Head{}, err
	}
	err = s.write(ctx, func(t tx) error {
		n := int64(0)
		if err := t.query(sqlLastHead, nil, func(scan scanFunc) error {
			last, err := scanHead(scan)
			n = last.N
			return err
		}); err != nil {
			return err
		}
		if n != prev.N {
			return ErrConflict
		}
		if _, err := t.exec(sqlAddHead, h.N, h.Day, millis(h.At), h.Instances, h.Digest, h.Prev, h.Hash, h.list); err != nil {
			return err
		}
		_, err := t.exec(s.sql.putSetting, newestHead, newest, h.At)
		return err
	})
	if err != nil {
		return Head{}, errors.Join(asConflict(err), s.dropList(context.WithoutCancel(ctx), h.list))
	}
	return h, nil
}

// writeList lists the instances that changed since a time, with what their trails end with.
func (s *Store) writeList(ctx context.Context, list string, since int64) (n int64, digest string, err error) {
	sum := sha256.New()
	after := ""
	for part := int64(0); ; part++ {
		var items []byte
		rows := 0
		err := s.read(ctx, sqlChanged, []any{after, since, listPart}, func(scan scanFunc) error {
			var h claim
			if err := scan(&h.id, &h.seq, &h.hash); err != nil {
				return err
			}
			after = h.id
			rows++
			if h.seq > 0 {
				n++
				items = fmt.Appendf(items, "%s %d %s\n", h.id, h.seq, h.hash)
			}
			return nil
		})
		if err != nil {
			return 0, "", fmt.Errorf("list what changed: %w", err)
		}
		if rows == 0 {
			return n, hex.EncodeToString(sum.Sum(nil)), nil
		}
		sum.Write(items)
		if err := s.write(ctx, func(t tx) error {
			_, err := t.exec(sqlAddList, list, part, nonNil(items))
			return err
		}); err != nil {
			return 0, "", fmt.Errorf("keep what changed: %w", err)
		}
	}
}

// dropList removes the parts of a list that no head names. What a process leaves that dies meanwhile is harmless.
func (s *Store) dropList(ctx context.Context, list string) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec("DELETE FROM audit_list WHERE list = ?", list)
		return err
	})
}
