package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"
)

// maxAPIBody is the longest request body of /sim/api, in bytes.
const maxAPIBody = 1 << 20

// api is the persons' side of all suites, in JSON.
func (h *Hub) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/api/connections", h.getConnections)
	mux.HandleFunc("GET /sim/api/company", h.getCompany)
	mux.HandleFunc("GET /sim/api/chats", h.getChats)
	mux.HandleFunc("GET /sim/api/messages", h.getMessages)
	mux.HandleFunc("GET /sim/api/calls", h.getCalls)
	mux.HandleFunc("GET /sim/api/events", h.getEvents)
	mux.HandleFunc("POST /sim/api/say", h.postSay)
	mux.HandleFunc("POST /sim/api/press", h.postPress)
	mux.HandleFunc("POST /sim/api/read", h.postRead)
	mux.HandleFunc("POST /sim/api/fault", h.postFault)
	mux.HandleFunc("/sim/api/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, "not_found", "no such call: "+r.Method+" "+r.URL.Path)
	})
	return mux
}

func (h *Hub) getConnections(w http.ResponseWriter, _ *http.Request) {
	all := []Connection{}
	for _, s := range h.suites {
		all = append(all, s.Connections()...)
	}
	writeJSON(w, all)
}

type apiPerson struct {
	ID         string                       `json:"id"`
	Name       string                       `json:"name"`
	Department string                       `json:"department"`
	Title      string                       `json:"title"`
	Manager    string                       `json:"manager"`
	EmployeeNo string                       `json:"employee_no"`
	Email      string                       `json:"email"`
	Mobile     string                       `json:"mobile"`
	Suites     map[string]map[string]string `json:"suites"`
}

type apiChat struct {
	Suite string `json:"suite"`
	Chat
}

type apiCompany struct {
	Name        string       `json:"name"`
	People      []apiPerson  `json:"people"`
	Departments []Department `json:"departments"`
	Chats       []apiChat    `json:"chats"`
}

// getCompany lists people, departments and the groups of every suite. Department is the name, as people say
// it; the direct chats are in getChats, since each person has their own.
func (h *Hub) getCompany(w http.ResponseWriter, _ *http.Request) {
	out := apiCompany{Name: h.company.Name, People: []apiPerson{}, Departments: h.company.Departments, Chats: []apiChat{}}
	seen := map[string]bool{}
	for _, p := range h.company.People {
		unit, _ := h.company.Department(p.Department)
		row := apiPerson{ID: p.ID, Name: p.Name, Department: unit.Name, Title: p.Title, Manager: p.Manager,
			EmployeeNo: p.EmployeeNo, Email: p.Email, Mobile: p.Mobile, Suites: map[string]map[string]string{}}
		for _, s := range h.suites {
			ids, there := s.Account(p.ID)
			if !there {
				continue
			}
			row.Suites[s.Name()] = ids
			for _, c := range s.Chats(p.ID) {
				if key := s.Name() + " " + c.ID; c.Type == "group" && !seen[key] {
					seen[key] = true
					c.Unread = 0
					out.Chats = append(out.Chats, apiChat{s.Name(), c})
				}
			}
		}
		out.People = append(out.People, row)
	}
	writeJSON(w, out)
}

// getChats lists what ?person= can open, in ?suite= or in all suites they are in.
func (h *Hub) getChats(w http.ResponseWriter, r *http.Request) {
	suites, person, ok := h.viewer(w, r)
	if !ok {
		return
	}
	out := []apiChat{}
	for _, s := range suites {
		for _, c := range s.Chats(person) {
			out = append(out, apiChat{s.Name(), c})
		}
	}
	writeJSON(w, out)
}

type apiMessage struct {
	Suite string `json:"suite"`
	Message
}

func (h *Hub) getMessages(w http.ResponseWriter, r *http.Request) {
	suites, person, ok := h.viewer(w, r)
	if !ok {
		return
	}
	out := []apiMessage{}
	for _, s := range suites {
		list, err := s.Messages(person, r.URL.Query().Get("chat"))
		if err != nil {
			writeFailure(w, err)
			return
		}
		for _, m := range list {
			out = append(out, apiMessage{s.Name(), m})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].At.Before(out[j].At) })
	writeJSON(w, out)
}

// viewer reads ?suite= and ?person=; without a suite it is every suite the person is in.
func (h *Hub) viewer(w http.ResponseWriter, r *http.Request) ([]Suite, string, bool) {
	q := r.URL.Query()
	person := q.Get("person")
	if _, there := h.company.Person(person); !there {
		writeFailure(w, fmt.Errorf("person %q: %w", person, ErrNotFound))
		return nil, "", false
	}
	if name := q.Get("suite"); name != "" {
		s, err := h.Suite(name)
		if err != nil {
			writeFailure(w, err)
			return nil, "", false
		}
		return []Suite{s}, person, true
	}
	var in []Suite
	for _, s := range h.suites {
		if _, there := s.Account(person); there {
			in = append(in, s)
		}
	}
	return in, person, true
}

func (h *Hub) getCalls(w http.ResponseWriter, r *http.Request) {
	type apiCall struct {
		Suite string `json:"suite"`
		Call
	}
	out := []apiCall{}
	name := r.URL.Query().Get("suite")
	for _, s := range h.suites {
		if name != "" && s.Name() != name {
			continue
		}
		for _, c := range s.Calls() {
			out = append(out, apiCall{s.Name(), c})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].At.Before(out[j].At) })
	writeJSON(w, out)
}

func (h *Hub) postSay(w http.ResponseWriter, r *http.Request) {
	var in struct{ Suite, Person, Chat, Text string }
	s, ok := h.decode(w, r, &in, &in.Suite)
	if !ok {
		return
	}
	id, err := s.Say(r.Context(), in.Person, in.Chat, in.Text)
	if err != nil {
		writeFailure(w, err)
		return
	}
	writeJSON(w, map[string]string{"message_id": id})
}

func (h *Hub) postPress(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Suite, Person, Button string
		MessageID             string         `json:"message_id"`
		Form                  map[string]any `json:"form"`
	}
	s, ok := h.decode(w, r, &in, &in.Suite)
	if !ok {
		return
	}
	result, err := s.Press(r.Context(), in.Person, in.MessageID, in.Button, in.Form)
	if err != nil {
		writeFailure(w, err)
		return
	}
	writeJSON(w, result)
}

func (h *Hub) postRead(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Suite, Person string
		MessageID     string `json:"message_id"`
	}
	s, ok := h.decode(w, r, &in, &in.Suite)
	if !ok {
		return
	}
	if err := s.Read(r.Context(), in.Person, in.MessageID); err != nil {
		writeFailure(w, err)
		return
	}
	writeJSON(w, map[string]bool{"ok": true})
}

func (h *Hub) postFault(w http.ResponseWriter, r *http.Request) {
	var in Fault
	s, ok := h.decode(w, r, &in, &in.Suite)
	if !ok {
		return
	}
	if err := s.Fault(in); err != nil {
		writeFailure(w, err)
		return
	}
	writeJSON(w, map[string]bool{"ok": true})
}

// decode reads the body into in, strictly, and finds the suite it names.
func (h *Hub) decode(w http.ResponseWriter, r *http.Request, in any, suite *string) (Suite, bool) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAPIBody))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		writeError(w, http.StatusBadRequest, "invalid", "the body is not the JSON object of this call: "+err.Error())
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		writeError(w, http.StatusBadRequest, "invalid", "the body goes on after the JSON object")
		return nil, false
	}
	s, err := h.Suite(*suite)
	if err != nil {
		writeFailure(w, err)
		return nil, false
	}
	return s, true
}

func writeFailure(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrNotFound):
		writeError(w, http.StatusNotFound, "not_found", err.Error())
	case errors.Is(err, ErrInvalid):
		writeError(w, http.StatusBadRequest, "invalid", err.Error())
	case errors.Is(err, ErrClosed):
		writeError(w, http.StatusServiceUnavailable, "closed", err.Error())
	default:
		writeError(w, http.StatusInternalServerError, "internal", err.Error())
	}
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(body)
}
