package workflows

import (
	"encoding/json"
	"slices"
)

// EntryErased is the kind of the entry that says that personal text was erased. It is the same for all kinds of
// flows; a fold of a trail changes nothing for it.
const EntryErased = "erased"

// TextErased is what stands where personal text was erased.
const TextErased = "已按要求删除"

// Erased is the data of such an entry. All of it stays for good: nothing personal belongs into Reason.
type Erased struct {
	By      string  `json:"by"` // the operator
	Reason  string  `json:"reason"`
	Entries []int64 `json:"entries"` // whose personal text was erased, by seq
}

// ErasedBy reads the data of an EntryErased; the zero value where it can't be read.
func ErasedBy(e Entry) Erased {
	var d Erased
	if json.Unmarshal(e.Data, &d) != nil {
		return Erased{}
	}
	return d
}

// Has reports whether an entry is among those erased.
func (d Erased) Has(seq int64) bool { return slices.Contains(d.Entries, seq) }
