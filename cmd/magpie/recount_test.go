package main

import (
	"testing"
	"time"

	"magpie/workflows/workcal"
)

// A year without holiday data is told of: this one always, the next from October on.
func TestUnknownYears(t *testing.T) {
	t.Parallel()
	cal, err := workcal.New(workcal.Options{Years: workcal.Shipped("cn")})
	if err != nil {
		t.Fatal(err)
	}
	zone := workcal.Shanghai()
	for day, want := range map[string]string{"2026-09-30": "", "2026-10-01": "2027", "2025-12-31": "", "2027-01-01": "2027"} {
		now, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			t.Fatal(err)
		}
		ps := unknownYears(cal, "magpie.yaml", zone, now)
		switch {
		case want == "" && len(ps) > 0, want != "" && len(ps) != 1:
			t.Errorf("%s: %v", day, ps)
		case want != "" && (ps.Bad() || ps[0].String() != "magpie.yaml: warning: calendar.holidays: there are no holiday data for "+want+
			": deadlines that reach into it count plain weekdays and say so; a file holidays/cn-"+want+".yaml under calendar.holidays; open deadlines are then computed anew"):
			t.Errorf("%s: %s", day, ps[0])
		}
	}
}
