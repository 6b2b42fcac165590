package templates

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// generic converts a view to what templates see: maps, lists, texts, int64, truth values, nil, and
// json.Number for numbers that are not whole.
func generic(view any) (map[string]any, error) {
	b, err := json.Marshal(view)
	if err != nil {
		return nil, fmt.Errorf("marshal the view: %w", err)
	}
	return decodeView(b)
}

// decodeView reads a view from JSON. null is an empty view.
func decodeView(b []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read the view: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read the view: something follows the JSON")
	}
	switch v := numbers(v).(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, errors.New("the view is no JSON object")
}

// numbers turns whole numbers into int64, in place.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = numbers(x)
		}
	case []any:
		for i, x := range v {
			v[i] = numbers(x)
		}
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
	}
	return v
}
