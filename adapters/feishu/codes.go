package feishu

import (
	"regexp"
	"strconv"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
)

// Codes that the client itself acts upon.
const (
	codeFrequency    = 99991400 // the gateway's rate limit; headers say how long to wait
	codeCardContent  = 230099   // card refused, with the real reason inside msg
	codeCardContent2 = 11246    // the same, of the batch interface
)

// refusedToken are the codes that say that our tenant token is not good (any more).
var refusedToken = map[int]bool{99991663: true, 99991664: true, 99991665: true}

// alreadyDone are the codes that say that the call had its effect before.
var alreadyDone = map[int]bool{
	60012:   true, // an approval instance with this uuid exists
	1470422: true, // a task with this client_token is being made
	1390007: true, // subscribed already
	60007:   true, // subscribed already
}

// codes is what Feishu's numbers mean to a caller.
// Source: Feishu Open Platform, "Generic error codes" and the tables of the single interfaces, checked 2026-11.
var codes = apiclient.Codes{
	// Tokens. The first three are tried once more with a new token before anybody sees them.
	99991663: adapters.KindUnauthenticated, // tenant token invalid or expired
	99991664: adapters.KindUnauthenticated, // app token
	99991665: adapters.KindUnauthenticated,
	99991668: adapters.KindUnauthenticated, // user token invalid
	99991677: adapters.KindUnauthenticated, // user token expired
	99991671: adapters.KindUnauthenticated, // token of a wrong form
	99991661: adapters.KindUnauthenticated, // no token
	20005:    adapters.KindUnauthenticated,

	// The app and its rights: an administrator must act.
	99991672: adapters.KindForbidden, // a scope is missing; msg names it
	99991679: adapters.KindForbidden,
	99991676: adapters.KindForbidden,
	99991673: adapters.KindForbidden, // app is off
	99991662: adapters.KindForbidden,
	10014:    adapters.KindForbidden,
	99991543: adapters.KindForbidden, // app id or secret is wrong
	10015:    adapters.KindForbidden,
	10003:    adapters.KindForbidden, // app id or secret is wrong, of the token interface
	99991401: adapters.KindForbidden, // our address is not on the app's list
	99991403: adapters.KindForbidden, // the month's calls are used up
	230027:   adapters.KindForbidden,
	230006:   adapters.KindForbidden, // the bot ability is off
	230018:   adapters.KindForbidden, // the group lets only some people post
	230035:   adapters.KindForbidden, // muted or blocked
	230045:   adapters.KindForbidden,
	230023:   adapters.KindForbidden, // the person has 200 unread urgent messages: repeating makes it no better
	230024:   adapters.KindForbidden, // paid urgent messages are used up
	230052:   adapters.KindForbidden, // the group restricts urgent messages

	// Rates.
	codeFrequency: adapters.KindRateLimited,
	230020:        adapters.KindRateLimited, // one chat or one message
	232019:        adapters.KindRateLimited, // members of one chat
	230047:        adapters.KindRateLimited,
	11232:         adapters.KindRateLimited, // full and half hour
	11233:         adapters.KindRateLimited,
	11247:         adapters.KindRateLimited, // messages of a day
	190004:        adapters.KindRateLimited,
	190005:        adapters.KindRateLimited,
	190010:        adapters.KindRateLimited,

	// Passing trouble: again, with the same key.
	1500:    adapters.KindTransient,
	2200:    adapters.KindTransient,
	5000:    adapters.KindTransient,
	10101:   adapters.KindTransient,
	1395001: adapters.KindTransient,
	230049:  adapters.KindTransient, // the message is still being sent
	18121:   adapters.KindTransient, // the same key is being worked on
	232096:  adapters.KindTransient,
	20050:   adapters.KindTransient,
	300120:  adapters.KindTransient,
	2091003: adapters.KindTransient, // minutes not ready
	124002:  adapters.KindTransient, // recording not ready

	// Receivers that can't be reached.
	230013:   adapters.KindNotFound, // not among those who may use the app, or left the company
	230029:   adapters.KindNotFound, // left the company
	230053:   adapters.KindNotFound, // stopped the bot
	230038:   adapters.KindNotFound, // another tenant
	230034:   adapters.KindNotFound, // not an id of a receiver
	232024:   adapters.KindNotFound, // the user can't see the app
	41050:    adapters.KindNotFound, // outside the app's contact scope
	41012:    adapters.KindNotFound, // no such user
	99992361: adapters.KindNotFound, // open_id of another app
	99992351: adapters.KindNotFound,
	99992360: adapters.KindNotFound,
	99992363: adapters.KindNotFound,
	99992364: adapters.KindNotFound, // another tenant
	99992381: adapters.KindNotFound,
	230002:   adapters.KindNotFound, // the bot is not in the chat
	10002:    adapters.KindNotFound,
	232011:   adapters.KindNotFound,
	232009:   adapters.KindNotFound, // the chat was dissolved

	// Content.
	230001:           adapters.KindInvalid,
	230025:           adapters.KindInvalid, // too large
	200860:           adapters.KindInvalid,
	codeCardContent:  adapters.KindInvalid,
	codeCardContent2: adapters.KindInvalid,
	230022:           adapters.KindInvalid, // sensitive words
	230028:           adapters.KindInvalid, // data loss prevention
	230054:           adapters.KindInvalid,
	230055:           adapters.KindInvalid, // file of another type
	230075:           adapters.KindInvalid,
	100000:           adapters.KindInvalid, // too large after expansion
	200830:           adapters.KindInvalid, // 2.0 back to 1.0
	300301:           adapters.KindInvalid, // element_id twice
	300305:           adapters.KindInvalid, // too many elements

	// Messages that can't be changed any more: send a new one.
	230011: adapters.KindGone, // recalled
	230110: adapters.KindGone, // deleted
	231003: adapters.KindGone,
	230031: adapters.KindGone, // over 14 days
	230033: adapters.KindGone, // over 7 days, for readers
	230009: adapters.KindGone,
	230012: adapters.KindGone, // not ours
	230026: adapters.KindGone,
	230072: adapters.KindGone, // edits used up
}

// opCodes is where a number means something else in one operation.
var opCodes = map[string]apiclient.Codes{
	opAnswerLate: {
		300020: adapters.KindGone, // token unknown
		300030: adapters.KindGone, // token expired
		300040: adapters.KindGone, // token used up
		200000: adapters.KindGone, // message recalled
		200310: adapters.KindForbidden,
		200320: adapters.KindInvalid,
		300090: adapters.KindInvalid,
		11311:  adapters.KindInvalid,
		10002:  adapters.KindInvalid,
	},
	opAccount:   {41050: adapters.KindForbidden},
	opDirectory: {41050: adapters.KindForbidden},
	opLogin:     loginCodes,
}

// kindOf judges a code that came from an operation.
func kindOf(op string, code, status int) adapters.Kind {
	if k, ok := opCodes[op][code]; ok {
		return k
	}
	return codes.Kind(code, status)
}

// subCode finds the card engine's own number inside the text of a refused card:
// "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit; …".
func subCode(msg string) int {
	m := errCode.FindStringSubmatch(msg)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

var errCode = regexp.MustCompile(`ErrCode:\s*(\d{1,9})`)

// drawnAgain are the codes of a card that may pass when it is drawn in a plainer way. Sensitive words
// (230022) and data loss prevention (230028) are not among them: the words stay the same.
var drawnAgain = map[string]bool{
	"230001": true, "230025": true, "200860": true, "230099": true, "11246": true, "230054": true,
	"100000": true, "300301": true, "300305": true, "11311": true, "10002": true, "11310": true,
}
