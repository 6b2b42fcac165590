package feishu

import (
	"fmt"
	"net/http"
)

// apiError is a refusal as the open platform words it.
type apiError struct {
	status     int // HTTP
	code       int
	msg        string
	header     map[string]string
	violations []violation // of request fields
	scopes     []string    // that are missing
	bare       bool        // without the error object, as the gateway's rate limit
	oauth      string      // kind of a refusal of the OAuth interface, which has a body of its own
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// texts are the vendor's own words for its codes.
//
// Source: Feishu Open Platform, error tables of the single APIs and "Generic error code", checked 2026-11.
var texts = map[int]string{
	10014: "app id is invalid or the app is disabled", 10015: "app secret is invalid",
	99991400: "request trigger frequency limit",
	99991661: "Missing access token for authorization. Please make a request with token attached.",
	99991663: "Invalid access token for authorization. Please make a request with token attached.",
	99991668: "Invalid access token for authorization. Please make a request with token attached.",
	99991677: "Authentication token expired",
	99991671: "Invalid access token format. Please make a request with a Bearer token.",
	99992351: "The request you send is not a valid {open_id} or not exists.",
	99992360: "The request you send is not a valid {user_id} or not exists.",
	99992363: "The request you send is not a valid {union_id} or not exists.",
	99992361: "open_id cross app", 99992402: "field validation failed",
	230001: "Your request contains an invalid request parameter.",
	230002: "The bot can not be outside the group.",
	230011: "The message is recalled.", 230012: "The bot is NOT the sender of the message.",
	230013: "Bot has NO availability to this user.", 230017: "The resource does not belong to the bot.",
	230020: "This operation triggers the frequency limit.",
	230023: "The number of unread urgent messages of the user reaches its limit.",
	230024: "The quota of urgent messages is used up.",
	230025: "The length of the message content reaches its limit.",
	230026: "No permission to recall this message.",
	230031: "Message can only be modified within 14 days after sending.",
	230033: "Read status can only be queried within 7 days after sending.",
	230034: "The receive_id is invalid.",
	230054: "This operation is not supported for this type of message.",
	230055: "The type of file upload does not match the type of message being sent.",
	230072: "The message has been edited too many times.", 230110: "The message has been deleted.",
	231001: "The reaction type is invalid.", 231007: "The reaction does not exist.",
	232009: "The chat has been dissolved.", 232011: "Operator can NOT be out of the chat.",
	232024: "Some users can not see the app.",
	234001: "Invalid request parameter.", 234006: "The file size exceeds the limit.", 234010: "The file is empty.",
	300020: "The token is invalid.", 300030: "The token is expired.", 300040: "The token has been used up.",
	200000: "The message is recalled.", 200310: "The card belongs to another app.",
	200320: "open_ids is invalid.", 300090: "open_ids is required.", 100000: "The card is too large.",
	41012: "user id is invalid", 41050: "no user authority", 43004: "department id is invalid", 42006: "group id is invalid",
	2200: "Internal Error",
}

// fail is a refusal with HTTP 400, which is what the newer APIs answer business errors with.
func fail(code int) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, msg: texts[code]}
}

// failf adds to the vendor's text what this request got wrong.
func failf(code int, format string, args ...any) *apiError {
	e := fail(code)
	e.msg += " ext=" + fmt.Sprintf(format, args...)
	return e
}

// legacy is a refusal of one of the old APIs: HTTP 200, the code says it.
func legacy(code int) *apiError {
	return &apiError{status: http.StatusOK, code: code, msg: texts[code]}
}

// badField is the gateway's refusal of a missing or malformed field.
func badField(field, why string) *apiError {
	e := fail(99992402)
	e.violations = []violation{{field, why}}
	return e
}

// tooFast is the gateway's rate limit, with the headers that say how long to wait.
func tooFast(limit, wait int) *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: 99991400, msg: texts[99991400], bare: true,
		header: map[string]string{"x-ogw-ratelimit-limit": fmt.Sprint(limit), "x-ogw-ratelimit-reset": fmt.Sprint(wait)}}
}

// noScope names the scopes one of which the app would need.
func noScope(scope string) *apiError {
	e := fail(99991672)
	e.msg = "Access denied. One of the following scopes is required: [" + scope + "]"
	e.scopes = []string{scope}
	return e
}

// body is the error as JSON.
func (e *apiError) body(logID string) map[string]any {
	if e.oauth != "" {
		return map[string]any{"code": e.code, "error": e.oauth, "error_description": e.msg}
	}
	out := map[string]any{"code": e.code, "msg": e.msg}
	if e.bare {
		return out
	}
	detail := map[string]any{
		"log_id":         logID,
		"troubleshooter": fmt.Sprintf("https://open.feishu.cn/search?log_id=%s&code=%d", logID, e.code),
	}
	if len(e.violations) > 0 {
		detail["field_violations"] = e.violations
	}
	if len(e.scopes) > 0 {
		list := make([]map[string]string, 0, len(e.scopes))
		for _, scope := range e.scopes {
			list = append(list, map[string]string{"type": "action_scope_required", "subject": scope})
		}
		detail["permission_violations"] = list
	}
	out["error"] = detail
	return out
}
