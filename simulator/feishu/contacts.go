package feishu

import (
	"strings"

	"magpie/simulator"
)

const (
	maxLookups = 50 // emails, and mobiles, in one batch_get_id; ids in one users/batch
	mainland   = "+86"
)

// userStatus is everybody's: nobody resigns in the sample company.
var userStatus = map[string]bool{"is_frozen": false, "is_resigned": false, "is_activated": true, "is_exited": false, "is_unjoin": false}

// userView is a person as the directory returns them.
func (q *request) userView(p simulator.Person, idType, unitType string) map[string]any {
	s, unit := q.s, q.unit(p.Department, unitType)
	out := map[string]any{
		"open_id": s.openID(q.app, p.ID), "union_id": s.unionID(p.ID), "user_id": s.userID(p.ID),
		"name": p.Name, "en_name": p.EnName, "nickname": "", "email": p.Email, "enterprise_email": "", "mobile": p.Mobile, "mobile_visible": true,
		"gender": p.Gender, "avatar": map[string]string{"avatar_72": "", "avatar_240": "", "avatar_640": "", "avatar_origin": ""},
		"status": userStatus, "department_ids": []string{unit}, "job_title": p.Title, "employee_no": p.EmployeeNo, "employee_type": 1,
		"join_time": p.Joined, "is_tenant_manager": p.Manager == "", "city": "北京", "country": "CN", "work_station": "",
		"orders": []map[string]any{{"department_id": unit, "user_order": 0, "department_order": 1, "is_primary_dept": true}},
	}
	if p.Manager != "" {
		out["leader_user_id"] = s.personID(q.app, idType, p.Manager)
	}
	return out
}

// unit is a department's id of the type a query asks for.
func (q *request) unit(id, unitType string) string {
	if unitType == "department_id" && id != "" {
		return id
	}
	return q.s.unitID(id)
}

// unitTypeOf reads department_id_type; open_department_id when absent.
func (q *request) unitType() (string, *apiError) {
	switch t := q.query.Get("department_id_type"); t {
	case "":
		return "open_department_id", nil
	case "open_department_id", "department_id":
		return t, nil
	}
	return "", badField("department_id_type", "department_id_type is optional, options: [department_id, open_department_id]")
}

// types reads both id types of a directory call.
func (q *request) types() (idType, unitType string, refusal *apiError) {
	if idType, refusal = q.idType("user_id_type"); refusal == nil {
		unitType, refusal = q.unitType()
	}
	return idType, unitType, refusal
}

// department finds one by an id of either type; "0" is the company, whose id here is "".
func (q *request) department(id, unitType string) (string, *apiError) {
	if id == "0" {
		return "", nil
	}
	for _, d := range q.s.company.Departments {
		if q.unit(d.ID, unitType) == id {
			return d.ID, nil
		}
	}
	return "", fail(43004)
}

// getUser is GET /contact/v3/users/:user_id.
func getUser(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	p, refusal := q.user(idType, q.path("id"))
	if refusal != nil {
		return nil, refusal
	}
	return data(map[string]any{"user": q.userView(p, idType, unitType)}), nil
}

func (q *request) user(idType, id string) (simulator.Person, *apiError) {
	person, found, crossApp := q.s.personOf(q.app, idType, id)
	switch {
	case crossApp:
		return simulator.Person{}, fail(99992361)
	case !found:
		return simulator.Person{}, fail(41012)
	case !q.s.available(q.app, person):
		return simulator.Person{}, fail(41050)
	}
	p, _ := q.s.company.Person(person)
	return p, nil
}

// batchUsers is GET /contact/v3/users/batch; those who cannot be seen are left out.
func batchUsers(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	ids := q.query["user_ids"]
	if len(ids) == 0 || len(ids) > maxLookups {
		return nil, badField("user_ids", "the length of user_ids must be between 1 and 50")
	}
	items := []any{}
	for _, id := range ids {
		p, refusal := q.user(idType, id)
		if refusal != nil && refusal.code == 99992361 {
			return nil, refusal
		}
		if refusal == nil {
			items = append(items, q.userView(p, idType, unitType))
		}
	}
	return data(map[string]any{"items": items}), nil
}

// batchGetID is POST /contact/v3/users/batch_get_id. Who is not found comes back without a user_id.
func batchGetID(q *request) (answer, *apiError) {
	idType, refusal := q.idType("user_id_type")
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		Emails  []string `json:"emails"`
		Mobiles []string `json:"mobiles"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if len(in.Emails) > maxLookups || len(in.Mobiles) > maxLookups {
		return nil, badField("emails", "the max len of emails and of mobiles is 50")
	}
	if len(in.Emails)+len(in.Mobiles) == 0 {
		return nil, badField("emails", "emails or mobiles is required")
	}
	list := []any{}
	look := func(field, value string, is func(simulator.Person) bool) {
		row := map[string]any{field: value}
		for _, p := range q.s.company.People {
			if is(p) && q.s.available(q.app, p.ID) {
				row["user_id"], row["status"] = q.s.personID(q.app, idType, p.ID), userStatus
			}
		}
		list = append(list, row)
	}
	for _, email := range in.Emails {
		look("email", email, func(p simulator.Person) bool { return strings.EqualFold(p.Email, email) })
	}
	for _, mobile := range in.Mobiles {
		full := mobile
		if !strings.HasPrefix(full, "+") {
			full = mainland + full
		}
		look("mobile", mobile, func(p simulator.Person) bool { return p.Mobile == full })
	}
	return data(map[string]any{"user_list": list}), nil
}

// usersOfDepartment is GET /contact/v3/users/find_by_department: direct members only.
func usersOfDepartment(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	if q.query.Get("department_id") == "" {
		return nil, badField("department_id", "department_id is required")
	}
	id, refusal := q.department(q.query.Get("department_id"), unitType)
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	if id != "" { // nobody is filed directly under the company
		for _, p := range q.s.company.Members(id) {
			if q.s.available(q.app, p.ID) {
				list = append(list, func() any { return q.userView(p, idType, unitType) })
			}
		}
	}
	return q.page(list, 10, 50)
}

// departmentView is a unit as the directory returns it.
func (q *request) departmentView(d simulator.Department, idType, unitType string) map[string]any {
	lead := ""
	if d.Lead != "" {
		lead = q.s.personID(q.app, idType, d.Lead)
	}
	return map[string]any{"name": d.Name, "department_id": d.ID, "open_department_id": q.s.unitID(d.ID),
		"parent_department_id": q.unit(d.Parent, unitType), "leader_user_id": lead, "chat_id": q.s.groupID(d.ID), "order": "0",
		"member_count": len(q.s.company.Members(d.ID)), "primary_member_count": len(q.s.company.Members(d.ID)),
		"status":  map[string]bool{"is_deleted": false},
		"leaders": []map[string]any{{"leaderType": 1, "leaderID": lead}}}
}

// childDepartments is GET /contact/v3/departments/:id/children.
func childDepartments(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	id, refusal := q.department(q.path("id"), unitType)
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	var collect func(parent string)
	collect = func(parent string) {
		for _, d := range q.s.company.Children(parent) {
			list = append(list, q.departmentView(d, idType, unitType))
			if q.query.Get("fetch_child") == "true" {
				collect(d.ID)
			}
		}
	}
	collect(id)
	return q.page(list, 10, 50)
}

// parentDepartments is GET /contact/v3/departments/parent: from the nearest up.
func parentDepartments(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	id, refusal := q.department(q.query.Get("department_id"), unitType)
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	for d, ok := q.s.company.Department(id); ok && d.Parent != ""; {
		if d, ok = q.s.company.Department(d.Parent); ok {
			list = append(list, q.departmentView(d, idType, unitType))
		}
	}
	return q.page(list, 10, 50)
}

// getDepartment is GET /contact/v3/departments/:id.
func getDepartment(q *request) (answer, *apiError) {
	idType, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	id, refusal := q.department(q.path("id"), unitType)
	if refusal != nil {
		return nil, refusal
	}
	d, there := q.s.company.Department(id)
	if !there {
		d = simulator.Department{Name: q.s.company.Name}
		return data(map[string]any{"department": map[string]any{"name": d.Name, "department_id": "0", "open_department_id": "0",
			"parent_department_id": "", "member_count": len(q.s.company.People), "status": map[string]bool{"is_deleted": false}}}), nil
	}
	return data(map[string]any{"department": q.departmentView(d, idType, unitType)}), nil
}

// getScopes is GET /contact/v3/scopes: what the app may see, here every department at the top.
func getScopes(q *request) (answer, *apiError) {
	_, unitType, refusal := q.types()
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	for _, d := range q.s.company.Children("") {
		list = append(list, q.unit(d.ID, unitType))
	}
	out, refusal := q.page(list, 50, 100)
	if refusal != nil {
		return nil, refusal
	}
	body := out["data"].(map[string]any)
	body["department_ids"], body["user_ids"], body["group_ids"] = body["items"], []string{}, []string{}
	delete(body, "items")
	return out, nil
}
