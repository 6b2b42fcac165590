package dingtalk

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"magpie/simulator"
)

// messageView is what a message without a template says, and the links on it. Callers hold s.mu.
func (s *Server) messageView(m *message) *cardView {
	switch m.Via {
	case viaPerson, viaDing:
		return &cardView{text: m.Content}
	case viaRobot:
		return robotView(m.Kind, m.Content)
	case viaHook:
		return s.hookView([]byte(m.Content))
	case viaWork:
		return workView([]byte(m.Content))
	case viaTodo:
		return todoView([]byte(m.Content))
	}
	return &cardView{}
}

// link adds a button that opens a page.
func (v *cardView) link(label, url string) {
	if label != "" || url != "" {
		id := "link" + strconv.Itoa(len(v.buttons)+1)
		v.buttons = append(v.buttons, viewButton{Button: simulator.Button{ID: id, Label: label, URL: url}})
	}
}

func lines(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

func robotView(key, param string) *cardView {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal([]byte(param), &raw) // checked when it was sent
	f := func(name string) string { text, _ := paramText(raw[name]); return text }
	v := &cardView{text: lines(f("title"), plainMarkdown(f("text")))}
	switch key {
	case "sampleText":
		v.text = f("content")
	case "sampleLink":
		v.text = lines(f("title"), f("text"))
		v.link("查看详情", f("messageUrl"))
	case "sampleImageMsg":
		v.text = "[图片]"
	case "sampleAudio":
		v.text = "[语音]"
	case "sampleFile":
		v.text = "[文件] " + f("fileName")
	case "sampleVideo":
		v.text = "[视频]"
	case "sampleActionCard":
		v.link(f("singleTitle"), f("singleURL"))
	case "sampleActionCard6":
		v.link(f("buttonTitle1"), f("buttonUrl1"))
		v.link(f("buttonTitle2"), f("buttonUrl2"))
	case "sampleMarkdown":
	default:
		for i := 1; i <= 5; i++ {
			n := strconv.Itoa(i)
			v.link(f("actionTitle"+n), f("actionURL"+n))
		}
	}
	return v
}

func (s *Server) hookView(raw []byte) *cardView {
	var in hookMessage
	_ = json.Unmarshal(raw, &in) // checked when it was sent
	v := &cardView{}
	switch in.MsgType {
	case "text":
		v.text = in.Text.Content
	case "markdown":
		v.text = lines(in.Markdown.Title, plainMarkdown(in.Markdown.Text))
	case "link":
		v.text = lines(in.Link.Title, in.Link.Text)
		v.link("查看详情", in.Link.MessageURL)
	case "actionCard":
		v.text = lines(in.ActionCard.Title, plainMarkdown(in.ActionCard.Text))
		v.link(in.ActionCard.SingleTitle, in.ActionCard.SingleURL)
		for _, b := range in.ActionCard.Buttons {
			v.link(b.Title, b.ActionURL)
		}
	case "feedCard":
		for _, l := range in.FeedCard.Links {
			v.text = lines(v.text, l.Title)
			v.link(l.Title, l.MessageURL)
		}
	}
	// Who is mentioned stands in the text as an id or a mobile number; the client shows the name.
	for _, id := range in.At.UserIDs {
		if p, ok := s.byUser[id]; ok {
			v.text = strings.ReplaceAll(v.text, "@"+id, "@"+s.nameOf(p))
		}
	}
	for _, mobile := range in.At.Mobiles {
		for _, p := range s.company.People {
			if strings.TrimPrefix(p.Mobile, mainland) == strings.TrimPrefix(mobile, mainland) {
				v.text = strings.ReplaceAll(v.text, "@"+mobile, "@"+p.Name)
			}
		}
	}
	return v
}

func workView(raw []byte) *cardView {
	in, why := checkWork(raw)
	v := &cardView{}
	if why != "" {
		return v
	}
	switch in.MsgType {
	case "text":
		v.text = in.Text.Content
	case "markdown":
		v.text = lines(in.Markdown.Title, plainMarkdown(in.Markdown.Text))
	case "link":
		v.text = lines(in.Link.Title, in.Link.Text)
		v.link("查看详情", in.Link.MessageURL)
	case "oa":
		parts := []string{in.OA.Head.Text, in.OA.Body.Title}
		if in.OA.StatusBar != nil {
			parts = append(parts, in.OA.StatusBar.Value)
		}
		for i, row := range in.OA.Body.Form {
			if i < 6 { // more are not shown
				parts = append(parts, row.Key+" "+row.Value)
			}
		}
		v.text = lines(append(parts, in.OA.Body.Rich.Num+in.OA.Body.Rich.Unit, in.OA.Body.Content, in.OA.Body.Author)...)
		v.link("查看详情", in.OA.MessageURL)
	case "action_card":
		v.text = lines(in.ActionCard.Title, plainMarkdown(in.ActionCard.Markdown))
		if len(in.ActionCard.Buttons) == 0 {
			v.link(in.ActionCard.SingleTitle, in.ActionCard.SingleURL)
		}
		for _, b := range in.ActionCard.Buttons {
			v.link(b.Title, b.ActionURL)
		}
	default:
		v.text = map[string]string{"image": "[图片]", "file": "[文件]", "voice": "[语音]"}[in.MsgType]
	}
	return v
}

func todoView(raw []byte) *cardView {
	var in todo
	_ = json.Unmarshal(raw, &in) // written by this program
	state := "待完成"
	if in.Kind == "READ" {
		state = "待阅"
	}
	if in.Done {
		state = "已完成"
	}
	v := &cardView{text: lines(in.Subject, state)}
	v.link("打开", orElse(in.Detail.PCURL, in.Detail.AppURL))
	return v
}

// cardJSON is what the playground draws a message from: what was accepted, under the name of the call's
// field. It is nil for a plain text.
func (m *message) cardJSON() json.RawMessage {
	switch {
	case m.Via == viaRobot && m.Kind != "sampleText":
		return encode(map[string]any{"msgKey": m.Kind, "msgParam": json.RawMessage(m.Content)})
	case m.Via == viaHook && m.Kind != "text":
		return json.RawMessage(m.Content)
	case m.Via == viaWork && m.Kind != "text":
		return encode(map[string]any{"msg": json.RawMessage(m.Content)})
	case m.Via == viaTodo:
		return encode(map[string]any{"todo": json.RawMessage(m.Content)})
	}
	return nil
}

// cardJSON is a template card as one person has it: the data that was accepted, only their own of the private,
// and the template that lays it out. Callers hold s.mu.
func (s *Server) cardJSON(c *card, person string) json.RawMessage {
	out := map[string]any{"cardTemplateId": c.Template, "outTrackId": c.TrackID, "userIdType": c.IDType,
		"cardData": paramMap{c.Data}, "template": s.templates[c.Template].raw}
	if own := c.Private[person]; own != nil {
		out["privateData"] = map[string]paramMap{s.personID(c.IDType, person): {own}}
	}
	if c.Callback != "" {
		out["callbackType"] = c.Callback
	}
	return encode(out)
}

// Marks of the markdown that messages and cards take.
var (
	mdImage = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	mdLink  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	mdHead  = regexp.MustCompile(`(?m)^[ \t]*(?:#{1,6}|>)[ \t]*`)
	mdTag   = regexp.MustCompile(`</?(?:font|br)\b[^>]*>`)
	mdStar  = regexp.MustCompile(`\*\*|__|~~`)
)

// plainMarkdown is what a markdown text says without its marks. What is escaped is no mark, and loses its backslash.
func plainMarkdown(text string) string {
	text = hideEscaped(text)
	text = mdImage.ReplaceAllString(text, "[图片]")
	text = mdLink.ReplaceAllString(text, "$1")
	text = mdHead.ReplaceAllString(text, "")
	text = mdTag.ReplaceAllString(text, "")
	text = mdStar.ReplaceAllString(text, "")
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Map(func(r rune) rune {
		if r >= hiddenFrom && r < hiddenFrom+0x80 {
			return r - hiddenFrom
		}
		return r
	}, strings.Join(out, "\n"))
}

// hiddenFrom is where the characters of private use begin that stand for escaped ones meanwhile.
const hiddenFrom = '\uf700'

func hideEscaped(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte("\\`*_{}[]()#+-.!>~|<", text[i+1]) >= 0 {
			i++
			b.WriteRune(hiddenFrom + rune(text[i]))
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
