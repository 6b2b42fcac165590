package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"magpie/adapters/event"
	"magpie/workflows"
)

// ownFiles leaves only those files in a form that its person may bring into this instance: what they handed in
// for it themselves, and what it holds already where they can see it. Whatever way a form came in, a suite included,
// it can't name other files: such a value becomes a plain text, which no field of files takes. The action is a copy.
func (c *command) ownFiles(ctx context.Context, a *event.Action, instance string) error {
	var form map[string]event.Value
	for name, v := range a.Form {
		clean, changed, err := c.ownValue(ctx, v, instance)
		if err != nil {
			return fmt.Errorf("files of the press on %s: %w", instance, err)
		}
		if !changed {
			continue
		}
		if form == nil {
			form = maps.Clone(a.Form)
		}
		form[name] = clean
	}
	if form != nil {
		a.Form = form
	}
	return nil
}

func (c *command) ownValue(ctx context.Context, v event.Value, instance string) (clean event.Value, changed bool, err error) {
	if len(v.Rows) > 0 { // cells hold no files
		rows := slices.Clone(v.Rows)
		for i, row := range rows {
			for id, cell := range row {
				if len(cell.Files) > 0 || len(cell.Rows) > 0 {
					rows[i] = maps.Clone(rows[i])
					rows[i][id], changed = event.Text(cell.Typed()), true
				}
			}
		}
		v.Rows = rows
	}
	if len(v.Files) == 0 {
		return v, changed, nil
	}
	if v.Kind != event.ValueFiles || c.e.o.Files == nil {
		return event.Text(v.Files[0].Name), true, nil
	}
	v.Files = slices.Clone(v.Files)
	for i, f := range v.Files {
		own, ok, err := c.ownFile(ctx, f, instance)
		switch {
		case err != nil:
			return v, false, err
		case !ok:
			return event.Text(f.Name), true, nil
		}
		v.Files[i] = own
	}
	return v, true, nil
}

// ownFile is a file as we know it.
func (c *command) ownFile(ctx context.Context, f event.File, instance string) (event.File, bool, error) {
	person := c.ev.Actor.Person
	k, err := c.e.o.Files(ctx, f.ID)
	switch {
	case err == nil && k.Instance == instance && k.Owner == person:
		f.Size, f.Sum = k.Size, k.Sum
		return f, true, nil
	case err != nil && !errors.Is(err, workflows.ErrNotFound):
		return f, false, err
	}
	in, p, err := c.e.Load(ctx, instance)
	if err != nil {
		if errors.Is(err, workflows.ErrNotFound) {
			err = nil // the press is refused further on
		}
		return f, false, err
	}
	keeper, ok := p.(workflows.FileKeeper)
	if !ok {
		return f, false, nil
	}
	held, err := keeper.Files(in, person)
	if i := slices.IndexFunc(held, func(h event.File) bool { return h.ID == f.ID }); err == nil && i >= 0 {
		return held[i], true, nil
	}
	return f, false, err
}
