package pages

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// drawnPrefix is what a canvas puts before its picture.
const drawnPrefix = "data:image/png;base64,"

// signature keeps a signature that came with a form: what was drawn, or else a photograph. It is noted in the form
// as files are, in the place of one that came before it.
func (h *Handler) signature(r *http.Request, l tongue, v viewer, instance string, in card.Input, up *uploads) error {
	drawn := r.PostForm.Get("s." + in.Name)
	r.PostForm.Del("s." + in.Name)
	raw, problem := []byte(nil), ""
	switch files := r.MultipartForm.File["u."+in.Name]; {
	case drawn != "":
		text, ok := strings.CutPrefix(drawn, drawnPrefix)
		b, err := base64.StdEncoding.DecodeString(text)
		if raw = b; !ok || err != nil {
			problem = "sign_type"
		}
	case len(files) > 0 && files[0].Filename != "":
		if files[0].Size > maxPhoto {
			problem = "sign_big"
			break
		}
		src, err := files[0].Open()
		if err == nil {
			raw, err = io.ReadAll(io.LimitReader(src, maxPhoto+1))
			err = errors.Join(err, src.Close())
		}
		if err != nil {
			return fmt.Errorf("read a signature: %w", err)
		}
	default:
		return nil
	}
	kept := []byte(nil)
	if problem == "" {
		kept, problem = inkOf(raw)
	}
	if problem == "" {
		spent, err := h.o.Files.Uploaded(r.Context(), v.person.ID, h.now().Add(-time.Hour))
		if err != nil {
			return err
		}
		if spent+int64(len(kept)) > maxPerHour {
			problem = "too_much_today"
		}
	}
	if problem != "" {
		up.problems[in.Name] = l.say(problem)
		return nil
	}
	f, err := h.o.Files.PutFile(r.Context(), instance, v.person.ID, bytes.NewReader(kept))
	if err != nil {
		return err
	}
	f.Name, f.Type = "signature.png", "image/png"
	token := h.fileToken(v, instance, f, true)
	up.fresh[token] = f.Sum
	r.PostForm.Set("k."+in.Name, token)
	return nil
}

// readSignature is the signature that a form brings: the last one.
func (h *Handler) readSignature(l tongue, e entered, in card.Input) (event.Value, string) {
	if problem := e.uploads[in.Name]; problem != "" {
		return event.Value{}, problem
	}
	tokens := e.posted["k."+in.Name]
	if len(tokens) == 0 {
		return event.Value{}, l.say("need_signature")
	}
	f, ok := h.tokenOf(e.viewer, e.instance, tokens[len(tokens)-1])
	if !ok || !f.Signed {
		return event.Value{}, l.say("sign_lost")
	}
	return event.Files(f.File), ""
}

// signs draws what was signed already.
func (d drawer) signs(v *inputView, in card.Input, e entered) {
	tokens := e.posted["k."+in.Name]
	if len(tokens) == 0 {
		return
	}
	if f, ok := d.kept(tokens[len(tokens)-1]); ok && f.Signed {
		v.Files = append(v.Files, d.file(f.File, tokens[len(tokens)-1]))
	}
}

// scripted is the page's script: its address, and the word by which the browser knows that it is ours.
type scripted struct{ URL, Nonce string }

// script lets a page run the drawing area, and nothing else.
func (h *Handler) script(w http.ResponseWriter) *scripted {
	s := &scripted{URL: h.prefix() + "/m/assets/sign.js?v=" + styles["sign.js"].version, Nonce: rand.Text()}
	w.Header().Set("Content-Security-Policy", policy+"; script-src 'nonce-"+s.Nonce+"'")
	return s
}
