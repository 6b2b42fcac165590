package config

import "testing"

// The text of a refusal begins with its reason, however many warnings stand before it in the files.
func TestProblemsAsAnError(t *testing.T) {
	t.Parallel()
	warning := Problem{File: "a.yaml", What: "no data for next year", Severity: Warning}
	mistake := Problem{File: "b.yaml", Line: 8, Col: 24, Path: "form[1].type", What: `"mony" is not known here`, Want: "did you mean money?"}
	for _, c := range []struct {
		ps   Problems
		want string
	}{
		{Problems{warning, mistake}, `b.yaml:8:24: form[1].type: "mony" is not known here; did you mean money?`},
		{Problems{mistake, warning, mistake}, mistake.String() + "\n" + mistake.String()},
		{Problems{warning}, "a.yaml: warning: no data for next year"},
		{nil, ""},
	} {
		if got := c.ps.Error(); got != c.want {
			t.Errorf("%v: %q, want %q", []Problem(c.ps), got, c.want)
		}
	}
}
