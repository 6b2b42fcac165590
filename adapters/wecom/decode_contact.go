package wecom

import (
	"strconv"
	"strings"

	"magpie/adapters/event"
)

// contact decodes a change of the contacts. Since 2022-08-15 such an event tells ids only: who wants the
// rest reads the person.
// Source: WeCom developer documents, "Member changes" (path 90970), checked 2026-11.
func (d *decoder) contact(ev *event.Event) bool {
	x := d.x
	id := x.str("UserID")
	ref := d.user(id)
	acc := &event.Account{
		Refs: []event.Ref{ref}, Name: x.str("Name"), Depts: list(x.str("Department")), Email: strings.ToLower(x.str("Email")),
		WorkEmail: strings.ToLower(x.str("BizMail")), Mobile: mobile(x.str("Mobile")), Title: x.str("Position"), Active: true,
	}
	switch s := x.str("Status"); s {
	case "2", "4":
		acc.Active = false
	case "5":
		acc.Active, acc.Left = false, true
	}
	body := &event.Directory{}
	change := strings.ToLower(x.str("ChangeType"))
	switch change {
	case "create_user":
		ev.Kind, body.Account = event.KindPersonCreated, acc
	case "update_user":
		ev.Kind, body.Account = event.KindPersonChanged, acc
		if now := x.str("NewUserID"); now != "" {
			ev.Kind, body.Old = event.KindPersonRenamed, []event.Ref{ref}
			acc.Refs = []event.Ref{d.user(now)}
		}
	case "delete_user":
		ev.Kind, body.Deleted = event.KindPersonLeft, true
		acc.Active, acc.Left = false, true
		body.Account = acc
	case "create_party", "update_party", "delete_party":
		ev.Kind = event.KindDeptChanged
		n, _ := strconv.ParseInt(x.str("Order"), 10, 64)
		body.Dept = &event.Department{Ref: d.dept(x.str("Id")), Name: x.str("Name"), Parent: x.str("ParentId"), Order: n}
		body.Deleted = change == "delete_party"
		ev.Body = body
		return x.str("Id") != ""
	case "update_tag":
		ev.Kind = event.KindDeptChanged
		body.Fields = []string{"tag:" + x.str("TagId")}
		ev.Body = body
		return x.str("TagId") != ""
	default:
		return false
	}
	ev.Body = body
	// Only ids come: names and the rest have to be read.
	body.Resync = change != "delete_user" && acc.Name == ""
	return id != ""
}

// mobile writes a number as E.164: WeCom gives those of the mainland without a country code.
func mobile(s string) string {
	s = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s))
	switch {
	case s == "" || strings.HasPrefix(s, "+"):
		return s
	case len(s) == 11 && s[0] == '1':
		return "+86" + s
	}
	return s
}
