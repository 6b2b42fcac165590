package pages

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"magpie/workflows"
)

// What a signature may be. A drawing comes from our own page. A photograph is what a phone takes: it is made smaller,
// and kept as ink on white.
const (
	maxSignWidth   = 2000
	maxSignHeight  = 1000
	maxDrawing     = workflows.MaxSignature
	maxPhoto       = 8 << 20  // bytes
	maxPhotoPixels = 13 << 20 // 4096 by 3072 and a little
	minInk         = 40       // dark pixels
	minInkSpan     = 12       // pixels from the first to the last of them, across or down
	inkMargin      = 12       // pixels of white around it
	darkInk        = 128      // a pixel that is darker than this is ink
)

// decoding is held while a picture is decoded: one at a time, so that a few large ones don't fill the memory.
var decoding = make(chan struct{}, 1)

var (
	pngHead  = []byte("\x89PNG\r\n\x1a\n")
	jpegHead = []byte("\xff\xd8\xff")
)

// inkOf makes the picture that is kept of what was handed in as a signature: a PNG of grey ink on white, cut to
// the ink, with nothing of the file that it came in. problem is the key of what is wrong with it. The size that a
// file says it has is looked at before anything is decoded.
func inkOf(b []byte) (kept []byte, problem string) {
	var decode func() (image.Image, error)
	var head image.Config
	var err error
	photo := false
	switch {
	case bytes.HasPrefix(b, pngHead):
		if len(b) > maxDrawing {
			return nil, "sign_big"
		}
		head, err = png.DecodeConfig(bytes.NewReader(b))
		decode = func() (image.Image, error) { return png.Decode(bytes.NewReader(b)) }
		if err == nil && (head.Width > maxSignWidth || head.Height > maxSignHeight) {
			return nil, "sign_big"
		}
	case bytes.HasPrefix(b, jpegHead):
		if len(b) > maxPhoto {
			return nil, "sign_big"
		}
		head, err = jpeg.DecodeConfig(bytes.NewReader(b))
		decode = func() (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }
		if err == nil && head.Width*head.Height > maxPhotoPixels {
			return nil, "sign_big"
		}
		photo = true
	default:
		return nil, "sign_type"
	}
	if err != nil || head.Width < 1 || head.Height < 1 {
		return nil, "sign_type"
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	src, err := decode()
	if err != nil {
		return nil, "sign_type"
	}
	grey := shrunk(src)
	if photo {
		grey = turned(grey, orientation(b))
		lift(grey)
	}
	at, n := inked(grey)
	if n < minInk || max(at.Dx(), at.Dy()) < minInkSpan {
		return nil, "sign_blank"
	}
	kept, err = written(grey, at.Inset(-inkMargin).Intersect(grey.Rect))
	if err != nil || len(kept) > workflows.MaxSignature {
		return nil, "sign_big"
	}
	return kept, ""
}

// shrunk is a picture in grey on white, no larger than is kept: each pixel is the mean of those that it stands for.
func shrunk(src image.Image) *image.Gray {
	b := src.Bounds()
	k := max((b.Dx()+maxSignWidth-1)/maxSignWidth, (b.Dy()+maxSignHeight-1)/maxSignHeight, 1)
	out := image.NewGray(image.Rect(0, 0, max(b.Dx()/k, 1), max(b.Dy()/k, 1)))
	line := lineOf(src)
	sums := make([]int, out.Rect.Dx())
	across, down := min(k, b.Dx()), min(k, b.Dy())
	for y := range out.Rect.Dy() {
		clear(sums)
		for i := range down {
			light := line(y*down + i)
			for x := range sums {
				for _, v := range light[x*across : (x+1)*across] {
					sums[x] += int(v)
				}
			}
		}
		for x, sum := range sums {
			out.Pix[y*out.Stride+x] = uint8(sum / (across * down))
		}
	}
	return out
}

// lineOf gives the lines of a picture, from 0, as how light they are. What is transparent is white. A line is good
// until the next one is asked for: the whole may be large.
func lineOf(src image.Image) func(y int) []uint8 {
	b := src.Bounds()
	switch src := src.(type) {
	case *image.YCbCr:
		return func(y int) []uint8 { return src.Y[src.YOffset(b.Min.X, b.Min.Y+y):][:b.Dx()] }
	case *image.Gray:
		return func(y int) []uint8 { return src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):][:b.Dx()] }
	}
	row, light := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1)), make([]uint8, b.Dx())
	return func(y int) []uint8 {
		draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Rect, src, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
		for x := range light {
			p := row.Pix[4*x:]
			light[x] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000)
		}
		return light
	}
}

// lift makes white what is as light as what is around it: the paper, its shadow, the table that it lies on.
func lift(g *image.Gray) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	reach := max(w, h)/16 + 8
	sums := make([]int, (w+1)*(h+1)) // of everything above and to the left
	for y := range h {
		line := 0
		for x := range w {
			line += int(g.Pix[y*g.Stride+x])
			sums[(y+1)*(w+1)+x+1] = sums[y*(w+1)+x+1] + line
		}
	}
	for y := range h {
		top, bottom := max(y-reach, 0), min(y+reach+1, h)
		for x := range w {
			left, right := max(x-reach, 0), min(x+reach+1, w)
			sum := sums[bottom*(w+1)+right] - sums[top*(w+1)+right] - sums[bottom*(w+1)+left] + sums[top*(w+1)+left]
			mean := max(sum/((bottom-top)*(right-left)), 1)
			// From 85 % of the mean up it is ground, from 55 % down it is ink.
			part := int(g.Pix[y*g.Stride+x]) * 100 / mean
			g.Pix[y*g.Stride+x] = uint8(min(max(part-55, 0)*255/30, 255))
		}
	}
}

// inked is where the ink is, and how many pixels are.
func inked(g *image.Gray) (at image.Rectangle, n int) {
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			if g.Pix[y*g.Stride+x] < darkInk {
				at = at.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return at, n
}

// written is a part of a picture as a PNG of sixteen greys.
func written(g *image.Gray, at image.Rectangle) ([]byte, error) {
	greys := make(color.Palette, 16)
	for i := range greys {
		greys[i] = color.Gray{Y: uint8(i * 17)}
	}
	out := image.NewPaletted(image.Rect(0, 0, at.Dx(), at.Dy()), greys)
	for y := range at.Dy() {
		for x := range at.Dx() {
			out.Pix[y*out.Stride+x] = uint8((int(g.GrayAt(at.Min.X+x, at.Min.Y+y).Y) + 8) / 17)
		}
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, out); err != nil {
		return nil, fmt.Errorf("write a signature: %w", err)
	}
	return b.Bytes(), nil
}
