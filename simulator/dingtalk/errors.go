package dingtalk

import (
	"fmt"
	"net/http"
	"strconv"
)

// apiError is a refusal. The new host words it with an HTTP status and a dotted code; the old one with 200 and
// a number.
type apiError struct {
	status int    // of the new host
	code   string // of the new host
	number int    // of the old host
	msg    string
	scopes []string // that are missing
	sub    int      // the number behind errcode 88
	subMsg string
}

// refuse is a refusal of the new host with HTTP 400.
func refuse(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, msg: fmt.Sprintf(format, args...)}
}

// badParam is the new host's refusal of a missing or malformed field.
func badParam(field, format string, args ...any) *apiError {
	return refuse("invalidParameter."+field, format, args...)
}

// deny is a refusal of the old host.
func deny(number int, format string, args ...any) *apiError {
	return &apiError{number: number, msg: fmt.Sprintf(format, args...)}
}

// badField is the old host's refusal of a missing or malformed field.
func badField(format string, args ...any) *apiError {
	return deny(40035, "不合法的参数: "+format, args...)
}

// wrapped is the old host's errcode 88, under which the gateway hides some numbers.
func wrapped(sub int, msg string) *apiError {
	return &apiError{number: 88, sub: sub, subMsg: msg, msg: fmt.Sprintf("ding talk error[subcode=%d,submsg=%s]", sub, msg)}
}

// Refusals that both hosts have, each in its own shape.
//
// Source: DingTalk Open Platform, "Server API error codes" and "How to process API throttling", checked 2026-08.

func badToken(old, expired bool) *apiError {
	switch {
	case old && expired:
		return deny(42001, "access_token超时")
	case old:
		return deny(40014, "不合法的access_token")
	}
	return refuse("InvalidAuthentication", "不合法的access_token")
}

func badSecret(old bool) *apiError {
	if old {
		return deny(40089, "不合法的corpid或corpsecret")
	}
	return refuse("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
}

func noScope(old bool, scope string) *apiError {
	if old {
		return wrapped(60011, "没有调用该接口的权限")
	}
	return &apiError{status: http.StatusForbidden, code: "Forbidden.AccessDenied.AccessTokenPermissionDenied", msg: "没有调用该接口的权限",
		scopes: []string{scope}}
}

// tooFast is the throttle of one app on one API. The old host's /topapi calls wear it under 88.
func tooFast(rt *route) *apiError {
	const why = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了"
	switch {
	case rt.old && rt.top:
		return wrapped(90018, why)
	case rt.old:
		return deny(90018, why)
	}
	return &apiError{status: http.StatusForbidden, code: "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", msg: why}
}

func overQuota(old bool) *apiError {
	const why = "当前组织本月的接口调用量已用完"
	if old {
		return deny(90020, why)
	}
	return &apiError{status: http.StatusForbidden, code: "Forbidden.AccessDenied.ApiCountLimitForOrg", msg: why}
}

func serverError(old bool) *apiError {
	if old {
		return deny(-1, "系统繁忙")
	}
	return &apiError{status: http.StatusInternalServerError, code: "system.busy", msg: "系统繁忙"}
}

func tooLarge(old bool) *apiError {
	if old {
		return deny(40035, "不合法的参数: request body is too large")
	}
	return &apiError{status: http.StatusRequestEntityTooLarge, code: "RequestEntityTooLarge", msg: "request body is too large"}
}

// body is the refusal as JSON, in its host's shape.
func (e *apiError) body(old bool, requestID string) map[string]any {
	if !old {
		out := map[string]any{"code": e.code, "message": e.msg, "requestid": requestID}
		if len(e.scopes) > 0 {
			out["accessdenieddetail"] = map[string]any{"requiredScopes": e.scopes}
		}
		return out
	}
	out := map[string]any{"errcode": e.number, "errmsg": e.msg, "request_id": requestID}
	if e.sub != 0 {
		out["sub_code"], out["sub_msg"] = strconv.Itoa(e.sub), e.subMsg
	}
	return out
}
