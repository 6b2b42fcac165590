package feishu

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"magpie/adapters/event"
)

// contactUser is a person as the contact events show them. Only what the app may see is filled.
type contactUser struct {
	personIDs
	Name      looseText `json:"name"`
	EnName    looseText `json:"en_name"`
	Email     looseText `json:"email"`
	WorkEmail looseText `json:"enterprise_email"`
	Mobile    looseText `json:"mobile"`
	Title     looseText `json:"job_title"`
	No        looseText `json:"employee_no"`
	Leader    looseText `json:"leader_user_id"` // an open_id
	Depts     []string  `json:"department_ids"`
	Orders    []struct {
		Dept    looseText `json:"department_id"`
		Primary bool      `json:"is_primary_dept"`
	} `json:"orders"`
	Status *struct {
		Frozen    bool `json:"is_frozen"`
		Resigned  bool `json:"is_resigned"`
		Activated bool `json:"is_activated"`
		Exited    bool `json:"is_exited"`
		Unjoined  bool `json:"is_unjoin"`
	} `json:"status"`
}

// changedAccount makes an account of a contact event's person. Without a status a person counts as active.
func (d *decoder) changedAccount(u contactUser) *event.Account {
	a := &event.Account{
		Refs: d.account(string(u.OpenID), string(u.UnionID), string(u.UserID)),
		Name: string(u.Name), EnName: string(u.EnName), EmployeeNo: string(u.No),
		Email: string(u.Email), WorkEmail: string(u.WorkEmail), Mobile: string(u.Mobile), Title: string(u.Title),
		Depts:  slices.Clone(u.Depts),
		Active: true,
	}
	for _, o := range u.Orders {
		if o.Primary && o.Dept != "" {
			id := string(o.Dept)
			a.Depts = append([]string{id}, slices.DeleteFunc(a.Depts, func(s string) bool { return s == id })...)
			break
		}
	}
	if u.Leader != "" {
		ref := d.person(string(u.Leader))
		a.Manager = &ref
	}
	if s := u.Status; s != nil {
		a.Active = s.Activated && !s.Frozen && !s.Resigned && !s.Exited
		a.Left = s.Resigned || s.Exited
	}
	return a
}

// person makes a reference of an id whose type the field does not name, by its prefix.
func (d *decoder) person(id string) event.Ref {
	switch {
	case strings.HasPrefix(id, "ou_"):
		return d.user(id)
	case strings.HasPrefix(id, "on_"):
		return d.union(id)
	}
	return d.employee(id)
}

// userEvent is the event of contact.user.*_v3.
type userEvent struct {
	Object contactUser     `json:"object"`
	Old    json.RawMessage `json:"old_object"` // only what changed, and the open_id
}

func (d *decoder) userEvent(ev *event.Event, kind event.Kind) (userEvent, *event.Directory, bool) {
	var in userEvent
	if decodeLenient(d.env.event, &in) != nil || in.Object.empty() {
		return in, nil, false
	}
	body := &event.Directory{Account: d.changedAccount(in.Object)}
	ev.Kind, ev.Body = kind, body
	return in, body, true
}

func (d *decoder) userCreated(ev *event.Event) bool {
	_, _, ok := d.userEvent(ev, event.KindPersonCreated)
	return ok
}

// userUpdated is a rename when the tenant's own id of the person changed.
func (d *decoder) userUpdated(ev *event.Event) bool {
	in, body, ok := d.userEvent(ev, event.KindPersonChanged)
	if !ok {
		return false
	}
	var old personIDs
	_ = decodeLenient(in.Old, &old)
	body.Fields = fieldsOf(in.Old)
	if old.UserID != "" && old.UserID != in.Object.UserID {
		ev.Kind = event.KindPersonRenamed
		body.Old = []event.Ref{d.employee(string(old.UserID))}
	}
	return true
}

// userDeleted finds the departments in old_object: they are not filled in object here.
func (d *decoder) userDeleted(ev *event.Event) bool {
	in, body, ok := d.userEvent(ev, event.KindPersonLeft)
	if !ok {
		return false
	}
	var old struct {
		Depts []string `json:"department_ids"`
	}
	_ = decodeLenient(in.Old, &old)
	if len(in.Object.Depts) == 0 {
		in.Object.Depts = old.Depts
		body.Account = d.changedAccount(in.Object)
	}
	body.Deleted = true
	body.Account.Active, body.Account.Left = false, true
	return true
}

// fieldsOf lists the keys of old_object, sorted, without the id that is always there.
func fieldsOf(raw json.RawMessage) []string {
	var m map[string]json.RawMessage
	if len(bytes.TrimSpace(raw)) == 0 || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	delete(m, "open_id")
	delete(m, "open_department_id")
	return slices.Sorted(maps.Keys(m))
}

// deptEvent is the event of contact.department.*_v3. Leaders are in camel case, unlike everything else.
type deptEvent struct {
	Object struct {
		Name    looseText `json:"name"`
		Open    looseText `json:"open_department_id"`
		Own     looseText `json:"department_id"`
		Parent  looseText `json:"parent_department_id"`
		Leader  looseText `json:"leader_user_id"`
		Order   looseText `json:"order"` // a number here, a string in the API
		Leaders []struct {
			Type looseText `json:"leaderType"` // 1 is the main one
			ID   looseText `json:"leaderID"`
		} `json:"leaders"`
		Status struct {
			Deleted bool `json:"is_deleted"`
		} `json:"status"`
	} `json:"object"`
	Old json.RawMessage `json:"old_object"`
}

func (d *decoder) deptChanged(ev *event.Event) bool {
	var in deptEvent
	if decodeLenient(d.env.event, &in) != nil || in.Object.Open == "" {
		return false
	}
	o := in.Object
	dept := &event.Department{Ref: d.dept(string(o.Open)), Name: string(o.Name), Parent: string(o.Parent)}
	if dept.Parent == "0" {
		dept.Parent = ""
	}
	dept.Order = readInt(o.Order)
	for _, l := range o.Leaders {
		if l.ID == "" {
			continue
		}
		ref := d.person(string(l.ID))
		if l.Type == "1" {
			dept.Leads = append([]event.Ref{ref}, dept.Leads...)
			continue
		}
		dept.Leads = append(dept.Leads, ref)
	}
	if len(dept.Leads) == 0 && o.Leader != "" {
		dept.Leads = []event.Ref{d.person(string(o.Leader))}
	}
	ev.Kind = event.KindDeptChanged
	ev.Body = &event.Directory{Dept: dept, Deleted: o.Status.Deleted, Fields: fieldsOf(in.Old)}
	return true
}

func (d *decoder) deptDeleted(ev *event.Event) bool {
	if !d.deptChanged(ev) {
		return false
	}
	body := ev.Body.(*event.Directory)
	body.Deleted, body.Fields = true, nil
	return true
}

// scopeUpdated says that other people and departments than before are visible to the app. The lists name
// only the tops of what moved, so that the directory has to be pulled again.
func (d *decoder) scopeUpdated(ev *event.Event) bool {
	ev.Kind, ev.Body = event.KindDeptChanged, &event.Directory{Resync: true}
	return true
}
