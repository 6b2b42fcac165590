package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"magpie/adapters/card"
	"magpie/store"
	"magpie/workflows"
)

const (
	closeDaysEvery = 10 * time.Minute
	// headTold is the setting with the number of the head that was told last.
	headTold = "audit_told"
)

// closeDays makes a head over all trails once a day, and gives it away.
func (a *App) closeDays(ctx context.Context) error {
	wait := 30*time.Second + rand.N(30*time.Second) // a start has better things to do, and processes start together
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := a.closeDaysOnce(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.Error("daily head of the trail", "err", err)
		}
		wait = closeDaysEvery + rand.N(time.Minute)
	}
}

// closeDaysOnce closes the days that are over, publishes what is not in the file yet, and tells what was not told.
func (a *App) closeDaysOnce(ctx context.Context) error {
	a.closing.Lock()
	defer a.closing.Unlock()
	c := a.config()
	made, err := a.store.CloseDays(ctx, a.o.Now().In(c.Server.Location))
	if errors.Is(err, store.ErrConflict) {
		err = nil // another process makes them
	}
	for _, h := range made {
		a.o.Log.Info("day closed", "day", h.Day, "head", h.N, "instances", h.Instances, "hash", h.Hash)
	}
	return errors.Join(err, publishHeads(ctx, a.store, c.Audit.Heads), a.tellHeads(ctx, c.Audit.Tell))
}

// publishHeads adds the heads that are not in the file yet.
func publishHeads(ctx context.Context, s *store.Store, path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("publish heads: %w", err)
	}
	err = addHeads(ctx, s, f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("publish heads to %s: %w", path, err)
	}
	return nil
}

func addHeads(ctx context.Context, s *store.Store, f *os.File) error {
	last, whole, err := lastPublished(f)
	if err != nil {
		return err
	}
	// What a process that died has left of a line is no head.
	if err := f.Truncate(whole); err != nil {
		return err
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return err
	}
	for added := false; ; added = true {
		page, err := s.Heads(ctx, last, 500)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			if added {
				return f.Sync()
			}
			return nil
		}
		var b bytes.Buffer
		if err := printLines(&b, page); err != nil {
			return err
		}
		if _, err := f.Write(b.Bytes()); err != nil {
			return err
		}
		last = page[len(page)-1].N
	}
}

// lastPublished is the highest number in a file of heads, and how long its whole lines are.
func lastPublished(f io.Reader) (last, whole int64, err error) {
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return last, whole, nil
		}
		if err != nil {
			return 0, 0, err
		}
		whole += int64(len(line))
		var h store.Head
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &h); err != nil {
			return 0, 0, fmt.Errorf("it holds something else than heads: %.60q", line)
		}
		last = max(last, h.N)
	}
}

// tellHeads sends the heads of days that were not sent yet. Of heads that were made before somebody was named, only
// the newest.
func (a *App) tellHeads(ctx context.Context, person string) error {
	if person == "" {
		return nil
	}
	last, err := a.store.LastHead(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	told := last.N - 1
	switch b, err := a.store.Setting(ctx, headTold); {
	case err == nil:
		told, _ = strconv.ParseInt(string(b), 10, 64)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	for told < last.N {
		page, err := a.store.Heads(ctx, told, 100)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, h := range page {
			if h.Day != "" {
				text := fmt.Sprintf("【留痕日摘要】%s，第 %d 号，涉及 %d 个审批\n%s\n请保留这条消息：日后可用它核对记录是否被改动。", h.Day, h.N, h.Instances, h.Hash)
				if err := a.engine.Say(ctx, fmt.Sprintf("audit/head/%d", h.N), workflows.To{Person: person}, card.T(text)); err != nil {
					return fmt.Errorf("tell %s of head %d: %w", person, h.N, err)
				}
			}
			told = h.N
			if err := a.store.PutSetting(ctx, headTold, strconv.AppendInt(nil, told, 10)); err != nil {
				return err
			}
		}
	}
	return nil
}

// publishedHeads opens the heads that were published; nil when there are none yet.
func publishedHeads(path, head string) (io.ReadCloser, error) {
	if head == "" {
		cfg, err := loadConfig(path)
		if err != nil || cfg.Audit.Heads == "" {
			return nil, err
		}
		f, err := os.Open(cfg.Audit.Heads)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read published heads: %w", err)
		}
		return f, nil
	}
	f, err := os.Open(head)
	if err != nil {
		return nil, fmt.Errorf("read published heads: %w", err)
	}
	return f, nil
}
