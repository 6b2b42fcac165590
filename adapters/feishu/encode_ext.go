package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"

	"magpie/adapters/card"
	"magpie/adapters/internal/mergepatch"
)

// extend applies the author's own patch for Feishu (RFC 7396) to the drawn card. A patch whose result Feishu
// would refuse, or that touches what our buttons carry, is left out and recorded as a loss.
func (e *encoder) extend(root obj) obj {
	patch, ok := e.c.Ext[Name]
	if !ok {
		return root
	}
	if e.level >= 1 {
		e.lose("ext."+Name, "card", "patch left out of the plainer card", card.Cosmetic)
		return root
	}
	merged, err := mergePatch(root, patch)
	if err == nil {
		err = checkCard(merged)
	}
	if err == nil && !reflect.DeepEqual(callbacks(merged), callbacks(plainCopy(root))) {
		err = errors.New("it changes what a button sends")
	}
	if err != nil {
		e.lose("ext."+Name, "card", "patch left out: "+err.Error(), card.Content)
		return root
	}
	return merged
}

// mergePatch applies a JSON merge patch to a copy of a card.
func mergePatch(root obj, patch json.RawMessage) (obj, error) {
	var p any
	dec := json.NewDecoder(bytes.NewReader(patch))
	dec.UseNumber()
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("it is not JSON")
	}
	if _, ok := p.(map[string]any); !ok {
		return nil, fmt.Errorf("it is not an object")
	}
	m, _ := mergepatch.Apply(plainCopy(root), p).(map[string]any)
	return obj(m), nil
}

// plainCopy turns a drawn card into what decoding its JSON gives.
func plainCopy(root obj) map[string]any {
	b, err := marshal(root)
	if err != nil {
		return map[string]any{}
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var m map[string]any
	if dec.Decode(&m) != nil {
		return map[string]any{}
	}
	return m
}

// callbacks lists what the buttons of a card send, in the order of their JSON.
func callbacks(v any) []string {
	var out []string
	walk(v, func(m map[string]any) {
		if m["type"] == "callback" {
			b, _ := json.Marshal(m["value"])
			out = append(out, string(b))
		}
	})
	sort.Strings(out)
	return out
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case obj:
		walk(map[string]any(v), visit)
	case map[string]any:
		visit(v)
		for _, x := range v {
			walk(x, visit)
		}
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	}
}
