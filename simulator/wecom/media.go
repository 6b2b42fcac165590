package wecom

import (
	"bytes"
	"image"
	_ "image/jpeg" // the formats that
	_ "image/png"  // an upload may have
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Temporary media.
//
// Source: WeCom developer documents, "Upload temporary media" (path 90253), checked 2026-11.
const (
	mediaLife = 3 * 24 * time.Hour
	minMedia  = 6 // bytes
)

// mediaSizes are the largest uploads by type, in bytes.
var mediaSizes = map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}

// uploadMedia is POST /cgi-bin/media/upload.
func uploadMedia(q *request) (answer, *apiError) {
	kind := q.query.Get("type")
	if mediaSizes[kind] == 0 {
		return nil, fail(40005)
	}
	return q.store(kind, "")
}

// uploadPush is POST /cgi-bin/webhook/upload_media; what it stores only this push can send.
func uploadPush(q *request) (answer, *apiError) {
	p, refusal := q.pushOf()
	if refusal != nil {
		return nil, refusal
	}
	kind := q.query.Get("type")
	if kind != "file" && kind != "voice" {
		return nil, fail(40005)
	}
	return q.store(kind, p.ID)
}

// store keeps an upload for three days.
func (q *request) store(kind, push string) (answer, *apiError) {
	q.http.Body = io.NopCloser(bytes.NewReader(q.body))
	if err := q.http.ParseMultipartForm(maxBody); err != nil {
		return nil, failf(44001, "the body is not a multipart form")
	}
	file, head, err := q.http.FormFile("media")
	if err != nil {
		return nil, failf(44001, "the form has no file named media")
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	switch {
	case err != nil || len(raw) == 0:
		return nil, fail(44001)
	case len(raw) < minMedia:
		return nil, fail(40006)
	case len(raw) > mediaSizes[kind]:
		return nil, fail(45001)
	}
	if kind == "image" {
		if _, format, err := image.DecodeConfig(bytes.NewReader(raw)); err != nil || format != "png" && format != "jpeg" {
			return nil, fail(40123)
		}
	}
	q.s.sweepMedia(q.now)
	id := "3" + secret(63)
	q.s.state.Media[id] = &media{Type: kind, Name: head.Filename, Size: len(raw), Push: push, Until: q.now.Add(mediaLife)}
	q.s.files[id] = raw
	q.s.touch()
	return answer{"errmsg": "", "type": kind, "media_id": id, "created_at": strconv.FormatInt(q.now.Unix(), 10)}, nil
}

// sweepMedia forgets what expired a day ago; until then it is told expired rather than unknown.
func (s *Server) sweepMedia(now time.Time) {
	for id, f := range s.state.Media {
		if now.Sub(f.Until) > 24*time.Hour {
			delete(s.state.Media, id)
			delete(s.files, id)
		}
	}
}

// upload finds a medium of a type that is still there; nil if there is none. Media are shared by all apps, but
// not with the pushes, nor between them.
func (q *request) upload(id, kind, push string) *media {
	f := q.s.state.Media[id]
	if f == nil || f.Type != kind || f.Push != push || !f.Until.After(q.now) {
		return nil
	}
	return f
}

var byteRange = regexp.MustCompile(`^bytes=(\d{1,12})-(\d{0,12})$`)

// getMedia is GET /cgi-bin/media/get. A range begins at a multiple of 16 bytes.
func getMedia(q *request) (answer, *apiError) {
	id := q.query.Get("media_id")
	f, raw := q.s.state.Media[id], q.s.files[id]
	switch {
	case id == "":
		return nil, fail(41006)
	case f == nil || raw == nil || f.Push != "":
		return nil, fail(40007)
	case !f.Until.After(q.now):
		return nil, fail(40145)
	}
	q.raw = &rawAnswer{status: http.StatusOK, body: raw, header: map[string]string{"Content-Type": http.DetectContentType(raw),
		"Content-Disposition": mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), "Accept-Ranges": "bytes"}}
	asked := q.http.Header.Get("Range")
	if asked == "" {
		return nil, nil
	}
	m := byteRange.FindStringSubmatch(asked)
	if m == nil {
		return nil, fail(40146)
	}
	from, _ := strconv.Atoi(m[1])
	to := len(raw) - 1
	if m[2] != "" {
		last, _ := strconv.Atoi(m[2])
		to = min(to, last)
	}
	if from%16 != 0 || from > to {
		return nil, fail(40146)
	}
	q.raw.status, q.raw.body = http.StatusPartialContent, raw[from:to+1]
	q.raw.header["Content-Range"] = "bytes " + strconv.Itoa(from) + "-" + strconv.Itoa(to) + "/" + strconv.Itoa(len(raw))
	return nil, nil
}
