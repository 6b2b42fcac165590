package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher tells when the content of files changed. It listens to the folders that hold them (editors
// replace files) and also compares content now and then, since mounted volumes lose events.
type Watcher struct {
	// Debounce is how long it must be quiet after an event. Defaults to 300 ms.
	Debounce time.Duration
	// Poll is how often content is compared without an event. Defaults to 10 s.
	Poll time.Duration
	// After is the clock. Defaults to time.After.
	After func(time.Duration) <-chan time.Time

	mu    sync.Mutex
	paths []string
	seen  map[string]string // path → digest of what was there
	moved chan struct{}     // the paths changed
}

// NewWatcher watches files, and folders with the YAML files below them. Their content now is what later
// content is compared with.
func NewWatcher(paths ...string) *Watcher {
	w := &Watcher{Debounce: 300 * time.Millisecond, Poll: 10 * time.Second, After: time.After, seen: map[string]string{}, moved: make(chan struct{}, 1)}
	w.SetPaths(paths...)
	return w
}

// WatchPaths lists what a configuration depends on: its own file, its folders and holiday files.
func (c *Config) WatchPaths(file string) []string {
	paths := []string{file, c.Workflows}
	if c.Templates != "" {
		paths = append(paths, c.Templates)
	}
	return append(paths, c.Calendar.Holidays...)
}

// SetPaths changes what is watched, also while Run runs. What was watched before keeps its digest.
func (w *Watcher) SetPaths(paths ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := make(map[string]string, len(paths))
	for _, p := range paths {
		d, ok := w.seen[p]
		if !ok {
			d = digest(p)
		}
		seen[p] = d
	}
	w.paths, w.seen = slices.Clone(paths), seen
	select {
	case w.moved <- struct{}{}:
	default:
	}
}

// changed compares the content of all paths with what was seen before, and remembers it.
func (w *Watcher) changed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	any := false
	for _, p := range w.paths {
		if d := digest(p); d != w.seen[p] {
			w.seen[p], any = d, true
		}
	}
	return any
}

// Run calls f after each change of content, one call at a time, until ctx ends. Without inotify it only
// polls. The error is ctx's.
func (w *Watcher) Run(ctx context.Context, f func()) error {
	var events chan fsnotify.Event
	notify, err := fsnotify.NewWatcher()
	if err == nil {
		defer notify.Close()
		events = notify.Events
	}
	listening := map[string]bool{}
	var quiet <-chan time.Time
	poll := w.After(w.Poll)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.moved:
			w.listen(notify, listening)
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			if e.Op != fsnotify.Chmod {
				quiet = w.After(w.Debounce)
			}
		case <-quiet:
			quiet = nil
			w.listen(notify, listening) // a new folder may have come
			if w.changed() {
				f()
			}
		case <-poll:
			poll = w.After(w.Poll)
			w.listen(notify, listening)
			if w.changed() {
				f()
			}
		}
	}
}

// listen adds the folders of all paths, and those below the paths that are folders. Errors are left to
// the polling.
func (w *Watcher) listen(notify *fsnotify.Watcher, have map[string]bool) {
	if notify == nil {
		return
	}
	w.mu.Lock()
	paths := slices.Clone(w.paths)
	w.mu.Unlock()
	want := map[string]bool{}
	for _, p := range paths {
		want[filepath.Dir(p)] = true
		if info, err := os.Stat(p); err != nil || !info.IsDir() {
			continue
		}
		want[filepath.Clean(p)] = true
		_ = filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return fs.SkipDir
			}
			if e.IsDir() && len(want) < maxFiles {
				want[path] = true
			}
			return nil
		})
	}
	for dir := range want {
		if !have[dir] && notify.Add(dir) == nil {
			have[dir] = true
		}
	}
	for dir := range have {
		if !want[dir] {
			_ = notify.Remove(dir)
			delete(have, dir)
		}
	}
	for dir := range have { // a folder that was removed is no longer listened to, even if it comes back
		if _, err := os.Stat(dir); err != nil {
			delete(have, dir)
		}
	}
}

// digest is the content of a file, or of all YAML files below a folder; what can't be read has a
// content of its own.
func digest(path string) string {
	h := sha256.New()
	add := func(p string) {
		b, err := os.ReadFile(p)
		if err != nil {
			b = []byte(reason(err))
		}
		fmt.Fprintf(h, "%d:%s%t%d:", len(p), p, err == nil, len(b))
		h.Write(b)
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		files, err := yamlFiles(path)
		for _, f := range files {
			add(f)
		}
		if err != nil {
			fmt.Fprintf(h, "!%s", strings.TrimSpace(reason(err)))
		}
	} else {
		add(path)
	}
	return hex.EncodeToString(h.Sum(nil))
}
