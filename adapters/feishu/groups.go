package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"magpie/adapters"
	"magpie/adapters/event"
)

var _ adapters.Grouper = (*Platform)(nil)

// The types of user groups: those that an administrator fills, and those that a rule fills.
const (
	groupFixed   = "1"
	groupDynamic = "2"
)

// userGroup is a user group as the contact interface lists it.
type userGroup struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Depts *int   `json:"member_department_count"` // nil: not said
}

// Groups lists the user groups that the app may see, with their members. A page that fails makes the call fail.
// Source: Feishu Open Platform, "Query user groups" and "Query members of a user group", contact v3, checked 2026-11.
func (p *Platform) Groups(ctx context.Context) ([]event.UserGroup, error) {
	s, err := p.needTenant(ctx, opGroups)
	if err != nil {
		return nil, err
	}
	var out []event.UserGroup
	for _, typ := range []string{groupFixed, groupDynamic} {
		var found []userGroup
		q := url.Values{"page_size": {"100"}, "type": {typ}}
		err := p.api.pages(ctx, opGroups, "/open-apis/contact/v3/group/simplelist", q, func(data json.RawMessage) error {
			var page struct {
				Groups []userGroup `json:"grouplist"`
			}
			err := json.Unmarshal(data, &page)
			found = append(found, page.Groups...)
			return err
		})
		if err != nil {
			return nil, grant(err)
		}
		for _, g := range found {
			if g.ID == "" || g.Name == "" {
				continue
			}
			one := event.UserGroup{ID: g.ID, Name: g.Name}
			err := p.groupMembers(ctx, g.ID, "user", "open_id", func(id string) { one.Members = append(one.Members, s.user(id)) })
			if err == nil && typ == groupFixed && (g.Depts == nil || *g.Depts > 0) {
				err = p.groupMembers(ctx, g.ID, "department", "open_department_id", func(id string) { one.Depts = append(one.Depts, id) })
			}
			if err != nil {
				return nil, grant(err)
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// groupMembers lists the members of a group that are of one type.
func (p *Platform) groupMembers(ctx context.Context, group, typ, idType string, each func(id string)) error {
	q := url.Values{"page_size": {"100"}, "member_type": {typ}, "member_id_type": {idType}}
	path := "/open-apis/contact/v3/group/" + url.PathEscape(group) + "/member/simplelist"
	return p.api.pages(ctx, opGroups, path, q, func(data json.RawMessage) error {
		var page struct {
			Members []struct {
				ID string `json:"member_id"`
			} `json:"memberlist"`
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		for _, m := range page.Members {
			if m.ID != "" {
				each(m.ID)
			}
		}
		return nil
	})
}

// grant adds to a refusal what an administrator has to do.
func grant(err error) error {
	if adapters.KindOf(err) == adapters.KindForbidden {
		return fmt.Errorf("user groups: grant the app contact:group:readonly and release a version: %w", err)
	}
	return err
}
