package wecom

import (
	"bytes"
	"context"
	"errors"

	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/material"

	"magpie/adapters"
	"magpie/adapters/event"
)

// Limits of an upload, in bytes. Source: WeCom developer documents, "Upload temporary media" (path 90253), checked 2026-11.
var maxMedia = map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}

const minMedia = 6

// Upload hands a file to WeCom, which keeps it for three days for all apps of the corp. kind is image, voice,
// video or file; name is what people see.
func (p *Platform) Upload(ctx context.Context, kind, name string, data []byte) (event.Ref, error) {
	limit, ok := maxMedia[kind]
	switch {
	case p.cfg.Kind == KindRobot:
		return event.Ref{}, adapters.Unsupported(p.cfg.ID, "upload")
	case !ok || oneLine(name) == "":
		return event.Ref{}, p.invalid(opMedia, errors.New("a file has a name, and is an image, a voice, a video or a file"))
	case len(data) < minMedia || len(data) > limit:
		return event.Ref{}, p.invalid(opMedia, errors.New("the file is too small or too large"))
	}
	var got *material.UploadTempFileResponse
	err := p.api.library(ctx, opMedia, true, func(wc *workcontext.Context) (err error) {
		got, err = material.NewClient(wc).UploadTempFileFromReader(oneLine(name), kind, bytes.NewReader(data))
		return err
	})
	if err != nil {
		return event.Ref{}, err
	}
	if got.MediaID == "" {
		return event.Ref{}, p.api.fail(opMedia, adapters.KindTransient, "answer without a media id")
	}
	return p.refs().file(got.MediaID), nil
}

// Download reads a file that somebody sent to the app, within three days.
func (p *Platform) Download(ctx context.Context, file event.Ref) ([]byte, error) {
	switch {
	case p.cfg.Kind == KindRobot:
		return nil, adapters.Unsupported(p.cfg.ID, "download")
	case file.Kind != event.RefFile || file.ID == "" || !plainID(file.ID):
		return nil, p.invalid(opMedia, errors.New("not a file"))
	}
	var data []byte
	err := p.api.library(ctx, opMedia, true, func(wc *workcontext.Context) (err error) {
		data, err = material.NewClient(wc).GetTempFile(file.ID)
		return err
	})
	return data, err
}

// plainID reports whether an id may be put into an address as it is, which the library does.
func plainID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.' || c == '@') {
			return false
		}
	}
	return len(s) <= 512
}
