package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxNesting is how deep the JSON of a body may be nested. Validate allows far less; this bounds the
// work on input that was made to be deep.
const maxNesting = 64

// Elements is a list of elements. In JSON each is an object whose "type" names it and stands first:
// {"type":"note","text":{"text":"…"}}. An unknown type is an error: a card that can't be read whole is
// not shown in part.
type Elements []Element

// MarshalJSON writes the elements with their types.
func (es Elements) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, e := range es {
		if e == nil {
			return nil, fmt.Errorf("element %d is nil", i)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		body, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("element %d (%s): %w", i, e.element(), err)
		}
		if len(body) < 2 || body[0] != '{' { // a nil pointer inside the interface
			return nil, fmt.Errorf("element %d (%s) is nil", i, e.element())
		}
		b.WriteString(`{"type":"` + e.element() + `"`)
		if len(body) > 2 {
			b.WriteByte(',')
		}
		b.Write(body[1:])
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

// UnmarshalJSON reads the elements by their types.
func (es *Elements) UnmarshalJSON(b []byte) error {
	if deeper(b, maxNesting) {
		return errors.New("elements are nested too deep")
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if raw == nil {
		*es = nil
		return nil
	}
	out := make(Elements, 0, len(raw))
	for i, r := range raw {
		var tag struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(r, &tag); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
		e := newElement(tag.Type)
		if e == nil {
			return fmt.Errorf("element %d: unknown type %q", i, tag.Type)
		}
		if err := json.Unmarshal(r, e); err != nil {
			return fmt.Errorf("element %d (%s): %w", i, tag.Type, err)
		}
		out = append(out, e)
	}
	*es = out
	return nil
}

// newElement returns an empty element of a type, nil for a type that is not known.
func newElement(name string) Element {
	switch name {
	case "markdown":
		return &Markdown{}
	case "fields":
		return &Fields{}
	case "image":
		return &Image{}
	case "divider":
		return &Divider{}
	case "note":
		return &Note{}
	case "table":
		return &Table{}
	case "columns":
		return &Columns{}
	case "people":
		return &People{}
	case "progress":
		return &Progress{}
	case "collapse":
		return &Collapse{}
	case "form":
		return &Form{}
	case "files":
		return &Files{}
	}
	return nil
}

// deeper reports whether valid JSON is nested deeper than n.
func deeper(b []byte, n int) bool {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > n {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
