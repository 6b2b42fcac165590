package feishu

import (
	"strconv"

	"magpie/simulator"
)

// User groups: those that an administrator fills, with persons and departments, and those that a rule fills.
//
// Source: Feishu Open Platform, "Query user groups" and "Query members of a user group", contact v3, checked 2026-11.
// Which code a group that is not there has was not found (unverified).

const (
	maxGroupPage = 100
	groupGone    = 42006
)

// groupID is a user group's id by its place among those of the tenant.
func userGroupID(i int) string { return "g" + strconv.Itoa(128187+i) }

// listUserGroups is GET /contact/v3/group/simplelist.
func listUserGroups(q *request) (answer, *apiError) {
	dynamic := false
	switch q.query.Get("type") {
	case "", "1":
	case "2":
		dynamic = true
	default:
		return nil, badField("type", "type is optional, options: [1, 2]")
	}
	var list []any
	for i, g := range q.s.company.UserGroups {
		if g.Dynamic != dynamic {
			continue
		}
		row := map[string]any{"id": userGroupID(i), "name": g.Name, "description": "", "member_user_count": len(q.members(g)), "member_department_count": len(g.Departments)}
		list = append(list, row)
	}
	return q.renamed(list, "grouplist")
}

// userGroupMembers is GET /contact/v3/group/:group_id/member/simplelist: persons or departments, one of them at a time.
func userGroupMembers(q *request) (answer, *apiError) {
	var g *simulator.UserGroup
	for i := range q.s.company.UserGroups {
		if userGroupID(i) == q.path("id") {
			g = &q.s.company.UserGroups[i]
		}
	}
	if g == nil {
		return nil, fail(groupGone)
	}
	idType := q.query.Get("member_id_type")
	var list []any
	switch q.query.Get("member_type") {
	case "", "user":
		if idType == "" {
			idType = "open_id"
		}
		if idType != "open_id" && idType != "union_id" && idType != "user_id" {
			return nil, badField("member_id_type", "member_id_type is optional, options: [open_id, union_id, user_id]")
		}
		for _, id := range q.members(*g) {
			list = append(list, map[string]any{"member_id": q.s.personID(q.app, idType, id), "member_type": "user", "member_id_type": idType})
		}
	case "department":
		if idType != "open_department_id" && idType != "department_id" {
			return nil, badField("member_id_type", "member_id_type is required for departments, options: [open_department_id, department_id]")
		}
		for _, id := range g.Departments {
			list = append(list, map[string]any{"member_id": q.unit(id, idType), "member_type": "department", "member_id_type": idType})
		}
	default:
		return nil, badField("member_type", "member_type is optional, options: [user, department]")
	}
	return q.renamed(list, "memberlist")
}

// members are the persons of a group whom the app may see.
func (q *request) members(g simulator.UserGroup) []string {
	var out []string
	for _, id := range g.Members {
		if q.s.available(q.app, id) {
			out = append(out, id)
		}
	}
	return out
}

// renamed is a page whose items stand under another name.
func (q *request) renamed(list []any, name string) (answer, *apiError) {
	out, refusal := q.page(list, 50, maxGroupPage)
	if refusal != nil {
		return nil, refusal
	}
	body := out["data"].(map[string]any)
	body[name] = body["items"]
	delete(body, "items")
	return out, nil
}
