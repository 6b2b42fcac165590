package card

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// Input made to be slow takes no longer than its size asks for.
func TestHostileSizes(t *testing.T) {
	t.Parallel()
	const n = 200_000
	for _, p := range []string{"*", "*a", "**a", "***a", "~~", "~~a ", "[", "[a](", "[a](http://b", "`", "`a", "\\", "> ", "- \n", "1. ", "[@a](person:", "*a **b ~~c ", "a\n\n", "****a", "\\\n", "*~~**", "* ** "} {
		s := strings.Repeat(p, n/len(p))
		start := time.Now()
		ParseMarkdown(s)
		EscapeMarkdown(s)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated: %v", p, d)
		}
	}
	deep := `{"body":[` + strings.Repeat(`{"type":"collapse","body":[`, 28) + strings.Repeat(`{"type":"divider"},`, 5000) + `{"type":"divider"}` + strings.Repeat(`]}`, 28) + `]}`
	start := time.Now()
	var c Card
	if err := json.Unmarshal([]byte(deep), &c); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("a deep card of %d bytes: %v", len(deep), d)
	}
}
