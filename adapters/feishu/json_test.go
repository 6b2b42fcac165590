package feishu

import (
	"encoding/json"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1780992000":          "2026-06-09T08:00:00Z",
		"1780992000123":       "2026-06-09T08:00:00.123Z",
		"1780992000123456":    "2026-06-09T08:00:00.123Z",
		"1780992000123456789": "2026-06-09T08:00:00.123Z",
		"1780992000.1834567":  "2026-06-09T08:00:00.183Z",
		"1780992000.5":        "2026-06-09T08:00:00.5Z",
		"1502199207.7171419":  "2017-08-08T13:33:27.717Z",
		"1780992000.":         "2026-06-09T08:00:00Z",
		" 1780992000 ":        "2026-06-09T08:00:00Z",
		"86400":               "1970-01-02T00:00:00Z",
	} {
		got := parseTime(in)
		if got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%s: %s", in, got.Format(time.RFC3339Nano))
		}
	}
	for _, in := range []string{"", "0", "0.5", "-1", "-1780992000", "now", "1.5e12", "1780992000.x", "1780992000.1.2", "1780992000123.5", "99999999999999999999", "2026-06-09", "١٢٣٤٥٦٧٨٩٠"} {
		if got := parseTime(in); !got.IsZero() {
			t.Errorf("%q: %s", in, got)
		}
	}
}

func TestLooseText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"a"`: "a", `1`: "1", `1.50`: "1.50", `true`: "true", `null`: "", `{}`: "", `["a"]`: "", `""`: ""} {
		var v struct{ X looseText }
		if err := json.Unmarshal([]byte(`{"x":`+in+`}`), &v); err != nil || string(v.X) != want {
			t.Errorf("%s: %q, %v", in, v.X, err)
		}
	}
}
