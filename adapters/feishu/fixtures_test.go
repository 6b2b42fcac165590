package feishu

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"magpie/adapters"
)

// TestRecordedAnswers goes through every answer of testdata/api: what is good is taken, what is a refusal
// gets its Kind, its code and the vendor's trace id.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	want := map[string]adapters.Kind{
		"resp_err_bot_not_in_chat": adapters.KindNotFound, "resp_err_card_content_table_limit": adapters.KindInvalid,
		"resp_err_card_content_v2_unsupported_tag": adapters.KindInvalid, "resp_err_message_recalled": adapters.KindGone,
		"resp_err_message_too_large": adapters.KindInvalid, "resp_err_open_id_cross_app": adapters.KindNotFound,
		"resp_err_rate_limited_gateway": adapters.KindRateLimited, "resp_err_rate_limited_legacy_400": adapters.KindRateLimited,
		"resp_err_rate_limited_per_chat": adapters.KindRateLimited, "resp_err_scope_missing": adapters.KindForbidden,
		"resp_err_token_invalid": adapters.KindUnauthenticated, "resp_err_update_older_than_14d": adapters.KindGone,
		"resp_err_user_not_in_scope": adapters.KindNotFound, "resp_oauth_token_err": adapters.KindInvalid,
	}
	files, err := filepath.Glob("testdata/api/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d answers, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		v := newVendor(t)
		v.on("GET /open-apis/x", fixture(t, name))
		var out map[string]any
		err := v.platform().api.call(context.Background(), "x", "GET", "/open-apis/x", nil, nil, &out)
		if got := adapters.KindOf(err); got != want[name] {
			t.Errorf("%s: %v, want %q", name, err, want[name])
		}
		if err != nil && !strings.Contains(err.Error(), "[request 202606081600010A0B0C0D0E0F1011]") {
			t.Errorf("%s: no trace id in %v", name, err)
		}
	}
}
