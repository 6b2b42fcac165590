package directory

import (
	"fmt"
	"slices"
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

// Link decides which person each account of a change belongs to, makes persons for those that nobody has, and
// takes over what the suite says of them: it fills in Accounts and Persons. It is pure; Persons holds only
// those that are new or changed. renamed gives the ids that accounts went by before, by their first id now.
//
// What a person has decided stands. An account that is linked stays linked. Else its keys decide, if they
// agree; whoever has left is found by their employee number only, since mailboxes and mobile numbers are
// given to the next one. Nobody gets a second account in one connection by a key: whoever enters another's
// address in a directory would become them.
func Link(p *adapters.People, accounts []event.Account, known adapters.KnownPeople, by []Key, renamed map[event.Ref][]event.Ref) {
	l := newLinker(p.Connection, known, by)
	l.full = p.Full
	for now, old := range renamed {
		l.rename(now, old)
	}
	out := make([]adapters.LinkedAccount, len(accounts))
	claims := map[string][]int{} // person → accounts that only keys lead to them
	for i, a := range accounts {
		out[i] = adapters.LinkedAccount{Account: a}
		l.touched[accountID(a)] = true
		if person, done := l.settled(a); done {
			out[i].Person = person
			l.take(a, person)
			continue
		}
		if out[i].Person, out[i].Conflict = l.match(a); out[i].Person != "" {
			claims[out[i].Person] = append(claims[out[i].Person], i)
		}
	}
	for person, at := range claims {
		taken := l.inside(person)
		for _, i := range at {
			switch {
			case taken != "":
				out[i].Conflict = fmt.Sprintf("%s has the account %s here already", person, taken)
			case len(at) > 1:
				out[i].Conflict = fmt.Sprintf("%d accounts here are by their keys %s", len(at), person)
			default:
				continue
			}
			out[i].Person = ""
		}
	}
	for i := range out {
		if p := out[i].Person; p != "" {
			l.take(out[i].Account, p)
		}
	}
	// New persons only after everybody was looked for: an account further down may be the better match. One
	// made a moment ago has its account here, so a second one with their keys is a conflict.
	for i := range out {
		a := &out[i]
		if a.Person != "" || a.Conflict != "" || l.pinned(a.Account) {
			continue
		}
		if person, conflict := l.match(a.Account); person != "" {
			a.Conflict = fmt.Sprintf("%s has the account %s here already", person, l.here[person])
		} else if a.Conflict = conflict; conflict == "" {
			a.Person = l.create(a.Account)
		}
	}
	for _, a := range out {
		if a.Person != "" {
			l.update(a)
		}
	}
	l.presence(p, out)
	p.Accounts, p.Persons = out, l.changed()
}

type linker struct {
	connection string
	by         []Key
	persons    map[string]*adapters.Person
	before     map[string]adapters.Person
	full       bool
	accounts   []adapters.KnownAccount
	byPerson   map[string][]adapters.KnownAccount  // merges followed
	touched    map[string]bool                     // accounts of this change
	refs       map[event.Ref]adapters.KnownAccount // those of this connection before others
	here       map[string]string                   // person → the account that they are found to have in this change
	keys       map[Key]map[string][]string         // key → value → person ids
}

func newLinker(connection string, known adapters.KnownPeople, by []Key) *linker {
	l := &linker{
		connection: connection, by: by, accounts: known.Accounts,
		persons: make(map[string]*adapters.Person, len(known.Persons)),
		before:  make(map[string]adapters.Person, len(known.Persons)),
		refs:    make(map[event.Ref]adapters.KnownAccount, len(known.Accounts)),
		here:    map[string]string{}, touched: map[string]bool{}, byPerson: make(map[string][]adapters.KnownAccount, len(known.Persons)),
		keys: map[Key]map[string][]string{ByEmployeeNo: {}, ByEmail: {}, ByMobile: {}},
	}
	for _, a := range known.Accounts {
		if old, ok := l.refs[a.Ref]; !ok || a.Connection == connection || old.Connection != connection && old.Person == "" {
			l.refs[a.Ref] = a
		}
	}
	for i := range known.Persons {
		p := known.Persons[i]
		l.before[p.ID] = p
		l.persons[p.ID] = &p
	}
	for i := range known.Persons {
		l.index(&known.Persons[i])
	}
	for _, a := range known.Accounts {
		if id := l.alive(a.Person); id != "" {
			l.byPerson[id] = append(l.byPerson[id], a)
		}
	}
	return l
}

// index makes a person findable by their keys. Whoever was merged into somebody leads to them.
func (l *linker) index(p *adapters.Person) {
	id, active := p.ID, p.Active
	if p.MergedInto != "" {
		to := l.persons[p.MergedInto]
		if to == nil {
			return
		}
		id, active = to.ID, to.Active
	}
	put := func(k Key, v string) {
		if v != "" && !slices.Contains(l.keys[k][v], id) {
			l.keys[k][v] = append(l.keys[k][v], id)
		}
	}
	put(ByEmployeeNo, p.EmployeeNo)
	if active {
		put(ByEmail, p.Email)
		put(ByMobile, p.Mobile)
	}
}

// rename has an account keep what it was linked to under its old ids.
func (l *linker) rename(now event.Ref, old []event.Ref) {
	if k, ok := l.refs[now]; ok && k.Connection == l.connection {
		return
	}
	for _, o := range old {
		if k, ok := l.refs[o]; ok && k.Connection == l.connection && k.Person != "" {
			k.Ref, k.Account, k.Left = now, now.ID, false
			l.refs[now] = k
			return
		}
	}
}

// accountID is the id that stands for an account.
func accountID(a event.Account) string {
	if len(a.Refs) == 0 {
		return ""
	}
	return a.Refs[0].ID
}

// settled tells the person of an account for which nothing is to be looked for: it is linked, a person has
// said that it is to be linked to nobody, or it has left.
func (l *linker) settled(a event.Account) (person string, done bool) {
	if l.pinned(a) {
		for _, ref := range a.Refs {
			if k := l.refs[ref]; k.Pinned && k.Connection == l.connection {
				return l.alive(k.Person), true
			}
		}
	}
	for _, ref := range a.Refs {
		if id := l.alive(l.refs[ref].Person); id != "" {
			return id, true
		}
	}
	return "", a.Left
}

func (l *linker) pinned(a event.Account) bool {
	return slices.ContainsFunc(a.Refs, func(r event.Ref) bool {
		k := l.refs[r]
		return k.Pinned && k.Connection == l.connection
	})
}

// alive follows a merge, and is "" for somebody who is not known.
func (l *linker) alive(id string) string {
	p := l.persons[id]
	if p == nil {
		return ""
	}
	if p.MergedInto != "" && l.persons[p.MergedInto] != nil {
		return p.MergedInto
	}
	return id
}

// match finds the person that the keys of an account agree on.
func (l *linker) match(a event.Account) (person, conflict string) {
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
	if len(found) < 2 {
		for id := range found {
			person = id
		}
		return person, ""
	}
	parts := make([]string, 0, len(found))
	for id, k := range found {
		parts = append(parts, fmt.Sprintf("%s says %s", k, id))
	}
	sort.Strings(parts)
	return "", strings.Join(parts, ", ")
}

// inside is the account that a person has in this connection whatever the keys say: one of this change, or
// one that is known and that the change leaves open. "" when there is none.
func (l *linker) inside(person string) string {
	if id := l.here[person]; id != "" || l.full {
		return id
	}
	for _, k := range l.byPerson[person] {
		if k.Connection == l.connection && !k.Left && !l.touched[k.Account] {
			return k.Account
		}
	}
	return ""
}

// take notes that a person has an account here.
func (l *linker) take(a event.Account, person string) {
	if !a.Left && person != "" {
		l.here[person] = accountID(a)
	}
}

// create makes a person for an account. The id is the first of these that is free: what stands before the
// @ of the work e-mail, the e-mail, the tenant's own user id, the account's id where somebody chose it and it
// reads like a name (WeCom), the employee number, the account's id.
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
	if len(a.Refs) > 0 && readable.MatchString(a.Refs[0].ID) {
		candidates = append(candidates, a.Refs[0].ID)
	}
	candidates = append(candidates, a.EmployeeNo)
	if len(a.Refs) > 0 {
		candidates = append(candidates, a.Refs[0].ID, l.connection+"."+a.Refs[0].ID)
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
			l.take(a, id)
			return id
		}
	}
	return ""
}

// update takes over what the suite says. The connection that a person came from decides; others fill
// what is empty.
func (l *linker) update(a adapters.LinkedAccount) {
	if a.Left {
		return // what is known of somebody who left stays
	}
	p := l.persons[a.Person]
	if p.Source != l.connection && !l.open(p.ID, p.Source) {
		p.Source = l.connection // they are not there any more
	}
	own := p.Source == l.connection
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
}

// open reports whether a person has an account in a connection that has not left.
func (l *linker) open(person, connection string) bool {
	return slices.ContainsFunc(l.byPerson[person], func(k adapters.KnownAccount) bool { return k.Connection == connection && !k.Left })
}

// presence says who is there: whoever has an account anywhere that has not left. Persons without any account
// are left as they are.
func (l *linker) presence(p *adapters.People, out []adapters.LinkedAccount) {
	has, had := map[string]bool{}, map[string]bool{}
	for _, a := range out {
		if a.Person != "" {
			had[a.Person] = true
			has[a.Person] = has[a.Person] || !a.Left
		}
	}
	for _, k := range l.accounts {
		id := l.alive(k.Person)
		if id == "" || k.Connection == l.connection && l.touched[k.Account] {
			continue
		}
		had[id] = true
		gone := k.Left || k.Connection == l.connection && (p.Full || slices.Contains(p.Gone, k.Ref))
		has[id] = has[id] || !gone
	}
	for id := range had {
		l.persons[id].Active = has[id]
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
