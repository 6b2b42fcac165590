package dingtalk

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// robotKinds are the fields that each msgKey needs in its msgParam; those after | may be left out.
//
// Source: DingTalk Open Platform, "Robot message types", checked 2026-08.
var robotKinds = map[string]string{
	"sampleText":        "content",
	"sampleMarkdown":    "title text",
	"sampleImageMsg":    "photoURL",
	"sampleLink":        "title text messageUrl | picUrl",
	"sampleActionCard":  "title text singleTitle singleURL",
	"sampleActionCard2": "title text actionTitle1 actionURL1 actionTitle2 actionURL2",
	"sampleActionCard3": "title text actionTitle1 actionURL1 actionTitle2 actionURL2 actionTitle3 actionURL3",
	"sampleActionCard4": "title text actionTitle1 actionURL1 actionTitle2 actionURL2 actionTitle3 actionURL3 actionTitle4 actionURL4",
	"sampleActionCard5": "title text actionTitle1 actionURL1 actionTitle2 actionURL2 actionTitle3 actionURL3 actionTitle4 actionURL4 actionTitle5 actionURL5",
	"sampleActionCard6": "title text buttonTitle1 buttonUrl1 buttonTitle2 buttonUrl2",
	"sampleAudio":       "mediaId duration",
	"sampleFile":        "mediaId fileName fileType",
	"sampleVideo":       "videoMediaId videoType picMediaId duration | height width",
}

// fileTypes are what sampleFile takes.
var fileTypes = " xlsx pdf zip rar doc docx "

const maxRobotParam = 15000 // bytes of a msgParam

// checkRobot checks a msgKey and its msgParam; why is "" when they are good.
func checkRobot(key, param string) (field, why string) {
	fields, known := robotKinds[key]
	if !known {
		return "msgKey", fmt.Sprintf("there is no msgKey %q", key)
	}
	if len(param) > maxRobotParam {
		return "msgParam", fmt.Sprintf("msgParam of %d bytes is longer than %d", len(param), maxRobotParam)
	}
	var in map[string]json.RawMessage
	if json.Unmarshal([]byte(param), &in) != nil || in == nil {
		return "msgParam", "msgParam is not the text of a JSON object"
	}
	needed, optional, _ := strings.Cut(fields, "|")
	for _, name := range strings.Fields(needed) {
		if text, ok := paramText(in[name]); !ok || strings.TrimSpace(text) == "" {
			return "msgParam", fmt.Sprintf("msgParam has no text %q", name)
		}
	}
	for name, raw := range in {
		if !strings.Contains(" "+needed+" "+optional+" ", " "+name+" ") {
			continue // the real one looks at what it knows only
		}
		text, ok := paramText(raw)
		if !ok {
			return "msgParam", fmt.Sprintf("%q in msgParam is no text", name)
		}
		if lower := strings.ToLower(name); strings.Contains(lower, "url") && lower != "photourl" && lower != "picurl" && !isLink(text) {
			return "msgParam", fmt.Sprintf("%q in msgParam is no address", name)
		}
	}
	if kind, _ := paramText(in["fileType"]); key == "sampleFile" && !strings.Contains(fileTypes, " "+kind+" ") {
		return "msgParam", fmt.Sprintf("the file type %q is not supported", kind)
	}
	return "", ""
}

// paramText reads a text, or a number as one.
func paramText(raw json.RawMessage) (string, bool) {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return "", false
	}
	text, err := scalar(v)
	return text, err == nil && v != nil
}

// isLink tells whether a client could open an address.
func isLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "dingtalk") && u.Host != ""
}

// hookMessage is the body of a webhook, and msg of a work notification in the fields they share.
type hookMessage struct {
	MsgType string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Markdown struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"markdown"`
	Link struct {
		Title      string `json:"title"`
		Text       string `json:"text"`
		MessageURL string `json:"messageUrl"`
		PicURL     string `json:"picUrl"`
	} `json:"link"`
	ActionCard struct {
		Title       string `json:"title"`
		Text        string `json:"text"`
		SingleTitle string `json:"singleTitle"`
		SingleURL   string `json:"singleURL"`
		Orientation any    `json:"btnOrientation"`
		Buttons     []struct {
			Title     string `json:"title"`
			ActionURL string `json:"actionURL"`
		} `json:"btns"`
	} `json:"actionCard"`
	FeedCard struct {
		Links []struct {
			Title      string `json:"title"`
			MessageURL string `json:"messageURL"`
			PicURL     string `json:"picURL"`
		} `json:"links"`
	} `json:"feedCard"`
	At struct {
		Mobiles []string `json:"atMobiles"`
		UserIDs []string `json:"atUserIds"`
		All     bool     `json:"isAtAll"`
	} `json:"at"`
}

// maxAt is how many people one message may mention.
const maxAt = 50

// checkHook checks a webhook's body; why is "" when it is good.
//
// Source: DingTalk Open Platform, "Custom robots send group messages", checked 2026-08.
func checkHook(raw []byte) (kind, why string) {
	var in hookMessage
	if err := json.Unmarshal(raw, &in); err != nil {
		return "", "the body is not JSON"
	}
	missing := func(fields ...string) string {
		for i := 0; i < len(fields); i += 2 {
			if strings.TrimSpace(fields[i+1]) == "" {
				return "param error: " + fields[i] + " is empty"
			}
		}
		return ""
	}
	switch in.MsgType {
	case "text":
		why = missing("content", in.Text.Content)
	case "markdown":
		why = missing("title", in.Markdown.Title, "text", in.Markdown.Text)
	case "link":
		why = missing("title", in.Link.Title, "text", in.Link.Text, "messageUrl", in.Link.MessageURL)
	case "actionCard":
		why = missing("title", in.ActionCard.Title, "text", in.ActionCard.Text)
		if why == "" && len(in.ActionCard.Buttons) == 0 {
			why = missing("singleTitle", in.ActionCard.SingleTitle, "singleURL", in.ActionCard.SingleURL)
		}
		for _, b := range in.ActionCard.Buttons {
			if why == "" {
				why = missing("btns.title", b.Title, "btns.actionURL", b.ActionURL)
			}
		}
	case "feedCard":
		if len(in.FeedCard.Links) == 0 {
			why = "param error: links is empty"
		}
		for _, l := range in.FeedCard.Links {
			if why == "" {
				why = missing("links.title", l.Title, "links.messageURL", l.MessageURL)
			}
		}
	default:
		why = fmt.Sprintf("unsupported msgtype %q", in.MsgType)
	}
	if n := len(in.At.Mobiles) + len(in.At.UserIDs); why == "" && n > maxAt {
		why = "at more than 50 people"
	}
	return in.MsgType, why
}

// The extreme sizes of a work notification's parts; characters unless told.
const (
	maxWorkBytes    = 2048
	maxWorkMarkdown = 5000
	maxWorkTitle    = 20  // of one of several buttons
	maxWorkURL      = 700 // of one of several buttons
	maxWorkButtons  = 1000
	maxStatusUsers  = 5 // receivers of an OA notification with a status bar
)

// workMessage is msg of a work notification.
type workMessage struct {
	MsgType  string `json:"msgtype"`
	Text     *struct{ Content string }
	Markdown *struct{ Title, Text string }
	Link     *struct{ MessageURL, PicURL, Title, Text string }
	Image    *struct {
		MediaID string `json:"media_id"`
	}
	File *struct {
		MediaID string `json:"media_id"`
	}
	Voice *struct {
		MediaID  string `json:"media_id"`
		Duration string
	}
	OA         *oaMessage  `json:"oa"`
	ActionCard *workAction `json:"action_card"`
}

type oaMessage struct {
	MessageURL   string `json:"message_url"`
	PCMessageURL string `json:"pc_message_url"`
	Head         struct {
		BgColor string `json:"bgcolor"`
		Text    string `json:"text"`
	} `json:"head"`
	StatusBar *statusBar `json:"status_bar"`
	Body      struct {
		Title string `json:"title"`
		Form  []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		} `json:"form"`
		Rich struct {
			Num  string `json:"num"`
			Unit string `json:"unit"`
		} `json:"rich"`
		Content string `json:"content"`
		Image   string `json:"image"`
		Author  string `json:"author"`
	} `json:"body"`
}

type statusBar struct {
	Value string `json:"status_value"`
	Bg    string `json:"status_bg"`
}

type workAction struct {
	Title       string `json:"title"`
	Markdown    string `json:"markdown"`
	SingleTitle string `json:"single_title"`
	SingleURL   string `json:"single_url"`
	Orientation string `json:"btn_orientation"`
	Buttons     []struct {
		Title     string `json:"title"`
		ActionURL string `json:"action_url"`
	} `json:"btn_json_list"`
}

// checkWork checks msg of a work notification.
//
// Source: DingTalk Open Platform, "Message types and data format", checked 2026-08.
func checkWork(raw json.RawMessage) (*workMessage, string) {
	var in workMessage
	if len(raw) > maxWorkBytes {
		return nil, "msg of " + strconv.Itoa(len(raw)) + " bytes is longer than 2048"
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, "msg is not the JSON that it should be: " + err.Error()
	}
	good := false
	switch in.MsgType {
	case "text":
		good = in.Text != nil && in.Text.Content != ""
	case "markdown":
		good = in.Markdown != nil && in.Markdown.Title != "" && in.Markdown.Text != "" && runes(in.Markdown.Text) <= maxWorkMarkdown
	case "link":
		good = in.Link != nil && in.Link.Title != "" && in.Link.Text != "" && isLink(in.Link.MessageURL)
	case "image":
		good = in.Image != nil && in.Image.MediaID != ""
	case "file":
		good = in.File != nil && in.File.MediaID != ""
	case "voice":
		good = in.Voice != nil && in.Voice.MediaID != ""
	case "oa":
		good = in.OA != nil && isLink(in.OA.MessageURL) && in.OA.Head.BgColor != "" && (in.OA.StatusBar == nil || in.OA.StatusBar.Value != "")
	case "action_card":
		good = in.ActionCard != nil && in.ActionCard.good()
	default:
		return nil, fmt.Sprintf("unsupported msgtype %q", in.MsgType)
	}
	if !good {
		return nil, "a field of the " + in.MsgType + " is missing, or not as it should be"
	}
	return &in, ""
}

func (c *workAction) good() bool {
	if c.Title == "" || c.Markdown == "" {
		return false
	}
	if len(c.Buttons) == 0 {
		return c.SingleTitle != "" && isLink(c.SingleURL)
	}
	for _, b := range c.Buttons {
		if b.Title == "" || runes(b.Title) > maxWorkTitle || !isLink(b.ActionURL) || runes(b.ActionURL) > maxWorkURL {
			return false
		}
	}
	return runes(string(encode(c.Buttons))) <= maxWorkButtons && (c.Orientation == "0" || c.Orientation == "1")
}

func runes(s string) int { return len([]rune(s)) }
