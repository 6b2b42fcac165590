package dingtalk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"magpie/adapters"
	"magpie/adapters/event"
)

// unions remembers the unionIds of people: to-dos name them so.
type unions struct {
	mu sync.Mutex
	of map[string]string
}

// unionOf finds the unionId of a person.
func (p *Platform) unionOf(ctx context.Context, ref event.Ref) (string, error) {
	if ref.Kind == event.RefUnion {
		return ref.ID, nil
	}
	p.unions.mu.Lock()
	id := p.unions.of[ref.ID]
	p.unions.mu.Unlock()
	if id != "" {
		return id, nil
	}
	a, err := p.Account(ctx, ref)
	if err != nil {
		return "", err
	}
	for _, r := range a.Refs {
		if r.Kind == event.RefUnion {
			p.unions.mu.Lock()
			if p.unions.of == nil || len(p.unions.of) >= 50_000 {
				p.unions.of = map[string]string{}
			}
			p.unions.of[ref.ID] = r.ID
			p.unions.mu.Unlock()
			return r.ID, nil
		}
	}
	return "", p.notFound(opTodo, errors.New("the person has no unionId"))
}

// PutTodo makes an entry of DingTalk's to-do list, or brings the one with its key up to date. People can't tick it
// off there: it opens our page, and is done when we say so.
// Source: DingTalk Open Platform, "Create to-dos" and "Update to-dos", checked 2026-08.
func (p *Platform) PutTodo(ctx context.Context, t adapters.Todo) error {
	if t.Key == "" || t.Link == "" || t.Title == "" || len(t.Owners) == 0 {
		return p.invalid(opTodo, errors.New("a to-do has a key, a title, a link and somebody who owns it"))
	}
	creator, err := p.unionOf(ctx, t.Creator)
	if err != nil {
		return err
	}
	var owners []string
	for _, r := range t.Owners {
		id, err := p.unionOf(ctx, r)
		if err != nil {
			return err
		}
		owners = append(owners, id)
	}
	subject, _ := cutBytes(t.Title, 1000)
	path := "/v1.0/todo/users/" + url.PathEscape(creator) + "/tasks"
	operator := url.Values{"operatorId": {creator}}
	id, err := p.todoID(ctx, creator, t.Key)
	if err != nil {
		return err
	}
	if id == "" && !t.Done {
		body := map[string]any{
			"sourceId": t.Key, "subject": subject, "description": t.Text, "creatorId": creator, "executorIds": owners,
			"detailUrl":          map[string]string{"appUrl": t.Link, "pcUrl": t.Link},
			"isOnlyShowExecutor": true, "priority": 20, "notifyConfigs": map[string]string{"dingNotify": "1"},
		}
		if !t.Due.IsZero() {
			body["dueTime"] = t.Due.UnixMilli()
		}
		err := p.api.call(ctx, opTodo, http.MethodPost, path, operator, body, nil)
		var e *adapters.Error
		if errors.As(err, &e) && e.Kind == adapters.KindUnknown {
			e.Kind = adapters.KindTransient // the key is taken once
		}
		if e == nil || !taskExists(e) {
			return err
		}
		if id, err = p.todoID(ctx, creator, t.Key); err != nil || id == "" {
			return err
		}
	}
	if id == "" {
		return nil // done, and never shown
	}
	body := map[string]any{"subject": subject, "description": t.Text, "executorIds": owners, "done": t.Done}
	if !t.Due.IsZero() {
		body["dueTime"] = t.Due.UnixMilli()
	}
	return readOnly(p.api.call(ctx, opTodo, http.MethodPut, path+"/"+url.PathEscape(id), operator, body, nil)) // the same again changes nothing
}

// taskExists tells that the key of a to-do was used before, by the words of a code that stands for more.
func taskExists(e *adapters.Error) bool {
	return e.Code == "todo.taskCreate.paramError" && strings.Contains(strings.ToLower(e.Err.Error()), "exist")
}

// todoID finds the entry with a key of ours; "" when there is none.
func (p *Platform) todoID(ctx context.Context, creator, key string) (string, error) {
	var out struct {
		ID looseText `json:"id"`
	}
	path := "/v1.0/todo/users/" + url.PathEscape(creator) + "/tasks/sources/" + url.PathEscape(key)
	err := p.api.call(ctx, opTodo, http.MethodGet, path, nil, nil, &out)
	if k := adapters.KindOf(err); k == adapters.KindNotFound || k == adapters.KindInvalid {
		return "", nil
	}
	return string(out.ID), err
}

// DropTodo removes an entry of DingTalk's to-do list.
// Source: DingTalk Open Platform, "Delete to-dos", checked 2026-08.
func (p *Platform) DropTodo(ctx context.Context, t adapters.Todo) error {
	creator, err := p.unionOf(ctx, t.Creator)
	if err != nil {
		return err
	}
	id, err := p.todoID(ctx, creator, t.Key)
	if err != nil || id == "" {
		return err
	}
	path := "/v1.0/todo/users/" + url.PathEscape(creator) + "/tasks/" + url.PathEscape(id)
	err = p.api.call(ctx, opTodo, http.MethodDelete, path, url.Values{"operatorId": {creator}}, nil, nil)
	if adapters.KindOf(err) == adapters.KindNotFound {
		return nil
	}
	return readOnly(err)
}
