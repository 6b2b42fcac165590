package pages

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// scrawl draws a hook of ink: down the left side of an area, then along its bottom.
func scrawl(m interface{ Set(x, y int, c color.Color) }, at image.Rectangle, thick int, c color.Color) {
	for i := range thick {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			m.Set(at.Min.X+i, y, c)
		}
		for x := at.Min.X; x < at.Max.X; x++ {
			m.Set(x, at.Max.Y-1-i, c)
		}
	}
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drawing is what a canvas gives: black on white, or on nothing.
func drawing(w, h int, ground color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, ground)
	}
	return m
}

// paper is a photograph: the light falls from one side, the paper is not white, and there is noise.
func paper(w, h int) *image.Gray {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(110 + 90*(i%w)/w + r.IntN(9))
	}
	return m
}

// chunk is a part of a PNG.
func chunk(kind, data string) string {
	body := kind + data
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	return string(b) + body + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body))))
}

func head(w, h uint32) string {
	b := binary.BigEndian.AppendUint32(nil, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return string(pngHead) + chunk("IHDR", string(b)+"\x08\x06\x00\x00\x00")
}

// What is kept of a drawing is the ink, cut out, and nothing else of the file.
func TestInkIsKept(t *testing.T) {
	t.Parallel()
	white := color.NRGBA{255, 255, 255, 255}
	for name, ground := range map[string]color.Color{"white": white, "nothing": color.NRGBA{}} {
		m := drawing(1200, 500, ground)
		scrawl(m, image.Rect(300, 100, 500, 220), 4, color.NRGBA{17, 17, 17, 255})
		b := pngOf(t, m)
		b = append(b, "<script>alert(1)</script>PK\x03\x04"...) // what a file may be beside a picture
		i := bytes.Index(b, []byte("IDAT")) - 4
		b = append(b[:i:i], append([]byte(chunk("tEXt", "Comment\x00<?php secret")), b[i:]...)...)
		kept, problem := inkOf(b)
		if problem != "" {
			t.Fatalf("%s: %s", name, problem)
		}
		got, err := png.Decode(bytes.NewReader(kept))
		if err != nil {
			t.Fatal(err)
		}
		if got.Bounds() != image.Rect(0, 0, 200+2*inkMargin, 120+2*inkMargin) {
			t.Errorf("%s: %v", name, got.Bounds())
		}
		for at, want := range map[image.Point]uint8{{inkMargin + 1, inkMargin + 1}: 17, {0, 0}: 255, {inkMargin + 60, inkMargin + 20}: 255} {
			if g := color.GrayModel.Convert(got.At(at.X, at.Y)).(color.Gray).Y; g != want {
				t.Errorf("%s: %v is %d, want %d", name, at, g, want)
			}
		}
		for _, more := range []string{"script", "secret", "tEXt", "PK"} {
			if bytes.Contains(kept, []byte(more)) {
				t.Errorf("%s: %s came along", name, more)
			}
		}
		again, _ := inkOf(b)
		if !bytes.Equal(again, kept) {
			t.Errorf("%s: the same drawing gives another picture", name)
		}
	}
}

// A photograph becomes ink on white, the way up that it was taken.
func TestPhotographOfASignature(t *testing.T) {
	t.Parallel()
	m := paper(1600, 1200)
	scrawl(m, image.Rect(500, 400, 1000, 600), 12, color.Gray{35})
	b := jpegOf(t, m)
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x02\x01\x0f\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
	part := append([]byte("\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	turned := append(append(append([]byte(nil), b[:2]...), append(part, exif...)...), b[2:]...)
	for name, c := range map[string]struct {
		b    []byte
		tall bool
	}{"as it is": {b, false}, "on its side": {turned, true}} {
		kept, problem := inkOf(c.b)
		if problem != "" {
			t.Fatalf("%s: %s", name, problem)
		}
		got, err := png.Decode(bytes.NewReader(kept))
		if err != nil {
			t.Fatal(err)
		}
		w, h := got.Bounds().Dx(), got.Bounds().Dy()
		if w > maxSignWidth || h > maxSignHeight || h > w != c.tall || len(kept) > 40<<10 {
			t.Errorf("%s: %d by %d, %d bytes", name, w, h, len(kept))
		}
		white := 0
		for i := range w * h {
			if color.GrayModel.Convert(got.At(i%w, i/w)).(color.Gray).Y == 255 {
				white++
			}
		}
		if white*100 < w*h*85 {
			t.Errorf("%s: %d of %d pixels are white", name, white, w*h)
		}
	}
	if _, problem := inkOf(jpegOf(t, paper(1200, 900))); problem != "sign_blank" {
		t.Errorf("paper alone: %q", problem)
	}
}

// What is no signature is refused, and what is too large before it is decoded.
func TestNoInk(t *testing.T) {
	t.Parallel()
	white, black := color.NRGBA{255, 255, 255, 255}, color.NRGBA{0, 0, 0, 255}
	dot := drawing(400, 200, white)
	scrawl(dot, image.Rect(50, 50, 58, 58), 8, black)
	noise := image.NewNRGBA(image.Rect(0, 0, 600, 400))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rand.Uint32())
	}
	var anim bytes.Buffer
	if err := gif.Encode(&anim, dot, nil); err != nil {
		t.Fatal(err)
	}
	whole := pngOf(t, dot)
	wide := jpegOf(t, paper(16, 16))
	sof := bytes.Index(wide, []byte("\xff\xc0"))
	binary.BigEndian.PutUint16(wide[sof+5:], 65500)
	binary.BigEndian.PutUint16(wide[sof+7:], 65500)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":            {nil, "sign_type"},
		"a word":             {[]byte("张伟"), "sign_type"},
		"a page":             {[]byte("<html><script>alert(1)</script>"), "sign_type"},
		"an svg":             {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "sign_type"},
		"a gif":              {anim.Bytes(), "sign_type"},
		"only a head":        {pngHead, "sign_type"},
		"cut off":            {whole[:len(whole)-30], "sign_type"},
		"a dot":              {whole, "sign_blank"},
		"white":              {pngOf(t, drawing(600, 300, white)), "sign_blank"},
		"nothing at all":     {pngOf(t, drawing(600, 300, color.NRGBA{})), "sign_blank"},
		"light grey":         {pngOf(t, drawing(600, 300, color.NRGBA{200, 200, 200, 255})), "sign_blank"},
		"too wide":           {pngOf(t, drawing(2001, 10, white)), "sign_big"},
		"too high":           {pngOf(t, drawing(10, 1001, white)), "sign_big"},
		"too many bytes":     {pngOf(t, noise), "sign_big"},
		"ten megabytes":      {append(append([]byte(nil), jpegHead...), make([]byte, 10<<20)...), "sign_big"},
		"a bomb":             {[]byte(head(60000, 60000) + chunk("IDAT", strings.Repeat("\x00", 1000))), "sign_big"},
		"a bomb of one line": {[]byte(head(1<<31-1, 1) + chunk("IDAT", "")), "sign_big"},
		"a photograph bomb":  {wide, "sign_big"},
	} {
		if kept, problem := inkOf(c.b); problem != c.want || kept != nil {
			t.Errorf("%s: %q, want %q", name, problem, c.want)
		}
	}
}

// Whatever comes, what is kept is a small PNG with ink on it.
func FuzzInk(f *testing.F) {
	m := drawing(300, 120, color.NRGBA{})
	scrawl(m, image.Rect(20, 20, 200, 90), 3, color.NRGBA{0, 0, 200, 255})
	f.Add(pngOf(f, m))
	p := paper(120, 90)
	scrawl(p, image.Rect(20, 20, 90, 70), 5, color.Gray{20})
	f.Add(jpegOf(f, p))
	f.Add([]byte(head(2000, 1000)))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II\x2a\x00\x08\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kept, problem := inkOf(b)
		if (problem == "") != (kept != nil) {
			t.Fatalf("%q with %d bytes", problem, len(kept))
		}
		if kept == nil {
			return
		}
		got, err := png.Decode(bytes.NewReader(kept))
		if err != nil || got.Bounds().Dx() > 2000 || got.Bounds().Dy() > 2000 || len(kept) > 512<<10 {
			t.Fatalf("%v, %v, %d bytes", err, got.Bounds(), len(kept))
		}
	})
}

// Exif parts come from cameras, and from anybody.
func FuzzOrientation(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		switch orientation(b) {
		case 1, 3, 6, 8:
		default:
			t.Error("no orientation")
		}
	})
}
