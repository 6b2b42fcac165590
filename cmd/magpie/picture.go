package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// pictureTime is how long a browser may take for one card.
const pictureTime = time.Minute

// The window that a card is drawn in, in pixels of a screen with two to a point: as wide as a phone shows
// it, and higher than any card; what stays empty below is cut off.
const (
	pictureWidth  = 420
	pictureHeight = 2600
	pictureScale  = 2
)

// errNoBrowser: there is no Chromium to draw with.
var errNoBrowser = errors.New("no Chromium was found; install chromium or google-chrome, or name one with MAGPIE_CHROMIUM")

// browser finds Chromium: MAGPIE_CHROMIUM, else by its usual names.
func browser() (string, error) {
	if path := os.Getenv("MAGPIE_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// picture draws a page that needs nothing from outside as PNG.
func picture(ctx context.Context, page []byte) (_ []byte, err error) {
	path, err := browser()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "magpie-picture-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	src, dst := filepath.Join(dir, "card.html"), filepath.Join(dir, "card.png")
	if err := os.WriteFile(src, page, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--host-resolver-rules=MAP * ~NOTFOUND",
		fmt.Sprintf("--force-device-scale-factor=%d", pictureScale), fmt.Sprintf("--window-size=%d,%d", pictureWidth, pictureHeight),
		"--screenshot=" + dst, "file://" + src}
	if os.Geteuid() == 0 {
		args = append([]string{"--no-sandbox"}, args...) // Chromium refuses to start as root with it
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", path, err, lastLine(said.String()))
	}
	raw, err := os.ReadFile(dst)
	if err != nil {
		return nil, fmt.Errorf("%s drew nothing: %w", path, err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read the drawing: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, trim(img)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// trim cuts what is empty below: rows of one colour, but for a margin.
func trim(img image.Image) image.Image {
	b := img.Bounds()
	ground := img.At(b.Min.X, b.Max.Y-1)
	last := b.Max.Y - 1
	for ; last > b.Min.Y; last-- {
		empty := true
		for x := b.Min.X; x < b.Max.X && empty; x++ {
			empty = img.At(x, last) == ground
		}
		if !empty {
			break
		}
	}
	b.Max.Y = min(b.Max.Y, last+12*pictureScale)
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), img, b.Min, draw.Src)
	return out
}

func lastLine(s string) string {
	lines := bytes.Split(bytes.TrimSpace([]byte(s)), []byte("\n"))
	return string(lines[len(lines)-1])
}
