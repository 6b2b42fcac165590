package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OnCall is a duty roster: persons who take turns.
type OnCall struct {
	Persons []string
	Every   int       // of Unit
	Unit    string    // hours, days or weeks
	From    time.Time // the first turn begins; in the roster's time zone
	Covers  []Cover   // in order of their beginning, none begins before the one before ends
}

// Cover is somebody who is on duty for a time, whoever's turn it is: in [From, To).
type Cover struct {
	Person   string
	From, To time.Time
}

type onCallFile struct {
	Persons   []string    `yaml:"persons,required,scalar" jsonschema_description:"Ids of persons, in the order of their turns"`
	Every     turn        `yaml:"every,required" jsonschema_description:"How long a turn is: 1 week, 2 days, 12 hours"`
	From      localTime   `yaml:"from,required" jsonschema_description:"When the first turn begins: 2026-11-02T09:00"`
	Timezone  zone        `yaml:"timezone" jsonschema_description:"Of the times here. Default: that of the server"`
	Overrides []coverFile `yaml:"overrides" jsonschema_description:"Who is on duty for a time whoever's turn it is"`
}

type coverFile struct {
	Person string    `yaml:"person,required" jsonschema_description:"Id of a person"`
	From   localTime `yaml:"from,required" jsonschema_description:"2026-11-05T09:00, or a day"`
	To     localTime `yaml:"to,required" jsonschema_description:"When it ends, itself not included"`
}

// turn is how long somebody is on duty.
type turn struct {
	n    int
	unit string
}

// maxTurn is the largest count of a turn.
const maxTurn = 1000

// DecodeYAML reads "1 week".
func (t *turn) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil {
		return ps
	}
	count, unit, _ := strings.Cut(s, " ")
	if !strings.HasSuffix(unit, "s") {
		unit += "s"
	}
	i, err := strconv.Atoi(count)
	if err != nil || i < 1 || i > maxTurn || strconv.Itoa(i) != count || unit != "hours" && unit != "days" && unit != "weeks" {
		return Problems{n.Problem(shown(n)+" is no length of a turn", "1 week, 2 days or 12 hours")}
	}
	t.n, t.unit = i, unit
	return nil
}

// JSONSchema describes the form.
func (turn) JSONSchema() *JSONSchema {
	return &JSONSchema{Type: "string", Pattern: `^[1-9][0-9]{0,3} (hour|day|week)s?$|\$\{`}
}

// localTime is a time on the clock of a place that is named elsewhere.
type localTime struct{ t time.Time } // as if it were UTC

// DecodeYAML reads "2026-11-02T09:00", the same with a space, or a day.
func (l *localTime) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil {
		return ps
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			l.t = t
			return nil
		}
	}
	return Problems{n.Problem(shown(n)+" is no time", "write it like 2026-11-02T09:00, or 2026-11-02")}
}

// JSONSchema describes the form.
func (localTime) JSONSchema() *JSONSchema {
	return &JSONSchema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2})?$|\$\{`}
}

// in is the time in a place.
func (l localTime) in(loc *time.Location) time.Time {
	return time.Date(l.t.Year(), l.t.Month(), l.t.Day(), l.t.Hour(), l.t.Minute(), 0, 0, loc)
}

// onCall checks the duty rosters.
func (l *loader) onCall(c *Config) {
	at := l.root.At("people.oncall")
	for name, f := range l.file.People.OnCall {
		roster := at.Key(name)
		if !selectorForm.MatchString("oncall:" + name) {
			l.add(roster.Problem(fmt.Sprintf("%q can't be a duty roster's name", name), "no spaces, colons or slashes"))
		}
		loc := f.Timezone.loc
		if loc == nil {
			loc = c.Server.Location
		}
		o := OnCall{Every: f.Every.n, Unit: f.Every.unit, From: f.From.in(loc)}
		body := at.At(joinKey("", name))
		for i, id := range f.Persons {
			o.Persons = append(o.Persons, l.dutyPerson(id, item(body.At("persons"), i)))
		}
		for i, v := range f.Overrides {
			one := item(body.At("overrides"), i)
			cover := Cover{Person: l.dutyPerson(v.Person, one.At("person")), From: v.From.in(loc), To: v.To.in(loc)}
			if v.From.t.IsZero() || v.To.t.IsZero() {
				continue // reported
			}
			if !cover.From.Before(cover.To) {
				l.add(one.At("to").Problem("the override ends before it begins", "a later time; the end itself is not part of it"))
				continue
			}
			for _, other := range o.Covers {
				if cover.From.Before(other.To) && other.From.Before(cover.To) {
					l.add(one.Problem(fmt.Sprintf("the override is at the same time as that of %s", other.Person), "let one begin when the other ends"))
					break
				}
			}
			o.Covers = append(o.Covers, cover)
		}
		slices.SortStableFunc(o.Covers, func(a, b Cover) int { return a.From.Compare(b.From) })
		c.People.OnCall[name] = o
	}
}

// dutyPerson is the id of somebody on duty: a roster holds persons, not groups of them.
func (l *loader) dutyPerson(s string, at *Node) string {
	id := strings.TrimPrefix(s, "person:")
	if s != "" && (!selectorForm.MatchString("person:"+id) || strings.Contains(id, ":")) {
		l.add(at.Problem(fmt.Sprintf("%q is no person's id", s), "one person's id"))
	}
	return id
}

// item is the i-th of a list, or the value that stands for a list of one.
func item(n *Node, i int) *Node {
	if n.kind == List && i < len(n.items) {
		return n.items[i]
	}
	return n
}
