package card

import "fmt"

// Severity says what a reader or presser loses.
type Severity int

const (
	Cosmetic    Severity = iota + 1 // looks plainer
	Content                         // something is cut, or moved behind the link
	Interaction                     // an action needs another way: page, reply, second card
)

// String is the word used in YAML (accept_loss) and in reports.
func (s Severity) String() string {
	switch s {
	case Cosmetic:
		return "cosmetic"
	case Content:
		return "content"
	case Interaction:
		return "interaction"
	}
	return fmt.Sprintf("severity(%d)", int(s))
}

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, v := range []Severity{Cosmetic, Content, Interaction} {
		if v.String() == string(b) {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q; cosmetic, content or interaction", b)
}

// Loss is one thing that a suite can't show or do as the card says.
type Loss struct {
	Path     string   `json:"path"`    // "body[2].items[7]", "actions[3]"
	Element  string   `json:"element"` // "table", "button"
	What     string   `json:"what"`    // for operators: "7 columns shown as lines"
	Severity Severity `json:"severity"`
	// Everywhere says that no suite can do it, so that a page of ours does it in all of them: where there are
	// pages, nobody need accept that.
	Everywhere bool `json:"everywhere,omitempty"`
}
