package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"magpie/adapters/card"
	"magpie/adapters/internal/mergepatch"
)

// extend applies the author's own patch for WeCom (RFC 7396) to the drawn card. A patch that names a block that
// WeCom does not have, or that touches what is pressed and what comes back, is left out and recorded as a loss.
func (e *encoder) extend(root obj) obj {
	patch, ok := e.c.Ext[Name]
	if !ok {
		return root
	}
	if e.level >= 1 {
		e.lose("ext."+Name, "card", "patch left out of the plainer card", card.Cosmetic)
		return root
	}
	merged, err := patched(root, patch)
	if err != nil {
		e.lose("ext."+Name, "card", "patch left out: "+err.Error(), card.Content)
		return root
	}
	return merged
}

// patchable are the blocks that a patch may change. The others decide what a press does, and whether the
// card can be changed.
var patchable = map[string]bool{
	"source": true, "main_title": true, "quote_area": true, "sub_title_text": true, "emphasis_content": true,
	"horizontal_content_list": true, "vertical_content_list": true, "card_image": true, "image_text_area": true,
}

func patched(root obj, patch json.RawMessage) (obj, error) {
	var p map[string]any
	dec := json.NewDecoder(bytes.NewReader(patch))
	dec.UseNumber()
	if err := dec.Decode(&p); err != nil || p == nil {
		return nil, errors.New("it is not an object")
	}
	for k := range p {
		if !patchable[k] {
			return nil, errors.New("it may not change " + k)
		}
	}
	b, err := marshal(root)
	if err != nil {
		return nil, err
	}
	var copied map[string]any
	dec = json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&copied); err != nil {
		return nil, err
	}
	before := keysIn(copied)
	merged, _ := mergepatch.Apply(copied, p).(map[string]any)
	if !reflect.DeepEqual(before, keysIn(merged)) {
		return nil, errors.New("it changes what a button sends")
	}
	if out, err := marshal(merged); err != nil || bytes.Contains(out, []byte(`\u`)) {
		return nil, errors.New("it holds characters that WeCom refuses")
	}
	if title, _ := merged["main_title"].(map[string]any); title["title"] == nil {
		return nil, errors.New("it takes the title away")
	}
	return merged, nil
}

// keysIn lists the keys that come back with presses, in order.
func keysIn(v any) []string {
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if s, ok := x.(string); ok && (k == "key" || k == "question_key") {
					out = append(out, s)
				}
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
	slices.Sort(out)
	return out
}
