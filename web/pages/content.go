package pages

import (
	"bytes"
	"slices"
)

// headBytes is how much of a file is looked at; a PDF may begin within the first thousand bytes.
const headBytes = 1024

// startsAs says how a file of an ending begins. An ending that is not here may begin in any way.
var startsAs = map[string]func(head []byte, kind string) bool{
	"pdf": func(head []byte, _ string) bool { return bytes.Contains(head, []byte("%PDF-")) },
	// Phones name pictures as they like: a JPEG called .png is a picture all the same.
	"png": isPicture, "jpg": isPicture, "jpeg": isPicture, "gif": isPicture, "webp": isPicture,
	"docx": isPacked, "xlsx": isPacked, "pptx": isPacked, "ofd": isPacked, "zip": isPacked,
}

func isPicture(_ []byte, kind string) bool { return slices.Contains(pictures, kind) }

// isPacked knows ZIP archives, and what Office makes of a document with a password.
func isPacked(head []byte, _ string) bool {
	return bytes.HasPrefix(head, []byte("PK")) || bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
}

// wrongContent says what is wrong with how a file begins, as a key of words; "" when nothing is. An attachment that a
// form requires is there to be read: an empty file, or a program that calls itself a PDF, is none.
func wrongContent(name string, head []byte, kind string) string {
	if len(head) == 0 {
		return "file_empty"
	}
	if is, ok := startsAs[ending(name)]; ok && !is(head, kind) {
		return "file_content"
	}
	return ""
}
