package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// Readers lists who has read a message of ours, as far as DingTalk tells: those whose chat with it was opened. Later
// than 24 hours after sending it is KindGone without a call. Each page costs one of the month's calls; once their
// share is spent it is KindRateLimited until the next month.
// Source: DingTalk Open Platform, "Query the read status of robot messages" and "Result of work notifications", checked 2026-08.
func (p *Platform) Readers(ctx context.Context, ref adapters.MessageRef) ([]adapters.Reader, error) {
	switch {
	case p.older(ref):
		return nil, p.gone(opReaders, errors.New("sent more than 24 hours ago"))
	case ref.Message.ID == "" || ref.Message.Kind != event.RefMessage:
		return nil, p.gone(opReaders, errors.New("the message has no key to ask by"))
	}
	var ids []string
	var err error
	switch task := handle(ref, HandleTask); {
	case task != "":
		ids, err = p.noticeReaders(ctx, task)
	case ref.Chat.ID != "":
		ids, err = p.groupReaders(ctx, ref)
	default:
		ids, err = p.directReaders(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	var out []adapters.Reader
	for _, id := range ids {
		out = append(out, adapters.Reader{Ref: p.scoped().user(id)})
	}
	return out, nil
}

// ask makes one call that reads who has read, within its share of the month's calls.
func (p *Platform) ask(ctx context.Context, method, path string, q url.Values, in, out any, old bool) error {
	if ok, again := p.api.quota.mayAsk(); !ok {
		return &adapters.Error{Connection: p.cfg.ID, Op: opReaders, Kind: adapters.KindRateLimited, RetryAfter: again.Sub(p.now()).Round(time.Second),
			Err: errors.New("this month's share of calls for read queries (monthly_reads) is spent")}
	}
	return p.api.do(ctx, opReaders, method, path, q, in, out, callOptions{old: old, read: true})
}

func (p *Platform) directReaders(ctx context.Context, ref adapters.MessageRef) ([]string, error) {
	var out struct {
		Status looseText `json:"sendStatus"`
		Infos  []struct {
			User   string    `json:"userId"`
			Status looseText `json:"readStatus"`
		} `json:"messageReadInfoList"`
	}
	q := url.Values{"robotCode": {p.cfg.RobotCode}, "processQueryKey": {ref.Message.ID}}
	if err := p.young(ref, p.ask(ctx, http.MethodGet, "/v1.0/robot/oToMessages/readStatus", q, nil, &out, false)); err != nil {
		return nil, err
	}
	var ids []string
	for _, i := range out.Infos {
		if strings.EqualFold(string(i.Status), "READ") {
			ids = append(ids, i.User)
		}
	}
	return ids, nil
}

func (p *Platform) groupReaders(ctx context.Context, ref adapters.MessageRef) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	next := ""
	for {
		var out struct {
			Users []string  `json:"readUserIds"`
			More  looseBool `json:"hasMore"`
			Next  looseText `json:"nextToken"`
		}
		body := map[string]any{"robotCode": p.cfg.RobotCode, "openConversationId": ref.Chat.ID, "processQueryKey": ref.Message.ID, "maxResults": 200}
		if next != "" {
			body["nextToken"] = next
		}
		if err := p.young(ref, p.ask(ctx, http.MethodPost, "/v1.0/robot/groupMessages/query", nil, body, &out, false)); err != nil {
			return nil, err
		}
		ids = append(ids, out.Users...)
		if !out.More {
			return ids, nil
		}
		if next = string(out.Next); next == "" || seen[next] {
			return nil, &adapters.Error{Connection: p.cfg.ID, Op: opReaders, Kind: adapters.KindTransient, Err: errors.New("the listing does not come to an end")}
		}
		seen[next] = true
	}
}

func (p *Platform) noticeReaders(ctx context.Context, task string) ([]string, error) {
	var out struct {
		Result struct {
			Read looseList `json:"read_user_id_list"`
		} `json:"send_result"`
	}
	body := map[string]any{"agent_id": p.cfg.AgentID, "task_id": json.Number(task)}
	err := p.ask(ctx, http.MethodPost, "/topapi/message/corpconversation/getsendresult", nil, body, &out, true)
	return out.Result.Read, err
}

// young tells a key that is not known yet from one that is not known any more: DingTalk has one code for both.
func (p *Platform) young(ref adapters.MessageRef, err error) error {
	var e *adapters.Error
	if errors.As(err, &e) && e.Code == "processQueryKey.expireTime" && !ref.SentAt.IsZero() && p.now().Sub(ref.SentAt) < 10*time.Minute {
		e.Kind = adapters.KindTransient
	}
	return err
}
