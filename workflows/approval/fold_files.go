package approval

import (
	"maps"
	"slices"

	"magpie/adapters/event"
	"magpie/workflows"
)

// fileFacts are the kinds of entries that bring files: forms and hand signatures.
var fileFacts = []string{(&started{}).kind(), (&kept{}).kind(), (&submitted{}).kind(), (&resubmitted{}).kind(), (&edited{}).kind(), (&voted{}).kind()}

// foldedFiles gathers the files that a trail names, as it is followed.
type foldedFiles struct {
	list []workflows.FoldedFile
	at   map[string]int // by id
}

// see takes what the state names after an entry. Where a file was named first, it was handed in.
func (l *foldedFiles) see(s *state, e workflows.Entry) {
	if !slices.Contains(fileFacts, e.Kind) {
		return
	}
	s.files(func(where string, f event.File) {
		if _, again := l.at[f.ID]; again {
			return
		}
		if l.at == nil {
			l.at = map[string]int{}
		}
		l.at[f.ID] = len(l.list)
		l.list = append(l.list, workflows.FoldedFile{Seq: e.Seq, Where: where, File: f})
	})
}

// end says which of them the state names at the end.
func (l *foldedFiles) end(s *state) []workflows.FoldedFile {
	s.files(func(_ string, f event.File) {
		if i, ok := l.at[f.ID]; ok {
			l.list[i].Kept = true
		}
	})
	return l.list
}

// files calls f for every file that the state names with its digest, always in the same order.
func (s *state) files(f func(where string, file event.File)) {
	var named func(where string, v value)
	named = func(where string, v value) {
		for _, x := range v.F {
			if x.ID != "" && x.Sum != "" {
				f(where, x)
			}
		}
		for _, row := range v.R {
			for _, id := range slices.Sorted(maps.Keys(row)) {
				named(where, row[id])
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Form)) {
		named("field "+id, s.Form[id])
	}
	if s.Draft != nil {
		for _, id := range slices.Sorted(maps.Keys(s.Draft.Values)) {
			named("field "+id, s.Draft.Values[id])
		}
	}
	for i := range s.Runs {
		r := &s.Runs[i]
		for k := range r.Seats {
			if x := &r.Seats[k]; x.Sign != nil {
				f("seat "+taskKey(r.Node, r.Round, x.ID, x.Task), x.Sign.file())
			}
		}
	}
}
