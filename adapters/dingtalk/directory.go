package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/time/rate"

	"magpie/adapters"
	"magpie/adapters/event"
)

const (
	rootDept = "1"   // the whole organisation
	pageSize = 100   // people of one page
	maxDepts = 50000 // a tree larger than this has no end
)

// contactDept is a department as the contact interface gives it.
type contactDept struct {
	ID       looseText `json:"dept_id"`
	Name     string    `json:"name"`
	Parent   looseText `json:"parent_id"`
	Order    looseInt  `json:"order"`
	Managers looseList `json:"dept_manager_userid_list"` // of one department only, not in lists
}

// contactUser is a person as the contact interface gives them: lists leave some of it out.
type contactUser struct {
	ID        looseText       `json:"userid"`
	Union     looseText       `json:"unionid"`
	Name      looseText       `json:"name"`
	Mobile    looseText       `json:"mobile"`
	State     looseText       `json:"state_code"`
	Email     looseText       `json:"email"`
	OrgEmail  looseText       `json:"org_email"`
	JobNumber looseText       `json:"job_number"`
	Title     looseText       `json:"title"`
	Depts     looseList       `json:"dept_id_list"`
	Manager   *looseText      `json:"manager_userid"`
	Active    *looseBool      `json:"active"`
	Orders    json.RawMessage `json:"dept_order_list"`
}

// Departments lists every department that the app may see: the tree is walked from its root. The root itself is one
// of them, since people may stand directly in it. A page that fails makes the call fail.
// Source: DingTalk Open Platform, "Department management 2.0", checked 2026-08.
func (p *Platform) Departments(ctx context.Context) ([]event.Department, error) {
	depts, err := p.tree(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]event.Department, 0, len(depts))
	for _, d := range depts {
		full, err := p.department(ctx, string(d.ID))
		if err != nil {
			return nil, err
		}
		dept := event.Department{Ref: p.scoped().dept(string(d.ID)), Name: d.Name, Parent: string(d.Parent), Order: int64(d.Order)}
		if full.Name != "" {
			dept.Name = full.Name
		}
		for _, id := range full.Managers {
			dept.Leads = append(dept.Leads, p.scoped().user(id))
		}
		out = append(out, dept)
	}
	return out, nil
}

// department reads one department, with those who lead it.
func (p *Platform) department(ctx context.Context, id string) (contactDept, error) {
	var out struct {
		Result contactDept `json:"result"`
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return out.Result, p.invalid(opDirectory, errors.New("a department's id is a number"))
	}
	err = p.pull(ctx, "/topapi/v2/department/get", map[string]any{"dept_id": n}, &out)
	return out.Result, err
}

// tree walks the departments, parents before children. The tops of what the app may see have no Parent.
func (p *Platform) tree(ctx context.Context) ([]contactDept, error) {
	root, err := p.department(ctx, rootDept)
	if err != nil {
		return nil, err
	}
	root.ID, root.Parent = rootDept, ""
	out := []contactDept{root}
	seen := map[looseText]bool{rootDept: true}
	for i := 0; i < len(out); i++ {
		if len(out) > maxDepts {
			return nil, &adapters.Error{Connection: p.cfg.ID, Op: opDirectory, Kind: adapters.KindTransient, Err: errors.New("the tree of departments does not come to an end")}
		}
		var page struct {
			Result []contactDept `json:"result"`
		}
		if err := p.pull(ctx, "/topapi/v2/department/listsub", map[string]any{"dept_id": json.Number(out[i].ID)}, &page); err != nil {
			return nil, err
		}
		for _, d := range page.Result {
			if _, err := strconv.ParseInt(string(d.ID), 10, 64); err != nil || seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			d.Parent = out[i].ID
			out = append(out, d)
		}
	}
	return out, nil
}

// Accounts lists every person that the app may see, department by department. A page that fails makes the call
// fail. Where the lists name nobody's manager, each person is read once more by themselves.
// Source: DingTalk Open Platform, "User management 2.0", checked 2026-08.
func (p *Platform) Accounts(ctx context.Context) ([]event.Account, error) {
	depts, err := p.tree(ctx)
	if err != nil {
		return nil, err
	}
	var users []contactUser
	seen := map[looseText]bool{}
	managers := false
	for _, d := range depts {
		err := p.members(ctx, string(d.ID), func(u contactUser) {
			if u.ID != "" && !seen[u.ID] {
				seen[u.ID] = true
				managers = managers || u.Manager != nil
				users = append(users, u)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]event.Account, 0, len(users))
	for _, u := range users {
		if !managers {
			if u, err = p.user(ctx, opDirectory, string(u.ID)); err != nil {
				return nil, err
			}
		}
		out = append(out, p.account(u))
	}
	return out, nil
}

// members pages through the people who stand directly in a department.
func (p *Platform) members(ctx context.Context, dept string, each func(contactUser)) error {
	cursor, last := int64(0), int64(-1)
	for {
		var out struct {
			Result struct {
				More looseBool     `json:"has_more"`
				Next looseInt      `json:"next_cursor"`
				List []contactUser `json:"list"`
			} `json:"result"`
		}
		body := map[string]any{"dept_id": json.Number(dept), "cursor": cursor, "size": pageSize, "contain_access_limit": false}
		if err := p.pull(ctx, "/topapi/v2/user/list", body, &out); err != nil {
			return err
		}
		for _, u := range out.Result.List {
			each(u)
		}
		if !out.Result.More {
			return nil
		}
		if last, cursor = cursor, int64(out.Result.Next); cursor <= last {
			return &adapters.Error{Connection: p.cfg.ID, Op: opDirectory, Kind: adapters.KindTransient, Err: errors.New("the listing does not come to an end")}
		}
	}
}

// Account reads one person.
func (p *Platform) Account(ctx context.Context, ref event.Ref) (event.Account, error) {
	a, err := p.address(ctx, opAccount, ref)
	switch {
	case err != nil:
		return event.Account{}, err
	case a.user == "":
		return event.Account{}, p.invalid(opAccount, errors.New("a chat is not a person"))
	case a.only:
		return event.Account{}, p.notFound(opAccount, errors.New("a person without a userId here"))
	}
	u, err := p.user(ctx, opAccount, a.user)
	if err != nil {
		return event.Account{}, err
	}
	return p.account(u), nil
}

func (p *Platform) user(ctx context.Context, op, id string) (contactUser, error) {
	var out struct {
		Result contactUser `json:"result"`
	}
	call := p.pull
	if op != opDirectory {
		call = func(ctx context.Context, path string, in, out any) error {
			return p.api.contact(ctx, op, path, in, out)
		}
	}
	err := call(ctx, "/topapi/v2/user/get", map[string]any{"userid": id, "language": "zh_CN"}, &out)
	if err == nil && out.Result.ID == "" {
		out.Result.ID = looseText(id)
	}
	return out.Result, err
}

// userOf finds the userId of a unionId.
func (p *Platform) userOf(ctx context.Context, op, union string) (string, error) {
	var out struct {
		Result struct {
			User looseText `json:"userid"`
		} `json:"result"`
	}
	if err := p.api.contact(ctx, op, "/topapi/user/getbyunionid", map[string]any{"unionid": union}, &out); err != nil {
		return "", err
	}
	if out.Result.User == "" {
		return "", p.notFound(op, errors.New("nobody here has this unionId"))
	}
	return string(out.Result.User), nil
}

// account translates a person.
func (p *Platform) account(u contactUser) event.Account {
	s := p.scoped()
	a := event.Account{
		Refs: s.account(string(u.ID), string(u.Union)), Name: string(u.Name), EmployeeNo: string(u.JobNumber),
		Email: strings.ToLower(string(u.Email)), WorkEmail: strings.ToLower(string(u.OrgEmail)),
		Mobile: mobile(string(u.State), string(u.Mobile)), Title: string(u.Title),
		Depts: slices.Clone([]string(u.Depts)), Active: u.Active == nil || bool(*u.Active),
	}
	if u.Manager != nil && *u.Manager != "" {
		ref := s.user(string(*u.Manager))
		a.Manager = &ref
	}
	return a
}

// mobile writes a number with its country's code; China's where none is told.
func mobile(state, number string) string {
	number = strings.TrimSpace(number)
	if number == "" || strings.HasPrefix(number, "+") {
		return number
	}
	if state == "" {
		state = "86"
	}
	return "+" + strings.TrimPrefix(state, "+") + number
}

// pace keeps the many calls of a pull below DingTalk's rate of each interface.
func (p *Platform) pace(ctx context.Context, path string) error {
	p.pulls.mu.Lock()
	l := p.pulls.of[path]
	if l == nil {
		l = rate.NewLimiter(pullRate, pullBurst)
		if p.pulls.of == nil {
			p.pulls.of = map[string]*rate.Limiter{}
		}
		p.pulls.of[path] = l
	}
	p.pulls.mu.Unlock()
	if err := l.Wait(ctx); err != nil {
		return &adapters.Error{Connection: p.cfg.ID, Op: opDirectory, Kind: adapters.KindTransient, Err: err}
	}
	return nil
}

// pullRate and pullBurst together stay below the 20 calls a second that DingTalk takes of one interface.
const (
	pullRate  = 13
	pullBurst = 5
)

// pullPace is how fast each interface may be called by a pull.
type pullPace struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

// pull makes one call of a pull.
func (p *Platform) pull(ctx context.Context, path string, in, out any) error {
	if err := p.pace(ctx, path); err != nil {
		return err
	}
	return p.api.contact(ctx, opDirectory, path, in, out)
}
