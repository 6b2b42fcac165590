package event

import (
	"encoding/json"
	"fmt"
)

// ValueKind tells which field of a Value counts.
type ValueKind string

const (
	ValueText     ValueKind = "text"     // Text
	ValueList     ValueKind = "list"     // List
	ValueBool     ValueKind = "bool"     // Bool
	ValueNumber   ValueKind = "number"   // Text: decimal digits as given, never a float
	ValueDate     ValueKind = "date"     // Text: 2006-01-02
	ValueTime     ValueKind = "time"     // Text: 15:04
	ValueDateTime ValueKind = "datetime" // Text: RFC 3339 with offset
	ValuePeople   ValueKind = "people"   // Refs
	ValueTable    ValueKind = "table"    // Rows
	ValueFiles    ValueKind = "files"    // Files: only pages and interfaces of ours make it, after they stored the files
)

// Value is what one input of a form held when it was submitted. It is untrusted: types and bounds are
// checked by whoever owns the form.
type Value struct {
	Kind  ValueKind `json:"kind"`
	Text  string    `json:"text,omitempty"`
	List  []string  `json:"list,omitempty"`
	Bool  bool      `json:"bool,omitempty"`
	Refs  []Ref     `json:"refs,omitempty"`
	Rows  []Row     `json:"rows,omitempty"`
	Files []File    `json:"files,omitempty"`
	// Raw is what came in, where the kind was only read off its looks (a suite that sends no types): the
	// text of somebody who typed a date into a text field. "" when Text is that.
	Raw string `json:"raw,omitempty"`
}

// Row is one row of a table: column → what was entered there.
type Row map[string]Value

// File is a file that was handed in and is kept by us.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`           // as its owner calls it, without folders
	Type string `json:"type,omitempty"` // media type, by its content
	Size int64  `json:"size"`           // bytes
	Sum  string `json:"sum,omitempty"`  // SHA-256 of the content, in hex
}

// Typed is the text as it came in, whatever it was read as.
func (v Value) Typed() string {
	if v.Raw != "" {
		return v.Raw
	}
	return v.Text
}

// Text makes a text value.
func Text(s string) Value { return Value{Kind: ValueText, Text: s} }

// List makes a list value.
func List(s ...string) Value { return Value{Kind: ValueList, List: s} }

// Bool makes a bool value.
func Bool(b bool) Value { return Value{Kind: ValueBool, Bool: b} }

// People makes a value of persons.
func People(r ...Ref) Value { return Value{Kind: ValuePeople, Refs: r} }

// Table makes a value of rows.
func Table(rows ...Row) Value { return Value{Kind: ValueTable, Rows: rows} }

// Files makes a value of files.
func Files(f ...File) Value { return Value{Kind: ValueFiles, Files: f} }

// String shows the value for logs and for text forms, without interpretation.
func (v Value) String() string {
	switch v.Kind {
	case ValueBool:
		return fmt.Sprint(v.Bool)
	case ValueList:
		b, _ := json.Marshal(v.List)
		return string(b)
	case ValuePeople:
		return fmt.Sprint(v.Refs)
	case ValueTable:
		return fmt.Sprintf("%d rows", len(v.Rows))
	case ValueFiles:
		return fmt.Sprintf("%d files", len(v.Files))
	}
	return v.Text
}
