package playground

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"magpie/simulator"
	"magpie/simulator/playground/feishucard"
)

// errNobody: there is no such person, or they are in no suite that runs.
var errNobody = errors.New("no such person in a suite that runs")

type columnView struct {
	Key      string // person, or person@suite
	Person   string
	Name     string
	Avatar   template.HTML
	About    string // department and title
	Suite    string
	SuiteTag string
	Chat     string // id
	ChatName string
	Group    bool
	Members  int
	Bot      string
	Chats    []chatView
	Messages []messageView
	Chips    []chipView
}

type chatView struct {
	ID, Name, Type, Link string
	Avatar               template.HTML
	Unread               int
	Open                 bool
}

type chipView struct{ Label, Text string }

// ref is one column as the address names it.
type ref struct{ person, suite, chat string }

// parseRef reads person[@suite][~chat].
func parseRef(s string) ref {
	var r ref
	s, r.chat, _ = strings.Cut(s, "~")
	r.person, r.suite, _ = strings.Cut(s, "@")
	return r
}

func (r ref) String() string {
	s := r.person
	if r.suite != "" {
		s += "@" + r.suite
	}
	if r.chat != "" {
		s += "~" + r.chat
	}
	return s
}

// suiteOf finds the suite of a column: the one named, else the person's first.
func (p *playground) suiteOf(r ref) (simulator.Suite, error) {
	for _, name := range suites {
		if r.suite != "" && r.suite != name {
			continue
		}
		s, err := p.src.Suite(name)
		if err != nil {
			continue
		}
		if _, in := s.Account(r.person); in {
			return s, nil
		}
	}
	return nil, fmt.Errorf("column %s: %w", r, errNobody)
}

// column gathers what a person sees in one chat.
func (p *playground) column(r ref) (columnView, error) {
	person, ok := p.src.Company().Person(r.person)
	if !ok {
		return columnView{}, fmt.Errorf("column %s: %w", r, errNobody)
	}
	suite, err := p.suiteOf(r)
	if err != nil {
		return columnView{}, err
	}
	dept, _ := p.src.Company().Department(person.Department)
	v := columnView{
		Key: ref{person: r.person, suite: r.suite}.String(), Person: person.ID, Name: person.Name,
		Avatar: feishucard.Avatar(person.ID, person.Name),
		About:  strings.TrimPrefix(strings.TrimSuffix(dept.Name+" · "+person.Title, " · "), " · "),
		Suite:  suite.Name(), SuiteTag: suiteName(suite.Name()), Bot: p.o.Bot,
	}
	chats := suite.Chats(person.ID)
	open := openChat(chats, r.chat)
	for _, c := range chats {
		if c.Type == "direct" && c.Name != "" {
			v.Bot = c.Name
			break
		}
	}
	for i, c := range chats {
		view := chatView{ID: c.ID, Name: c.Name, Type: c.Type, Unread: c.Unread, Open: i == open}
		view.Avatar = groupAvatar
		if c.Type == "direct" {
			view.Avatar = botAvatar
			if c.Name == "" {
				view.Name = v.Bot
			}
		}
		view.Link = "?c=" + template.URLQueryEscaper(ref{r.person, r.suite, c.ID}.String())
		v.Chats = append(v.Chats, view)
	}
	if open < 0 {
		return v, nil
	}
	chat := chats[open]
	v.Chat, v.ChatName, v.Group, v.Members = chat.ID, v.Chats[open].Name, chat.Type == "group", len(chat.Members)
	list, err := suite.Messages(person.ID, chat.ID)
	if err != nil {
		return v, fmt.Errorf("column %s: %w", r, err)
	}
	v.Messages = p.messages(suite, person.ID, v.Bot, chat, list)
	for _, c := range p.o.Commands {
		text := c
		if v.Group {
			text = "@" + v.Bot + " " + c
		}
		v.Chips = append(v.Chips, chipView{text, text})
	}
	return v, nil
}

// openChat is the index of the chat asked for, else of the direct one, else the first; -1 when there is none.
func openChat(chats []simulator.Chat, id string) int {
	direct := -1
	for i, c := range chats {
		if id != "" && c.ID == id {
			return i
		}
		if c.Type == "direct" && direct < 0 {
			direct = i
		}
	}
	if direct < 0 && len(chats) > 0 {
		return 0
	}
	return direct
}

// getColumn serves one column by itself: ?c= as in the page's address.
func (p *playground) getColumn(w http.ResponseWriter, r *http.Request) {
	v, err := p.column(parseRef(r.URL.Query().Get("c")))
	if errors.Is(err, errNobody) || errors.Is(err, simulator.ErrNotFound) {
		http.Error(w, "没有这个人", http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, "暂时打不开", http.StatusInternalServerError)
		return
	}
	p.render(w, "column", v)
}

// render executes a template into memory first, so that a failure is an error and not half a page.
func (p *playground) render(w http.ResponseWriter, name string, data any) {
	var out bytes.Buffer
	if err := p.pages.ExecuteTemplate(&out, name, data); err != nil {
		http.Error(w, "页面出错", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

func suiteName(name string) string {
	switch name {
	case "feishu":
		return "飞书"
	case "dingtalk":
		return "钉钉"
	case "wecom":
		return "企业微信"
	}
	return name
}

// The pictures of the bot and of groups.
const (
	botAvatar   template.HTML = `<span class="av av-bot" aria-hidden="true"></span>`
	groupAvatar template.HTML = `<span class="av av-group" aria-hidden="true"></span>`
)

// clock shows a time of day, day a date, in the page's zone.
func (p *playground) clock(t time.Time) string { return t.In(p.o.Location).Format("15:04") }

func (p *playground) day(t time.Time) string { return t.In(p.o.Location).Format("2006年1月2日") }
