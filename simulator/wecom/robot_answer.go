package wecom

import (
	"slices"
)

// robotResponse is POST /cgi-bin/aibot/response: one answer to a message or a press, within the hour. It can't
// change a card.
func robotResponse(q *request) (answer, *apiError) {
	u := q.s.replies[q.query.Get("response_code")]
	if u == nil || u.used || !u.until.After(q.now) {
		return nil, fail(60140)
	}
	m, refusal := q.robotMessage(u.robot, u.person, u.group)
	if refusal != nil {
		return nil, refusal
	}
	u.used = true
	if u.group != nil {
		m.Quotes = u.quote
	}
	q.s.post(m)
	return nil, nil
}

// robotMessage checks a markdown or a card that a robot sends.
func (q *request) robotMessage(r *robot, person string, group *chat) (*message, *apiError) {
	q.robot = r
	m := &message{ID: secret(43), From: r.ID, Type: q.in.str("msgtype"), Created: q.now}
	if group != nil {
		m.Chat = group.ID
	} else {
		m.To = []string{person}
	}
	content, refusal := q.content(channelRobot, m)
	if refusal != nil {
		return nil, refusal
	}
	m.Content = content
	key := r.ID + " " + m.TaskID
	if m.TaskID != "" {
		if q.s.state.Tasks[key] != "" {
			return nil, failf(42014, "task_id is repeated")
		}
		q.s.state.Tasks[key] = m.ID
	}
	return m, nil
}

// answer carries out a callback robot's reply. Callers hold s.mu.
func (s *Server) answer(r *robot, x *exchange, body []byte) {
	in, err := parseObject(body)
	if err != nil {
		s.warn("%s: a reply is no JSON object", r.ID)
		return
	}
	if refusal := s.respond(r, x, in); refusal != nil {
		s.warn("%s: a reply was passed over: %d %s %s", r.ID, refusal.code, texts[refusal.code], refusal.detail)
	}
	if x.stream != nil && !x.stream.Finished {
		s.life.After(streamPoll, func() { s.pollStream(r, x) })
	}
}

// respond carries out an answer, by whichever transport it came. Callers hold s.mu.
func (s *Server) respond(r *robot, x *exchange, in object) *apiError {
	q := s.internal(nil)
	q.in = in
	switch kind := in.str("msgtype"); {
	case x.kind == "card":
		return s.respondCard(q, x)
	case x.kind == "enter_chat":
		if kind == "text" {
			part, _ := in.obj("text")
			if part.str("content") == "" {
				return fail(44004)
			}
			s.post(&message{ID: secret(43), From: r.ID, To: []string{x.person}, Type: "text", Created: q.now,
				Content: encode(map[string]string{"content": cutBytes(part.str("content"), maxText)})})
			return nil
		}
		if kind != "template_card" {
			return fail(40008)
		}
	case kind == "stream" || kind == "stream_with_template_card":
		return s.respondStream(q, r, x, kind != "stream")
	case kind != "template_card" && !(r.Transport == TransportWebsocket && kind == "markdown"):
		return fail(40008)
	}
	m, refusal := q.robotMessage(r, x.person, x.group)
	if refusal != nil {
		return refusal
	}
	s.release(r, x)
	s.post(m)
	return nil
}

// respondCard changes the card of a press: in a group for those named, or for everybody.
func (s *Server) respondCard(q *request, x *exchange) *apiError {
	if q.in.str("response_type") != "update_template_card" {
		return fail(93050)
	}
	if s.now().Sub(x.at) > answerTime {
		return fail(846604)
	}
	card, _ := q.in.obj("template_card")
	if card.str("task_id") != x.card.TaskID {
		return failf(42014, "task_id is not that of the press")
	}
	q.robot = s.robotNamed(x.card.From)
	if refusal := q.checkCard(card); refusal != nil {
		return refusal
	}
	to := s.seenBy(x.card)
	if ids := q.in.strs("userids"); len(ids) > 0 && x.group != nil {
		to = nil
		for _, id := range ids {
			person, _ := s.personOf(id)
			for _, p := range s.company.People {
				if id == s.openUserID(p.ID) {
					person = p.ID
				}
			}
			if slices.Contains(s.seenBy(x.card), person) {
				to = append(to, person)
			}
		}
	}
	s.tellChanged(x.card, s.replaceFor(x.card, to, &view{Card: card.marshal()}))
	return nil
}

// respondStream starts or goes on with a text that is still being written; withCard allows one card beside it.
func (s *Server) respondStream(q *request, r *robot, x *exchange, withCard bool) *apiError {
	part, _ := q.in.obj("stream")
	id, words, finish := part.str("id"), part.str("content"), part.fields["finish"] == true
	switch {
	case id == "" || x.stream != nil && x.streamID != id:
		return failf(40058, "stream.id is missing or another one")
	case len(words) > maxStream:
		return fail(45002)
	case q.now.Sub(x.at) > streamLife || x.stream != nil && x.stream.Finished:
		return fail(846608)
	case len(part.list("msg_item")) > maxStreamPics || part.has("msg_item") && !finish:
		return failf(40058, "pictures come with the last part, ten at most")
	}
	content := encode(map[string]string{"content": words})
	if x.stream == nil {
		x.streamID = id
		x.stream = &message{ID: secret(43), From: r.ID, Type: "stream", Created: q.now, Content: content, Finished: finish}
		if x.group != nil {
			x.stream.Chat = x.group.ID
		} else {
			x.stream.To = []string{x.person}
		}
		s.post(x.stream)
	} else {
		x.stream.Content, x.stream.Finished = content, finish
		s.tellChanged(x.stream, s.seenBy(x.stream))
	}
	if _, there := q.in.obj("template_card"); withCard && there && !x.withCard {
		inner := object{map[string]any{"msgtype": "template_card", "template_card": q.in.fields["template_card"]}, q.in.odd}
		beside := *q
		beside.in = inner
		m, refusal := beside.robotMessage(r, x.person, x.group)
		if refusal != nil {
			return refusal
		}
		x.withCard = true
		s.post(m)
	}
	if finish {
		s.release(r, x)
	}
	return nil
}

// pollStream asks a callback robot how its stream goes on, until it ends or its time is over.
func (s *Server) pollStream(r *robot, x *exchange) {
	s.mu.Lock()
	if s.now().Sub(x.at) > streamLife {
		x.stream.Finished = true
		s.release(r, x)
		s.touch()
		s.mu.Unlock()
		return
	}
	body := s.callback(r, x.person, x.group, "stream")
	delete(body, "create_time")
	body["stream"] = map[string]string{"id": x.streamID}
	to, _ := s.endpoint(r.ID)
	raw := encode(body)
	s.mu.Unlock()
	status, reply, err := s.exchange(s.ctx, to, raw)
	if s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered(&delivery{to: to, event: "stream", attempt: 1}, status, err)
	if err != nil || reply == nil {
		s.life.After(streamPoll, func() { s.pollStream(r, x) })
		return
	}
	s.answer(r, x, reply)
}
