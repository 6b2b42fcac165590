package dingtalk

import (
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/internal/apiclient"
)

// refusedToken are the codes that say that our token is not good (any more).
var refusedToken = map[string]bool{"40001": true, "40014": true, "42001": true, "InvalidAuthentication": true}

// codeExists is the code of a card whose outTrackId was used before.
const codeExists = "param.cardAlreadyExist"

// codes is what DingTalk's codes mean to a caller: numbers of the old host, dotted words of the new one.
// Source: DingTalk Open Platform, "Server API error codes" and the tables of the single interfaces, checked 2026-08.
var codes = map[string]adapters.Kind{
	// Tokens. They are tried once more with a new token before anybody sees them.
	"40001": adapters.KindUnauthenticated, "40014": adapters.KindUnauthenticated, "42001": adapters.KindUnauthenticated,
	"InvalidAuthentication": adapters.KindUnauthenticated,

	// The app and its rights: an administrator must act.
	"40089": adapters.KindForbidden, "invalidClientIdOrSecret": adapters.KindForbidden,
	"60011": adapters.KindForbidden, "Forbidden.AccessDenied.AccessTokenPermissionDenied": adapters.KindForbidden,
	"60020": adapters.KindForbidden, "Forbidden.AccessDenied.IpNotInWhiteList": adapters.KindForbidden,
	"52010": adapters.KindForbidden, "70001": adapters.KindForbidden,
	"90020": adapters.KindForbidden, "Forbidden.AccessDenied.ApiCountLimitForOrg": adapters.KindForbidden, // the month's calls are used up
	"invalidParameter.robotCode.auth": adapters.KindForbidden, "bot.stopped": adapters.KindForbidden,
	"robot.bot.stopped": adapters.KindForbidden, "400102": adapters.KindForbidden,
	"310000": adapters.KindForbidden, // a webhook's own safety settings
	"143105": adapters.KindForbidden, "1430004": adapters.KindForbidden,
	"ding.serverquota.insufficient": adapters.KindForbidden, // paid DINGs are used up

	// Rates.
	"90018": adapters.KindRateLimited, "90002": adapters.KindRateLimited,
	"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi":         adapters.KindRateLimited,
	"Forbidden.AccessDenied.QpmLimitForAppkeyAndApi":         adapters.KindRateLimited,
	"Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi": adapters.KindRateLimited,
	"Forbidden.AccessDenied.QpsLimitForApi":                  adapters.KindRateLimited,
	"90001":                                                  adapters.KindRateLimited, "90003": adapters.KindRateLimited, "90004": adapters.KindRateLimited,
	"90005": adapters.KindRateLimited, "90006": adapters.KindRateLimited, "90007": adapters.KindRateLimited,
	"90008": adapters.KindRateLimited, "90009": adapters.KindRateLimited, "90010": adapters.KindRateLimited,
	"90011": adapters.KindRateLimited, "90012": adapters.KindRateLimited, "90013": adapters.KindRateLimited,
	"90014": adapters.KindRateLimited, "90017": adapters.KindRateLimited,
	"130101": adapters.KindRateLimited, "410100": adapters.KindRateLimited,
	"send.too.fast": adapters.KindRateLimited, "send.byToken.tooFast": adapters.KindRateLimited,
	"too.many.group": adapters.KindRateLimited, "too.many.people": adapters.KindRateLimited, "toomuch.msg": adapters.KindRateLimited,
	"flowLimit": adapters.KindRateLimited, "todo.taskCreate.flowControlError": adapters.KindRateLimited,

	// Passing trouble.
	"-1": adapters.KindTransient, "system.busy": adapters.KindTransient, "system.error": adapters.KindTransient,
	"systemError": adapters.KindTransient, "serviceBusy": adapters.KindTransient, "internalError": adapters.KindTransient,
	"41052": adapters.KindTransient, "143103": adapters.KindTransient, "143104": adapters.KindTransient,
	"todo.taskCreate.lockError": adapters.KindTransient,

	// Receivers that can't be reached.
	"33012": adapters.KindNotFound, "60121": adapters.KindNotFound, "40104": adapters.KindNotFound, "60003": adapters.KindNotFound,
	"50002": adapters.KindNotFound, "50004": adapters.KindNotFound, // outside of what the app may see
	"staffId.notExisted": adapters.KindNotFound, "param.userIdNotExist": adapters.KindNotFound,
	"robot.oto.notExist": adapters.KindNotFound, "chatbotId.notAllow.sendOTO": adapters.KindNotFound,
	"group.disbanded": adapters.KindNotFound, "400105": adapters.KindNotFound, "400106": adapters.KindNotFound, "400013": adapters.KindNotFound,
	"400101": adapters.KindNotFound, "300001": adapters.KindNotFound, // a webhook that has gone

	// Content.
	"40035": adapters.KindInvalid, "400002": adapters.KindInvalid, "22": adapters.KindInvalid,
	"430101": adapters.KindInvalid, "430102": adapters.KindInvalid, "430103": adapters.KindInvalid, "430104": adapters.KindInvalid,
	"143106": adapters.KindInvalid, "1430002": adapters.KindInvalid,
	"param.contentUnsafe": adapters.KindInvalid, "param.templateNotExist": adapters.KindInvalid, "param.templateUnpublished": adapters.KindInvalid,

	// Messages that can't be changed or asked about any more.
	"param.cardNotExist": adapters.KindGone, "processQueryKey.expireTime": adapters.KindGone,
	"robot.processQueryKey.expired": adapters.KindGone,
}

// opCodes is where a code means something else in one operation.
var opCodes = map[string]map[string]adapters.Kind{
	opAccount: {"50002": adapters.KindForbidden, "50004": adapters.KindForbidden},
	opLogin: { // the code is used up, expired or made up; the person is not of the organisation, or outside of what the app may see
		"invalidParameter.authCode.notFound": adapters.KindInvalid, "40078": adapters.KindInvalid,
		"60121": adapters.KindForbidden, "33012": adapters.KindForbidden, "50002": adapters.KindForbidden, "50004": adapters.KindForbidden,
	},
}

// unreachable are the codes of people whom the robot can't write to, though a work notification may reach them.
var unreachable = map[string]bool{
	"robot.oto.notExist": true, "chatbotId.notAllow.sendOTO": true, "bot.stopped": true, "robot.bot.stopped": true,
}

// usedUp are the codes that say that the month's calls are spent.
var usedUp = map[string]bool{"90020": true, "Forbidden.AccessDenied.ApiCountLimitForOrg": true}

// kindOf judges a code that came from an operation. A dotted word that is not in the table is judged by its
// first part, then by the HTTP status.
func kindOf(op, code string, status int) adapters.Kind {
	if k, ok := opCodes[op][code]; ok {
		return k
	}
	if k, ok := codes[code]; ok {
		return k
	}
	switch {
	case strings.HasPrefix(code, "param."), strings.HasPrefix(strings.ToLower(code), "invalidparameter"):
		return adapters.KindInvalid
	case strings.HasPrefix(code, "Forbidden."):
		return adapters.KindForbidden
	}
	return apiclient.StatusKind(status)
}

// retryAfter is how long a rate wants to be left alone.
func retryAfter(code string) time.Duration {
	switch {
	case strings.Contains(code, "QpmLimit"), code == "130101", code == "410100":
		return time.Minute
	case code == "90018", code == "90002", strings.Contains(code, "QpsLimit"):
		return time.Second
	case len(code) == 5 && strings.HasPrefix(code, "900"):
		return 5 * time.Minute // wider bans: of the organisation, of our address
	}
	return 5 * time.Second
}
