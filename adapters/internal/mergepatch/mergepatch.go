// Package mergepatch applies JSON merge patches (RFC 7396) to decoded JSON: an author's own changes to a card.
package mergepatch

// Apply returns target with the patch applied, as encoding/json decodes both into any. Objects of target are
// changed in place. It fails on nothing: what is not an object replaces what was there.
func Apply(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	for k, v := range p {
		if v == nil {
			delete(t, k)
		} else {
			t[k] = Apply(t[k], v)
		}
	}
	return t
}
