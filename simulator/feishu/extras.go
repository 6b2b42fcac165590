package feishu

import (
	"bytes"
	"image"
	_ "image/gif"  // the formats
	_ "image/jpeg" // that an upload
	_ "image/png"  // may have
	"io"
	"regexp"
	"slices"

	"magpie/simulator"
)

const (
	maxImageBytes = 10 << 20
	maxImageSide  = 12000
	maxGIFSide    = 2000
)

// botInfo is GET /bot/v3/info; its answer is not inside data.
func botInfo(q *request) (answer, *apiError) {
	return answer{"msg": "ok", "bot": map[string]any{"activate_status": 2, "app_name": q.app.Name,
		"avatar_url": "https://www.example.com/bot.png", "ip_white_list": []string{}, "open_id": q.s.botID(q.app)}}, nil
}

// uploadImage is POST /im/v1/images, multipart with image_type and image.
func uploadImage(q *request) (answer, *apiError) {
	q.http.Body = io.NopCloser(bytes.NewReader(q.body))
	if err := q.http.ParseMultipartForm(maxBody); err != nil {
		return nil, failf(234001, "the body is not a multipart form")
	}
	if t := q.http.FormValue("image_type"); t != "message" && t != "avatar" {
		return nil, failf(234001, "image_type must be message or avatar")
	}
	file, head, err := q.http.FormFile("image")
	if err != nil {
		return nil, failf(234001, "image is required")
	}
	defer file.Close()
	switch {
	case head.Size == 0:
		return nil, fail(234010)
	case head.Size > maxImageBytes:
		return nil, fail(234006)
	}
	config, format, err := image.DecodeConfig(file)
	if err != nil {
		return nil, failf(234001, "the image can not be decoded")
	}
	most := maxImageSide
	if format == "gif" {
		most = maxGIFSide
	}
	if config.Width > most || config.Height > most {
		return nil, failf(234001, "the image is larger than %d by %d", most, most)
	}
	key := "img_v3_" + random(32)
	q.s.state.Images[key] = q.app.ID
	q.s.touch()
	return data(map[string]string{"image_key": key}), nil
}

var emojiType = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)

// addReaction is POST /im/v1/messages/:id/reactions.
func addReaction(q *request) (answer, *apiError) {
	var in struct {
		Type struct {
			Emoji string `json:"emoji_type"`
		} `json:"reaction_type"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	m, c, refusal := q.message(false)
	switch {
	case refusal != nil:
		return nil, refusal
	case m.Recalled:
		return nil, fail(230011)
	case !emojiType.MatchString(in.Type.Emoji):
		return nil, fail(231001)
	}
	r := reaction{ID: random(40), Emoji: in.Type.Emoji, App: q.app.ID, At: q.now}
	m.Reactions = append(m.Reactions, r)
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
	return data(q.reactionView(r)), nil
}

func (q *request) reactionView(r reaction) map[string]any {
	operator := map[string]string{"operator_id": q.app.AppID, "operator_type": "app"}
	if b := q.s.appNamed(r.App); b != nil {
		operator["operator_id"] = b.AppID
	} else if r.Person != "" {
		operator["operator_id"], operator["operator_type"] = q.s.openID(q.app, r.Person), "user"
	}
	return map[string]any{"reaction_id": r.ID, "operator": operator, "action_time": millis(r.At),
		"reaction_type": map[string]string{"emoji_type": r.Emoji}}
}

// listReactions is GET /im/v1/messages/:id/reactions.
func listReactions(q *request) (answer, *apiError) {
	m, _, refusal := q.message(false)
	if refusal != nil {
		return nil, refusal
	}
	var list []any
	for _, r := range m.Reactions {
		if t := q.query.Get("reaction_type"); t == "" || t == r.Emoji {
			list = append(list, q.reactionView(r))
		}
	}
	return q.page(list, 20, 50)
}

// dropReaction is DELETE /im/v1/messages/:id/reactions/:reaction_id, for the bot's own.
func dropReaction(q *request) (answer, *apiError) {
	m, c, refusal := q.message(false)
	if refusal != nil {
		return nil, refusal
	}
	i := slices.IndexFunc(m.Reactions, func(r reaction) bool { return r.ID == q.path("reaction") && r.App == q.app.ID })
	if i < 0 {
		return nil, fail(231007)
	}
	r := m.Reactions[i]
	m.Reactions = slices.Delete(m.Reactions, i, i+1)
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
	return data(q.reactionView(r)), nil
}
