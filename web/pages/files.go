package pages

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	maxUpload   = 64_000_000  // bytes of one POST with files
	maxPerHour  = 200_000_000 // bytes that a person may hand in within an hour
	maxFileSize = 20_000_000  // of one file, where its input does not say less
	maxFiles    = 20          // of one input, the same
)

// Files keeps what people hand in.
type Files interface {
	// PutFile keeps a file for an instance, handed in by a person, and tells its id, size and sum.
	PutFile(ctx context.Context, instance, owner string, r io.Reader) (event.File, error)
	// OpenFile reads one; workflows.ErrNotFound.
	OpenFile(ctx context.Context, id string) (io.ReadCloser, int64, error)
	// Uploaded is how many bytes a person has handed in since a time.
	Uploaded(ctx context.Context, owner string, since time.Time) (int64, error)
}

// fileView is a file on a page.
type fileView struct {
	Name, Size, URL string
	Image           bool
	Token           string // among inputs: brings it back with the form
}

// pictures are the types that are shown; everything else is only ever saved.
var pictures = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// mayUpload reports whether a request may bring files, before they are read: whoever has neither a link of ours nor
// a session has nothing to hand in.
func (h *Handler) mayUpload(r *http.Request) bool {
	if h.o.Files == nil {
		return false
	}
	if token := r.PathValue("token"); token != "" {
		_, err := h.links.Open(token, h.now())
		return err == nil
	}
	_, err := h.session(r)
	return err == nil
}

// overUpload reports whether all that the inputs of a form take is more than one POST may bring.
func overUpload(inputs []card.Input) bool {
	var sum int64
	for _, in := range inputs {
		if in.Kind == card.InputFile {
			sum += int64(countLimit(in)) * sizeLimit(in)
		}
	}
	return sum > maxUpload
}

// typed is how many bytes of a form with files are not files.
func typed(r *http.Request) int {
	n := 0
	for k, vs := range r.PostForm {
		for _, v := range vs {
			n += len(k) + len(v)
		}
	}
	return n
}

// isUpload reports whether a request says that it has files.
func isUpload(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data")
}

// uploads is what came of the files that a form brought.
type uploads struct {
	problems map[string]string // by input
	fresh    map[string]string // what was kept just now: token → sum of the content
}

// upload keeps the files that came with a form. They are noted in the form as its other values: what was kept
// comes back with every page until it is handed in.
func (h *Handler) upload(r *http.Request, l tongue, v viewer, at spot, inputs []card.Input) (uploads, error) {
	problems := map[string]string{}
	up := uploads{problems: problems, fresh: map[string]string{}}
	if r.MultipartForm == nil || h.o.Files == nil {
		return up, nil
	}
	instance, _, _ := strings.Cut(at.slot, "/")
	var spent int64 = -1
	for _, in := range inputs {
		if in.Kind == card.InputSignature {
			if err := h.signature(r, l, v, instance, in, &up); err != nil {
				return up, err
			}
		}
		if in.Kind != card.InputFile {
			continue
		}
		for _, fh := range r.MultipartForm.File["u."+in.Name] {
			if fh.Filename == "" {
				continue
			}
			if spent < 0 {
				var err error
				if spent, err = h.o.Files.Uploaded(r.Context(), v.person.ID, h.now().Add(-time.Hour)); err != nil {
					return up, err
				}
			}
			have := len(r.PostForm["k."+in.Name])
			name := plainName(fh.Filename)
			problem := ""
			switch limit := sizeLimit(in); {
			case have >= countLimit(in):
				problem = fmt.Sprintf(l.say("too_many_files"), countLimit(in))
			case fh.Size > limit:
				problem = name + l.say("colon") + fmt.Sprintf(l.say("file_big"), card.SizeText(limit))
			case spent+fh.Size > maxPerHour:
				problem = l.say("too_much_today")
			case len(in.Accept) > 0 && !slices.Contains(in.Accept, ending(name)):
				problem = name + l.say("colon") + fmt.Sprintf(l.say("file_type"), strings.Join(in.Accept, l.say("sep")))
			}
			if problem == "" {
				f, what, err := h.keep(r, v, instance, name, fh, in, l)
				if err != nil {
					return up, err
				}
				if problem = what; what == "" {
					spent += fh.Size
					token := h.fileToken(v, instance, f, false)
					up.fresh[token] = f.Sum
					r.PostForm.Add("k."+in.Name, token)
				}
			}
			if problem != "" && problems[in.Name] == "" {
				problems[in.Name] = problem
			}
		}
	}
	return up, nil
}

// keep stores one file. Its type is that of its content, not what the browser says.
func (h *Handler) keep(r *http.Request, v viewer, instance, name string, fh *multipart.FileHeader, in card.Input, l tongue) (event.File, string, error) {
	src, err := fh.Open()
	if err != nil {
		return event.File{}, "", fmt.Errorf("read an upload: %w", err)
	}
	defer src.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return event.File{}, "", fmt.Errorf("read an upload: %w", err)
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head[:n]), ";")
	problem := wrongContent(name, head[:n], kind)
	if in.Images && !slices.Contains(pictures, kind) {
		problem = "not_image"
	}
	if problem != "" {
		return event.File{}, name + l.say("colon") + l.say(problem), nil
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return event.File{}, "", fmt.Errorf("read an upload: %w", err)
	}
	f, err := h.o.Files.PutFile(r.Context(), instance, v.person.ID, src)
	f.Name, f.Type = name, kind
	return f, "", err
}

func sizeLimit(in card.Input) int64 {
	if in.MaxBytes > 0 {
		return min(in.MaxBytes, maxFileSize)
	}
	return maxFileSize
}

func countLimit(in card.Input) int {
	if in.Max > 0 {
		return min(in.Max, maxFiles)
	}
	return maxFiles
}

func ending(name string) string { return strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".") }

// plainName is a file's name without folders and without what is not to be seen.
func plainName(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\\", "/"), "")
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			return -1
		}
		return r
	}, s)
	if r := []rune(strings.TrimSpace(s)); len(r) > 100 {
		end := []rune(path.Ext(s))
		if len(end) > 10 {
			end = nil
		}
		return string(r[:90]) + string(end)
	}
	if s = strings.TrimSpace(s); s == "" || s == "." || s == ".." {
		return "file"
	}
	return s
}

// kept is what a file's token says.
type keptFile struct {
	event.File
	Until  int64 `json:"until"`            // unix minutes
	Signed bool  `json:"signed,omitempty"` // it is a signature, and nothing else
}

// fileToken stands for a file that was kept but not handed in yet: for one person and one instance, for a day.
func (h *Handler) fileToken(v viewer, instance string, f event.File, signed bool) string {
	b, _ := json.Marshal(keptFile{f, h.now().Add(ticketLife).Unix() / 60, signed}) // plain strings
	text := base64.RawURLEncoding.EncodeToString(b)
	return text + "." + base64.RawURLEncoding.EncodeToString(h.uploads.MAC(v.person.ID, instance, text))
}

// tokenOf reads a token; false for one that is not good, or not any more.
func (h *Handler) tokenOf(v viewer, instance, token string) (keptFile, bool) {
	text, mac, ok := strings.Cut(token, ".")
	sum, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	if !ok || err != nil || len(token) > 4096 || !h.uploads.Is(sum, v.person.ID, instance, text) {
		return keptFile{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	var f keptFile
	if err != nil || json.Unmarshal(b, &f) != nil || h.now().Unix()/60 >= f.Until {
		return keptFile{}, false
	}
	return f, true
}

// readFiles are the files that a form brings back; one that is lost is said.
func (h *Handler) readFiles(l tongue, e entered, in card.Input) (event.Value, string) {
	v := event.Files()
	problem := e.uploads[in.Name]
	for _, token := range e.posted["k."+in.Name] {
		f, ok := h.tokenOf(e.viewer, e.instance, token)
		if !ok || f.Signed {
			problem = l.say("file_lost")
			continue
		}
		v.Files = append(v.Files, f.File)
	}
	if len(v.Files) == 0 {
		return event.Value{}, problem
	}
	return v, problem
}

// fileAt is the address of a file.
func (h *Handler) fileAt(instance string, f event.File) string {
	return h.prefix() + "/m/f/" + instance + "/" + f.ID
}

func (h *Handler) shownFile(instance string, f event.File, token string) fileView {
	v := fileView{Name: f.Name, Size: card.SizeText(f.Size), URL: h.fileAt(instance, f), Image: slices.Contains(pictures, f.Type), Token: token}
	if token != "" {
		v.URL += "?t=" + token
	}
	return v
}

// getFile serves a file to whoever may see the instance that holds it; while it is not handed in yet, to the person
// who brought it. It is never anything but a picture or something to save: a browser must not run it.
func (h *Handler) getFile(w http.ResponseWriter, r *http.Request) {
	if h.o.Files == nil {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	var f event.File
	if token := r.URL.Query().Get("t"); token != "" {
		v, err := h.session(r)
		if err != nil {
			h.stranger(w, r, err)
			return
		}
		k, _ := h.tokenOf(v, r.PathValue("instance"), token)
		f = k.File
	} else {
		v, s, ok := h.look(w, r)
		if !ok {
			return
		}
		all, err := h.o.Desk.Files(r.Context(), s.Instance.ID, v.person.ID)
		if err != nil {
			h.fail(w, r, "files", err)
			return
		}
		for _, x := range all {
			if x.ID == r.PathValue("file") {
				f = x
			}
		}
	}
	if f.ID == "" || f.ID != r.PathValue("file") {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	src, size, err := h.o.Files.OpenFile(r.Context(), f.ID)
	if errors.Is(err, workflows.ErrNotFound) {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	if err != nil {
		h.fail(w, r, "file", err)
		return
	}
	defer src.Close()
	head := w.Header()
	how, kind := "attachment", "application/octet-stream"
	if slices.Contains(pictures, f.Type) {
		how, kind = "inline", f.Type
	}
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'none'")
	head.Set("Content-Length", strconv.FormatInt(size, 10))
	if _, err := io.Copy(w, src); err != nil {
		h.o.Log.Warn("a file was not sent whole", "file", f.ID, "err", err)
	}
}
