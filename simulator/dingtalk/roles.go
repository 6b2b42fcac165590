package dingtalk

import "magpie/simulator"

// Roles stand in groups of roles: those that every organisation has, and its own.
//
// Source: DingTalk Open Platform, "Get the role list" and "Get the list of employees of a role", checked 2026-11.

const (
	maxRolePage   = 200
	maxHolderPage = 100
	usualPage     = 20
	firstRole     = 1203140
	badRole       = 400002
)

// role is one role of the organisation.
type role struct {
	id          int64
	name, group string
	persons     []string
}

// roles are all of them, the administrators first.
func (s *Server) roles() []role {
	out := []role{{firstRole, "主管理员", "默认", s.admins}}
	for i, g := range s.company.UserGroups {
		out = append(out, role{firstRole + 1 + int64(i), g.Name, "自定义", g.Members})
	}
	return out
}

// rolePage are the fields of both calls.
type rolePage struct {
	Role   number  `json:"role_id"`
	Offset *number `json:"offset"`
	Size   *number `json:"size"`
}

// bounds are the first and the last of a page; size counts only together with offset.
func (p rolePage) bounds(n, most int) (from, to int, refusal *apiError) {
	size := usualPage
	if p.Offset != nil && p.Size != nil {
		from, size = int(*p.Offset), int(*p.Size)
	}
	if from < 0 || size < 1 || size > most {
		return 0, 0, badField("size must be 1 to %d and offset not negative", most)
	}
	from = min(from, n)
	return from, min(from+size, n), nil
}

// listRoles is POST /topapi/role/list. Here the offset counts roles.
func listRoles(q *request) (answer, *apiError) {
	var in rolePage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	all := q.s.roles()
	from, to, refusal := in.bounds(len(all), maxRolePage)
	if refusal != nil {
		return nil, refusal
	}
	var groups []map[string]any
	for _, r := range all[from:to] {
		if n := len(groups); n == 0 || groups[n-1]["name"] != r.group {
			groups = append(groups, map[string]any{"name": r.group, "groupId": firstRole - 10 + len(groups), "roles": []map[string]any{}})
		}
		last := groups[len(groups)-1]
		last["roles"] = append(last["roles"].([]map[string]any), map[string]any{"id": r.id, "name": r.name})
	}
	return answer{"result": map[string]any{"hasMore": to < len(all), "list": groups}}, nil
}

// roleHolders is POST /topapi/role/simplelist.
func roleHolders(q *request) (answer, *apiError) {
	var in rolePage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	for _, r := range q.s.roles() {
		if r.id != int64(in.Role) {
			continue
		}
		var people []simulator.Person
		for _, id := range r.persons {
			if p, there := q.s.company.Person(id); there && q.s.available(q.app, id) {
				people = append(people, p)
			}
		}
		from, to, refusal := in.bounds(len(people), maxHolderPage)
		if refusal != nil {
			return nil, refusal
		}
		rows := []map[string]any{}
		for _, p := range people[from:to] {
			rows = append(rows, map[string]any{"userid": q.s.userID(p.ID), "name": p.Name, "manageScopes": []any{}})
		}
		result := map[string]any{"hasMore": to < len(people), "list": rows}
		if to < len(people) {
			result["nextCursor"] = to
		}
		return answer{"result": result}, nil
	}
	return nil, deny(badRole, "参数错误")
}

// rolesOf are a person's roles as the directory tells them.
func (s *Server) rolesOf(person string) []map[string]any {
	out := []map[string]any{}
	for _, r := range s.roles() {
		for _, id := range r.persons {
			if id == person {
				out = append(out, map[string]any{"id": r.id, "name": r.name, "group_name": r.group})
			}
		}
	}
	return out
}
