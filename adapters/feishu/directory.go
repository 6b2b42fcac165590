package feishu

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"magpie/adapters/event"
)

// rootDept is the whole company.
const rootDept = "0"

// contactIDs are the query parameters by which all contact calls speak of people and departments.
func contactIDs(pageSize int) url.Values {
	q := url.Values{"user_id_type": {"open_id"}, "department_id_type": {"open_department_id"}}
	if pageSize > 0 {
		q.Set("page_size", strconv.Itoa(pageSize))
	}
	return q
}

// contactDept is a department as the contact interface gives it.
type contactDept struct {
	Name    string    `json:"name"`
	Open    string    `json:"open_department_id"`
	Parent  string    `json:"parent_department_id"`
	Leader  string    `json:"leader_user_id"`
	Order   looseText `json:"order"`
	Leaders []struct {
		Type looseText `json:"leaderType"` // 1 is the main one
		ID   string    `json:"leaderID"`
	} `json:"leaders"`
	Status struct {
		Deleted bool `json:"is_deleted"`
	} `json:"status"`
}

// Departments lists every department that the app may see. The tops of what it may see have no Parent,
// whatever is above them. A page that fails makes the call fail.
// Source: Feishu Open Platform, "Contacts", departments and scopes, checked 2026-11.
func (p *Platform) Departments(ctx context.Context) ([]event.Department, error) {
	s, err := p.needTenant(ctx, opDirectory)
	if err != nil {
		return nil, err
	}
	depts, _, err := p.visible(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, d := range depts {
		known[d.Open] = true
	}
	out := make([]event.Department, len(depts))
	for i, d := range depts {
		out[i] = department(s, d)
		if !known[out[i].Parent] {
			out[i].Parent = ""
		}
	}
	return out, nil
}

// Accounts lists every person that the app may see: the members of its departments, and those who are
// opened to it by themselves. A page that fails makes the call fail.
func (p *Platform) Accounts(ctx context.Context) ([]event.Account, error) {
	s, err := p.needTenant(ctx, opDirectory)
	if err != nil {
		return nil, err
	}
	depts, scope, err := p.visible(ctx)
	if err != nil {
		return nil, err
	}
	var out []event.Account
	seen := map[string]bool{}
	add := func(u contactUser) {
		if id := string(u.OpenID); id != "" && !seen[id] {
			seen[id] = true
			out = append(out, account(s, u))
		}
	}
	ids := make([]string, len(depts))
	for i, d := range depts {
		ids[i] = d.Open
	}
	if slices.Contains(scope.Departments, rootDept) {
		ids = append([]string{rootDept}, ids...)
	}
	for _, id := range ids {
		q := contactIDs(50)
		q.Set("department_id", id)
		err := p.api.pages(ctx, opDirectory, "/open-apis/contact/v3/users/find_by_department", q, func(data json.RawMessage) error {
			var page struct {
				Items []contactUser `json:"items"`
			}
			if err := json.Unmarshal(data, &page); err != nil {
				return err
			}
			for _, u := range page.Items {
				add(u)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, id := range scope.Users {
		if seen[id] {
			continue
		}
		u, err := p.user(ctx, opDirectory, id, "open_id")
		if err != nil {
			return nil, err
		}
		add(u)
	}
	return out, nil
}

// Account reads one person.
func (p *Platform) Account(ctx context.Context, ref event.Ref) (event.Account, error) {
	s, err := p.needTenant(ctx, opAccount)
	if err != nil {
		return event.Account{}, err
	}
	idType, err := p.address(ref)
	if err != nil {
		return event.Account{}, err
	}
	u, err := p.user(ctx, opAccount, ref.ID, idType)
	if err != nil {
		return event.Account{}, err
	}
	return account(s, u), nil
}

func (p *Platform) user(ctx context.Context, op, id, idType string) (contactUser, error) {
	var out struct {
		User contactUser `json:"user"`
	}
	q := contactIDs(0)
	q.Set("user_id_type", idType)
	path := "/open-apis/contact/v3/users/" + url.PathEscape(id)
	if op == opDirectory { // one of many
		err := p.api.paced(ctx, op, path, q, &out)
		return out.User, err
	}
	err := p.api.call(ctx, op, http.MethodGet, path, q, nil, &out)
	return out.User, err
}

// contactScope is what the app was opened for: tops of departments, and single persons.
type contactScope struct {
	Departments []string `json:"department_ids"`
	Users       []string `json:"user_ids"`
}

// visible lists the departments that the app may see, tops first, each once.
func (p *Platform) visible(ctx context.Context) ([]contactDept, contactScope, error) {
	var scope contactScope
	err := p.api.pages(ctx, opDirectory, "/open-apis/contact/v3/scopes", contactIDs(100), func(data json.RawMessage) error {
		var page contactScope
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		scope.Departments = append(scope.Departments, page.Departments...)
		scope.Users = append(scope.Users, page.Users...)
		return nil
	})
	if err != nil {
		return nil, scope, err
	}
	var out []contactDept
	seen := map[string]bool{rootDept: true}
	add := func(d contactDept) {
		if d.Open != "" && !seen[d.Open] && !d.Status.Deleted {
			seen[d.Open] = true
			out = append(out, d)
		}
	}
	for _, top := range scope.Departments {
		if top != rootDept {
			if seen[top] {
				continue // below one that was listed before
			}
			var one struct {
				Department contactDept `json:"department"`
			}
			path := "/open-apis/contact/v3/departments/" + url.PathEscape(top)
			if err := p.api.paced(ctx, opDirectory, path, contactIDs(0), &one); err != nil {
				return nil, scope, err
			}
			add(one.Department)
		}
		q := contactIDs(50)
		q.Set("fetch_child", "true")
		path := "/open-apis/contact/v3/departments/" + url.PathEscape(top) + "/children"
		err := p.api.pages(ctx, opDirectory, path, q, func(data json.RawMessage) error {
			var page struct {
				Items []contactDept `json:"items"`
			}
			if err := json.Unmarshal(data, &page); err != nil {
				return err
			}
			for _, d := range page.Items {
				add(d)
			}
			return nil
		})
		if err != nil {
			return nil, scope, err
		}
	}
	return out, scope, nil
}

// account translates a person: the same as in contact events.
func account(s scoped, u contactUser) event.Account {
	return *(&decoder{scoped: s}).changedAccount(u)
}

// department translates a department, its main lead first.
func department(s scoped, d contactDept) event.Department {
	out := event.Department{Ref: s.dept(d.Open), Name: d.Name, Parent: d.Parent, Order: readInt(d.Order)}
	if d.Parent == rootDept {
		out.Parent = ""
	}
	dec := &decoder{scoped: s}
	add := func(id string, front bool) {
		ref := dec.person(id)
		if id == "" || slices.Contains(out.Leads, ref) {
			return
		}
		if front {
			out.Leads = slices.Insert(out.Leads, 0, ref)
		} else {
			out.Leads = append(out.Leads, ref)
		}
	}
	for _, l := range d.Leaders {
		add(l.ID, l.Type == "1")
	}
	if len(out.Leads) == 0 {
		add(d.Leader, true)
	}
	return out
}
