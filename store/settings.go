package store

import (
	"context"
	"fmt"
)

const sqlSetting = "SELECT value FROM setting WHERE name = ?"

// Setting reads a value that the processes share. ErrNotFound.
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	var v []byte
	if err := s.readOne(ctx, sqlSetting, []any{name}, &v); err != nil {
		return nil, fmt.Errorf("setting %s: %w", name, err)
	}
	return v, nil
}

// PutSetting sets a value.
func (s *Store) PutSetting(ctx context.Context, name string, value []byte) error {
	return wrap("put setting "+name, s.one(ctx, nil, s.sql.putSetting, name, nonNil(value), s.now()))
}

// SettingOnce sets a value unless there is one, and returns the one that counts. Of several processes
// that start at once all get the same.
func (s *Store) SettingOnce(ctx context.Context, name string, value []byte) ([]byte, error) {
	if err := s.one(ctx, nil, s.sql.addSetting, name, nonNil(value), s.now()); err != nil {
		return nil, wrap("put setting "+name, err)
	}
	return s.Setting(ctx, name)
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
