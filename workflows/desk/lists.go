package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	perPage = 10
	maxRead = 200 // entries of a list that are looked at
	few     = 3   // entries of each list where several stand on one card
)

// label is what a list is called, and what is said when nothing is in it.
type label struct{ zh, en, empty, emptyEn string }

var words = map[list]label{
	listAll:     {"我的审批", "My approvals", "没有和你有关的审批", "Nothing concerns you"},
	listPending: {"待我审批", "To approve", "没有待你审批的事", "Nothing waits for you"},
	listStarted: {"我发起的", "Started by me", "你还没有发起过", "You have not started anything"},
	listDecided: {"我处理的", "Handled by me", "你还没有处理过", "You have not handled anything"},
	listTold:    {"抄送我的", "Copied to me", "没有抄送给你的", "Nothing was copied to you"},
}

// View is what the template desk.list sees.
type View struct {
	List     string    `json:"list"`
	Title    string    `json:"title"`
	TitleEn  string    `json:"title_en"`
	Filter   string    `json:"filter"`
	Sections []Section `json:"sections"`
	Empty    string    `json:"empty"` // said when there is nothing at all
	EmptyEn  string    `json:"empty_en"`
	Page     int       `json:"page"`
	Pages    int       `json:"pages"`
	Prev     int       `json:"prev"` // 0: there is none
	Next     int       `json:"next"`
	Options  []Option  `json:"options"` // of what can be opened
	Waiting  int       `json:"waiting"` // how many 全部同意 means; 0: it is not offered
	Tabs     []Tab     `json:"tabs"`
}

// Section is a list, or the beginning of one.
type Section struct {
	Title   string  `json:"title"` // "" on a card of one list
	TitleEn string  `json:"title_en"`
	Total   string  `json:"total"`
	Entries []Entry `json:"entries"`
}

// Entry is one line of a list.
type Entry struct {
	No    int    `json:"no"`
	Title string `json:"title"`
	Note  string `json:"note"` // from whom, since when, until when, how it ended
	Late  bool   `json:"late"`
}

// Option is an entry that can be picked.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Tab leads to another list.
type Tab struct {
	List    string `json:"list"`
	Title   string `json:"title"`
	TitleEn string `json:"title_en"`
}

// found is one entry as it is stored.
type found struct {
	instance string
	slot     string // full, of a task; "" where any card of theirs will do
	title    string
	note     string
	late     bool
	opened   time.Time
	passed   bool // it is a request that was approved
}

// view makes one page of a list; page 0 is everything that a page of ours shows.
func (d *Desk) view(ctx context.Context, person string, which list, page int, filter string) (View, error) {
	w := words[which]
	v := View{List: string(which), Title: w.zh, TitleEn: w.en, Filter: filter, Empty: w.empty, EmptyEn: w.emptyEn, Sections: []Section{}, Options: []Option{}, Tabs: []Tab{}, Page: 1, Pages: 1}
	if filter != "" {
		v.Empty, v.EmptyEn = fmt.Sprintf("没有标题里带「%s」的", filter), fmt.Sprintf("Nothing has “%s” in its title", filter)
	}
	if which == listAll {
		for _, l := range []list{listPending, listStarted, listDecided, listTold} {
			all, more, err := d.entries(ctx, person, l, filter)
			if err != nil {
				return v, err
			}
			if len(all) == 0 {
				continue
			}
			v.Tabs = append(v.Tabs, Tab{string(l), words[l].zh, words[l].en})
			s := Section{Title: words[l].zh, TitleEn: words[l].en, Total: total(len(all), more)}
			if err := d.fill(ctx, &v, &s, l, all[:min(few, len(all))], len(v.Options)); err != nil {
				return v, err
			}
			v.Sections = append(v.Sections, s)
		}
		return v, nil
	}
	all, more, err := d.entries(ctx, person, which, filter)
	if err != nil || len(all) == 0 {
		return v, err
	}
	if which == listPending {
		v.Waiting = len(all)
	}
	size := perPage
	if page == 0 {
		page, size = 1, 50
	}
	v.Pages = (len(all) + size - 1) / size
	v.Page = min(max(page, 1), v.Pages)
	if v.Page > 1 {
		v.Prev = v.Page - 1
	}
	if v.Page < v.Pages {
		v.Next = v.Page + 1
	}
	first := (v.Page - 1) * size
	s := Section{Total: total(len(all), more)}
	err = d.fill(ctx, &v, &s, which, all[first:min(first+size, len(all))], first)
	v.Sections = append(v.Sections, s)
	return v, err
}

func total(n int, more bool) string {
	if more {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// fill words the entries of a page. Who it comes from is read only for those that are shown.
func (d *Desk) fill(ctx context.Context, v *View, s *Section, which list, page []found, first int) error {
	for i, f := range page {
		if which != listStarted {
			in, err := d.o.Work.LoadInstance(ctx, f.instance)
			if err != nil && !errors.Is(err, workflows.ErrNotFound) {
				return err
			}
			if p, err := d.o.People.Person(ctx, in.Initiator); err == nil && !strings.Contains(f.title, p.Name) {
				f.note = p.Name + " · " + f.note
			}
		}
		no := first + i + 1
		s.Entries = append(s.Entries, Entry{No: no, Title: f.title, Note: f.note, Late: f.late})
		value := f.slot
		if value == "" {
			value = f.instance
		}
		if slices.ContainsFunc(v.Options, func(o Option) bool { return o.Value == value }) {
			continue
		}
		v.Options = append(v.Options, Option{Value: value, Label: fmt.Sprintf("%d. %s", no, short(f.title, 60))})
	}
	return nil
}

// entries reads a list, newest first but for what waits: there the oldest is first. more: there are others.
func (d *Desk) entries(ctx context.Context, person string, which list, filter string) (out []found, more bool, err error) {
	add := func(f found) {
		if f.title == "" {
			f.title = "…"
		}
		if filter == "" || strings.Contains(strings.ToLower(f.title), strings.ToLower(filter)) {
			out = append(out, f)
		}
	}
	if which == listStarted {
		all, err := d.o.Work.StartedWork(ctx, person, 0, maxRead)
		for _, in := range all {
			add(found{instance: in.ID, title: in.Title, note: statusWord(in.Status) + " · " + d.clock(in.CreatedAt), opened: in.CreatedAt})
		}
		return out, len(all) == maxRead, err
	}
	read := map[list]func(context.Context, string, int, int) ([]workflows.Task, error){
		listPending: d.o.Work.OpenWork, listDecided: d.o.Work.DecidedWork, listTold: d.o.Work.ToldWork,
	}[which]
	if read == nil {
		return nil, false, nil
	}
	all, err := read(ctx, person, 0, maxRead)
	for _, t := range all {
		f := found{instance: t.Instance, slot: t.Slot(), title: t.Title, opened: t.OpenedAt}
		switch which {
		case listPending:
			f.note = d.clock(t.OpenedAt) + " 起等待"
			if !t.DueAt.IsZero() {
				f.note += " · 请在 " + d.clock(t.DueAt) + " 前处理"
				if f.late = d.o.Now().After(t.DueAt); f.late {
					f.note += "（已超时）"
				}
			}
		case listDecided:
			f.note = taskWord(t.State) + " · " + d.clock(t.ClosedAt)
		default:
			f.note, f.slot = d.clock(t.OpenedAt), ""
		}
		add(f)
	}
	return out, len(all) == maxRead, err
}

// turn shows another page, or another list, on the same card.
func (d *Desk) turn(ctx context.Context, ev event.Event, b *event.Action, which list, page string) (workflows.Outcome, error) {
	n, err := strconv.Atoi(page)
	if err != nil || words[which] == (label{}) {
		return workflows.Outcome{}, workflows.Refuse("unknown_action", "这个操作已经不可用")
	}
	v, err := d.view(ctx, ev.Actor.Person, which, n, short(b.Data["filter"], 40))
	if err != nil {
		return workflows.Outcome{}, err
	}
	return workflows.Outcome{Effects: []workflows.Effect{workflows.ShowCard{Slot: b.Slot, To: d.to(ev), Template: "desk.list", View: v}}}, nil
}

// open sends the card of an entry again.
func (d *Desk) open(ctx context.Context, ev event.Event, b *event.Action) (workflows.Outcome, error) {
	picked := chosen(b, "item")
	if len(picked) != 1 {
		return workflows.Outcome{}, workflows.Refuse("invalid_form", "请先选一项")
	}
	instance, _, _ := strings.Cut(picked[0], "/")
	slots, err := d.o.Slots(ctx, instance, ev.Actor.Person)
	if errors.Is(err, workflows.ErrNotFound) || err == nil && len(slots) == 0 {
		return workflows.Outcome{}, workflows.Refuse("not_found", "这件事已经找不到了")
	}
	if err == nil {
		err = d.o.Resend(ctx, instance+"/"+slots[0], ev.Actor.Person)
	}
	if errors.Is(err, workflows.ErrNotFound) {
		return workflows.Outcome{}, workflows.Refuse("not_found", "这件事已经找不到了")
	}
	if err != nil {
		return workflows.Outcome{}, err
	}
	return workflows.Outcome{Toast: &card.Toast{Kind: card.ToastSuccess, Text: text("已重新发卡", "Sent once more")}}, nil
}

// chosen are the values of an input: of a select one, of a multi-select several.
func chosen(b *event.Action, name string) []string {
	v, ok := b.Form[name]
	switch {
	case !ok:
		return nil
	case v.Kind == event.ValueList:
		return v.List
	case strings.TrimSpace(v.Text) != "":
		return []string{v.Text}
	}
	return nil
}

// short cuts a text at n characters.
func short(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
