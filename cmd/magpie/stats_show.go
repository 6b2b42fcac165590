package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// statsHeads are the columns that say what a line is about, and statsEnds how what it counts can end.
var (
	statsHeads = map[string][]string{
		"step": {"workflow", "step", "name"}, "person": {"person", "name"}, "version": {"workflow", "version", "first_seen", "name"}, "month": {"month"},
	}
	requestEnds = []string{"approved", "rejected", "withdrawn", "terminated", "revoked"}
	statsEnds   = map[string][]string{
		"step":    {"passed", "failed", "skipped", "canceled"},
		"person":  {"approved", "rejected", "abstained", "handed_on", "out_of_time", "not_needed"},
		"version": requestEnds, "month": requestEnds,
	}
)

func (r *statsRow) head(column string) string {
	switch column {
	case "workflow":
		return r.Workflow
	case "step":
		return r.Step
	case "person":
		return r.Person
	case "version":
		return r.Version
	case "first_seen":
		if !r.FirstSeen.IsZero() {
			return r.FirstSeen.UTC().Format(time.RFC3339)
		}
	case "month":
		return r.Month
	case "name":
		return r.Name
	}
	return ""
}

// statsTable prints the lines for people.
func statsTable(w io.Writer, by string, rows []statsRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "no requests")
		return
	}
	var head []any
	for _, h := range statsHeads[by] {
		head = append(head, h)
	}
	head = append(head, "count", "open", "oldest", "median", "90 %", "longest", "working: median", "90 %", "longest")
	for _, e := range statsEnds[by] {
		head = append(head, e)
	}
	t := newTable(w, append(head, "returned", "overdue", "by time")...)
	for _, r := range rows {
		var line table.Row
		for _, h := range statsHeads[by] {
			x := r.head(h)
			switch h {
			case "version":
				x = fmt.Sprintf("%.12s", x)
			case "first_seen":
				x = at(r.FirstSeen)
			}
			line = append(line, x)
		}
		line = append(line, r.Count, r.Open, shortly(r.OldestOpen, r.Open))
		for _, s := range []spread{r.Took, r.Worked} {
			for _, v := range []int64{s.Median, s.P90, s.Longest} {
				line = append(line, shortly(v, r.Measured))
			}
		}
		for _, e := range statsEnds[by] {
			line = append(line, r.Ended[e])
		}
		late := ""
		if r.Deadlines > 0 {
			late = fmt.Sprintf("%d of %d (%d %%)", r.Overdue, r.Deadlines, r.OverduePct)
		}
		t.AppendRow(append(line, r.Returned, late, r.ByTime))
	}
	t.Render()
}

// shortly words so many seconds; "" when nothing was measured.
func shortly(s int64, of int) string {
	switch {
	case of == 0:
		return ""
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm", s/60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
}

// statsCSV prints the lines for spreadsheets: times in seconds, empty where nothing was measured.
func statsCSV(w io.Writer, by string, rows []statsRow) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // spreadsheets take it for another encoding without
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	head := append([]string{}, statsHeads[by]...)
	head = append(head, "count", "open", "oldest_open_s", "median_s", "p90_s", "longest_s", "worked_median_s", "worked_p90_s", "worked_longest_s")
	head = append(append(head, statsEnds[by]...), "returned", "deadlines", "overdue", "overdue_percent", "decided_by_time")
	if err := c.Write(head); err != nil {
		return err
	}
	number := func(n int) string { return strconv.Itoa(n) }
	seconds := func(s int64, of int) string {
		if of == 0 {
			return ""
		}
		return strconv.FormatInt(s, 10)
	}
	for _, r := range rows {
		var line []string
		for _, h := range statsHeads[by] {
			line = append(line, noFormula(r.head(h)))
		}
		line = append(line, number(r.Count), number(r.Open), seconds(r.OldestOpen, r.Open))
		for _, s := range []spread{r.Took, r.Worked} {
			line = append(line, seconds(s.Median, r.Measured), seconds(s.P90, r.Measured), seconds(s.Longest, r.Measured))
		}
		for _, e := range statsEnds[by] {
			line = append(line, number(r.Ended[e]))
		}
		late := ""
		if r.Deadlines > 0 {
			late = number(r.OverduePct)
		}
		if err := c.Write(append(line, number(r.Returned), number(r.Deadlines), number(r.Overdue), late, number(r.ByTime))); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
