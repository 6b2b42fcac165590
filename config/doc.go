// Package config reads what administrators write: strict YAML with line and column for every mistake.
//
// Files over 1 MiB, anchors, aliases, more than one document and unknown keys are refused; ${VAR} and
// ${VAR:-default} are replaced inside scalar values only, so that a value can't inject structure. All
// mistakes of a file are reported at once as Problems, each "file:line:col: path: what; what would be right".
//
// The package knows the envelope (server, store, connections, people, calendar, limits) and nothing of any
// suite or kind: their settings are a Node that their owner decodes with the same strictness.
package config
