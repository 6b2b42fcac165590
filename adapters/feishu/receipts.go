package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	"magpie/adapters"
)

// Readers lists who has read a message of ours: those who have, never those who have not. Later than 7 days
// after sending it is KindGone without a call. All pages or an error.
// Source: Feishu Open Platform, "Query message read status", checked 2026-11.
func (p *Platform) Readers(ctx context.Context, ref adapters.MessageRef) ([]adapters.Reader, error) {
	path, err := p.messagePath(opReaders, ref)
	if err != nil {
		return nil, err
	}
	if !ref.SentAt.IsZero() && !p.now().Before(ref.SentAt.Add(readFor)) {
		return nil, &adapters.Error{Connection: p.cfg.ID, Op: opReaders, Kind: adapters.KindGone, Err: errors.New("sent more than 7 days ago")}
	}
	s := p.scoped()
	if s.tenant == "" {
		s.tenant = ref.Message.Scope.Tenant
	}
	var out []adapters.Reader
	q := url.Values{"user_id_type": {"open_id"}, "page_size": {"100"}}
	err = p.api.pages(ctx, opReaders, path+"/read_users", q, func(data json.RawMessage) error {
		var page struct {
			Items []struct {
				ID string `json:"user_id"`
				At string `json:"timestamp"` // milliseconds
			} `json:"items"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		for _, it := range page.Items {
			r := adapters.Reader{Ref: s.user(it.ID)}
			if ms, err := strconv.ParseInt(it.At, 10, 64); err == nil && ms > 0 {
				r.At = time.UnixMilli(ms).UTC()
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
