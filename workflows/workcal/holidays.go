package workcal

import (
	"embed"
	"fmt"
	"os"
	"sort"
	"time"

	"magpie/config"
)

//go:embed holidays/*.yaml
var shipped embed.FS

// Year is what one country's public holidays change in one year.
type Year struct {
	Country string
	Year    int
	Version string            // of the announcement
	Off     map[string]string // date → name of the holiday
	Worked  map[string]string // weekend date that is worked → the holiday it is for
}

type yearSpec struct {
	Country  string        `yaml:"country,required"`
	Year     int           `yaml:"year,required" jsonschema:"minimum=2000,maximum=2200"`
	Version  string        `yaml:"version,required"`
	Holidays []holidaySpec `yaml:"holidays,required"`
}

type holidaySpec struct {
	Name   string   `yaml:"name,required"`
	From   string   `yaml:"from,required"`
	To     string   `yaml:"to,required"`
	Worked []string `yaml:"worked"`
}

// ParseYear reads one holiday file. The Year is usable unless the problems are bad.
func ParseYear(file string, src []byte) (Year, config.Problems) {
	n, ps := config.Parse(file, src)
	if ps.Bad() {
		return Year{}, ps
	}
	var spec yearSpec
	ps = append(ps, n.Decode(&spec)...)
	if ps.Bad() {
		return Year{}, ps
	}
	y := Year{Country: spec.Country, Year: spec.Year, Version: spec.Version, Off: map[string]string{}, Worked: map[string]string{}}
	date := func(path, s string) (time.Time, bool) {
		d, err := time.Parse(time.DateOnly, s)
		at := n.At(path)
		switch {
		case err != nil:
			ps = append(ps, at.Problem(fmt.Sprintf("%q is not a date", s), "2026-01-31"))
		case d.Year() != y.Year:
			ps = append(ps, at.Problem(fmt.Sprintf("%s is not in %d", s, y.Year), "put it into the file of its own year"))
		default:
			return d, true
		}
		return d, false
	}
	for i, h := range spec.Holidays {
		path := fmt.Sprintf("holidays[%d]", i)
		from, ok1 := date(path+".from", h.From)
		to, ok2 := date(path+".to", h.To)
		if ok1 && ok2 {
			if to.Before(from) {
				ps = append(ps, n.At(path+".to").Problem("it ends before it begins", "a date from "+h.From+" on"))
			}
			for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
				y.Off[d.Format(time.DateOnly)] = h.Name
			}
		}
		for k, w := range h.Worked {
			at := fmt.Sprintf("%s.worked[%d]", path, k)
			if d, ok := date(at, w); ok {
				if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
					ps = append(ps, n.At(at).Problem(w+" is a "+wd.String(), "a Saturday or Sunday"))
				}
				y.Worked[w] = h.Name
			}
		}
	}
	for w := range y.Worked {
		if name, off := y.Off[w]; off {
			ps = append(ps, n.Problem(w+" is both off ("+name+") and worked", "one of the two"))
		}
	}
	ps.Sort()
	return y, ps
}

// Shipped returns the years that come with the program for a country, oldest first; none for an unknown one.
func Shipped(country string) []Year {
	files, err := shipped.ReadDir("holidays")
	if err != nil {
		panic("workcal: embedded holidays: " + err.Error())
	}
	var years []Year
	for _, f := range files {
		src, err := shipped.ReadFile("holidays/" + f.Name())
		if err != nil {
			panic("workcal: embedded holidays: " + err.Error())
		}
		y, ps := ParseYear(f.Name(), src)
		if ps.Bad() {
			panic("workcal: embedded holidays: " + ps.Error())
		}
		if y.Country == country {
			years = append(years, y)
		}
	}
	sort.Slice(years, func(i, j int) bool { return years[i].Year < years[j].Year })
	return years
}

// FromConfig makes the Calendar of a configuration: the shipped years of its country, then its own files,
// which replace a shipped year of the same number. loc nil is Asia/Shanghai, or UTC+8 where the system
// has no time zones.
func FromConfig(c config.Calendar, loc *time.Location) (*Calendar, config.Problems) {
	var ps config.Problems
	years := Shipped(c.Country)
	for _, file := range c.Holidays {
		src, err := os.ReadFile(file)
		if err != nil {
			ps = append(ps, config.Problem{File: file, What: "can't be read: " + err.Error(), Want: "a holiday file, see calendar.holidays"})
			continue
		}
		y, mistakes := ParseYear(file, src)
		ps = append(ps, mistakes...)
		if !mistakes.Bad() {
			years = append(years, y)
		}
	}
	if ps.Bad() {
		return nil, ps
	}
	cal, err := New(Options{
		Start: c.WorkStart, End: c.WorkEnd, LunchStart: c.LunchStart, LunchEnd: c.LunchEnd,
		QuietStart: c.QuietStart, QuietEnd: c.QuietEnd, Location: loc, Years: years,
	})
	if err != nil {
		return nil, append(ps, config.Problem{What: "calendar: " + err.Error(), Want: `calendar: {workday: "09:00-18:00", lunch: "12:00-13:30"}`})
	}
	return cal, ps
}
