package dingtalkcard

import (
	"strconv"
	"strings"
)

// robot draws a robot message by its msgKey.
func (b *builder) robot(key string, p object) cardView {
	v := cardView{Look: "action", Title: p.str("title")}
	switch key {
	case "sampleMarkdown":
		v.Look, v.Title = "markdown", ""
		v.markdown(p.str("text"))
		if len(v.Parts) == 0 {
			v.Title = p.str("title")
		}
	case "sampleLink":
		v.linked(p.str("text"), p.str("picUrl"), p.str("messageUrl"))
	case "sampleImageMsg":
		v.add(part{Kind: "image", Text: "图片"})
	case "sampleAudio":
		v.add(part{Kind: "small", Text: "语音"})
	case "sampleVideo":
		v.add(part{Kind: "image", Text: "视频"})
	case "sampleFile":
		v.add(part{Kind: "small", Text: "文件 " + p.str("fileName")})
	case "sampleActionCard":
		v.markdown(p.str("text"))
		v.link(1, p.str("singleTitle"), p.str("singleURL"), true)
	case "sampleActionCard6":
		v.markdown(p.str("text"))
		v.link(1, p.str("buttonTitle1"), p.str("buttonUrl1"), false)
		v.link(2, p.str("buttonTitle2"), p.str("buttonUrl2"), false)
	default:
		v.markdown(p.str("text"))
		for i := 1; i <= 5; i++ {
			n := strconv.Itoa(i)
			v.link(i, p.str("actionTitle"+n), p.str("actionURL"+n), true)
		}
	}
	return v
}

// linked is a title, a text and a picture that open a page.
func (v *cardView) linked(text, picture, url string) {
	v.Look = "link"
	v.text("neutral", text)
	if picture != "" {
		v.add(part{Kind: "image", Text: "图片"})
	}
	v.link(1, "查看详情", url, true)
}

// hook draws a message sent by a webhook.
func (b *builder) hook(top object) cardView {
	v := cardView{Look: "action"}
	switch kind := top.str("msgtype"); kind {
	case "text":
		v.Look = "markdown"
		v.text("neutral", top.obj("text").str("content"))
	case "markdown":
		v.Look = "markdown"
		v.markdown(top.obj("markdown").str("text"))
	case "link":
		l := top.obj("link")
		v.Title = l.str("title")
		v.linked(l.str("text"), l.str("picUrl"), l.str("messageUrl"))
	case "actionCard":
		c := top.obj("actionCard")
		v.Title = c.str("title")
		v.markdown(c.str("text"))
		n := 0
		if c.str("singleTitle") != "" || c.str("singleURL") != "" {
			n++
			v.link(n, c.str("singleTitle"), c.str("singleURL"), true)
		}
		for _, one := range c.list("btns") {
			n++
			v.link(n, one.str("title"), one.str("actionURL"), c.str("btnOrientation") != "1")
		}
	case "feedCard":
		for i, l := range top.obj("feedCard").list("links") {
			v.link(i+1, l.str("title"), l.str("messageURL"), true)
		}
	default:
		v.add(part{Kind: "note", Text: "这里有一种不认识的消息：" + kind})
	}
	return v
}

// maxRows is how many lines of its form an OA message shows.
const maxRows = 6

// work draws a work notification.
func (b *builder) work(msg object) cardView {
	v := cardView{Look: "work", Bar: "工作通知"}
	switch kind := msg.str("msgtype"); kind {
	case "markdown":
		v.Title = msg.obj("markdown").str("title")
		v.markdown(msg.obj("markdown").str("text"))
	case "link":
		l := msg.obj("link")
		v.Title = l.str("title")
		v.linked(l.str("text"), firstOf(l.str("picUrl"), l.str("PicURL")), firstOf(l.str("messageUrl"), l.str("messageURL")))
		v.Look = "work"
	case "oa":
		b.oa(&v, msg.obj("oa"))
	case "action_card":
		c := msg.obj("action_card")
		v.Title = c.str("title")
		v.markdown(c.str("markdown"))
		if len(c.list("btn_json_list")) == 0 {
			v.link(1, c.str("single_title"), c.str("single_url"), true)
		}
		for i, one := range c.list("btn_json_list") {
			v.link(i+1, one.str("title"), one.str("action_url"), c.str("btn_orientation") != "1")
		}
	default:
		v.add(part{Kind: "note", Text: map[string]string{"image": "图片", "voice": "语音", "file": "文件"}[kind]})
	}
	return v
}

func (b *builder) oa(v *cardView, oa object) {
	body := oa.obj("body")
	v.Bar = firstOf(oa.obj("head").str("text"), v.Bar)
	v.Title, v.Tag = body.str("title"), oa.obj("status_bar").str("status_value")
	v.Tone = colourTone(oa.obj("status_bar").str("status_bg"))
	p := part{Kind: "rows"}
	for i, r := range body.list("form") {
		if i < maxRows {
			p.Rows = append(p.Rows, row{r.str("key"), r.str("value")})
		}
	}
	if len(p.Rows) > 0 {
		v.add(p)
	}
	if rich := body.obj("rich"); rich.str("num") != "" {
		v.text("info", rich.str("num")+rich.str("unit"))
	}
	v.text("neutral", body.str("content"))
	if body.str("image") != "" {
		v.add(part{Kind: "image", Text: "图片"})
	}
	if body.str("author") != "" {
		v.add(part{Kind: "small", Text: body.str("author")})
	}
	v.link(1, "查看详情", oa.str("message_url"), true)
}

// colourTone finds the tone nearest to a status bar's colour, 0xAARRGGBB.
func colourTone(s string) string {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(s), "0x"), 16, 64)
	if err != nil {
		return "neutral"
	}
	red, green, blue := n>>16&0xff, n>>8&0xff, n&0xff
	switch {
	case red > green+40 && green > blue+40:
		return "warning"
	case red > green+40:
		return "danger"
	case blue > red+20 && blue > green:
		return "info"
	case green > red+20:
		return "success"
	}
	return "neutral"
}

// todo draws one todo of a person's list.
func (b *builder) todo(t object) cardView {
	v := cardView{Look: "todo", Bar: "待办", Title: t.str("subject"), Tag: "待完成", Tone: "warning"}
	if t.str("kind") == "READ" {
		v.Tag = "待阅"
	}
	if yes(t.str("done")) {
		v.Tag, v.Tone = "已完成", "success"
	}
	detail := t.obj("detail")
	v.link(1, "打开", firstOf(detail.str("pcUrl"), detail.str("appUrl")), true)
	return v
}
