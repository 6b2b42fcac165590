package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"magpie/store"
)

// Two processes find a day without a head; the second comes to make one after the first has, and leaves it at that,
// also where another head was made on demand in between.
func TestADayIsClosedOnce(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "m.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	today := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	if made, err := s.CloseDays(t.Context(), today); err != nil || len(made) != 1 {
		t.Fatalf("made %v, %v", made, err)
	}
	if h, err := s.CloseDay(t.Context(), "2026-11-19"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a second head of the day: %+v, %v", h, err)
	}
	if _, err := s.MakeHead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := s.CloseDay(t.Context(), "2026-11-19"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a second head of the day, after one on demand: %+v, %v", h, err)
	}
	if made, err := s.CloseDays(t.Context(), today.AddDate(0, 0, 1)); err != nil || len(made) != 1 {
		t.Errorf("the next day: %v, %v", made, err)
	}
}
