package pages

import "testing"

func TestWrongContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, head, kind, want string }{
		{"a.pdf", "", "text/plain", "file_empty"},
		{"a.txt", "", "text/plain", "file_empty"},
		{"a.pdf", "%PDF-1.4", "application/pdf", ""},
		{"A.PDF", "\xef\xbb\xbf\n%PDF-1.7", "text/plain", ""},
		{"a.pdf", "MZ\x90\x00", "application/octet-stream", "file_content"},
		{"a.pdf", "<html>", "text/html", "file_content"},
		{"a.png", "\xff\xd8\xff", "image/jpeg", ""},
		{"a.png", "<svg onload=x>", "text/plain", "file_content"},
		{"a.docx", "PK\x03\x04", "application/zip", ""},
		{"a.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/octet-stream", ""},
		{"a.ofd", "%PDF-1.4", "application/pdf", "file_content"},
		{"a.dwg", "AC1032", "application/octet-stream", ""},
		{"a", "x", "text/plain", ""},
	} {
		if got := wrongContent(c.name, []byte(c.head), c.kind); got != c.want {
			t.Errorf("%s beginning %q: %q, want %q", c.name, c.head, got, c.want)
		}
	}
}
