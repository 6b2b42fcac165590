package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"magpie/adapters"
	"magpie/adapters/event"
)

var _ adapters.Grouper = (*Platform)(nil)

const (
	rolePage = 200   // roles of one page at most
	holdPage = 100   // people of one page of a role at most
	maxRoles = 10000 // a list longer than this has no end
)

// Groups lists the roles of the organisation and who has them. Roles of one name in several groups of roles are as
// many groups. A page that fails makes the call fail; a role that is gone meanwhile is left out.
// Source: DingTalk Open Platform, "Get the role list" and "Get the list of employees of a role", checked 2026-11. Whether
// the offset of the list counts roles or groups of roles is not said: it goes on by whole pages, and what comes twice
// counts once.
func (p *Platform) Groups(ctx context.Context) ([]event.UserGroup, error) {
	var out []event.UserGroup
	seen := map[looseText]bool{}
	for offset := 0; ; offset += rolePage {
		var page struct {
			Result struct {
				More looseBool `json:"hasMore"`
				List []struct {
					Roles []struct {
						ID   looseText `json:"id"`
						Name looseText `json:"name"`
					} `json:"roles"`
				} `json:"list"`
			} `json:"result"`
		}
		if err := p.pull(ctx, "/topapi/role/list", map[string]any{"size": rolePage, "offset": offset}, &page); err != nil {
			return nil, grant(err)
		}
		fresh := false
		for _, g := range page.Result.List {
			for _, r := range g.Roles {
				if r.ID == "" || r.Name == "" || seen[r.ID] {
					continue
				}
				seen[r.ID], fresh = true, true
				out = append(out, event.UserGroup{ID: string(r.ID), Name: string(r.Name)})
			}
		}
		if !page.Result.More {
			break
		}
		if !fresh || len(out) > maxRoles {
			return nil, p.endless("the list of roles does not come to an end")
		}
	}
	kept := out[:0]
	for _, g := range out {
		err := p.holders(ctx, &g)
		if adapters.KindOf(err) == adapters.KindNotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, grant(err)
		}
		kept = append(kept, g)
	}
	return kept, nil
}

// holders reads who has a role.
func (p *Platform) holders(ctx context.Context, g *event.UserGroup) error {
	seen := map[string]bool{}
	for offset := int64(0); ; {
		var page struct {
			Result struct {
				More looseBool `json:"hasMore"`
				Next looseInt  `json:"nextCursor"`
				List []struct {
					ID looseText `json:"userid"`
				} `json:"list"`
			} `json:"result"`
		}
		body := map[string]any{"role_id": json.Number(g.ID), "size": holdPage, "offset": offset}
		if err := p.pull(ctx, "/topapi/role/simplelist", body, &page); err != nil {
			return err
		}
		fresh := false
		for _, u := range page.Result.List {
			if id := string(u.ID); id != "" && !seen[id] {
				seen[id], fresh = true, true
				g.Members = append(g.Members, p.scoped().user(id))
			}
		}
		if !page.Result.More {
			return nil
		}
		if !fresh {
			return p.endless("the list of who has a role does not come to an end")
		}
		offset = max(offset+1, int64(page.Result.Next), offset+int64(len(page.Result.List)))
	}
}

func (p *Platform) endless(what string) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: opDirectory, Kind: adapters.KindTransient, Err: errors.New(what)}
}

// grant adds to a refusal what an administrator has to do.
func grant(err error) error {
	if adapters.KindOf(err) == adapters.KindForbidden {
		return fmt.Errorf("roles: grant the app qyapi_get_department_list and qyapi_get_department_member: %w", err)
	}
	return err
}
