package wecom

import (
	"strings"

	"magpie/simulator"
)

// The address book, as an app of today is shown it.
//
// Source: WeCom developer documents, "Read member" (path 90196), "Department list", "Member id list"
// (path 96067), "Change of the contact-sync API" (path 96079), checked 2026-11.

// inParty lists the members of a department, in the company's order, and of those below it.
func (s *Server) inParty(unit string, below bool) []simulator.Person {
	units := map[string]bool{unit: true}
	if below {
		units = s.below(unit)
	}
	var out []simulator.Person
	for _, p := range s.company.People {
		if s.employed(p.ID) && units[s.departmentOf(p)] {
			out = append(out, p)
		}
	}
	return out
}

// partyName is what a department is called.
func (s *Server) partyName(unit string) string {
	if d, ok := s.company.Department(unit); ok {
		return d.Name
	}
	return s.company.Name
}

// alias is a person's other name.
func (s *Server) alias(p simulator.Person) string {
	if s.numbers == NumberInAlias {
		return p.EmployeeNo
	}
	return p.EnName
}

// member is a person as user/get and user/list tell them. Who was made after 2022-06-20 sees neither phone
// nor mail, nor gender, avatar, QR code or address.
func (q *request) member(p simulator.Person) map[string]any {
	s, unit := q.s, q.s.departmentOf(p)
	party, lead := s.partyID(unit), 0
	if d, ok := s.company.Department(unit); ok && d.Lead == p.ID {
		lead = 1
	}
	leaders, attrs := []string{}, []any{}
	if s.visible(q.app, p.Manager) {
		leaders = append(leaders, s.userID(p.Manager))
	}
	if s.numbers == NumberInExtAttr {
		attrs = append(attrs, map[string]any{"type": 0, "name": "工号", "text": map[string]string{"value": p.EmployeeNo}})
	}
	out := map[string]any{"userid": s.userID(p.ID), "name": p.Name, "department": []int{party}, "order": []int{0},
		"position": p.Title, "is_leader_in_dept": []int{lead}, "direct_leader": leaders, "gender": "0", "status": 1,
		"isleader": lead, "alias": s.alias(p), "main_department": party, "telephone": "", "english_name": "",
		"extattr": map[string]any{"attrs": attrs}, "external_profile": map[string]any{}}
	if q.app.Veteran {
		out["mobile"], out["email"], out["biz_mail"] = strings.TrimPrefix(p.Mobile, "+86"), p.Email, p.Email
		out["gender"], out["avatar"], out["thumb_avatar"] = itoa(p.Gender), "", ""
		out["qr_code"], out["address"] = "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc"+derive(16, p.ID), ""
	}
	return out
}

// details refuses the contact-sync assistant, whose address is always a new one here.
func (q *request) details() *apiError {
	if q.app.sync {
		return fail(48009)
	}
	return nil
}

// getUser is GET /cgi-bin/user/get.
func getUser(q *request) (answer, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	id := q.query.Get("userid")
	if id == "" {
		return nil, fail(41009)
	}
	person, found := q.s.personOf(id)
	switch {
	case !found:
		return nil, fail(60111)
	case !q.s.visible(q.app, person):
		return nil, fail(60011)
	}
	p, _ := q.s.company.Person(person)
	return q.member(p), nil
}

// party reads department_id; required says that it may not be left out.
func (q *request) party(name string, required bool) (string, *apiError) {
	text := q.query.Get(name)
	if text == "" && !required {
		return "", nil
	}
	n, ok := integer(text)
	unit, there := q.s.partyOf(n)
	if text == "" || !ok {
		return "", failf(40058, "%s is missing or no number", name)
	}
	if !there {
		return "", fail(60123)
	}
	return unit, nil
}

// users are the visible ones of a department.
func (q *request) users() ([]simulator.Person, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	unit, refusal := q.party("department_id", true)
	if refusal != nil {
		return nil, refusal
	}
	var out []simulator.Person
	for _, p := range q.s.inParty(unit, q.query.Get("fetch_child") == "1") {
		if q.s.visible(q.app, p.ID) {
			out = append(out, p)
		}
	}
	return out, nil
}

// simpleUsers is GET /cgi-bin/user/simplelist.
func simpleUsers(q *request) (answer, *apiError) {
	people, refusal := q.users()
	if refusal != nil {
		return nil, refusal
	}
	list := []any{}
	for _, p := range people {
		list = append(list, map[string]any{"userid": q.s.userID(p.ID), "name": p.Name,
			"department": []int{q.s.partyID(q.s.departmentOf(p))}, "open_userid": ""})
	}
	return answer{"userlist": list}, nil
}

// listUsers is GET /cgi-bin/user/list.
func listUsers(q *request) (answer, *apiError) {
	people, refusal := q.users()
	if refusal != nil {
		return nil, refusal
	}
	list := []any{}
	for _, p := range people {
		list = append(list, q.member(p))
	}
	return answer{"userlist": list}, nil
}

// maxIDs is the size of a page of user/list_id.
const maxIDs = 10_000

// listIDs is POST /cgi-bin/user/list_id, for the contact-sync assistant.
func listIDs(q *request) (answer, *apiError) {
	limit, given := q.in.num("limit")
	if !given {
		limit = maxIDs
	}
	if limit < 1 || limit > maxIDs {
		return nil, failf(40058, "limit is 1 to 10000")
	}
	from := 0
	if cursor := q.in.str("cursor"); cursor != "" {
		n, ok := integer(cursor)
		if !ok || n < 0 {
			return nil, failf(40058, "cursor is not one of ours")
		}
		from = n
	}
	all := q.s.inParty("", true)
	list, next := []any{}, ""
	for i := from; i < len(all); i++ {
		if len(list) == limit {
			next = itoa(i)
			break
		}
		list = append(list, map[string]any{"userid": q.s.userID(all[i].ID), "department": q.s.partyID(q.s.departmentOf(all[i]))})
	}
	return answer{"next_cursor": next, "dept_user": list}, nil
}

// department is a unit as department/list tells it.
func (q *request) department(unit string) map[string]any {
	s, parent, leads := q.s, 0, []string{}
	if d, ok := s.company.Department(unit); ok {
		parent = s.partyID(d.Parent)
		if s.employed(d.Lead) && s.visible(q.app, d.Lead) {
			leads = append(leads, s.userID(d.Lead))
		}
	}
	id := s.partyID(unit)
	return map[string]any{"id": id, "name": s.partyName(unit), "name_en": "", "department_leader": leads, "parentid": parent, "order": 100_000 - id}
}

// parties lists a department and all below it, from the top.
func (q *request) parties() ([]string, *apiError) {
	unit, refusal := q.party("id", false)
	if refusal != nil {
		return nil, refusal
	}
	in, out := q.s.below(unit), []string{unit}
	for _, d := range q.s.company.Departments {
		if in[d.ID] && d.ID != unit {
			out = append(out, d.ID)
		}
	}
	return out, nil
}

// listDepartments is GET /cgi-bin/department/list.
func listDepartments(q *request) (answer, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	units, refusal := q.parties()
	if refusal != nil {
		return nil, refusal
	}
	list := []any{}
	for _, unit := range units {
		list = append(list, q.department(unit))
	}
	return answer{"department": list}, nil
}

// simpleDepartments is GET /cgi-bin/department/simplelist: ids only.
func simpleDepartments(q *request) (answer, *apiError) {
	units, refusal := q.parties()
	if refusal != nil {
		return nil, refusal
	}
	list := []any{}
	for _, unit := range units {
		d := q.department(unit)
		list = append(list, map[string]any{"id": d["id"], "parentid": d["parentid"], "order": d["order"]})
	}
	return answer{"department_id": list}, nil
}

// getDepartment is GET /cgi-bin/department/get.
func getDepartment(q *request) (answer, *apiError) {
	if refusal := q.details(); refusal != nil {
		return nil, refusal
	}
	unit, refusal := q.party("id", true)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"department": q.department(unit)}, nil
}
