package pages

import (
	"encoding/binary"
	"image"
)

// orientation is how a camera was held, as a JPEG says in its Exif part: 1 is upright, 3 upside down, 6 and 8 on a
// side. What can't be read is upright.
// Source: CIPA DC-008 (Exif 2.32), 4.6.4 A, tag 0x0112; TIFF 6.0, section 2.
func orientation(b []byte) int {
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		kind, size := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if kind == 0xda || size < 2 || at+2+size > len(b) {
			return 1
		}
		part := b[at+4 : at+2+size]
		if kind == 0xe1 && len(part) > 14 && string(part[:6]) == "Exif\x00\x00" {
			return tagged(part[6:])
		}
		at += 2 + size
	}
	return 1
}

// tagged looks for the tag in the first directory.
func tagged(t []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if string(t[:2]) == "MM" {
		order = binary.BigEndian
	}
	dir := uint64(order.Uint32(t[4:]))
	if dir+2 > uint64(len(t)) {
		return 1
	}
	for i := range uint64(order.Uint16(t[dir:])) {
		at := dir + 2 + 12*i
		if at+12 > uint64(len(t)) {
			break
		}
		if order.Uint16(t[at:]) == 0x0112 {
			if v := int(order.Uint16(t[at+8:])); v == 3 || v == 6 || v == 8 {
				return v
			}
			break
		}
	}
	return 1
}

// turned is a picture as it was seen.
func turned(g *image.Gray, how int) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	if how != 3 && how != 6 && how != 8 {
		return g
	}
	out := image.NewGray(image.Rect(0, 0, h, w))
	if how == 3 {
		out = image.NewGray(g.Rect)
	}
	for y := range h {
		for x := range w {
			to := image.Pt(w-1-x, h-1-y)
			switch how {
			case 6: // its top is to the right
				to = image.Pt(h-1-y, x)
			case 8:
				to = image.Pt(y, w-1-x)
			}
			out.Pix[to.Y*out.Stride+to.X] = g.Pix[y*g.Stride+x]
		}
	}
	return out
}
