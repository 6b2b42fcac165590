package main

import (
	"fmt"
	"time"
)

// findings says how the clock stands, by the one that differs least: a single host may be wrong itself.
func (w *clockWatch) findings() []finding {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.skew) == 0 {
		return nil
	}
	first, least, host := true, time.Duration(0), ""
	for h, d := range w.skew {
		if first || d.Abs() < least.Abs() || d.Abs() == least.Abs() && h < host {
			first, least, host = false, d, h
		}
	}
	f := finding{State: "ok", About: "clock", What: fmt.Sprintf("it agrees with %s", host)}
	if least != 0 {
		way := "ahead of"
		if least < 0 {
			way = "behind"
		}
		f.What = fmt.Sprintf("it is %s %s %s", least.Abs().Round(time.Second), way, host)
	}
	switch {
	case least.Abs() >= skewBad:
		f.State, f.Do = "bad", "set it, and keep it by NTP: signatures and log-ins that are too old are refused"
	case least.Abs() >= skewOdd:
		f.State, f.Do = "warn", "keep it by NTP: reminders and deadlines go by it"
	}
	return []finding{f}
}
