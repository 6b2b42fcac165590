package config

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// selectorForm is what can stand for a person or a group in a role. The full language, with its checks
// against the directory, belongs to the workflows.
var selectorForm = regexp.MustCompile(`^(person:[^\s:/]+|role:[^\s:/]+|oncall:[^\s:/]+|(title|group):[^\s][^\n]*|dept:[^\s:][^\n:]*|[^\s:/]+)$`)

// people checks link_by and the roles: the form of each selector, roles that name roles, circles.
func (l *loader) people(c *Config) {
	at := l.root.At("people")
	for i, by := range c.People.LinkBy {
		if slices.Index(c.People.LinkBy, by) < i {
			l.add(at.At(joinIndex("link_by", i)).Problem(fmt.Sprintf("%q is given twice", by), ""))
		}
	}
	if l.file.People.Sync == 0 {
		l.add(at.At("sync").Problem("sync is 0", "a span such as 30m"))
	}
	roles := l.file.People.Roles
	if c.People.Leavers == "admin" && len(roles["admin"]) == 0 {
		l.add(at.At("leavers").Problem(`the role "admin" is not defined`, "define people.roles.admin, or write leavers: manager"))
	}
	for name, who := range roles {
		c.People.Roles[name] = who
		role := at.At(joinKey("roles", name))
		if !selectorForm.MatchString("role:" + name) {
			l.add(at.At("roles").Key(name).Problem(fmt.Sprintf("%q can't be a role's name", name), "no spaces, colons or slashes"))
		}
		for i, s := range who {
			item := role
			if role.kind == List && i < len(role.items) {
				item = role.items[i]
			}
			target, isRole := strings.CutPrefix(s, "role:")
			duty, isDuty := strings.CutPrefix(s, "oncall:")
			_, onDuty := l.file.People.OnCall[duty]
			switch {
			case s == "":
			case !selectorForm.MatchString(s):
				l.add(item.Problem(fmt.Sprintf("%q selects nobody", s), selectorMeant(s)))
			case isRole && roles[target] == nil:
				l.add(item.Problem(fmt.Sprintf("role %q is not defined", target), oneOf(target, slices.Sorted(maps.Keys(roles)))))
			case isDuty && !onDuty && len(l.file.People.OnCall) == 0:
				l.add(item.Problem(fmt.Sprintf("duty roster %q is not defined", duty), "define it under people.oncall"))
			case isDuty && !onDuty:
				l.add(item.Problem(fmt.Sprintf("duty roster %q is not defined", duty), oneOf(duty, slices.Sorted(maps.Keys(l.file.People.OnCall)))))
			}
		}
		if l.circular(name, name, map[string]bool{}) {
			l.add(at.At("roles").Key(name).Problem(fmt.Sprintf("role %q contains itself", name), "take it out"))
		}
	}
}

// selectorMeant is what whoever wrote a selector that selects nobody may have had in mind.
func selectorMeant(s string) string {
	kind, name, named := strings.Cut(s, ":")
	if near := Nearest(kind, []string{"person", "role", "title", "group", "dept", "oncall"}); named && near != "" && near != kind {
		return fmt.Sprintf("did you mean %s:%s?", near, name)
	}
	return "a person's id, person:ID, role:NAME, title:NAME, group:NAME, dept:NAME[/lead|/members|/all|/title:NAME] or oncall:NAME"
}

// circular reports whether role name leads back to start.
func (l *loader) circular(start, name string, seen map[string]bool) bool {
	for _, s := range l.file.People.Roles[name] {
		next, isRole := strings.CutPrefix(s, "role:")
		if !isRole {
			continue
		}
		if next == start {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if l.circular(start, next, seen) {
				return true
			}
		}
	}
	return false
}

// calendar checks that the parts of the day fit into each other and that the holiday files are there.
func (l *loader) calendar(c *Config) {
	f, at := l.file.Calendar, l.root.At("calendar")
	if f.Workday.from >= f.Workday.to {
		l.add(at.At("workday").Problem("the working day ends before it begins", "write it like 09:00-18:00"))
	}
	if f.Lunch.from > f.Lunch.to {
		l.add(at.At("lunch").Problem("the break ends before it begins", "write it like 12:00-13:30, or none"))
	} else if f.Lunch != (clocks{}) && (f.Lunch.from < f.Workday.from || f.Lunch.to > f.Workday.to) && f.Workday.from < f.Workday.to {
		switch {
		case at.Has("lunch"):
			l.add(at.At("lunch").Problem("the break lies outside the working day", "put it inside workday, or write none"))
		case f.Lunch.from >= f.Workday.to || f.Lunch.to <= f.Workday.from:
			f.Lunch = clocks{} // the default does not touch such a day: a night shift has no noon
		default:
			l.add(at.At("workday").Problem("the working day cuts the break of 12:00-13:30", "give lunch too, or write lunch: none"))
		}
	}
	k := &c.Calendar
	k.Country = f.Country
	k.WorkStart, k.WorkEnd = f.Workday.from, f.Workday.to
	k.LunchStart, k.LunchEnd = f.Lunch.from, f.Lunch.to
	k.QuietStart, k.QuietEnd = f.Quiet.from, f.Quiet.to
	for i, h := range f.Holidays {
		if h == "" { // reported
			continue
		}
		path := l.below(h)
		k.Holidays = append(k.Holidays, path)
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			item := at.At("holidays")
			if item.kind == List {
				item = item.At(joinIndex("", i))
			}
			l.add(item.Problem("there is no file "+path, "relative paths start at the folder of the configuration"))
		}
	}
}
