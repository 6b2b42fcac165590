package wecom

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/work/addresslist"
	workcontext "github.com/silenceper/wechat/v2/work/context"

	"magpie/adapters"
	"magpie/adapters/event"
)

var _ adapters.Directory = (*Platform)(nil)

// Where employee numbers are. WeCom has no field for them.
const (
	numberInUserID = "userid"
	numberInAlias  = "alias"
	numberInAttr   = "attr:" // and the name of the field in the contacts
)

// member is a person as user/list tells them. Who made the app after 2022-06-20 gets neither mobile nor mail.
type member struct {
	UserID   string    `json:"userid"`
	Name     string    `json:"name"`
	EnName   string    `json:"english_name"`
	Alias    string    `json:"alias"`
	Depts    []int     `json:"department"`
	Main     int       `json:"main_department"`
	Position string    `json:"position"`
	Mobile   string    `json:"mobile"`
	Email    string    `json:"email"`
	BizMail  string    `json:"biz_mail"`
	Leaders  []string  `json:"direct_leader"`
	Status   looseText `json:"status"`
	Extra    struct {
		Attrs []attr `json:"attrs"`
	} `json:"extattr"`
}

type attr struct {
	Name string `json:"name"`
	Text struct {
		Value string `json:"value"`
	} `json:"text"`
}

// Departments lists every department that the app may see. The tops have no Parent.
// Source: WeCom developer documents, "List departments" (path 90208), checked 2026-11.
func (p *Platform) Departments(ctx context.Context) ([]event.Department, error) {
	list, err := p.departments(ctx)
	if err != nil {
		return nil, err
	}
	known := map[int]bool{}
	for _, d := range list {
		known[d.ID] = true
	}
	out := make([]event.Department, 0, len(list))
	for _, d := range list {
		dep := event.Department{Ref: p.refs().dept(strconv.Itoa(d.ID)), Name: d.Name, Order: -int64(d.Order)} // the largest is the first
		if known[d.ParentID] && d.ParentID != d.ID {
			dep.Parent = strconv.Itoa(d.ParentID)
		}
		for _, l := range d.DepartmentLeader {
			dep.Leads = append(dep.Leads, p.refs().user(l))
		}
		out = append(out, dep)
	}
	return out, nil
}

func (p *Platform) departments(ctx context.Context) (list []*addresslist.Department, err error) {
	if p.cfg.Kind == KindRobot {
		return nil, adapters.Unsupported(p.cfg.ID, "directory")
	}
	err = p.api.library(ctx, opDirectory, true, func(wc *workcontext.Context) (err error) {
		list, err = addresslist.NewClient(wc).DepartmentList()
		return err
	})
	return slices.DeleteFunc(list, func(d *addresslist.Department) bool { return d == nil || d.ID <= 0 }), err
}

// Accounts lists every person that the app may see, department by department: of a whole company at once WeCom may
// say that the answer is too large. A department that fails makes the call fail.
// Source: WeCom developer documents, "List members of a department" (path 90201), checked 2026-11.
func (p *Platform) Accounts(ctx context.Context) ([]event.Account, error) {
	list, err := p.departments(ctx)
	if err != nil {
		return nil, err
	}
	var out []event.Account
	seen := map[event.Ref]bool{}
	for _, d := range list {
		var page struct {
			Users []member `json:"userlist"`
		}
		q := url.Values{"department_id": {strconv.Itoa(d.ID)}, "fetch_child": {"0"}}
		if err := p.api.call(ctx, opDirectory, http.MethodGet, "/cgi-bin/user/list", q, nil, &page); err != nil {
			return nil, err
		}
		for _, m := range page.Users {
			a := p.account(m)
			if m.UserID == "" || seen[a.Refs[0]] {
				continue // who is in two departments comes twice
			}
			seen[a.Refs[0]] = true
			out = append(out, a)
		}
	}
	return out, nil
}

// Account reads one person.
// Source: WeCom developer documents, "Read a member" (path 90196), checked 2026-11.
func (p *Platform) Account(ctx context.Context, ref event.Ref) (event.Account, error) {
	if p.cfg.Kind == KindRobot {
		return event.Account{}, adapters.Unsupported(p.cfg.ID, "directory")
	}
	if err := p.address(ref); err != nil {
		return event.Account{}, err
	}
	if ref.Kind != event.RefUser {
		return event.Account{}, p.invalid(opAccount, errors.New("not a person"))
	}
	var got *addresslist.UserGetResponse
	err := p.api.library(ctx, opAccount, true, func(wc *workcontext.Context) (err error) {
		got, err = addresslist.NewClient(wc).UserGet(ref.ID)
		return err
	})
	if err != nil {
		return event.Account{}, err
	}
	m := member{
		UserID: got.UserID, Name: got.Name, Alias: got.Alias, Depts: got.Department, Main: got.MainDepartment, Position: got.Position,
		Mobile: got.Mobile, Email: got.Email, BizMail: got.BizMail, Leaders: got.DirectLeader, Status: looseText(strconv.Itoa(got.Status)),
	}
	for _, a := range got.Extattr.Attrs {
		x := attr{Name: a.Name}
		x.Text.Value = a.Text.Value
		m.Extra.Attrs = append(m.Extra.Attrs, x)
	}
	return p.account(m), nil
}

// account translates a person.
func (p *Platform) account(m member) event.Account {
	a := event.Account{
		Refs: []event.Ref{p.refs().user(m.UserID)}, Name: m.Name, EnName: m.EnName, EmployeeNo: p.number(m),
		Email: strings.ToLower(m.Email), WorkEmail: strings.ToLower(m.BizMail), Mobile: mobile(m.Mobile), Title: m.Position,
		Active: m.Status != "2" && m.Status != "5", Left: m.Status == "5",
	}
	if m.Main > 0 {
		a.Depts = append(a.Depts, strconv.Itoa(m.Main))
	}
	for _, d := range m.Depts {
		if s := strconv.Itoa(d); !slices.Contains(a.Depts, s) {
			a.Depts = append(a.Depts, s)
		}
	}
	if len(m.Leaders) > 0 && m.Leaders[0] != "" {
		lead := p.refs().user(m.Leaders[0])
		a.Manager = &lead
	}
	return a
}

// number is a person's employee number, from where the configuration says.
func (p *Platform) number(m member) string {
	switch p.cfg.EmployeeNo {
	case numberInUserID:
		return m.UserID
	case numberInAlias:
		return m.Alias
	}
	name, _ := strings.CutPrefix(p.cfg.EmployeeNo, numberInAttr)
	for _, x := range m.Extra.Attrs {
		if x.Name == name {
			return strings.TrimSpace(x.Text.Value)
		}
	}
	return ""
}
