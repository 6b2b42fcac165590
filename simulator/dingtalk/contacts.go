package dingtalk

import (
	"slices"
	"strings"

	"magpie/simulator"
)

const (
	maxUserPage = 100
	mainland    = "+86"
)

// userView is a person as the directory returns them; mobile and e-mail need scopes of their own.
//
// Source: DingTalk Open Platform, "Query user details", checked 2026-08.
func (q *request) userView(p simulator.Person) map[string]any {
	s, unit := q.s, q.s.unitID(p.Department)
	d, _ := s.company.Department(p.Department)
	out := map[string]any{
		"userid": s.userID(p.ID), "unionid": s.unionID(p.ID), "name": p.Name, "avatar": "", "job_number": p.EmployeeNo, "title": p.Title,
		"work_place": "", "remark": "", "telephone": "", "extension": "{}",
		"dept_id_list": []int64{unit}, "dept_order_list": []map[string]any{{"dept_id": unit, "order": 1}},
		"leader_in_dept": []map[string]any{{"dept_id": unit, "leader": d.Lead == p.ID}},
		"role_list":      s.rolesOf(p.ID), "active": true, "admin": slices.Contains(s.admins, p.ID), "boss": slices.Contains(s.admins, p.ID), "senior": false,
		"real_authed": true, "hide_mobile": false, "exclusive_account": false, "hired_date": p.Joined * 1000, "create_time": "2018-03-01T01:00:00.000Z",
	}
	if p.Manager != "" {
		out["manager_userid"] = s.userID(p.Manager)
	}
	if q.app.granted(scopeMobile) {
		out["mobile"], out["state_code"] = strings.TrimPrefix(p.Mobile, mainland), "86"
	}
	if q.app.granted(scopeEmail) {
		out["email"], out["org_email"] = p.Email, ""
	}
	return out
}

// visible finds a person that the app may see.
func (q *request) visible(userID string) (simulator.Person, *apiError) {
	person, there := q.s.byUser[userID]
	switch {
	case !there:
		return simulator.Person{}, deny(60121, "找不到该用户")
	case !q.s.available(q.app, person):
		return simulator.Person{}, deny(50002, "员工不在授权范围内")
	}
	p, _ := q.s.company.Person(person)
	return p, nil
}

// unit finds a department by its number; "" is the organisation itself.
func (q *request) unit(id number) (string, *apiError) {
	department, there := q.s.byUnit[int64(id)]
	if !there {
		return "", deny(60003, "部门不存在")
	}
	return department, nil
}

// getUser is POST /topapi/v2/user/get.
func getUser(q *request) (answer, *apiError) {
	var in struct {
		UserID   string `json:"userid"`
		Language string `json:"language"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	if in.UserID == "" {
		return nil, badField("userid is required")
	}
	p, refusal := q.visible(in.UserID)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"result": q.userView(p)}, nil
}

// userByMobile is POST /topapi/v2/user/getbymobile.
func userByMobile(q *request) (answer, *apiError) {
	var in struct {
		Mobile string `json:"mobile"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	if in.Mobile == "" {
		return nil, badField("mobile is required")
	}
	for _, p := range q.s.company.People {
		if strings.TrimPrefix(p.Mobile, mainland) == strings.TrimPrefix(strings.TrimPrefix(in.Mobile, mainland), "86-") && q.s.available(q.app, p.ID) {
			return answer{"result": map[string]any{"userid": q.s.userID(p.ID)}}, nil
		}
	}
	return nil, deny(60121, "找不到该用户")
}

// userByUnion is POST /topapi/user/getbyunionid.
func userByUnion(q *request) (answer, *apiError) {
	var in struct {
		UnionID string `json:"unionid"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	person, there := q.s.byOne[in.UnionID]
	if !there || !q.s.available(q.app, person) {
		return nil, deny(60121, "找不到该用户")
	}
	return answer{"result": map[string]any{"contact_type": 0, "userid": q.s.userID(person)}}, nil
}

// userPage are the fields of the calls that list a department.
type userPage struct {
	DeptID number `json:"dept_id"`
	Cursor number `json:"cursor"`
	Size   number `json:"size"`
}

// members lists the people directly in a department that the app may see. Nobody is filed under the
// organisation itself.
func (q *request) members(department string) []simulator.Person {
	out := []simulator.Person{}
	for _, p := range q.s.company.Members(department) {
		if q.s.available(q.app, p.ID) {
			out = append(out, p)
		}
	}
	return out
}

// listUsers is POST /topapi/v2/user/list, listSimple its sister with names only.
func listUsers(q *request) (answer, *apiError)  { return q.userList(q.userView) }
func listSimple(q *request) (answer, *apiError) { return q.userList(q.simpleView) }

func (q *request) simpleView(p simulator.Person) map[string]any {
	return map[string]any{"userid": q.s.userID(p.ID), "name": p.Name}
}

func (q *request) userList(view func(simulator.Person) map[string]any) (answer, *apiError) {
	var in userPage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	department, refusal := q.unit(in.DeptID)
	if refusal != nil {
		return nil, refusal
	}
	list := q.members(department)
	if in.Size < 1 || in.Size > maxUserPage || in.Cursor < 0 {
		return nil, badField("size must be 1 to 100 and cursor not negative")
	}
	from := min(int(in.Cursor), len(list))
	to := min(from+int(in.Size), len(list))
	rows := []map[string]any{}
	for _, p := range list[from:to] {
		rows = append(rows, view(p))
	}
	result := map[string]any{"has_more": to < len(list), "list": rows}
	if to < len(list) {
		result["next_cursor"] = to
	}
	return answer{"result": result}, nil
}

// listUserIDs is POST /topapi/user/listid.
func listUserIDs(q *request) (answer, *apiError) {
	var in userPage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	department, refusal := q.unit(in.DeptID)
	if refusal != nil {
		return nil, refusal
	}
	ids := []string{}
	for _, p := range q.members(department) {
		ids = append(ids, q.s.userID(p.ID))
	}
	return answer{"result": map[string]any{"userid_list": ids}}, nil
}

// countUsers is POST /topapi/user/count.
func countUsers(q *request) (answer, *apiError) {
	return answer{"result": map[string]any{"count": len(q.s.company.People)}}, nil
}

// listAdmins is POST /topapi/user/listadmin.
func listAdmins(q *request) (answer, *apiError) {
	list := []map[string]any{}
	for _, p := range q.s.company.People {
		if slices.Contains(q.s.admins, p.ID) {
			list = append(list, map[string]any{"userid": q.s.userID(p.ID), "sys_level": 2})
		}
	}
	return answer{"result": list}, nil
}

// unitRow is a department among its siblings.
func (q *request) unitRow(d simulator.Department) map[string]any {
	return map[string]any{"dept_id": q.s.unitID(d.ID), "name": d.Name, "parent_id": q.s.unitID(d.Parent), "create_dept_group": false, "auto_add_user": false}
}

// children reads the department of a request and lists those directly below it.
func (q *request) children() ([]simulator.Department, *apiError) {
	in := userPage{DeptID: rootUnit}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	department, refusal := q.unit(in.DeptID)
	if refusal != nil {
		return nil, refusal
	}
	return q.s.company.Children(department), nil
}

// listUnits is POST /topapi/v2/department/listsub: direct children only.
func listUnits(q *request) (answer, *apiError) {
	list, refusal := q.children()
	if refusal != nil {
		return nil, refusal
	}
	rows := []map[string]any{}
	for _, d := range list {
		rows = append(rows, q.unitRow(d))
	}
	return answer{"result": rows}, nil
}

// listUnitIDs is POST /topapi/v2/department/listsubid.
func listUnitIDs(q *request) (answer, *apiError) {
	list, refusal := q.children()
	if refusal != nil {
		return nil, refusal
	}
	ids := []int64{}
	for _, d := range list {
		ids = append(ids, q.s.unitID(d.ID))
	}
	return answer{"result": map[string]any{"dept_id_list": ids}}, nil
}

// getUnit is POST /topapi/v2/department/get.
func getUnit(q *request) (answer, *apiError) {
	var in userPage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	id, refusal := q.unit(in.DeptID)
	if refusal != nil {
		return nil, refusal
	}
	d, there := q.s.company.Department(id)
	if !there {
		return answer{"result": map[string]any{"dept_id": rootUnit, "name": q.s.company.Name, "dept_manager_userid_list": []string{}, "org_dept_owner": ""}}, nil
	}
	row := q.unitRow(d)
	leads := []string{}
	if d.Lead != "" {
		leads = append(leads, q.s.userID(d.Lead))
	}
	row["dept_manager_userid_list"], row["order"], row["member_count"] = leads, 1, len(q.s.company.Members(d.ID))
	row["hide_dept"], row["outer_dept"], row["from_union_org"], row["brief"] = false, false, false, ""
	return answer{"result": row}, nil
}

// unitsAbove lists the ids from a department up to the organisation.
func (q *request) unitsAbove(department string) []int64 {
	out := []int64{}
	for d, ok := q.s.company.Department(department); ok; d, ok = q.s.company.Department(d.Parent) {
		out = append(out, q.s.unitID(d.ID))
	}
	return append(out, rootUnit)
}

// parentsOfUser is POST /topapi/v2/department/listparentbyuser.
func parentsOfUser(q *request) (answer, *apiError) {
	var in struct {
		UserID string `json:"userid"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	p, refusal := q.visible(in.UserID)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"result": map[string]any{"parent_list": []map[string]any{{"parent_dept_id_list": q.unitsAbove(p.Department)}}}}, nil
}

// parentsOfUnit is POST /topapi/v2/department/listparentbydept.
func parentsOfUnit(q *request) (answer, *apiError) {
	var in userPage
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	id, refusal := q.unit(in.DeptID)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"result": map[string]any{"parent_id_list": q.unitsAbove(id)}}, nil
}

// searchUsers is POST /v1.0/contact/users/search: ids only.
func searchUsers(q *request) (answer, *apiError) {
	var in struct {
		QueryWord string `json:"queryWord"`
		Offset    int    `json:"offset"`
		Size      int    `json:"size"`
		Full      int    `json:"fullMatchField"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if in.QueryWord == "" || in.Size < 1 || in.Size > 50 || in.Offset < 0 {
		return nil, badParam("queryWord", "queryWord and a size of 1 to 50 are required")
	}
	ids := []string{}
	for _, p := range q.s.company.People {
		if q.s.available(q.app, p.ID) && (p.Name == in.QueryWord || in.Full != 1 && strings.Contains(p.Name, in.QueryWord)) {
			ids = append(ids, q.s.userID(p.ID))
		}
	}
	from := min(in.Offset, len(ids))
	to := min(from+in.Size, len(ids))
	return answer{"hasMore": to < len(ids), "totalCount": len(ids), "list": ids[from:to]}, nil
}
