package pages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"magpie/adapters/card"
	"magpie/workflows"
)

// perPage is how many rows a list shows at once.
const perPage = 20

// maxPage bounds how far a list is turned.
const maxPage = 500

// workView is one of a person's lists.
type workView struct {
	Tabs       []tabView
	Rows       []rowView
	Empty      string
	Less, More string // addresses, "" at the ends
}

type tabView struct {
	Label, URL string
	On         bool
}

type rowView struct {
	Title, Sub, State, URL string
	Tone                   card.Tone
}

var taskTones = map[workflows.TaskState]card.Tone{
	workflows.TaskOpen: card.Info, workflows.TaskApproved: card.Success, workflows.TaskRejected: card.Danger, workflows.TaskTimedOut: card.Warning, workflows.TaskReturned: card.Warning,
}

var statusTones = map[workflows.Status]card.Tone{
	workflows.StatusRunning: card.Info, workflows.StatusApproved: card.Success, workflows.StatusDone: card.Success,
	workflows.StatusRejected: card.Danger, workflows.StatusTerminated: card.Warning, workflows.StatusRevoked: card.Warning,
}

func (h *Handler) getTasks(w http.ResponseWriter, r *http.Request) {
	v, err := h.session(r)
	if err != nil {
		h.stranger(w, r, err)
		return
	}
	l := languageOf(r)
	tab := r.URL.Query().Get("tab")
	if tab != "started" && tab != "decided" && tab != "told" {
		tab = "open"
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = min(max(page, 1), maxPage)
	rows, err := h.rows(r, l, tab, v.person.ID, (page-1)*perPage)
	if err != nil {
		h.fail(w, r, "list", err)
		return
	}
	at := func(tab string, page int) string {
		u := h.prefix() + "/m/tasks?tab=" + tab
		if page > 1 {
			u += "&page=" + strconv.Itoa(page)
		}
		if q := h.query(r); q != "" {
			u += "&" + strings.TrimPrefix(q, "?")
		}
		return u
	}
	work := &workView{Empty: l.say("empty_" + tab)}
	for _, t := range [...]string{"open", "started", "decided", "told"} {
		work.Tabs = append(work.Tabs, tabView{l.say("tab_" + t), at(t, 1), t == tab})
	}
	if page > 1 {
		work.Less = at(tab, page-1)
	}
	if len(rows) > perPage {
		rows = rows[:perPage]
		if page < maxPage {
			work.More = at(tab, page+1)
		}
	}
	work.Rows = rows
	view := h.frame(r, "work", l.say("my_work"))
	view.Work, view.Person = work, v.person.Name
	h.render(w, r, http.StatusOK, view)
}

// rows reads one page of a list, and one row more to know whether there is a next.
func (h *Handler) rows(r *http.Request, l tongue, tab, person string, skip int) ([]rowView, error) {
	var out []rowView
	add := func(instance, title, sub, state string, tone card.Tone) {
		if title == "" {
			title = "…"
		}
		out = append(out, rowView{title, sub, state, h.process(r, instance), tone})
	}
	if tab == "started" {
		list, err := h.o.Work.StartedWork(r.Context(), person, skip, perPage+1)
		for _, in := range list {
			add(in.ID, in.Title, h.clock(in.CreatedAt), l.say("status_"+string(in.Status)), statusTones[in.Status])
		}
		return out, err
	}
	read, state := h.o.Work.OpenWork, func(t workflows.Task) string { return h.clock(t.OpenedAt) }
	if tab == "decided" {
		read, state = h.o.Work.DecidedWork, func(t workflows.Task) string { return h.clock(t.ClosedAt) }
	}
	if tab == "told" {
		read, state = h.o.Work.ToldWork, func(t workflows.Task) string { return h.clock(t.OpenedAt) }
	}
	list, err := read(r.Context(), person, skip, perPage+1)
	for _, t := range list {
		sub, word, tone := state(t), l.say("task_"+string(t.State)), taskTones[t.State]
		if tab == "open" && !t.DueAt.IsZero() {
			sub += " · " + fmt.Sprintf(l.say("due"), h.clock(t.DueAt))
			if h.now().After(t.DueAt) {
				word, tone = l.say("late"), card.Danger
			}
		}
		add(t.Instance, t.Title, sub, word, tone)
	}
	return out, err
}
