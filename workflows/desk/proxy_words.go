package desk

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// What is written about proxies:
//
//	代理                                      who decides for me, and for whom I do
//	代理 给 孙莉 从 10月1日 到 10月8日         both days included; without 到 until it is ended
//	代理 给 孙莉 流程 采购申请 不超过 5000 含待办
//	代理 取消 [孙莉]
var (
	proxyWords = map[string]bool{"代理": true, "我的代理": true, "委托代理": true, "proxy": true}
	proxyShow  = map[string]bool{"查看": true, "列表": true, "list": true}
	proxyEnd   = map[string]bool{"取消": true, "停止": true, "结束": true, "撤销": true, "cancel": true}
	proxyOpen  = map[string]bool{"含待办": true, "包括待办": true, "包含待办": true, "open": true}

	proxied = act{verb: "proxy", who: true, done: "代理"}
)

// termWords begin a part of what a grant is about.
var termWords = []struct{ word, part string }{
	{"从", "from"}, {"from", "from"}, {"到", "until"}, {"至", "until"}, {"until", "until"},
	{"流程", "flows"}, {"workflow", "flows"}, {"金额不超过", "max"}, {"不超过", "max"}, {"max", "max"},
}

// readTerms reads when a grant counts and for what. written is when it was asked for: it counts from then on.
func (d *Desk) readTerms(p *workflows.Proxy, rest string, written time.Time) card.Text {
	parts, problem := termsOf(rest)
	if !problem.IsZero() {
		return problem
	}
	now := d.o.Now().UTC().Truncate(time.Millisecond)
	p.From, p.Open = now, parts["open"] != nil
	if !written.IsZero() && written.Before(now) {
		p.From = written.UTC().Truncate(time.Millisecond)
	}
	today := now.In(d.o.Location)
	if words := parts["from"]; words != nil {
		t, _, ok := dayOf(strings.Join(words, " "), today, today.AddDate(0, 0, -31))
		if !ok {
			return textNoDay(strings.Join(words, " "))
		}
		p.From = t.UTC()
	}
	if words := parts["until"]; words != nil {
		floor := today
		if p.From.After(now) {
			floor = p.From.In(d.o.Location)
		}
		t, whole, ok := dayOf(strings.Join(words, " "), today, floor)
		if !ok {
			return textNoDay(strings.Join(words, " "))
		}
		if whole { // the day that is named is the last one
			t = t.AddDate(0, 0, 1)
		}
		p.Until = t.UTC()
		switch {
		case !p.Until.After(p.From):
			return textBackward(d.moment(p.From), d.moment(p.Until))
		case !p.Until.After(now):
			return textPast(d.moment(p.Until))
		}
	}
	for _, w := range parts["flows"] {
		id, ok := d.flow(w)
		if !ok {
			return textNoFlow(w, d.flowNames())
		}
		if !slices.Contains(p.Flows, id) {
			p.Flows = append(p.Flows, id)
		}
	}
	if words := parts["max"]; words != nil {
		most := strings.TrimRight(strings.TrimPrefix(strings.ReplaceAll(strings.Join(words, ""), ",", ""), "¥"), "元块")
		if n, err := cond.ParseDecimal(most); err != nil || n < 0 {
			return textNoAmount(strings.Join(words, " "))
		}
		p.Max = most
	}
	return card.Text{}
}

// termsOf cuts what is written after a name into its parts.
func termsOf(rest string) (map[string][]string, card.Text) {
	out, part := map[string][]string{}, ""
	for _, w := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" \n，;；。、", r) }) {
		if proxyOpen[fold(w)] {
			out["open"], part = []string{}, ""
			continue
		}
		if next, value, ok := termWord(w); ok {
			if _, twice := out[next]; twice {
				return nil, textTwice(w)
			}
			part, out[next] = next, []string{}
			if w = value; w == "" {
				continue
			}
			// 从10月1日到10月8日
			if i := strings.IndexAny(w, "到至"); part == "from" && i > 0 {
				first, last := w[:i], w[i+len("到"):]
				out["from"], part, out["until"] = []string{first}, "until", []string{}
				if w = last; w == "" {
					continue
				}
			}
		}
		if part == "" {
			return nil, textHow(w)
		}
		out[part] = append(out[part], w)
	}
	for _, x := range termWords {
		if words, there := out[x.part]; there && len(words) == 0 {
			return nil, textEmpty(x.word)
		}
	}
	return out, card.Text{}
}

// termWord is the part that a word begins, and what is written right after it.
func termWord(w string) (part, value string, ok bool) {
	for _, x := range termWords {
		rest, has := strings.CutPrefix(w, x.word)
		if latin := x.word[0] < 0x80; !has || latin && rest != "" {
			continue
		}
		return x.part, strings.TrimLeft(rest, ":："), true
	}
	return "", "", false
}

// glued is a day right after a name: 孙莉从10月1日.
var glued = regexp.MustCompile(`(从[0-9今明后])`)

var (
	dayForm   = regexp.MustCompile(`^(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?$`)
	clockForm = regexp.MustCompile(`^(\d{1,2})(?:[:：](\d{2})|[点时](?:(\d{1,2})分?|(半))?)$`)
	dayWords  = map[string]int{"今天": 0, "今日": 0, "today": 0, "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2}
)

// dayOf reads a day, with or without a time. A day without a year is the first one that is not before floor.
func dayOf(text string, today, floor time.Time) (t time.Time, whole, ok bool) {
	day, clock, _ := strings.Cut(strings.TrimSpace(text), " ")
	if i := strings.IndexAny(day, "日号T"); clock == "" && i >= 0 { // 10月1日9点, 2026-10-01T09:00
		end := i + 1
		if day[i] != 'T' {
			end = i + len("日")
		}
		day, clock = strings.TrimSuffix(day[:end], "T"), day[end:]
	}
	at := func(y, m, n int) time.Time { return time.Date(y, time.Month(m), n, 0, 0, 0, 0, today.Location()) }
	if n, word := dayWords[fold(day)]; word {
		t = at(today.Year(), int(today.Month()), today.Day()+n)
	} else {
		m := dayForm.FindStringSubmatch(day)
		if m == nil {
			return t, false, false
		}
		year, _ := strconv.Atoi(m[1])
		month, _ := strconv.Atoi(m[2])
		date, _ := strconv.Atoi(m[3])
		if year == 0 {
			year = floor.Year()
			if at(year, month, date).Before(at(floor.Year(), int(floor.Month()), floor.Day())) {
				year++
			}
		}
		if t = at(year, month, date); t.Year() != year || int(t.Month()) != month || t.Day() != date || year < 2000 {
			return t, false, false
		}
	}
	if clock = strings.TrimSpace(clock); clock == "" {
		return t, true, true
	}
	m := clockForm.FindStringSubmatch(clock)
	if m == nil {
		return t, false, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2] + m[3])
	if m[4] != "" {
		minute = 30
	}
	if minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return t, false, false
	}
	return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, t.Location()), false, true
}

// flow finds a flow by its id, its name or a word that starts it.
func (d *Desk) flow(word string) (id string, ok bool) {
	for _, p := range d.flows() {
		if f := p.Definition(); f.ID == word || f.Name == word || slices.Contains(p.Commands(), word) {
			return f.ID, true
		}
	}
	return "", false
}

func (d *Desk) flowName(id string) string {
	for _, p := range d.flows() {
		if f := p.Definition(); f.ID == id {
			return f.Name
		}
	}
	return id
}

func (d *Desk) flowNames() []string {
	var out []string
	for _, p := range d.flows() {
		if name := p.Definition().Name; len(p.Commands()) > 0 {
			out = append(out, name)
		}
	}
	if len(out) > 12 {
		out = append(out[:12], fmt.Sprintf("…（共 %d 个）", len(out)))
	}
	return out
}

func (d *Desk) flows() []workflows.Program {
	if d.o.Flows == nil {
		return nil
	}
	return d.o.Flows()
}
