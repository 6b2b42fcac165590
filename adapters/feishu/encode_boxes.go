package feishu

import (
	"fmt"

	"magpie/adapters/card"
)

// columns draws boxes side by side, one below the other where there are too many containers already.
func (e *encoder) columns(path string, el *card.Columns, depth int) []obj {
	if e.level >= 1 || depth > maxNested-2 || e.plan.nested == 0 {
		if out, ok := e.instead(path, el, "columns can't be drawn", depth); ok {
			return out
		}
		e.lose(path, "columns", "columns one below the other", card.Cosmetic)
		var out []obj
		for i, b := range el.Items {
			out = append(out, e.inner(fmt.Sprintf("%s.items[%d].body", path, i), b.Body, depth)...)
		}
		return out
	}
	cols := make([]obj, len(el.Items))
	for i, b := range el.Items {
		cols[i] = column(max(1, b.Weight), e.inner(fmt.Sprintf("%s.items[%d].body", path, i), b.Body, depth+2)...)
	}
	return []obj{columnSet("stretch", cols)}
}

func columnSet(flex string, cols []obj) obj {
	return obj{"tag": "column_set", "flex_mode": flex, "columns": cols}
}

func column(weight int, elements ...obj) obj {
	if elements == nil {
		elements = []obj{}
	}
	return obj{"tag": "column", "width": "weighted", "weight": weight, "elements": elements}
}

// collapse draws a closed panel, or an open part where there are too many containers already.
func (e *encoder) collapse(path string, el *card.Collapse, depth int) []obj {
	if e.plan.nested == 0 {
		if out, ok := e.instead(path, el, "panel left out", depth); ok {
			return out
		}
		e.loseBehind(path, "collapse", "panel left out")
		return []obj{e.textElement(func(code string, w words) string {
			s, _ := cutText(oneLine(el.Title.In(code)), 100)
			return s + w.cut
		}, "")}
	}
	if e.level >= 1 || depth > maxNested-1 {
		if out, ok := e.instead(path, el, "panel can't be drawn", depth); ok {
			return out
		}
		e.lose(path, "collapse", "panel drawn open", card.Cosmetic)
		title := e.textElement(func(code string, _ words) string {
			s, _ := cutText(oneLine(el.Title.In(code)), 100)
			return s
		}, "")
		return append([]obj{title}, e.inner(path+".body", el.Body, depth)...)
	}
	elements := e.inner(path+".body", el.Body, depth+1)
	if elements == nil {
		elements = []obj{}
	}
	return []obj{{
		"tag": "collapsible_panel", "expanded": false,
		"header":   obj{"title": e.plain(path+".title", "collapse", el.Title, 100)},
		"elements": elements,
	}}
}
