package approval

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// foreseen is one step as it came out in one rehearsal.
type foreseen struct {
	n     *node
	round int
	step  ViewStep
	asks  bool // somebody is asked there, told, or another workflow started
	// who says whom it is for, whether they have agreed before or not; "" where the step is passed over.
	who string
}

func (f foreseen) key() string { return runKey(f.n.id, f.round) }

// tell words what all rehearsals have in common, and what they differ in. cut says that not all were held: then only
// what comes before the first question is certain.
func (o *outlook) tell(all []*rehearsal, cut bool) []ViewStep {
	came := make([]map[string]foreseen, len(all)) // by step
	var steps []foreseen
	seen, asks := map[string]bool{}, o.again
	for i, r := range all {
		came[i] = map[string]foreseen{}
		for _, f := range r.foreseen() {
			came[i][f.key()] = f
			asks = asks || f.asks && f.n.kind == nodeApprove || r.s.Status != workflows.StatusApproved
			if !seen[f.key()] {
				seen[f.key()] = true
				steps = append(steps, f)
			}
		}
		cut = cut || r.cut
	}
	slices.SortStableFunc(steps, func(a, b foreseen) int { return cmp.Or(cmp.Compare(a.n.pos, b.n.pos), cmp.Compare(a.round, b.round)) })
	out := []ViewStep{}
	for _, f := range steps {
		if cut && len(all[0].asked) > 0 && f.n.pos >= all[0].asked[0].pos {
			break
		}
		out = append(out, o.step(f.key(), f.n, all, came))
	}
	switch {
	case cut && len(all[0].asked) > 0:
		out = append(out, ViewStep{Name: textAheadRest, Note: untilFilled(o.all())})
	case cut:
		out = append(out, ViewStep{Name: textAheadRest, Note: textNoForecast})
	case !asks:
		out = append(out, ViewStep{Name: textAheadNone, Note: textAheadPasses})
	}
	return out
}

// step words one step as it came out in all rehearsals, and whether others are asked meanwhile.
func (o *outlook) step(key string, n *node, all []*rehearsal, came []map[string]foreseen) ViewStep {
	st, beside := o.words(key, n, all, came), false
	for i, r := range all {
		if came[i][key].asks {
			if beside = r.beside(n); !beside {
				break
			}
		}
	}
	if beside && !strings.HasPrefix(st.Note, textAheadFill) {
		st.Note = fmt.Sprintf(textAheadBeside, st.Note)
	}
	return st
}

func (o *outlook) words(key string, n *node, all []*rehearsal, came []map[string]foreseen) ViewStep {
	var needed, passed []foreseen
	same := true
	for i := range came {
		f, there := came[i][key]
		same = same && f == came[0][key]
		switch {
		case there && f.who != "":
			needed = append(needed, f)
		case there:
			passed = append(passed, f)
		}
	}
	if same {
		return came[0][key].step
	}
	if quiet := append(slices.Clone(needed), passed...); !slices.ContainsFunc(quiet, func(f foreseen) bool { return f.asks }) {
		return quiet[0].step // nobody is asked there in any case
	}
	labels := o.decides(key, all, came)
	differ := func(by func(foreseen) string) bool {
		return slices.ContainsFunc(needed, func(f foreseen) bool { return by(f) != by(needed[0]) })
	}
	st := ViewStep{ID: n.id, Name: n.title()}
	switch {
	case len(needed) == 0 || differ(func(f foreseen) string { return f.who }): // passed over or not reached, or for others
		for _, r := range all {
			labels = union(labels, r.unsure[key])
		}
		st.Note = untilFilled(labels)
	case len(needed) == len(all):
		st.Note = fmt.Sprintf(textAheadDoubtBy, needed[0].who, quoted(labels))
	case differ(func(f foreseen) string { return f.step.Note }):
		st.Note = fmt.Sprintf(textAheadIf, needed[0].who, quoted(labels))
	default:
		st.Note = fmt.Sprintf(textAheadIf, needed[0].step.Note, quoted(labels))
	}
	return st
}

// union is a list with what of another it has not.
func union(list, more []string) []string {
	list = slices.Clone(list)
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// decides are the labels of the fields that a step depends on: of the questions whose answers it differs by.
func (o *outlook) decides(key string, all []*rehearsal, came []map[string]foreseen) []string {
	var labels, every []string
	seen := map[string]bool{}
	for _, r := range all {
		for _, q := range r.asked {
			every = union(every, q.labels)
			if seen[q.key] {
				continue
			}
			seen[q.key] = true
			var yes, no []foreseen
			for i, x := range all {
				k := slices.IndexFunc(x.asked, func(a question) bool { return a.key == q.key })
				switch f := came[i][key]; {
				case k < 0:
				case x.asked[k].yes && !slices.Contains(yes, f):
					yes = append(yes, f)
				case !x.asked[k].yes && !slices.Contains(no, f):
					no = append(no, f)
				}
			}
			if len(yes) != len(no) || slices.ContainsFunc(yes, func(f foreseen) bool { return !slices.Contains(no, f) }) {
				labels = union(labels, q.labels)
			}
		}
	}
	if len(labels) == 0 {
		return every
	}
	return labels
}

// foreseen are the steps that a rehearsal came to.
func (r *rehearsal) foreseen() []foreseen {
	var out []foreseen
	for i := r.base; i < len(r.s.Runs); i++ {
		x := &r.s.Runs[i]
		if x.State == runCanceled && len(x.Seats) == 0 {
			continue // the request ends before anybody is asked
		}
		if n := r.o.p.nodes[x.Node]; n != nil && (n.kind == nodeApprove || n.kind == nodeFlow || n.kind == nodeCC) {
			f := foreseen{n: n, round: x.Round, step: ViewStep{ID: n.id, Name: n.title()}}
			r.word(&f, x)
			out = append(out, f)
		}
	}
	for _, n := range r.o.p.order {
		f := foreseen{n: n, round: 1, step: ViewStep{ID: n.id, Name: n.title()}, asks: true}
		if labels := r.unsure[f.key()]; n.kind == nodeCC && labels != nil {
			f.step.Note = untilFilled(labels)
			out = append(out, f)
		} else if who := r.told[n.id]; len(who) > 0 {
			f.who = listed(len(who), func(i int) string { return r.s.name(who[i]) })
			f.step.Note = f.who
			out = append(out, f)
		}
	}
	return out
}

// title is what people call a step.
func (n *node) title() string {
	if n.kind == nodeCC && n.name == n.id {
		return textAheadCC
	}
	return n.name
}

// word says what comes of one pass.
func (r *rehearsal) word(f *foreseen, x *run) {
	f.asks = true
	skip := func(why string) { f.asks, f.step.State, f.step.Note = false, card.StepSkipped, why }
	labels := r.unsure[f.key()]
	switch {
	case x.State == runSkipped && x.Why == "nobody":
		skip(textSkipNobody + r.o.blanks(fieldsIn(f.n.by)))
	case x.State == runSkipped:
		skip(textAheadSkip + r.o.blanks(f.n.cond.Fields()))
	case f.n.kind == nodeFlow && f.n.flow.wait:
		f.step.Note = textAheadFlow
	case f.n.kind == nodeFlow:
		f.step.Note = textAheadFlowOff
	case labels != nil:
		f.step.Note = untilFilled(labels)
	case x.Why == "nobody":
		f.step.State, f.step.Note = card.StepFailed, textAheadReject
	case x.State == runStuck || len(x.Seats) == 0:
		f.step.Note = textAheadStuck
	default:
		r.seats(f, x)
	}
	if f.n.kind == nodeFlow && f.asks {
		f.who = f.step.Note
	}
}

// blanks says which fields were left empty.
func (o *outlook) blanks(fields []string) string {
	var out []string
	for _, id := range fields {
		if f := o.p.byField[id]; f != nil && o.blank[id] {
			out = append(out, f.label)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return fmt.Sprintf(textAheadBlank, quoted(out))
}

// beside reports whether a step is one of several that are asked at the same time.
func (r *rehearsal) beside(n *node) bool {
	for _, in := range n.within {
		id, _, _ := strings.Cut(in, "/")
		if run := r.s.lastRun(id); run != nil && len(run.Arms) > 1 {
			return true
		}
	}
	return false
}

// seats says who is asked, in which manner, and until when.
func (r *rehearsal) seats(f *foreseen, x *run) {
	var names, auto []string
	asked := 0
	for k := range x.Seats {
		y := &x.Seats[k]
		why := map[string]string{autoSame: textAutoSame, autoSelf: textAutoSelf}[y.Auto]
		if why == "" && y.Task == 0 && x.State == runPassed {
			continue // they did not come to it
		}
		name := r.s.who(y)
		names = append(names, name)
		if why == "" {
			asked++
		} else {
			name = fmt.Sprintf(textAheadMode, name, why)
		}
		auto = append(auto, name)
	}
	f.who = r.manner(f, x, listed(len(names), func(i int) string { return names[i] }))
	note := listed(len(auto), func(i int) string { return auto[i] })
	if asked == 0 {
		f.asks, f.step.State, f.step.Note = false, card.StepSkipped, note
		return
	}
	f.step.Note = r.manner(f, x, note)
	if d := r.doubt[f.key()]; d != nil {
		if len(d.steps) > 0 {
			f.step.Note = fmt.Sprintf(textAheadDoubt, f.step.Note, quoted(d.steps))
		}
		if len(d.labels) > 0 {
			f.step.Note = fmt.Sprintf(textAheadDoubtBy, f.step.Note, quoted(d.labels))
		}
	}
}

// manner says how those who are named decide together, whether they stand in for others, and until when.
func (r *rehearsal) manner(f *foreseen, x *run, note string) string {
	if mode := x.howMany(); mode != "" {
		note = fmt.Sprintf(textAheadMode, note, mode)
	}
	if said := r.stands[f.key()]; said != "" {
		note = fmt.Sprintf(said, note)
	}
	switch t := f.n.timeout; {
	case t == nil:
	case t.After.Unit == workcal.NextDay:
		note = fmt.Sprintf(textAheadBefore, note, t.After.Chinese())
	default:
		note = fmt.Sprintf(textAheadDue, note, t.After.Chinese())
	}
	return note
}

// howMany is how several decide together, "" where one is asked.
func (r *run) howMany() string {
	switch {
	case len(r.Seats) < 2:
		return ""
	case r.Mode == modeRatio && r.N > 0:
		return fmt.Sprintf(textAheadRatio, r.N)
	case r.Mode == modeCount && r.N > 0:
		return fmt.Sprintf(textAheadCount, r.N)
	}
	return modeWords[r.Mode]
}

// listed joins names, the first eight of them.
func listed(n int, name func(i int) string) string {
	names := make([]string, min(n, 8))
	for i := range names {
		names[i] = name(i)
	}
	text := strings.Join(names, "、")
	if n > len(names) {
		text = fmt.Sprintf(textAheadMany, text, n)
	}
	return text
}
