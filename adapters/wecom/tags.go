package wecom

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"magpie/adapters"
	"magpie/adapters/event"
)

var _ adapters.Grouper = (*Platform)(nil)

// Groups lists the tags of the address book and who has them, as far as the app may see. A tag that fails makes the
// call fail; one that is gone meanwhile is left out.
// Source: WeCom developer documents, "Get the list of tags" (path 90216) and "Get the members of a tag" (path 90213),
// checked 2026-11. Tags are asked for one after the other: calls about tags at the same time are refused early.
func (p *Platform) Groups(ctx context.Context) ([]event.UserGroup, error) {
	if p.cfg.Kind == KindRobot {
		return nil, adapters.Unsupported(p.cfg.ID, "groups")
	}
	var list struct {
		Tags []struct {
			ID   int    `json:"tagid"`
			Name string `json:"tagname"`
		} `json:"taglist"`
	}
	if err := p.api.call(ctx, opGroups, http.MethodGet, "/cgi-bin/tag/list", url.Values{}, nil, &list); err != nil {
		return nil, grant(err)
	}
	var out []event.UserGroup
	for _, t := range list.Tags {
		if t.Name == "" {
			continue
		}
		var tag struct {
			Users []struct {
				ID string `json:"userid"`
			} `json:"userlist"`
			Depts []int `json:"partylist"`
		}
		id := strconv.Itoa(t.ID)
		err := p.api.call(ctx, opGroups, http.MethodGet, "/cgi-bin/tag/get", url.Values{"tagid": {id}}, nil, &tag)
		if adapters.KindOf(err) == adapters.KindNotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, grant(err)
		}
		g := event.UserGroup{ID: id, Name: t.Name}
		for _, u := range tag.Users {
			if u.ID != "" {
				g.Members = append(g.Members, p.refs().user(u.ID))
			}
		}
		for _, d := range tag.Depts {
			g.Depts = append(g.Depts, strconv.Itoa(d))
		}
		out = append(out, g)
	}
	return out, nil
}

// grant adds to a refusal what an administrator has to do.
func grant(err error) error {
	if adapters.KindOf(err) == adapters.KindForbidden {
		return fmt.Errorf("tags: let the app read the address book (应用可见范围, 通讯录权限): %w", err)
	}
	return err
}
