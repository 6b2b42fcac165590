package config

import (
	"fmt"
	"sort"
	"strings"
)

// Severity says whether a Problem stops the file from being used.
type Severity int

const (
	Error   Severity = iota // the file can't be used
	Warning                 // it can, but somebody should look
)

// Problem is one mistake in a file.
type Problem struct {
	File     string
	Line     int    // from 1; 0 when the file as a whole is meant
	Col      int    // from 1, in characters
	Path     string // "connections[0].app_secret"
	What     string // what is wrong: "unknown key \"app_secrt\""
	Want     string // what would be right: "did you mean app_secret?"
	Severity Severity
}

// String is the line that magpie check prints.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": ")
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.What)
	if p.Want != "" {
		b.WriteString("; " + p.Want)
	}
	return b.String()
}

// Problems are all mistakes found, in the order of files and lines.
type Problems []Problem

// Error joins the lines: those of what is wrong, without the warnings, which are not why a file was refused; the
// warnings when there is nothing else.
func (ps Problems) Error() string {
	bad := ps.Bad()
	lines := make([]string, 0, len(ps))
	for _, p := range ps {
		if p.Severity == Error || !bad {
			lines = append(lines, p.String())
		}
	}
	return strings.Join(lines, "\n")
}

// Bad reports whether one of them is an Error.
func (ps Problems) Bad() bool {
	for _, p := range ps {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// Err returns the Problems as an error when one of them is an Error, else nil.
func (ps Problems) Err() error {
	if ps.Bad() {
		return ps
	}
	return nil
}

// Sort orders by file, line and column.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Col < b.Col
	})
}
