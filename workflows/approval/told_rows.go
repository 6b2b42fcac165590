package approval

import "magpie/workflows"

// listTold puts the instance into the lists of those who were told of it: there is nothing for them to decide.
func (d *decider) listTold(node string, persons []string) {
	for _, id := range persons {
		d.told = append(d.told, workflows.Task{
			ID: d.in.ID + "/" + slotCC(id), Instance: d.in.ID, Node: node, Person: id, State: workflows.TaskTold,
			Title: d.titleFor(id), OpenedAt: d.now, ClosedAt: d.now,
		})
	}
}
