package playground

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"magpie/simulator"
	"magpie/simulator/playground/dingtalkcard"
	"magpie/simulator/playground/feishucard"
)

type messageView struct {
	ID       string
	Day      string // set when the day changes before this message
	From     string
	Name     string
	Avatar   template.HTML
	Bot      bool
	Mine     bool
	Kind     string
	Time     string
	Parts    []part // of a text
	Card     template.HTML
	Plain    *plainView // a card that there is no drawing for
	Status   string
	Recalled bool
	Updated  bool
	Urgent   bool
	Quote    string
	Reads    *readsView
	Unread   bool   // this person has not opened it
	Rev      string // changes when anything but the read mark does
}

// part is a piece of a text message: plain, a mention or a link.
type part struct {
	Text string
	At   bool
	URL  string
}

type readsView struct {
	Read, Unread []string // names
	Direct       bool
}

// messages turns what the suite returns into what is drawn.
func (p *playground) messages(suite simulator.Suite, viewer, bot string, chat simulator.Chat, list []simulator.Message) []messageView {
	who := p.directory(suite)
	byID := map[string]simulator.Message{}
	for _, m := range list {
		byID[m.ID] = m
	}
	var out []messageView
	lastDay := ""
	for _, m := range list {
		v := messageView{
			ID: m.ID, From: m.From, Bot: m.From == "bot", Mine: m.From == viewer, Kind: m.Kind,
			Time: p.clock(m.At), Status: m.Status, Recalled: m.Status == "recalled", Updated: m.Updated, Urgent: m.Urgent,
		}
		if d := p.day(m.At); d != lastDay {
			v.Day, lastDay = d, d
		}
		v.Name, v.Avatar = p.sender(m.From, bot)
		v.Unread = v.Bot && !slices.Contains(m.ReadBy, viewer)
		if m.Kind == "card" {
			p.drawCard(&v, suite, viewer, m, who)
		} else {
			v.Parts = parts(m.Text, bot)
		}
		if q, ok := byID[m.ReplyTo]; ok {
			name, _ := p.sender(q.From, bot)
			v.Quote = name + "：" + excerpt(q)
		}
		v.Reads = p.reads(viewer, chat, m)
		v.Rev = revision(v)
		out = append(out, v)
	}
	return out
}

func (p *playground) drawCard(v *messageView, suite simulator.Suite, viewer string, m simulator.Message, who func(string) (feishucard.Person, bool)) {
	html, err := draw(suite.Name(), m.Card, feishucard.Options{
		Prefix: "m-" + viewer + "-" + m.ID, Who: who, Viewer: viewer, Location: p.o.Location})
	if err == nil {
		v.Card = html
		return
	}
	v.Plain = plainCard(viewer, m)
}

// directory finds a person of this suite by any id the suite gives them.
func (p *playground) directory(suite simulator.Suite) func(string) (feishucard.Person, bool) {
	known := map[string]feishucard.Person{}
	for _, person := range p.src.Company().People {
		ids, ok := suite.Account(person.ID)
		if !ok {
			continue
		}
		for _, id := range ids {
			known[id] = feishucard.Person{ID: person.ID, Name: person.Name}
		}
	}
	return func(ref string) (feishucard.Person, bool) {
		found, ok := known[ref]
		return found, ok
	}
}

func (p *playground) sender(id, bot string) (string, template.HTML) {
	if id == "bot" {
		return bot, botAvatar
	}
	if person, ok := p.src.Company().Person(id); ok {
		return person.Name, feishucard.Avatar(person.ID, person.Name)
	}
	return id, feishucard.Avatar(id, id)
}

// reads says who has opened a message of the bot: in the direct chat this person, in a group everybody. Suites
// keep no account of who read what a person wrote.
func (p *playground) reads(viewer string, chat simulator.Chat, m simulator.Message) *readsView {
	if m.Status == "recalled" || m.From != "bot" {
		return nil
	}
	members := chat.Members
	v := &readsView{}
	if chat.Type == "direct" {
		members, v.Direct = []string{viewer}, true
	}
	for _, id := range members {
		person, ok := p.src.Company().Person(id)
		switch {
		case !ok:
		case slices.Contains(m.ReadBy, id):
			v.Read = append(v.Read, person.Name)
		default:
			v.Unread = append(v.Unread, person.Name)
		}
	}
	return v
}

// excerpt is a message in one short line.
func excerpt(m simulator.Message) string {
	s := m.Text
	if m.Kind == "card" {
		if s = feishucard.Summary(m.Card); s == "[卡片]" {
			s = dingtalkcard.Summary(m.Card)
		}
	}
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return s
}

// revision is a fingerprint of what a message shows apart from its read mark.
func revision(v messageView) string {
	v.Reads, v.Unread = nil, false
	var plain plainView
	if v.Plain != nil {
		plain, v.Plain = *v.Plain, nil
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%+v%+v", v, plain)
	return fmt.Sprintf("%016x", h.Sum64())
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"'，。；、（）「」]+`)

// parts finds mentions of the bot and of everybody, and web addresses, in a text.
func parts(text, bot string) []part {
	var out []part
	add := func(s string) {
		for s != "" {
			at, which := -1, ""
			for _, name := range []string{"@" + bot, "@所有人"} {
				if i := strings.Index(s, name); i >= 0 && (at < 0 || i < at) {
					at, which = i, name
				}
			}
			if at < 0 {
				out = append(out, part{Text: s})
				return
			}
			if at > 0 {
				out = append(out, part{Text: s[:at]})
			}
			out = append(out, part{Text: which, At: true})
			s = s[at+len(which):]
		}
	}
	last := 0
	for _, m := range webAddress.FindAllStringIndex(text, -1) {
		add(text[last:m[0]])
		out = append(out, part{Text: text[m[0]:m[1]], URL: text[m[0]:m[1]]})
		last = m[1]
	}
	add(text[last:])
	return out
}
