package wecom

import (
	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
)

// Codes that the client itself acts upon.
const (
	codeTaskID   = 42014 // a task id that is not allowed: ours always are, so it is one that was used before
	codeSpent    = 60140 // a response code that was used, has expired or never was
	codeExists   = 86215 // an app chat with this id
	codeAllWrong = 81013 // no receiver is left
)

// refusedToken are the codes that say that our token is not good any more.
var refusedToken = map[int]bool{40014: true, 42001: true}

// codes is what WeCom's numbers mean to a caller. They come with HTTP 200.
// Source: WeCom developer documents, "Global error codes" (path 90313), checked 2026-11.
var codes = apiclient.Codes{
	40014: adapters.KindUnauthenticated,
	42001: adapters.KindUnauthenticated,
	41001: adapters.KindUnauthenticated,

	// The app, its rights and its addresses: an administrator must act.
	40001:  adapters.KindForbidden, // wrong secret; repeating it has the address banned for an hour
	40013:  adapters.KindForbidden,
	40091:  adapters.KindForbidden,
	40056:  adapters.KindForbidden,
	301002: adapters.KindForbidden, // token of another app
	43012:  adapters.KindForbidden, // the app has no callback address
	46004:  adapters.KindNotFound,
	48001:  adapters.KindForbidden,
	48002:  adapters.KindForbidden,
	48005:  adapters.KindForbidden,
	48006:  adapters.KindForbidden, // right withdrawn, the app was not used
	48009:  adapters.KindForbidden,
	48010:  adapters.KindForbidden,
	48011:  adapters.KindForbidden,
	50001:  adapters.KindForbidden,
	50002:  adapters.KindForbidden,
	50003:  adapters.KindForbidden,
	60011:  adapters.KindForbidden,
	60020:  adapters.KindForbidden, // our address is not on the app's list
	60031:  adapters.KindForbidden,
	80001:  adapters.KindForbidden,
	85005:  adapters.KindForbidden,
	85008:  adapters.KindForbidden,
	301042: adapters.KindForbidden,
	301050: adapters.KindForbidden,
	301051: adapters.KindForbidden,
	301055: adapters.KindForbidden,
	301056: adapters.KindForbidden,
	93001:  adapters.KindForbidden,
	93004:  adapters.KindForbidden,
	853000: adapters.KindForbidden,
	846601: adapters.KindForbidden,

	// Rates. The block lasts as long as the limit that was crossed; it does not say which that was.
	45009: adapters.KindRateLimited,
	45033: adapters.KindRateLimited, // calls at the same time

	// Passing trouble.
	-1:     adapters.KindTransient,
	6000:   adapters.KindTransient,
	45035:  adapters.KindTransient,
	45036:  adapters.KindTransient,
	301057: adapters.KindTransient,

	// Receivers that can't be reached.
	40003:        adapters.KindNotFound,
	40031:        adapters.KindNotFound,
	40050:        adapters.KindNotFound,
	60021:        adapters.KindNotFound, // outside what the app may see
	60111:        adapters.KindNotFound,
	60123:        adapters.KindNotFound, // no such department
	40068:        adapters.KindNotFound, // no such tag
	codeAllWrong: adapters.KindNotFound,
	86001:        adapters.KindNotFound,
	86003:        adapters.KindNotFound,
	86008:        adapters.KindNotFound, // a chat that this app did not make
	93000:        adapters.KindNotFound, // the push was removed
	93006:        adapters.KindNotFound,
	93008:        adapters.KindNotFound,
	846607:       adapters.KindNotFound, // nobody has spoken to the robot there, or too much was sent

	// Messages that can't be changed or taken back any more.
	codeSpent: adapters.KindGone,
	42016:     adapters.KindGone, // the task is not known
	42015:     adapters.KindGone, // it is another app's
	42052:     adapters.KindGone, // older than 24 h
	82102:     adapters.KindGone, // nobody of the audience is left
	846605:    adapters.KindGone,
	846606:    adapters.KindGone,

	// OAuth: the person has to log in again.
	40029: adapters.KindInvalid,
	42003: adapters.KindInvalid,
	42022: adapters.KindInvalid,
}

// drawnAgain are the codes of a card that may pass when it is drawn in a plainer way.
func drawnAgain(code string) bool {
	switch code {
	case "40033", "40035", "41016", "45002", "82004":
		return true
	}
	return len(code) == 5 && (code >= "42017" && code <= "42020" || code >= "42027" && code <= "42051")
}

// KindOfCode is what one of WeCom's codes means to a caller: for the long connection, whose answers carry the
// same codes.
func KindOfCode(code int) adapters.Kind {
	k := codes.Kind(code, 200)
	if k == adapters.KindInvalid && code >= 846600 && code <= 846699 {
		return adapters.KindTransient
	}
	return k
}
