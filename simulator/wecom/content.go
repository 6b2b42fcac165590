package wecom

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// channel is what a message goes through; each takes other types.
type channel int

const (
	channelApp   channel = iota // message/send
	channelGroup                // appchat/send
	channelPush                 // webhook/send
	channelRobot                // response_url and the long connection
)

// takes lists the types of each channel.
var takes = map[channel]string{
	channelApp:   "text image voice video file textcard news mpnews markdown miniprogram_notice template_card",
	channelGroup: "text image voice video file textcard news mpnews markdown",
	channelPush:  "text markdown markdown_v2 image news file voice template_card",
	channelRobot: "markdown template_card",
}

// Limits of content, in bytes where not said otherwise. Text that is too long is cut without a word.
const (
	maxText       = 2048
	maxMarkdown   = 2048
	maxPushText   = 2048
	maxPushMark   = 4096
	maxRobotMark  = 20480
	maxCardTitle  = 128 // characters
	maxCardText   = 512 // characters
	maxURL        = 2048
	maxArticles   = 8
	maxPushPixels = 2 << 20
)

// content checks the part of the body that msgtype names, and returns what is kept of it.
func (q *request) content(ch channel, m *message) (json.RawMessage, *apiError) {
	known := false
	for kind := range strings.FieldsSeq(takes[ch]) {
		known = known || kind == m.Type
	}
	if !known {
		return nil, fail(40008)
	}
	part, there := q.in.obj(m.Type)
	if !there {
		if ch == channelPush {
			return nil, fail(93017)
		}
		return nil, failf(40063, "%s is empty", m.Type)
	}
	var refusal *apiError
	switch m.Type {
	case "text":
		refusal = q.text(ch, part)
	case "markdown", "markdown_v2":
		refusal = q.markdown(ch, part)
	case "textcard":
		refusal = q.textCard(part)
	case "news", "mpnews":
		refusal = q.news(m.Type, part)
	case "image", "voice", "video", "file":
		refusal = q.file(ch, m, part)
	case "miniprogram_notice":
		refusal = miniprogram(q, part)
	case "template_card":
		refusal = q.templateCard(ch, m, part)
	}
	if refusal != nil {
		return nil, refusal
	}
	return part.marshal(), nil
}

func (q *request) text(ch channel, part object) *apiError {
	text := part.str("content")
	if strings.TrimSpace(text) == "" {
		return fail(44004)
	}
	if ch == channelPush && len(text) > maxPushText {
		return failf(40058, "text.content exceeds 2048 bytes")
	}
	if len(text) > maxText {
		q.s.warn("%s: a text of %d bytes was cut to %d", q.path, len(text), maxText)
		text = cutBytes(text, maxText)
	}
	part.fields["content"] = q.translate(text)
	return nil
}

func (q *request) markdown(ch channel, part object) *apiError {
	text := part.str("content")
	if strings.TrimSpace(text) == "" {
		return fail(44004)
	}
	switch {
	case ch == channelPush && len(text) > maxPushMark:
		return failf(40058, "markdown.content exceeds 4096 bytes")
	case ch == channelRobot && len(text) > maxRobotMark:
		return failf(40058, "markdown.content exceeds 20480 bytes")
	case ch != channelPush && ch != channelRobot && len(text) > maxMarkdown:
		return fail(45002)
	}
	return nil
}

func (q *request) textCard(part object) *apiError {
	switch {
	case part.str("title") == "":
		return fail(41016)
	case part.str("description") == "":
		return fail(41033)
	case part.str("url") == "":
		return fail(41010)
	}
	if refusal := webAddress(part.str("url")); refusal != nil {
		return refusal
	}
	part.fields["title"] = q.cut("textcard.title", q.translate(part.str("title")), maxCardTitle)
	part.fields["description"] = q.cut("textcard.description", q.translate(part.str("description")), maxCardText)
	if part.has("btntxt") {
		part.fields["btntxt"] = q.cut("textcard.btntxt", part.str("btntxt"), 4)
	}
	return nil
}

func (q *request) news(kind string, part object) *apiError {
	articles := part.list("articles")
	if len(articles) == 0 || len(articles) > maxArticles {
		return fail(45008)
	}
	for _, a := range articles {
		if a.str("title") == "" {
			return fail(41016)
		}
		switch {
		case kind == "mpnews" && a.str("content") == "":
			return fail(44004)
		case kind == "mpnews" && q.upload(a.str("thumb_media_id"), "image", "") == nil:
			return fail(40007)
		case kind == "news" && a.str("url") == "" && a.str("appid") == "":
			return fail(41010)
		}
		if u := a.str("url"); u != "" {
			if refusal := webAddress(u); refusal != nil {
				return refusal
			}
		}
		a.fields["title"] = cutBytes(q.translate(a.str("title")), 128)
	}
	return nil
}

// file checks a message that refers to an upload, or carries a picture as a push does.
func (q *request) file(ch channel, m *message, part object) *apiError {
	if ch == channelPush && m.Type == "image" {
		raw, err := base64.StdEncoding.DecodeString(part.str("base64"))
		switch sum := md5.Sum(raw); {
		case err != nil || len(raw) == 0:
			return fail(93017)
		case len(raw) > maxPushPixels:
			return fail(93018)
		case !sameText(strings.ToLower(part.str("md5")), hex.EncodeToString(sum[:])):
			return fail(301019)
		}
		part.fields["base64"] = "" // a picture is a placeholder here
		return nil
	}
	id, push := part.str("media_id"), ""
	if ch == channelPush {
		push = m.From
	}
	if id == "" {
		return fail(41006)
	}
	if q.upload(id, m.Type, push) == nil {
		return fail(40007)
	}
	return nil
}

func miniprogram(q *request, part object) *apiError {
	n := utf8.RuneCountInString(part.str("title"))
	switch {
	case part.str("appid") == "":
		return failf(40058, "appid is missing")
	case n < 4 || n > 12:
		return failf(40058, "title has 4 to 12 characters")
	case len(part.list("content_item")) > 10:
		return failf(40058, "content_item has more than 10 items")
	case q.in.str("touser") == "@all":
		return failf(40058, "miniprogram_notice can't go to @all")
	}
	return nil
}

// webAddress checks a link that a message carries.
func webAddress(u string) *apiError {
	switch {
	case len(u) > maxURL:
		return fail(40039)
	case !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://"):
		return fail(45034)
	}
	return nil
}

// cut shortens text that the client would not show whole.
func (q *request) cut(what, text string, most int) string {
	short := shorten(text, most)
	if short != text {
		q.s.warn("%s: %s has more than %d characters and is cut", q.path, what, most)
	}
	return short
}

// shorten keeps so many characters, the last being an ellipsis where something is missing.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// cutBytes keeps so many bytes, and whole characters.
func cutBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// idTemplate is what enable_id_trans replaces.
var idTemplate = regexp.MustCompile(`\$(userName|userAlias|userAliasOrName|departmentName)=([^$\s]{1,64})\$`)

// translate puts names in place of ids, where the message asks for it; what names nobody stays.
func (q *request) translate(text string) string {
	if !q.in.flag("enable_id_trans") {
		return text
	}
	return idTemplate.ReplaceAllStringFunc(text, func(found string) string {
		m := idTemplate.FindStringSubmatch(found)
		if m[1] == "departmentName" {
			n, _ := integer(m[2])
			if unit, ok := q.s.partyOf(n); ok {
				return q.s.partyName(unit)
			}
			return found
		}
		person, ok := q.s.personOf(m[2])
		if !ok {
			return found
		}
		p, _ := q.s.company.Person(person)
		if alias := q.s.alias(p); m[1] != "userName" && alias != "" {
			return alias
		}
		return p.Name
	})
}
