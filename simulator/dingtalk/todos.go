package dingtalk

import (
	"slices"
	"time"

	"magpie/simulator"
)

// Limits of todos.
const (
	maxSubject  = 1024 // characters
	maxExecutor = 100
	doneLife    = 180 * 24 * time.Hour // for which done ones are listed
)

// todo is one task on people's lists. Persons in it are ours.
type todo struct {
	ID        string          `json:"id"`
	App       string          `json:"app"`
	SourceID  string          `json:"source_id,omitempty"`
	Subject   string          `json:"subject"`
	Kind      string          `json:"kind"` // TODO or READ
	Creator   string          `json:"creator"`
	Executors []string        `json:"executors"`
	Watchers  []string        `json:"watchers,omitempty"`
	Detail    todoURL         `json:"detail"`
	Due       int64           `json:"due,omitempty"`
	Priority  int             `json:"priority,omitempty"`
	Done      bool            `json:"done,omitempty"`
	DoneBy    map[string]bool `json:"done_by,omitempty"`
	DoneAt    time.Time       `json:"done_at,omitzero"`
	Created   time.Time       `json:"created"`
	Modified  time.Time       `json:"modified"`
}

type todoURL struct {
	AppURL string `json:"appUrl"`
	PCURL  string `json:"pcUrl"`
}

// todoFields are what creating and changing have in common; nil is left as it was.
type todoFields struct {
	SourceID    string    `json:"sourceId"`
	Subject     *string   `json:"subject"`
	CreatorID   string    `json:"creatorId"`
	DueTime     *int64    `json:"dueTime"`
	ExecutorIDs *[]string `json:"executorIds"`
	Watchers    *[]string `json:"participantIds"`
	DetailURL   *todoURL  `json:"detailUrl"`
	Priority    int       `json:"priority"`
	TodoType    string    `json:"todoType"`
	Done        *bool     `json:"done"`
}

func badTodo(format string, args ...any) *apiError {
	return refuse("todo.taskCreate.paramError", format, args...)
}

// owner finds the person whose union id is in the path, and the operator's.
func (q *request) owner() (string, *apiError) {
	person, there := q.s.byOne[q.path("unionId")]
	if !there {
		return "", badTodo("the unionId of the path does not exist")
	}
	if id := q.query.Get("operatorId"); id != "" && q.s.byOne[id] == "" {
		return "", badTodo("the operatorId does not exist")
	}
	return person, nil
}

func (q *request) unionPeople(ids []string) ([]string, *apiError) {
	var out []string
	for _, id := range ids {
		person, there := q.s.byOne[id]
		if !there {
			return nil, badTodo("the unionId %q does not exist", id)
		}
		if !slices.Contains(out, person) {
			out = append(out, person)
		}
	}
	return out, nil
}

// createTodo is POST /v1.0/todo/users/{unionId}/tasks. A sourceId is used once per app.
//
// Source: DingTalk Open Platform, "Add DingTalk to-do task", checked 2026-08.
func createTodo(q *request) (answer, *apiError) {
	creator, refusal := q.owner()
	if refusal != nil {
		return nil, refusal
	}
	var in todoFields
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	switch {
	case in.Subject == nil || *in.Subject == "" || runes(*in.Subject) > maxSubject:
		return nil, badTodo("subject of 1 to 1024 characters is required")
	case in.DetailURL == nil || !isLink(in.DetailURL.AppURL) && !isLink(in.DetailURL.PCURL):
		return nil, badTodo("detailUrl is required")
	case in.TodoType != "" && in.TodoType != "TODO" && in.TodoType != "READ":
		return nil, badTodo("todoType is TODO or READ")
	case in.Priority != 0 && !slices.Contains([]int{10, 20, 30, 40}, in.Priority):
		return nil, badTodo("priority is 10, 20, 30 or 40")
	}
	if in.SourceID != "" && q.bySource(in.SourceID) != nil {
		return nil, badTodo("task exist")
	}
	t := &todo{ID: randomLetters(20), App: q.app.ID, SourceID: in.SourceID, Creator: creator, Kind: orElse(in.TodoType, "TODO"), Priority: in.Priority,
		Detail: *in.DetailURL, Executors: []string{creator}, DoneBy: map[string]bool{}, Created: q.now}
	if refusal := q.change(t, in); refusal != nil {
		return nil, refusal
	}
	q.s.state.Todos = append(q.s.state.Todos, t)
	for _, person := range t.Executors {
		q.s.showTodo(t, person)
	}
	q.todoEvent("todo_task_create", t)
	return answer(q.todoView(t)), nil
}

func (q *request) bySource(id string) *todo {
	for _, t := range q.s.state.Todos {
		if t.App == q.app.ID && t.SourceID == id {
			return t
		}
	}
	return nil
}

// change puts fields into a todo.
func (q *request) change(t *todo, in todoFields) *apiError {
	if in.ExecutorIDs != nil {
		people, refusal := q.unionPeople(*in.ExecutorIDs)
		if refusal != nil {
			return refusal
		}
		if len(people) > maxExecutor {
			return badTodo("more than 100 executors")
		}
		if len(people) > 0 {
			t.Executors = people
		}
	}
	if in.Watchers != nil {
		people, refusal := q.unionPeople(*in.Watchers)
		if refusal != nil {
			return refusal
		}
		t.Watchers = people
	}
	if in.Subject != nil {
		t.Subject = *in.Subject
	}
	if in.DueTime != nil {
		t.Due = *in.DueTime
	}
	if in.Done != nil {
		t.finish(*in.Done, q.now)
	}
	t.Modified = q.now
	return nil
}

func (t *todo) finish(done bool, now time.Time) {
	t.Done = done
	t.DoneAt = now
	for _, p := range t.Executors {
		t.DoneBy[p] = done
	}
}

// showTodo puts a todo on a person's list, or brings what is there up to date. Callers hold s.mu.
func (s *Server) showTodo(t *todo, person string) {
	own := *t
	own.Done = t.Done || t.DoneBy[person]
	c := s.todoChat(person)
	for _, m := range s.state.Messages {
		if m.Via == viaTodo && m.Ref == t.ID && m.Chat == c.ID {
			m.Content, m.Updated, m.Recalled = string(encode(own)), true, false
			s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
			return
		}
	}
	s.postMessage(&message{ID: newMessageID(), Chat: c.ID, Via: viaTodo, App: t.App, Kind: "todo", Content: string(encode(own)), Ref: t.ID, Created: s.now()})
}

func (s *Server) hideTodo(t *todo, except []string) {
	for _, m := range s.state.Messages {
		if c := s.state.Chats[m.Chat]; m.Via == viaTodo && m.Ref == t.ID && !slices.Contains(except, c.Members[0]) {
			s.recallMessage(m)
		}
	}
}

func (q *request) todoEvent(name string, t *todo) {
	unions := []string{}
	for _, p := range t.Executors {
		unions = append(unions, q.s.unionID(p))
	}
	q.s.emit(q.app, name, map[string]any{"unionIdList": unions, "bizTag": "isv_dingtalkTodo", "taskId": t.ID})
	q.s.touch()
}

func (q *request) todoView(t *todo) map[string]any {
	executors := []string{}
	for _, p := range t.Executors {
		executors = append(executors, q.s.unionID(p))
	}
	out := map[string]any{"id": t.ID, "subject": t.Subject, "done": t.Done, "sourceId": t.SourceID, "source": "isv_dingtalkTodo", "bizTag": "isv_dingtalkTodo",
		"creatorId": q.s.unionID(t.Creator), "modifierId": q.s.unionID(t.Creator), "executorIds": executors, "detailUrl": t.Detail,
		"createdTime": t.Created.UnixMilli(), "modifiedTime": t.Modified.UnixMilli(), "todoType": t.Kind, "requestId": random(8)}
	if t.Due != 0 {
		out["dueTime"] = t.Due
	}
	if t.Priority != 0 {
		out["priority"] = t.Priority
	}
	return out
}

// todoOf finds the todo of the path.
func (q *request) todoOf() (*todo, *apiError) {
	if _, refusal := q.owner(); refusal != nil {
		return nil, refusal
	}
	for _, t := range q.s.state.Todos {
		if t.ID == q.path("taskId") && t.App == q.app.ID {
			return t, nil
		}
	}
	return nil, refuse("todo.task.notExist", "the task does not exist")
}

// updateTodo is PUT /v1.0/todo/users/{unionId}/tasks/{taskId}.
func updateTodo(q *request) (answer, *apiError) {
	t, refusal := q.todoOf()
	if refusal != nil {
		return nil, refusal
	}
	var in todoFields
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if in.Subject != nil && (*in.Subject == "" || runes(*in.Subject) > maxSubject) {
		return nil, badTodo("subject of 1 to 1024 characters is required")
	}
	if refusal := q.change(t, in); refusal != nil {
		return nil, refusal
	}
	q.s.hideTodo(t, t.Executors)
	for _, p := range t.Executors {
		q.s.showTodo(t, p)
	}
	q.todoEvent("todo_task_update", t)
	return answer{"result": true}, nil
}

// updateExecutors is PUT …/tasks/{taskId}/executorStatus: each person's own completion.
func updateExecutors(q *request) (answer, *apiError) {
	t, refusal := q.todoOf()
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		List []struct {
			ID   string `json:"id"`
			Done bool   `json:"isDone"`
		} `json:"executorStatusList"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if len(in.List) == 0 {
		return nil, badTodo("executorStatusList is required")
	}
	for _, row := range in.List {
		if person, there := q.s.byOne[row.ID]; !there || !slices.Contains(t.Executors, person) {
			return nil, badTodo("%q is no executor of the task", row.ID)
		}
	}
	for _, row := range in.List {
		t.DoneBy[q.s.byOne[row.ID]] = row.Done
	}
	all := !slices.ContainsFunc(t.Executors, func(p string) bool { return !t.DoneBy[p] })
	if t.Done != all {
		t.Done, t.DoneAt = all, q.now
	}
	t.Modified = q.now
	for _, p := range t.Executors {
		q.s.showTodo(t, p)
	}
	q.todoEvent("todo_task_update", t)
	return answer{"result": true}, nil
}

// deleteTodo is DELETE /v1.0/todo/users/{unionId}/tasks/{taskId}.
func deleteTodo(q *request) (answer, *apiError) {
	t, refusal := q.todoOf()
	if refusal != nil {
		return nil, refusal
	}
	q.s.state.Todos = slices.DeleteFunc(q.s.state.Todos, func(other *todo) bool { return other == t })
	q.s.hideTodo(t, nil)
	q.todoEvent("todo_task_delete", t)
	return answer{"result": true}, nil
}

// todoBySource is GET /v1.0/todo/users/{unionId}/tasks/sources/{sourceId}.
func todoBySource(q *request) (answer, *apiError) {
	if _, refusal := q.owner(); refusal != nil {
		return nil, refusal
	}
	if t := q.bySource(q.path("sourceId")); t != nil {
		return answer(q.todoView(t)), nil
	}
	return nil, refuse("todo.task.notExist", "the task does not exist")
}

// queryTodos is POST /v1.0/todo/users/{unionId}/org/tasks/query: what a person has to do, or has done lately.
func queryTodos(q *request) (answer, *apiError) {
	person, refusal := q.owner()
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		NextToken string `json:"nextToken"`
		IsDone    bool   `json:"isDone"`
		TodoType  string `json:"todoType"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	list := []map[string]any{}
	for _, t := range q.s.state.Todos {
		done := t.Done || t.DoneBy[person]
		if !slices.Contains(t.Executors, person) || done != in.IsDone || in.TodoType != "" && in.TodoType != t.Kind || done && q.now.Sub(t.Modified) > doneLife {
			continue
		}
		list = append(list, map[string]any{"taskId": t.ID, "subject": t.Subject, "dueTime": t.Due, "detailUrl": t.Detail, "priority": t.Priority,
			"createdTime": t.Created.UnixMilli(), "modifiedTime": t.Modified.UnixMilli(), "creatorId": q.s.unionID(t.Creator), "sourceId": t.SourceID,
			"bizTag": "isv_dingtalkTodo", "isDone": done, "todoType": t.Kind})
	}
	part, next, ok := page(list, in.NextToken, 20, 20)
	if !ok {
		return nil, badTodo("nextToken is not one that was given out")
	}
	out := answer{"todoCards": part, "totalCount": len(list)}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}
