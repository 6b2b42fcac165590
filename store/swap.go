package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	sqlSwapSetting  = "UPDATE setting SET value = ?, updated_at = ? WHERE name = ? AND value = ?"
	sqlDropSettings = "DELETE FROM setting WHERE name >= ? AND name < ? AND updated_at < ?"
)

// errSwapped: the value is another one by now.
var errSwapped = errors.New("somebody was faster")

// SwapSetting sets a value if it is still old, and tells whether it did. A nil old means that there must be none;
// for telling two writers of that apart, the values have to differ.
func (s *Store) SwapSetting(ctx context.Context, name string, old, value []byte) (bool, error) {
	if old == nil {
		now, err := s.SettingOnce(ctx, name, value)
		return err == nil && bytes.Equal(now, value), err
	}
	err := s.one(ctx, errSwapped, sqlSwapSetting, nonNil(value), s.now(), name, old)
	if errors.Is(err, errSwapped) {
		return false, nil
	}
	return err == nil, wrap("swap setting "+name, err)
}

// DropSettings removes the settings whose names begin with a prefix, which ends in a slash, and that were last set
// before a time.
func (s *Store) DropSettings(ctx context.Context, prefix string, before time.Time) error {
	if prefix == "" || prefix[len(prefix)-1] != '/' {
		return fmt.Errorf("drop settings: the prefix %q does not end in a slash", prefix)
	}
	end := prefix[:len(prefix)-1] + "0" // the character after the slash
	return wrap("drop settings "+prefix, s.one(ctx, nil, sqlDropSettings, prefix, end, millis(before)))
}
