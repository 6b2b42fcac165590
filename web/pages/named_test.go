package pages_test

import (
	"net/http"
	"strings"
	"testing"
)

// A file that is empty, or not what its name says, isn't kept, and the form says so.
func TestFilesAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	x, c := newLines(t)
	at := x.formLink()
	_, body := x.get(at)
	f := fill(t, body, "submit", "row", "again")
	f.Del("act")
	for _, up := range []struct {
		file upload
		want string
	}{{upload{"files", "a.pdf", "MZ\x90\x00"}, "a.pdf：内容和文件类型不符"}, {upload{"files", "空.txt", ""}, "空.txt：是空文件"}} {
		status, body := x.send(at, f, up.file)
		x.has(up.want, status, body, http.StatusOK, up.want)
		if strings.Contains(body, `name="k.files"`) || len(c.files) != 0 {
			t.Errorf("%s was kept", up.want)
		}
	}
}
