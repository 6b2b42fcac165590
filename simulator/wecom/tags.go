package wecom

// Tags of the address book. An app sees all of them, and of those who have one only whom it may see.
//
// Source: WeCom developer documents, "Get the list of tags" (path 90216) and "Get the members of a tag" (path 90213),
// checked 2026-11.

// firstTag is the number of the first tag.
const firstTag = 1

// listTags is GET /cgi-bin/tag/list.
func listTags(q *request) (answer, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	list := []any{}
	for i, g := range q.s.company.UserGroups {
		list = append(list, map[string]any{"tagid": firstTag + i, "tagname": g.Name})
	}
	return answer{"taglist": list}, nil
}

// getTag is GET /cgi-bin/tag/get.
func getTag(q *request) (answer, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	n, ok := integer(q.query.Get("tagid"))
	if !ok || n < firstTag || n >= firstTag+len(q.s.company.UserGroups) {
		return nil, fail(40068)
	}
	g := q.s.company.UserGroups[n-firstTag]
	users, units := []any{}, []int{}
	for _, id := range g.Members {
		if p, there := q.s.company.Person(id); there && q.s.visible(q.app, id) {
			users = append(users, map[string]any{"userid": q.s.userID(id), "name": p.Name})
		}
	}
	for _, unit := range g.Departments {
		units = append(units, q.s.partyID(unit))
	}
	return answer{"tagname": g.Name, "userlist": users, "partylist": units}, nil
}
