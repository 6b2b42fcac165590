package pages

import (
	"io"
	"net/http"
	"time"
)

// maxDropped is how much is still read, and thrown away, of a body that is not taken.
const maxDropped = 4 * maxUpload

// uploadTime is how long whoever may hand in files may take to send them: what a phone on a slow line needs for maxUpload.
const uploadTime = 10 * time.Minute

// allowTime gives a request the time that files take, in the place of what every other has.
func allowTime(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime)) // what is no connection has no deadline
}

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
