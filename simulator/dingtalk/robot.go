package dingtalk

import (
	"slices"
	"sort"
	"strings"
	"time"

	"magpie/simulator"
)

const (
	maxReceivers = 20 // persons in one batchSend; query keys in one recall
	queryLife    = 24 * time.Hour
)

// robotSend are the fields of the robot's send calls.
type robotSend struct {
	RobotCode          string   `json:"robotCode"`
	UserIDs            []string `json:"userIds"`
	OpenConversationID string   `json:"openConversationId"`
	MsgKey             string   `json:"msgKey"`
	MsgParam           string   `json:"msgParam"`
}

func (q *request) robotSend() (*robotSend, *apiError) {
	var in robotSend
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, refusal
	}
	if field, why := checkRobot(in.MsgKey, in.MsgParam); why != "" {
		return nil, badParam(field, "%s", why)
	}
	return &in, nil
}

// robot checks that a robotCode is the app's own.
func (q *request) robot(code string) *apiError {
	if code == "" {
		return badParam("robotCode", "robotCode is required")
	}
	if code != q.app.ClientID {
		return refuse("invalidParameter.robotCode.auth", "the robot %q is not this app's", code)
	}
	return nil
}

// group finds a group that the app's robot is in.
func (q *request) group(id string) (*chat, *apiError) {
	c := q.s.state.Chats[id]
	switch {
	case c == nil || c.Type != chatGroup:
		return nil, badParam("openConversationId", "the group %q does not exist", id)
	case c.Disbanded:
		return nil, refuse("group.disbanded", "the group has been disbanded")
	case !c.hasBot(q.app):
		return nil, refuse("robot.notInGroup", "the robot is not in the group")
	}
	return c, nil
}

// batchSend is POST /v1.0/robot/oToMessages/batchSend. It succeeds for some and not for others: who does not
// exist and who gets too much is told in the answer.
func batchSend(q *request) (answer, *apiError) {
	in, refusal := q.robotSend()
	if refusal != nil {
		return nil, refusal
	}
	if len(in.UserIDs) == 0 || len(in.UserIDs) > maxReceivers {
		return nil, badParam("userIds", "userIds must hold 1 to 20")
	}
	invalid, slowed := []string{}, []string{}
	var good []string
	for _, id := range in.UserIDs {
		person, there := q.s.byUser[id]
		switch {
		case !there || !q.s.available(q.app, person):
			invalid = append(invalid, id)
		case slices.Contains(good, person):
		case q.s.limits.PerPerson > 0 && !q.s.rates.take("robot "+q.app.ClientID+" "+person, q.s.limits.PerPerson, time.Minute, q.now):
			slowed = append(slowed, id)
		default:
			good = append(good, person)
		}
	}
	if len(invalid) == len(in.UserIDs) {
		return nil, refuse("staffId.notExisted", "none of the users exists")
	}
	key := newQueryKey()
	sent := &send{App: q.app.ID, Created: q.now}
	q.s.state.Sends[key] = sent
	for _, person := range good {
		m := &message{ID: newMessageID(), Chat: q.s.directChat(q.app, person).ID, Via: viaRobot, App: q.app.ID, Kind: in.MsgKey, Content: in.MsgParam,
			Query: key, Created: q.now}
		sent.Messages = append(sent.Messages, m.ID)
		q.s.postMessage(m)
	}
	return answer{"processQueryKey": key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": slowed, "filteredStaffIdList": []string{}}, nil
}

// groupSend is POST /v1.0/robot/groupMessages/send.
func groupSend(q *request) (answer, *apiError) {
	in, refusal := q.robotSend()
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.group(in.OpenConversationID)
	if refusal != nil {
		return nil, refusal
	}
	key := newQueryKey()
	m := &message{ID: newMessageID(), Chat: c.ID, Via: viaRobot, App: q.app.ID, Kind: in.MsgKey, Content: in.MsgParam, Query: key, Created: q.now}
	q.s.state.Sends[key] = &send{App: q.app.ID, Chat: c.ID, Messages: []string{m.ID}, Created: q.now}
	q.s.postMessage(m)
	return answer{"processQueryKey": key}, nil
}

// sendOf finds what a processQueryKey of the app stands for, within its day.
func (q *request) sendOf(key string) (*send, *apiError) {
	sent := q.s.state.Sends[key]
	if sent == nil || sent.App != q.app.ID {
		return nil, badParam("processQueryKey", "the processQueryKey does not exist")
	}
	if q.now.Sub(sent.Created) >= queryLife {
		return nil, refuse("processQueryKey.expireTime", "the processQueryKey has expired")
	}
	return sent, nil
}

func (sent *send) status() string {
	if sent.Recalled {
		return "RECALLED"
	}
	return "SUCCESS"
}

// readStatus is GET /v1.0/robot/oToMessages/readStatus: who of the receivers has read it.
func readStatus(q *request) (answer, *apiError) {
	if refusal := q.robot(q.query.Get("robotCode")); refusal != nil {
		return nil, refusal
	}
	sent, refusal := q.sendOf(q.query.Get("processQueryKey"))
	if refusal != nil {
		return nil, refusal
	}
	list := []map[string]any{}
	for _, id := range sent.Messages {
		m := q.s.byMsg[id]
		if m == nil || sent.Chat != "" {
			continue
		}
		for _, person := range q.s.audience(m) {
			row := map[string]any{"userId": q.s.userID(person), "name": q.s.nameOf(person), "readStatus": "UNREAD"}
			if _, read := m.ReadAt[person]; read {
				row["readStatus"] = "READ"
			}
			list = append(list, row)
		}
	}
	return answer{"sendStatus": sent.status(), "messageReadInfoList": list}, nil
}

// groupReaders is POST /v1.0/robot/groupMessages/query: who of a group has read a message, in pages.
func groupReaders(q *request) (answer, *apiError) {
	var in struct {
		RobotCode          string `json:"robotCode"`
		OpenConversationID string `json:"openConversationId"`
		ProcessQueryKey    string `json:"processQueryKey"`
		MaxResults         int    `json:"maxResults"`
		NextToken          string `json:"nextToken"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, refusal
	}
	if _, refusal := q.group(in.OpenConversationID); refusal != nil {
		return nil, refusal
	}
	sent, refusal := q.sendOf(in.ProcessQueryKey)
	if refusal != nil {
		return nil, refusal
	}
	if sent.Chat != in.OpenConversationID {
		return nil, badParam("processQueryKey", "the processQueryKey is another conversation's")
	}
	readers := []string{}
	for _, id := range sent.Messages {
		if m := q.s.byMsg[id]; m != nil {
			readers = append(readers, inOrder(m.ReadAt)...)
		}
	}
	if in.MaxResults == 0 {
		in.MaxResults = 200
	}
	part, next, ok := page(readers, in.NextToken, in.MaxResults, 200)
	if !ok {
		return nil, badParam("nextToken", "maxResults must be 1 to 200, and nextToken one that was given out")
	}
	ids, users := []string{}, []map[string]string{}
	for _, person := range part {
		ids = append(ids, q.s.userID(person))
		users = append(users, map[string]string{"userId": q.s.userID(person), "unionId": q.s.unionID(person)})
	}
	out := answer{"sendStatus": sent.status(), "readUserIds": ids, "readUsers": users, "hasMore": next != ""}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

// inOrder lists persons by the time they read, the first first.
func inOrder(at map[string]time.Time) []string {
	out := make([]string, 0, len(at))
	for p := range at {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := at[out[i]], at[out[j]]
		return a.Before(b) || a.Equal(b) && out[i] < out[j]
	})
	return out
}

// recallDirect is POST /v1.0/robot/otoMessages/batchRecall, whose path alone of all writes oto small.
func recallDirect(q *request) (answer, *apiError) { return recall(q, false) }

// recallGroup is POST /v1.0/robot/groupMessages/recall.
func recallGroup(q *request) (answer, *apiError) { return recall(q, true) }

func recall(q *request, group bool) (answer, *apiError) {
	var in struct {
		RobotCode          string   `json:"robotCode"`
		OpenConversationID string   `json:"openConversationId"`
		ProcessQueryKeys   []string `json:"processQueryKeys"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, refusal
	}
	if len(in.ProcessQueryKeys) == 0 || len(in.ProcessQueryKeys) > maxReceivers {
		return nil, badParam("processQueryKeys", "processQueryKeys must hold 1 to 20")
	}
	if group {
		if _, refusal := q.group(in.OpenConversationID); refusal != nil {
			return nil, refusal
		}
	}
	done, failures := []string{}, map[string]string{}
	for _, key := range in.ProcessQueryKeys {
		sent, refusal := q.sendOf(key)
		switch {
		case refusal != nil && refusal.code == "processQueryKey.expireTime":
			failures[key] = "robot.processQueryKey.expired"
		case refusal != nil || group && sent.Chat != in.OpenConversationID || !group && sent.Chat != "":
			failures[key] = "robot.processQueryKey.notExist"
		default:
			sent.Recalled = true
			for _, id := range sent.Messages {
				q.s.recallMessage(q.s.byMsg[id])
			}
			done = append(done, key)
		}
	}
	return answer{"successResult": done, "failedResult": failures}, nil
}

// recallMessage takes a message back; nil is none. Callers hold s.mu.
func (s *Server) recallMessage(m *message) {
	if m == nil || m.Recalled {
		return
	}
	m.Recalled = true
	s.touch()
	s.publish(simulator.Notice{Type: "update", Persons: s.audience(m), Chat: m.Chat, Message: m.ID})
}

// downloadFile is POST /v1.0/robot/messageFiles/download: nobody here sends files, so no code is good.
func downloadFile(q *request) (answer, *apiError) {
	var in struct {
		RobotCode    string `json:"robotCode"`
		DownloadCode string `json:"downloadCode"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := q.robot(in.RobotCode); refusal != nil {
		return nil, refusal
	}
	return nil, badParam("downloadCode", "the downloadCode is unknown")
}

// uploadMedia is POST /media/upload: one file as the field media.
func uploadMedia(q *request) (answer, *apiError) {
	kind := q.query.Get("type")
	most, known := map[string]int64{"image": 20 << 20, "voice": 2 << 20, "video": 20 << 20, "file": 20 << 20}[kind]
	if !known {
		return nil, deny(40004, "不合法的媒体文件类型")
	}
	file, refusal := q.part("media")
	if refusal != nil {
		return nil, refusal
	}
	if len(file) == 0 || int64(len(file)) > most {
		return nil, deny(40006, "不合法的媒体文件大小")
	}
	id := "@lAD" + randomLetters(40)
	if kind != "image" {
		id = "$i" + strings.ToLower(randomLetters(30))
	}
	q.s.state.Media[id] = q.app.ID
	q.s.touch()
	return answer{"type": kind, "media_id": id, "created_at": q.now.UnixMilli()}, nil
}
