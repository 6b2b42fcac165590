package dingtalk

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"magpie/simulator"
)

// Limits of work notifications.
const (
	maxNoticeUsers  = 100
	maxNoticeUnits  = 20
	maxNoticeToAll  = 3 // a day
	noticeQueryLife = 24 * time.Hour
	statusBarLife   = 7 * 24 * time.Hour
)

// workNotice is one task: one call of asyncsend_v2.
type workNotice struct {
	ID        int64             `json:"id"`
	App       string            `json:"app"`
	Digest    string            `json:"digest"`
	Messages  map[string]string `json:"messages"`            // by person
	Invalid   []string          `json:"invalid,omitempty"`   // user ids
	Units     []int64           `json:"units,omitempty"`     // that do not exist
	Forbidden map[string]string `json:"forbidden,omitempty"` // code by person
	ToAll     bool              `json:"to_all,omitempty"`
	Recalled  bool              `json:"recalled,omitempty"`
	Created   time.Time         `json:"created"`
}

// sendNotice is POST /topapi/message/corpconversation/asyncsend_v2. What goes over a limit is accepted and not
// delivered; only the result says so.
//
// Source: DingTalk Open Platform, "Asynchronous sending of enterprise session messages", checked 2026-08.
func sendNotice(q *request) (answer, *apiError) {
	var in struct {
		AgentID number          `json:"agent_id"`
		Users   string          `json:"userid_list"`
		Units   string          `json:"dept_id_list"`
		ToAll   bool            `json:"to_all_user"`
		Msg     json.RawMessage `json:"msg"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.agent(in.AgentID); refusal != nil {
		return nil, refusal
	}
	users, units := splitList(in.Users), splitList(in.Units)
	switch {
	case len(users) > maxNoticeUsers:
		return nil, badField("userid_list holds more than 100")
	case len(units) > maxNoticeUnits:
		return nil, badField("dept_id_list holds more than 20")
	case len(users)+len(units) == 0 && !in.ToAll:
		return nil, badField("userid_list, dept_id_list and to_all_user are all empty")
	}
	msg, why := checkWork(in.Msg)
	if why != "" {
		return nil, badField("%s", why)
	}
	if msg.OA != nil && msg.OA.StatusBar != nil && (len(users) > maxStatusUsers || len(units) > 0 || in.ToAll) {
		return nil, deny(41052, "带状态栏的OA消息最多发送给5个人")
	}
	today := q.now.In(beijing).Format(time.DateOnly)
	if in.ToAll && q.s.noticesToAll(q.app, today) >= maxNoticeToAll {
		return nil, deny(143105, "今日全员消息次数已达上限")
	}
	n := &workNotice{ID: q.s.newTaskID(), App: q.app.ID, Digest: hex.EncodeToString(derive(string(in.Msg))), Messages: map[string]string{},
		Forbidden: map[string]string{}, ToAll: in.ToAll, Created: q.now}
	for _, person := range q.noticeReceivers(n, users, units, in.ToAll) {
		if code := q.s.noticeRefused(n, person, today); code != "" {
			n.Forbidden[person] = code
			continue
		}
		m := &message{ID: newMessageID(), Chat: q.s.workChat(person).ID, Via: viaWork, App: q.app.ID, Kind: msg.MsgType, Content: string(in.Msg),
			Ref: strconv.FormatInt(n.ID, 10), Created: q.now}
		n.Messages[person] = m.ID
		q.s.postMessage(m)
	}
	q.s.state.Notices = append(q.s.state.Notices, n)
	q.s.touch()
	return answer{"task_id": n.ID}, nil
}

// agent checks that an agent_id is the app's own.
func (q *request) agent(id number) *apiError {
	if int64(id) != q.app.AgentID {
		return deny(400002, "无效的参数: agent_id %d is not this app's", id)
	}
	return nil
}

func (s *Server) newTaskID() int64 {
	for {
		id, _ := strconv.ParseInt("2"+randomDigits(11), 10, 64)
		if !slices.ContainsFunc(s.state.Notices, func(n *workNotice) bool { return n.ID == id }) {
			return id
		}
	}
}

func (s *Server) noticesToAll(a *app, day string) int {
	n := 0
	for _, t := range s.state.Notices {
		if t.ToAll && t.App == a.ID && t.Created.In(beijing).Format(time.DateOnly) == day {
			n++
		}
	}
	return n
}

// noticeReceivers resolves who a notification is for, once each; what does not exist is noted in n.
func (q *request) noticeReceivers(n *workNotice, users, units []string, toAll bool) []string {
	var out []string
	add := func(person string) {
		if !slices.Contains(out, person) && q.s.available(q.app, person) {
			out = append(out, person)
		}
	}
	for _, id := range users {
		if person, there := q.s.byUser[id]; there && q.s.available(q.app, person) {
			add(person)
		} else {
			n.Invalid = append(n.Invalid, id)
		}
	}
	for _, text := range units {
		id, err := strconv.ParseInt(text, 10, 64)
		department, there := q.s.byUnit[id]
		if err != nil || !there {
			n.Units = append(n.Units, id)
			continue
		}
		for _, p := range q.s.company.People {
			if slices.Contains(q.unitsAbove(p.Department), q.s.unitID(department)) {
				add(p.ID)
			}
		}
	}
	if toAll {
		for _, p := range q.s.company.People {
			add(p.ID)
		}
	}
	return out
}

// noticeRefused says why a person does not get a notification today: the same content came already, or the
// day's number is full. "" is no reason.
func (s *Server) noticeRefused(n *workNotice, person, day string) string {
	today := 0
	for i := len(s.state.Notices) - 1; i >= 0; i-- {
		t := s.state.Notices[i]
		if t.Created.In(beijing).Format(time.DateOnly) != day {
			break
		}
		if _, got := t.Messages[person]; !got || t.App != n.App {
			continue
		}
		if t.Digest == n.Digest {
			return "143106"
		}
		today++
	}
	if s.limits.NoticesADay > 0 && today >= s.limits.NoticesADay {
		return "143105"
	}
	return ""
}

// notice reads the task of a request and finds it.
func (q *request) notice() (*workNotice, *apiError) {
	var in struct {
		AgentID number `json:"agent_id"`
		TaskID  number `json:"task_id"`
		MsgTask number `json:"msg_task_id"` // of a recall
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.agent(in.AgentID); refusal != nil {
		return nil, refusal
	}
	for _, n := range q.s.state.Notices {
		if n.App == q.app.ID && (n.ID == int64(in.TaskID) || n.ID == int64(in.MsgTask)) {
			return n, nil
		}
	}
	return nil, deny(400002, "无效的参数: the task does not exist")
}

// noticeProgress is POST …/getsendprogress.
func noticeProgress(q *request) (answer, *apiError) {
	n, refusal := q.notice()
	if refusal != nil {
		return nil, refusal
	}
	if q.now.Sub(n.Created) >= noticeQueryLife {
		return nil, deny(400002, "无效的参数: the task is older than 24 hours")
	}
	return answer{"progress": map[string]any{"progress_in_percent": 100, "status": 2}}, nil
}

// noticeResult is POST …/getsendresult.
func noticeResult(q *request) (answer, *apiError) {
	n, refusal := q.notice()
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case q.now.Sub(n.Created) >= noticeQueryLife:
		return nil, deny(400002, "无效的参数: the task is older than 24 hours")
	case len(n.Messages)+len(n.Forbidden)+len(n.Invalid) > maxNoticeUsers:
		return nil, deny(41052, "接收者过多")
	}
	read, unread, forbidden := []string{}, []string{}, []string{}
	rows := []map[string]any{}
	for _, p := range q.s.company.People {
		id := q.s.userID(p.ID)
		if code := n.Forbidden[p.ID]; code != "" {
			forbidden = append(forbidden, id)
			rows = append(rows, map[string]any{"code": code, "count": 1, "userid": id})
		}
		m := q.s.byMsg[n.Messages[p.ID]]
		if m == nil {
			continue
		}
		if _, seen := m.ReadAt[p.ID]; seen {
			read = append(read, id)
		} else {
			unread = append(unread, id)
		}
	}
	return answer{"send_result": map[string]any{"read_user_id_list": read, "unread_user_id_list": unread, "failed_user_id_list": []string{},
		"invalid_user_id_list": append([]string{}, n.Invalid...), "invalid_dept_id_list": append([]int64{}, n.Units...),
		"forbidden_user_id_list": forbidden, "forbidden_list": rows}}, nil
}

// recallNotice is POST …/recall.
func recallNotice(q *request) (answer, *apiError) {
	n, refusal := q.notice()
	if refusal != nil {
		return nil, refusal
	}
	if q.now.Sub(n.Created) >= noticeQueryLife {
		return nil, deny(400002, "无效的参数: the task is older than 24 hours")
	}
	n.Recalled = true
	for _, id := range n.Messages {
		q.s.recallMessage(q.s.byMsg[id])
	}
	return answer{}, nil
}

// updateStatusBar is POST …/status_bar/update, of an OA notification that has one.
func updateStatusBar(q *request) (answer, *apiError) {
	var in struct {
		Value string `json:"status_value"`
		Bg    string `json:"status_bg"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	n, refusal := q.notice()
	if refusal != nil {
		return nil, refusal
	}
	if in.Value == "" {
		return nil, badField("status_value is required")
	}
	if q.now.Sub(n.Created) >= statusBarLife {
		return nil, deny(400002, "无效的参数: the task is older than 7 days")
	}
	for _, id := range n.Messages {
		m := q.s.byMsg[id]
		if m == nil {
			continue
		}
		var msg map[string]json.RawMessage
		var oa map[string]json.RawMessage
		_ = json.Unmarshal([]byte(m.Content), &msg) // checked when it was sent
		if m.Kind != "oa" || json.Unmarshal(msg["oa"], &oa) != nil || oa["status_bar"] == nil {
			return nil, deny(400002, "无效的参数: the notification has no status bar")
		}
		oa["status_bar"] = encode(statusBar{in.Value, in.Bg})
		msg["oa"] = encode(oa)
		m.Content, m.Updated = string(encode(msg)), true
		q.s.publish(simulator.Notice{Type: "update", Persons: q.s.audience(m), Chat: m.Chat, Message: m.ID})
	}
	q.s.touch()
	return answer{}, nil
}
