package card

import (
	"fmt"
	"strings"

	"magpie/adapters/event"
)

// Files are files that somebody handed in. A card of a suite shows their names; they are opened on a page of
// ours, where it is known who may.
type Files struct {
	Alt
	Label Text         `json:"label"`
	Items []event.File `json:"items"`
}

// Fields shows the files as words, for suites that have nothing else.
func (f *Files) Fields() *Fields {
	names := make([]string, len(f.Items))
	for i, x := range f.Items {
		names[i] = x.Name + "（" + SizeText(x.Size) + "）"
	}
	return &Fields{Items: []Field{{Label: f.Label, Value: T(strings.Join(names, "\n"))}}}
}

// SizeText words a number of bytes: 640 B, 12 KB, 1.4 MB, 20 MB.
func SizeText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", max(n, 0))
	case n < 1000*1000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	tenths := (n + 50_000) / 100_000
	if tenths%10 == 0 {
		return fmt.Sprintf("%d MB", tenths/10)
	}
	return fmt.Sprintf("%d.%d MB", tenths/10, tenths%10)
}

// PageOnly reports whether no suite's card can take an input of this kind: a form that has one is filled in on
// a page of ours, in every suite.
func (k InputKind) PageOnly() bool {
	return k == InputTable || k == InputFile || k == InputDepartment || k == InputSignature
}

// Asks reports whether an input of this kind is something to fill in: false for words and results that stand
// between them.
func (k InputKind) Asks() bool { return k != InputNote && k != InputOutput }

// PageOnly lists the labels of the inputs that no suite's card can take, in the card's first language.
func (f *Form) PageOnly() []string {
	var out []string
	for _, in := range f.Inputs {
		if in.Kind.PageOnly() {
			out = append(out, in.Label.Default)
		}
	}
	return out
}

// Signs reports whether a form asks for a hand signature. The button that leads to its page says so itself, where
// those of other forms say that there is something to fill in.
func (f *Form) Signs() bool {
	for _, in := range f.Inputs {
		if in.Kind == InputSignature {
			return true
		}
	}
	return false
}

// Asked lists the inputs that are there to be filled in, with their places in Inputs.
func (f *Form) Asked() (ins []Input, at []int) {
	for i, in := range f.Inputs {
		if in.Kind.Asks() {
			ins, at = append(ins, in), append(at, i)
		}
	}
	return ins, at
}
