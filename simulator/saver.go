package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// saveDelay is how long changes gather before they are written.
const saveDelay = 300 * time.Millisecond

// Saver keeps a suite's state in a JSON file, or nowhere when the file is "". Its methods may be called
// concurrently, except that Save must not run beside Run.
type Saver struct {
	file    string
	encode  func() ([]byte, error)
	changed chan struct{}
}

// NewSaver keeps what encode gives in file. encode is called for each save, by Run and Save only, and takes the
// locks that it needs.
func NewSaver(file string, encode func() ([]byte, error)) *Saver {
	return &Saver{file: file, encode: encode, changed: make(chan struct{}, 1)}
}

// Load decodes the file into kept and reports whether there is one; its folder is made for later saves. The file
// may have been edited by hand: what it holds is the caller's to check.
func (s *Saver) Load(kept any) (there bool, err error) {
	if s.file == "" {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return false, err
	}
	raw, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(raw, kept); err != nil {
		return false, fmt.Errorf("read %s: %w", s.file, err)
	}
	return true, nil
}

// File is the path given to NewSaver.
func (s *Saver) File() string { return s.file }

// Touch asks for the state to be saved soon. It never waits, so callers may hold locks that encode takes.
func (s *Saver) Touch() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run saves a little after each Touch until ctx ends, and tells failed when that does not work. What was touched
// last may not be saved by then: call Save after Run.
func (s *Saver) Run(ctx context.Context, failed func(error)) {
	if s.file == "" {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
		wait := time.NewTimer(saveDelay)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		if err := s.Save(); err != nil {
			failed(err)
		}
	}
}

// Save replaces the file in one step: a reader, or a crash, finds the old one or the new one. Only the owner of
// the process may read it.
func (s *Saver) Save() error {
	if s.file == "" {
		return nil
	}
	raw, err := s.encode()
	if err == nil {
		err = s.replace(raw)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", s.file, err)
	}
	return nil
}

func (s *Saver) replace(raw []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	if _, err = tmp.Write(raw); err == nil {
		err = tmp.Sync()
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(tmp.Name(), s.file)
	}
	return err
}
