package playground

import (
	"html/template"
	"net/http"

	"magpie/simulator"
	"magpie/simulator/playground/feishucard"
)

type pageView struct {
	Company string
	Bot     string
	Columns []columnView
	On      string // the column that a phone shows
	Units   []unitView
	People  []personJSON
	Steps   []stepView
	Faults  []faultView
	Suites  []suiteView
	Console string
	Data    string // changes with each data folder: the newcomers' hint starts anew
}

type unitView struct {
	Name   string
	People []colleagueView
}

type colleagueView struct {
	Key, ID, Name, Title, Suite string
	Avatar                      template.HTML
}

// personJSON is what the pickers of the cards search in.
type personJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	About  string `json:"about"`
	Avatar string `json:"avatar"`
}

type stepView struct{ ID, Text, Person string }

type faultView struct{ Kind, Name, About string }

type suiteView struct{ Name, Label string }

var faults = []faultView{
	{"rate_limit", "限流", "接口回答调用太频繁"},
	{"server_error", "服务器错误", "接口回答 5xx"},
	{"timeout", "超时", "接口迟迟不回答"},
	{"expire_token", "令牌过期", "访问令牌当场作废"},
	{"redeliver", "重复投递", "同一事件再送一次"},
	{"drop_connection", "断开连接", "切断长连接"},
}

func (p *playground) getPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := pageView{Company: p.src.Company().Name, Bot: p.o.Bot, Faults: faults}
	wanted := q["c"]
	if len(wanted) == 0 {
		wanted = p.o.People
	}
	seen := map[string]bool{}
	for _, s := range wanted {
		ref := parseRef(s)
		c, err := p.column(ref)
		if err != nil || seen[c.Person] {
			continue
		}
		seen[c.Person] = true
		v.Columns = append(v.Columns, c)
		if q.Get("on") == c.Person {
			v.On = c.Person
		}
	}
	if v.On == "" && len(v.Columns) > 0 {
		v.On = v.Columns[0].Person
	}
	switch c := q.Get("console"); c {
	case "faults", "log", "access":
		v.Console = c
	}
	p.colleagues(&v)
	v.Steps = p.steps()
	p.render(w, "page", v)
}

// colleagues lists everybody by department, once for each suite they are in.
func (p *playground) colleagues(v *pageView) {
	company := p.src.Company()
	var running []simulator.Suite
	for _, name := range suites {
		if s, err := p.src.Suite(name); err == nil {
			running = append(running, s)
			v.Suites = append(v.Suites, suiteView{s.Name(), suiteName(s.Name())})
			for _, c := range s.Connections() {
				v.Data += c.Credentials["app_id"] + "."
			}
		}
	}
	for _, d := range company.Departments {
		unit := unitView{Name: d.Name}
		for _, person := range company.Members(d.ID) {
			v.People = append(v.People, personJSON{person.ID, person.Name, d.Name + " " + person.Title,
				string(feishucard.Avatar(person.ID, person.Name))})
			first := true
			for _, s := range running {
				if _, in := s.Account(person.ID); !in {
					continue
				}
				c := colleagueView{Key: person.ID, ID: person.ID, Name: person.Name, Title: person.Title,
					Avatar: feishucard.Avatar(person.ID, person.Name)}
				if len(running) > 1 {
					c.Suite = suiteName(s.Name())
				}
				if !first {
					c.Key = ref{person: person.ID, suite: s.Name()}.String()
				}
				first = false
				unit.People = append(unit.People, c)
			}
		}
		if len(unit.People) > 0 {
			v.Units = append(v.Units, unit)
		}
	}
}

// steps is the hint for newcomers: the first column's person asks, their manager decides.
func (p *playground) steps() []stepView {
	company := p.src.Company()
	asker, ok := company.Person(p.o.People[0])
	if !ok {
		return nil
	}
	boss, ok := company.Person(asker.Manager)
	if !ok {
		return nil
	}
	command := p.o.Commands[0]
	return []stepView{
		{"say", "以" + asker.Name + "的身份写「" + command + "」", asker.ID},
		{"submit", "在卡片里填表，提交", asker.ID},
		{"approve", "到" + boss.Name + "那边点「同意」", boss.ID},
	}
}
