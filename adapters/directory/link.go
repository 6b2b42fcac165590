package directory

import (
	"fmt"
	"sort"
	"strings"

	"magpie/adapters"
	"magpie/adapters/event"
)

// Key is something that tells that two accounts are one person.
type Key string

const (
	ByEmployeeNo Key = "employee_no"
	ByEmail      Key = "email"
	ByMobile     Key = "mobile"
)

// Known is what the store holds before a change.
type Known struct {
	Persons []adapters.Person
	// Links tells the person of each id of an account.
	Links map[event.Ref]string
}

// Link decides which person each account belongs to, makes persons for those that nobody has, and takes
// over what the suite says of them. It is pure; the answer holds only persons that are new or changed.
func Link(connection string, accounts []event.Account, known Known, by []Key) ([]adapters.LinkedAccount, []adapters.Person) {
	l := newLinker(connection, known, by)
	out := make([]adapters.LinkedAccount, len(accounts))
	for i, a := range accounts {
		out[i] = adapters.LinkedAccount{Account: a}
		out[i].Person, out[i].Conflict = l.find(a)
	}
	// New persons only after everybody was looked for: an account further down may be the better match.
	for i := range out {
		if out[i].Person == "" && out[i].Conflict == "" {
			// One made a moment ago may be the one: two accounts of a person in one directory.
			if out[i].Person, out[i].Conflict = l.find(out[i].Account); out[i].Person == "" && out[i].Conflict == "" {
				out[i].Person = l.create(out[i].Account)
			}
		}
		if p := out[i].Person; p != "" {
			for _, ref := range out[i].Refs {
				l.links[ref] = p
			}
		}
	}
	for _, a := range out {
		if a.Person != "" {
			l.update(a)
		}
	}
	return out, l.changed()
}

type linker struct {
	connection string
	by         []Key
	persons    map[string]*adapters.Person
	before     map[string]adapters.Person
	links      map[event.Ref]string
	keys       map[Key]map[string][]string // key → value → person ids
}

func newLinker(connection string, known Known, by []Key) *linker {
	l := &linker{
		connection: connection, by: by,
		persons: make(map[string]*adapters.Person, len(known.Persons)),
		before:  make(map[string]adapters.Person, len(known.Persons)),
		links:   make(map[event.Ref]string, len(known.Links)),
		keys:    map[Key]map[string][]string{ByEmployeeNo: {}, ByEmail: {}, ByMobile: {}},
	}
	for ref, p := range known.Links {
		l.links[ref] = p
	}
	for i := range known.Persons {
		p := known.Persons[i]
		l.before[p.ID] = p
		l.persons[p.ID] = &p
		l.index(&p)
	}
	return l
}

func (l *linker) index(p *adapters.Person) {
	put := func(k Key, v string) {
		if v != "" {
			l.keys[k][v] = append(l.keys[k][v], p.ID)
		}
	}
	put(ByEmployeeNo, p.EmployeeNo)
	put(ByEmail, p.Email)
	put(ByMobile, p.Mobile)
}

// values are what an account offers for a key, normalised.
func values(a event.Account, k Key) []string {
	var out []string
	switch k {
	case ByEmployeeNo:
		out = []string{strings.TrimSpace(a.EmployeeNo)}
	case ByEmail:
		out = []string{email(a.WorkEmail), email(a.Email)}
	case ByMobile:
		out = []string{mobile(a.Mobile)}
	}
	kept := out[:0]
	for _, v := range out {
		if v != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

func email(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// mobile keeps digits; a mainland number without country code gets one.
func mobile(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(digits) == 11 && digits[0] == '1' && !strings.HasPrefix(strings.TrimSpace(s), "+") {
		return "86" + digits
	}
	return digits
}

// find returns the person of an account: the one it is linked to already, else the one that its keys
// agree on.
func (l *linker) find(a event.Account) (person, conflict string) {
	for _, ref := range a.Refs {
		if p := l.links[ref]; p != "" && l.persons[p] != nil {
			return p, ""
		}
	}
	if a.Left {
		return "", "" // no person is looked for, or made, for somebody who has gone
	}
	found := map[string]Key{}
	for _, k := range l.by {
		for _, v := range values(a, k) {
			ids := l.keys[k][v]
			if len(ids) > 1 {
				return "", fmt.Sprintf("%s is the same for %s", k, strings.Join(ids, " and "))
			}
			for _, id := range ids {
				if _, ok := found[id]; !ok {
					found[id] = k
				}
			}
		}
	}
	switch len(found) {
	case 0:
		return "", ""
	case 1:
		for id := range found {
			return id, ""
		}
	}
	parts := make([]string, 0, len(found))
	for id, k := range found {
		parts = append(parts, fmt.Sprintf("%s says %s", k, id))
	}
	sort.Strings(parts)
	return "", strings.Join(parts, ", ")
}

// create makes a person for an account. The id is the first of these that is free: what stands before the
// @ of the work e-mail, the e-mail, the tenant's own user id, the employee number, the account's id.
func (l *linker) create(a event.Account) string {
	if a.Left {
		return ""
	}
	var candidates []string
	for _, m := range []string{a.WorkEmail, a.Email} {
		if local, _, ok := strings.Cut(email(m), "@"); ok {
			candidates = append(candidates, local)
		}
	}
	for _, ref := range a.Refs {
		if ref.Kind == event.RefTenant {
			candidates = append(candidates, ref.ID)
		}
	}
	candidates = append(candidates, a.EmployeeNo)
	if len(a.Refs) > 0 {
		candidates = append(candidates, a.Refs[0].ID)
	}
	for _, c := range candidates {
		id := personID(c)
		if _, taken := l.persons[id]; id != "" && !taken {
			p := &adapters.Person{ID: id, Source: l.connection, Active: true}
			l.persons[id] = p
			p.EmployeeNo = strings.TrimSpace(a.EmployeeNo)
			if v := values(a, ByEmail); len(v) > 0 {
				p.Email = v[0]
			}
			p.Mobile = mobile(a.Mobile)
			l.index(p)
			return id
		}
	}
	return ""
}

// personID makes a string fit for YAML: lower-case letters, digits, dot, dash and underscore.
func personID(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return ""
		}
	}
	return s
}

// update takes over what the suite says. The connection that a person came from decides; others fill
// what is empty.
func (l *linker) update(a adapters.LinkedAccount) {
	p := l.persons[a.Person]
	own := p.Source == l.connection || p.Source == ""
	set := func(field *string, v string) {
		if v != "" && (own || *field == "") {
			*field = v
		}
	}
	set(&p.Name, strings.TrimSpace(a.Name))
	set(&p.EmployeeNo, strings.TrimSpace(a.EmployeeNo))
	if v := values(a.Account, ByEmail); len(v) > 0 {
		set(&p.Email, v[0])
	}
	set(&p.Mobile, mobile(a.Mobile))
	set(&p.Title, a.Title)
	if own {
		p.Active = !a.Left
	}
}

// changed lists persons that differ from before, by id.
func (l *linker) changed() []adapters.Person {
	var out []adapters.Person
	for id, p := range l.persons {
		if old, ok := l.before[id]; !ok || old != *p {
			out = append(out, *p)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}
