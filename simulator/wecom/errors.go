package wecom

import (
	"fmt"
	"time"
)

// apiError is a refusal: HTTP 200 with a code.
type apiError struct {
	code   int
	detail string // before the hint
}

// texts are short words for the codes; the real wording changes and must not be matched.
//
// Source: WeCom developer documents, "Global error codes" (path 90313), checked 2026-11.
var texts = map[int]string{
	-1:    "system is busy",
	40001: "invalid secret", 40003: "invalid userid", 40005: "invalid type", 40006: "invalid file size", 40007: "invalid media_id",
	40008: "invalid message type", 40013: "invalid corpid", 40014: "invalid access_token", 40029: "invalid oauth_code",
	40032: "invalid length of the userid list", 40033: "invalid request character, must not be like \\uxxxx", 40035: "invalid parameter", 40039: "invalid url size",
	40056: "invalid agentid", 40058: "invalid request parameter", 40063: "some parameters are empty", 40066: "invalid party list", 40068: "invalid tagid",
	40123: "invalid picture", 40145: "media_id is expired", 40146: "invalid range header",
	41001: "access_token missing", 41002: "corpid missing", 41004: "corpsecret missing", 41006: "media_id missing", 41008: "code missing",
	41009: "userid missing", 41010: "url missing", 41011: "agentid missing", 41016: "missing title", 41033: "missing description",
	42001: "access_token expired", 42003: "code expired", 42014: "invalid task_id", 42015: "the message belongs to another app",
	42016: "task_id does not exist", 42019: "button key missing", 42020: "button name missing", 42022: "code has been used",
	42027: "keyname missing", 42028: "url missing in the template card", 42029: "media_id missing in the template card",
	42030: "appid missing in the template card", 42031: "invalid card_type", 42033: "title missing in the template card",
	42035: "invalid length of horizontal_content_list", 42036: "invalid length of vertical_content_list",
	42037: "invalid length of option_list", 42038: "invalid button text", 42039: "invalid button key", 42040: "invalid option id",
	42041: "invalid option text", 42042: "invalid length of jump_list", 42043: "invalid question_key", 42044: "invalid card_image url",
	42045: "invalid card_action", 42046: "invalid key of submit_button", 42047: "invalid length of select_list",
	42049: "invalid text of submit_button", 42050: "invalid userid in the template card", 42051: "key conflict in action_menu",
	42052: "msgid is expired", 43012: "the app has no callback url", 44001: "empty media data", 44004: "empty content",
	45001: "media is too large", 45002: "content is too large", 45008: "invalid number of articles", 45009: "api freq out of limit",
	45034: "url must have a protocol head", 46004: "user not found", 48002: "api forbidden",
	48009: "contact-sync assistant may not read details of contacts from this ip", 50001: "redirect_url is not of a trusted domain",
	60003: "department not found", 60011: "no privilege to access the user, party or tag", 60020: "not allow to access from your ip",
	60021: "userid is not in the visible range", 60111: "userid not found", 60123: "invalid party id", 60140: "invalid response_code",
	81013: "user & party & tag all invalid", 82001: "user, party and tag are all empty", 82002: "invalid length of the party list",
	82003: "invalid length of the tag list", 82101: "the list to update is empty", 82102: "the list to update is not in the message",
	84014: "user_ticket expired", 84015: "invalid user_ticket", 84025: "invalid state",
	86001: "invalid chatid", 86003: "chatid does not exist", 86004: "invalid chat name", 86005: "invalid owner", 86006: "too many or too few members",
	86007: "invalid member", 86008: "the chat was not made by this app", 86201: "chatid missing", 86204: "userlist missing", 86207: "the owner is not a member",
	86215: "chatid exists", 86216: "illegal member in the chat",
	93000: "invalid webhook url", 93006: "invalid chatid", 93017: "empty content", 93018: "picture is too large", 93050: "invalid response_type",
	301002: "not allow to operate another agent with this access_token", 301019: "invalid md5",
	846601: "long connection is not enabled", 846604: "req_id expired", 846605: "invalid req_id", 846606: "req_id has been answered",
	846607: "send limit, or the user has not spoken in this conversation", 846608: "stream timeout", 846609: "not subscribed", 853000: "invalid bot_id or secret",
}

func fail(code int) *apiError { return &apiError{code: code} }

// failf adds what this request got wrong.
func failf(code int, format string, args ...any) *apiError {
	return &apiError{code: code, detail: fmt.Sprintf(format, args...)}
}

// message is errmsg as the gateway composes it.
func (e *apiError) message(now time.Time, ip string) string {
	text := texts[e.code]
	if text == "" {
		text = "error"
	}
	if e.detail != "" {
		text += ": " + e.detail
	}
	return fmt.Sprintf("%s, hint: [%d_%02d_%s], from ip: %s, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
		text, now.Unix(), now.Nanosecond()/10_000_000, random(32), ip, e.code)
}
