package dingtalk

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"magpie/adapters/event"
)

// peopleOf decodes an event that names people by their userIds and says nothing else of them: whoever keeps
// the directory reads them anew.
// Source: DingTalk Open Platform, "Events of the address book", checked 2026-08.
func peopleOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		ids, ok := d.userIDs()
		if !ok {
			return false
		}
		body := &event.Directory{Resync: true}
		if len(ids) == 1 {
			left := kind == event.KindPersonLeft
			body.Account = &event.Account{Refs: d.account(ids[0], ""), Active: !left, Left: left}
		}
		ev.Kind, ev.Body = kind, body
		return true
	}
}

func (d *decoder) userIDs() ([]string, bool) {
	var in struct {
		Users looseList `json:"userId"`
	}
	err := decodeLenient(d.env.data, &in)
	return in.Users, err == nil && len(in.Users) > 0
}

// personChanged tells which fields of a person changed. diffInfo is an object in DingTalk's sample and may be a
// list; an event of another kind of app carries the person whole.
func (d *decoder) personChanged(ev *event.Event) bool {
	if !peopleOf(event.KindPersonChanged)(d, ev) {
		return false
	}
	var in struct {
		Diff json.RawMessage `json:"diffInfo"`
	}
	_ = decodeLenient(d.env.data, &in)
	type diff struct {
		Prev map[string]json.RawMessage `json:"prev"`
		Curr map[string]json.RawMessage `json:"curr"`
	}
	var list []diff
	var one diff
	switch raw := bytes.TrimSpace(in.Diff); {
	case len(raw) == 0:
	case raw[0] == '[':
		_ = json.Unmarshal(raw, &list)
	case decodeLenient(raw, &one) == nil:
		list = []diff{one}
	}
	changed := map[string]bool{}
	for _, x := range list {
		for k, v := range x.Prev {
			if asText(v) != asText(x.Curr[k]) {
				changed[k] = true
			}
		}
		for k, v := range x.Curr {
			if asText(v) != asText(x.Prev[k]) {
				changed[k] = true
			}
		}
	}
	if len(changed) > 0 {
		ev.Body.(*event.Directory).Fields = slices.Sorted(maps.Keys(changed))
	}
	return true
}

// deptOf decodes an event that names departments by their ids.
func deptOf(deleted bool) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		var in struct {
			Depts looseList `json:"deptId"`
		}
		if decodeLenient(d.env.data, &in) != nil || len(in.Depts) == 0 {
			return false
		}
		body := &event.Directory{Resync: true, Deleted: deleted}
		if len(in.Depts) == 1 {
			body.Dept = &event.Department{Ref: d.dept(in.Depts[0])}
		}
		ev.Kind, ev.Body = event.KindDeptChanged, body
		return true
	}
}

// resync is a change of the organisation that is told without its parts.
func (d *decoder) resync(ev *event.Event) bool {
	ev.Kind, ev.Body = event.KindDeptChanged, &event.Directory{Resync: true}
	return true
}

// orgRemoved says that the organisation was dissolved, and with it the app.
func (d *decoder) orgRemoved(ev *event.Event) bool {
	ev.Kind, ev.Body = event.KindAppHealth, &event.AppHealth{State: "org_removed"}
	return true
}
