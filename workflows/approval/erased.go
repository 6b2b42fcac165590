package approval

import (
	"encoding/json"
	"fmt"

	"magpie/workflows"
)

// erased: an operator had personal text removed from the trail. What it was is no longer known; that it was there is.
type erased struct{ workflows.Erased }

func (*erased) kind() string                       { return workflows.EntryErased }
func (*erased) apply(s *state, at stamp, _ string) { s.Erased = at }

var _ workflows.Folder = Kind{}

// Fold follows a trail to what is stored beside it. It implements workflows.Folder.
func (Kind) Fold(trail []workflows.Entry) (workflows.Folded, error) {
	d := &decider{s: &state{}}
	rows := map[string]int{} // of those who were told
	files := foldedFiles{}
	for _, e := range trail {
		d.in.ID = e.Instance
		if err := evolve(d.s, e); err != nil {
			return workflows.Folded{}, fmt.Errorf("fold %s: %w", e.Instance, err)
		}
		files.see(d.s, e)
		f := &told{}
		if e.Kind != f.kind() {
			continue
		}
		if err := json.Unmarshal(e.Data, f); err != nil {
			return workflows.Folded{}, fmt.Errorf("fold %s: %w", e.Instance, err)
		}
		for _, person := range f.Persons {
			row := workflows.Task{
				ID: e.Instance + "/" + slotCC(person), Instance: e.Instance, Node: f.Node, Person: person, State: workflows.TaskTold,
				OpenedAt: e.At, ClosedAt: e.At,
			}
			if i, again := rows[row.ID]; again {
				d.told[i] = row
				continue
			}
			rows[row.ID], d.told = len(d.told), append(d.told, row)
		}
	}
	return workflows.Folded{
		Status: d.s.Status, Initiator: d.s.By, Title: d.s.Title, State: encodeState(d.s), Tasks: append(d.tasks(), d.told...),
		Files: files.end(d.s),
	}, nil
}
