package approval

import "testing"

func TestCleanKeepsNothingThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "\u200b", "\u200b \u2060", "\u3164", "\u2800\u00ad", "\u200d\u200c", "\ufe0f", "\u034f", "\U000e0020\U000e007f", "\u202e\u2066", "\u115f\uffa0"} {
		if got := clean(s, true); got != "" {
			t.Errorf("clean(%+q) = %+q, want nothing: it would count as a reason that nobody can read", s, got)
		}
	}
	// What joins or varies visible characters stays with them.
	for _, s := range []string{"键盘", "👨\u200d👩\u200d👧", "❤\ufe0f", "می\u200cخواهم", "0", ".", "a b", "。", "e\u0301", "\u00a0x"} {
		if got := clean(s, true); got != s {
			t.Errorf("clean(%+q) = %+q, want it as it is", s, got)
		}
	}
	if got := clean("键\u200b盘", false); got != "键盘" {
		t.Errorf("a zero-width space inside: %+q", got)
	}
}
