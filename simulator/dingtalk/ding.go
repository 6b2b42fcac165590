package dingtalk

import "time"

// ding is one DING: an urgent text to several people.
type ding struct {
	App      string            `json:"app"`
	Messages map[string]string `json:"messages"` // by person
	Recalled bool              `json:"recalled,omitempty"`
	Created  time.Time         `json:"created"`
}

// Ways of a DING, and how many people each reaches at once.
const (
	dingApp    = 1
	maxDingApp = 200
	maxDing    = 20 // by text message or phone
)

// sendDing is POST /v1.0/robot/ding/send. Text messages and phone calls need packs, which this organisation
// has not bought.
func sendDing(q *request) (answer, *apiError) {
	var in struct {
		RobotCode  string   `json:"robotCode"`
		RemindType int      `json:"remindType"`
		Receivers  []string `json:"receiverUserIdList"`
		Content    string   `json:"content"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, refusal
	}
	most := maxDing
	if in.RemindType == dingApp {
		most = maxDingApp
	}
	switch {
	case in.RemindType < dingApp || in.RemindType > 3:
		return nil, badParam("remindType", "remindType is 1, 2 or 3")
	case len(in.Receivers) == 0 || len(in.Receivers) > most:
		return nil, badParam("receiverUserIdList", "receiverUserIdList must hold 1 to %d", most)
	case in.Content == "":
		return nil, badParam("content", "content is required")
	case in.RemindType != dingApp:
		return nil, refuse("ding.serverquota.insufficient", "the organisation has no packs for this left")
	}
	d := &ding{App: q.app.ID, Messages: map[string]string{}, Created: q.now}
	id := "DING" + randomLetters(28)
	failures := map[string][]string{}
	for _, user := range in.Receivers {
		person, there := q.s.byUser[user]
		if !there || !q.s.available(q.app, person) {
			failures["user.notExist"] = append(failures["user.notExist"], user)
			continue
		}
		if d.Messages[person] != "" {
			continue
		}
		m := &message{ID: newMessageID(), Chat: q.s.directChat(q.app, person).ID, Via: viaDing, App: q.app.ID, Kind: "ding", Content: in.Content,
			Ref: id, Created: q.now, Urgent: map[string]bool{person: true}}
		d.Messages[person] = m.ID
		q.s.postMessage(m)
	}
	q.s.state.Dings[id] = d
	q.s.touch()
	return answer{"openDingId": id, "failedList": failures}, nil
}

// dingOf reads the DING of a request and finds it.
func (q *request) dingOf() (*ding, string, *apiError) {
	var in struct {
		RobotCode  string `json:"robotCode"`
		OpenDingID string `json:"openDingId"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, "", refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, "", refusal
	}
	d := q.s.state.Dings[in.OpenDingID]
	if d == nil || d.App != q.app.ID {
		return nil, "", badParam("openDingId", "the DING does not exist")
	}
	return d, in.OpenDingID, nil
}

// recallDing is POST /v1.0/robot/ding/recall.
func recallDing(q *request) (answer, *apiError) {
	d, id, refusal := q.dingOf()
	if refusal != nil {
		return nil, refusal
	}
	d.Recalled = true
	for _, m := range d.Messages {
		q.s.recallMessage(q.s.byMsg[m])
	}
	return answer{"openDingId": id}, nil
}

// dingReaders is POST /v1.0/robot/ding/readStatuses/query.
func dingReaders(q *request) (answer, *apiError) {
	d, _, refusal := q.dingOf()
	if refusal != nil {
		return nil, refusal
	}
	list := []map[string]any{}
	for _, p := range q.s.company.People {
		m := q.s.byMsg[d.Messages[p.ID]]
		if m == nil {
			continue
		}
		row := map[string]any{"userId": q.s.userID(p.ID), "readStatus": "UNREAD"}
		if _, read := m.ReadAt[p.ID]; read {
			row["readStatus"] = "READ"
		}
		list = append(list, row)
	}
	return answer{"success": true, "result": map[string]any{"robotDingReadInfoList": list}}, nil
}
