package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"magpie/workflows"
)

// A row of the trail holds the entries of one command: they have their cause in common, and nearly always
// their time, and are written and read together. seq is that of the first, prev_hash what it follows;
// each of the others has the next number and follows the one before it. The entries are a JSON array.
const (
	trailColumns   = "instance, seq, at, event, prev_hash, entries"
	sqlInsertTrail = "INSERT INTO trail (" + trailColumns + ") VALUES (?, ?, ?, ?, ?, ?)"
)

// storedEntry is an entry as it stands in the array. Data and Private are kept byte for byte: they are hashed.
type storedEntry struct {
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor,omitempty"`
	At      *int64          `json:"at,omitempty"` // nil: the row's
	Data    json.RawMessage `json:"data,omitempty"`
	Private json.RawMessage `json:"private,omitempty"`
	Digest  string          `json:"digest,omitempty"` // of Private; stays when that is erased
	Salt    string          `json:"salt,omitempty"`
	Card    string          `json:"card,omitempty"`
	Hash    string          `json:"hash"`
}

// trailRow is a row as it is read.
type trailRow struct {
	instance, event, prev string
	seq, at               int64
	body                  []byte
	entries               []storedEntry
}

// scanTrail reads a row of trailColumns. The row is there also when its entries can't be read.
func scanTrail(scan scanFunc) (r trailRow, err error) {
	if err := scan(&r.instance, &r.seq, &r.at, &r.event, &r.prev, &r.body); err != nil {
		return r, err
	}
	return r, r.decode()
}

// errTrail: the entries of a row can't be read.
var errTrail = errors.New("the trail can't be read")

func (r *trailRow) decode() error {
	if err := json.Unmarshal(r.body, &r.entries); err != nil {
		return fmt.Errorf("%w: entries from %d on: %w", errTrail, r.seq, err)
	}
	if len(r.entries) == 0 {
		return fmt.Errorf("%w: there is none at %d", errTrail, r.seq)
	}
	return nil
}

// list is the entries with all that they have in common.
func (r *trailRow) list() []workflows.Entry {
	out := make([]workflows.Entry, len(r.entries))
	prev := r.prev
	for i, e := range r.entries {
		at := r.at
		if e.At != nil {
			at = *e.At
		}
		out[i] = workflows.Entry{
			Instance: r.instance, Seq: r.seq + int64(i), At: fromMillis(at), Kind: e.Kind, Actor: e.Actor, Event: r.event,
			Data: e.Data, Private: e.Private, Salt: e.Salt, Card: e.Card, PrevHash: prev, Hash: e.Hash,
		}
		prev = e.Hash
	}
	return out
}

// asWritten reports whether the entries stand there as the store writes them: nothing twice, nothing added.
func (r *trailRow) asWritten() bool {
	b, err := appendEntries(nil, r.entries)
	return err == nil && bytes.Equal(b, r.body)
}

// trailRows groups the entries of a command.
func trailRows(trail []workflows.Entry) (rows []trailRow, err error) {
	for len(trail) > 0 {
		n := 1
		for n < len(trail) && follows(trail[n-1], trail[n]) {
			n++
		}
		first := trail[0]
		r := trailRow{instance: first.Instance, event: first.Event, prev: first.PrevHash, seq: first.Seq, at: millis(first.At)}
		r.entries = make([]storedEntry, n)
		size := 0
		for i, e := range trail[:n] {
			s := storedEntry{Kind: e.Kind, Actor: e.Actor, Data: e.Data, Private: e.Private, Digest: workflows.PrivateDigest(e), Salt: e.Salt, Card: e.Card, Hash: e.Hash}
			if at := millis(e.At); at != r.at {
				s.At = &at
			}
			r.entries[i] = s
			size += 192 + len(e.Data) + len(e.Private)
		}
		if r.body, err = appendEntries(make([]byte, 0, size), r.entries); err != nil {
			return nil, fmt.Errorf("trail entries from %d on: %w", r.seq, err)
		}
		rows, trail = append(rows, r), trail[n:]
	}
	return rows, nil
}

// follows reports whether b can stand in the row of a.
func follows(a, b workflows.Entry) bool {
	return b.Instance == a.Instance && b.Event == a.Event && b.Seq == a.Seq+1 && b.PrevHash == a.Hash
}

// appendEntries writes the array, always in the same way.
func appendEntries(b []byte, list []storedEntry) ([]byte, error) {
	var err error
	text := func(name, s string) {
		if s == "" {
			return
		}
		b = append(append(b, name...), ':')
		b, err = appendText(b, s, err)
	}
	raw := func(name string, v json.RawMessage) {
		if v == nil {
			return
		}
		if err == nil && (!json.Valid(v) || v[0] <= ' ' || v[len(v)-1] <= ' ') {
			err = fmt.Errorf("%s is not what json.Marshal makes", name[1:])
		}
		b = append(append(append(b, name...), ':'), v...)
	}
	for i, e := range list {
		if i == 0 {
			b = append(b, "[{\"kind\":"...)
		} else {
			b = append(b, "},\n{\"kind\":"...)
		}
		b, err = appendText(b, e.Kind, err)
		text(`,"actor"`, e.Actor)
		if e.At != nil {
			b = fmt.Appendf(b, `,"at":%d`, *e.At)
		}
		raw(`,"data"`, e.Data)
		raw(`,"private"`, e.Private)
		text(`,"digest"`, e.Digest)
		text(`,"salt"`, e.Salt)
		text(`,"card"`, e.Card)
		text(`,"hash"`, e.Hash)
	}
	return append(b, "}]"...), err
}

// appendText quotes s. What is no UTF-8 would not come back as it was, and not fit its hash.
func appendText(b []byte, s string, before error) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			q, err := json.Marshal(s)
			if err == nil && !utf8.ValidString(s) {
				err = fmt.Errorf("%q is not UTF-8", s)
			}
			if before != nil {
				err = before
			}
			return append(b, q...), err
		}
	}
	b = append(append(append(b, '"'), s...), '"')
	return b, before
}
