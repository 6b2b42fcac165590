package pages

import (
	"io"
	"net/http"
)

// maxDropped is how much is still read, and thrown away, of a body that is not taken.
const maxDropped = 4 * maxUpload

// bounded is a body of which only so much is read. whole is what it was made of.
type bounded struct {
	io.ReadCloser
	whole io.ReadCloser
}

// dropRest reads what is left of a body and throws it away, up to maxDropped: a browser that is still sending when the
// connection is closed shows a broken connection instead of the answer.
func dropRest(r *http.Request) {
	if b, ok := r.Body.(*bounded); ok {
		_, _ = io.CopyN(io.Discard, b.whole, maxDropped) // whatever comes of it, the answer is the same
	}
}
