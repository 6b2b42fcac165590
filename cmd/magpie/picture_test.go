package main

import (
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// A picture is drawn of what the suite gets, as wide as a phone and no higher than the card.
func TestRenderPicture(t *testing.T) {
	t.Parallel()
	if _, err := browser(); err != nil {
		t.Skip(err)
	}
	for _, suite := range demoSuites {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "task.png")
			if out, err := command(t, "render", "purchase.task", "--suite", suite, "--png", file); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if dir := os.Getenv("MAGPIE_SHOTS"); dir != "" {
				b, _ := os.ReadFile(file)
				_ = os.WriteFile(filepath.Join(dir, "render-"+suite+".png"), b, 0o600)
			}
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			img, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			b := img.Bounds()
			if b.Dx() != pictureWidth*pictureScale || b.Dy() < 200 || b.Dy() >= pictureHeight*pictureScale {
				t.Errorf("the picture is %v", b)
			}
			seen := map[color.Color]bool{}
			for y := b.Min.Y; y < b.Max.Y; y += 2 {
				for x := b.Min.X; x < b.Max.X; x += 2 {
					seen[img.At(x, y)] = true
				}
			}
			if len(seen) < 20 {
				t.Errorf("the picture has %d colours: nothing is drawn", len(seen))
			}
		})
	}
}
