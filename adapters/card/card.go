package card

import (
	"encoding/json"

	"magpie/adapters/event"
)

// Card is one card, complete: sending it and replacing an older one by it are the same data.
type Card struct {
	Slot     string                     `json:"slot,omitempty"` // our card slot; "" for a card that is never changed again
	Rev      int64                      `json:"rev,omitempty"`  // revision of the instance that the card shows
	Template string                     `json:"template,omitempty"`
	Title    Text                       `json:"title"`
	Tone     Tone                       `json:"tone,omitempty"`
	Status   Text                       `json:"status,omitzero"` // short state beside the title: 待审批, 已通过
	Summary  Text                       `json:"summary"`         // the line in the notification and the chat list; required
	Body     Elements                   `json:"body,omitempty"`
	Actions  []Button                   `json:"actions,omitempty"`
	Link     string                     `json:"link,omitempty"` // page of the same thing
	Sharing  Sharing                    `json:"sharing,omitempty"`
	Lang     []string                   `json:"lang,omitempty"` // languages present, the first is the default; empty is zh-CN
	Ext      map[string]json.RawMessage `json:"ext,omitempty"`  // platform → JSON merge patch on the encoded card; the only vendor-specific place
	// Digest stands for the card as it was drawn, before accounts, links and tokens were put on it: hex of the
	// SHA-256 of its JSON. The engine sets it; it is kept with what was sent, and a press on the card brings it back.
	Digest string `json:"digest,omitempty"`
}

// Tone is the mood of a card: a header colour where a suite has one, a word in the title where not.
type Tone string

const (
	Neutral Tone = "" // grey
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Sharing says whether all viewers of one message see the same card.
type Sharing string

const (
	Shared    Sharing = ""           // one state for all
	PerPerson Sharing = "per_person" // each person gets a card of their own
)

// Text is what people read, in one or more languages. It is plain text: encoders escape it for
// their own dialect. The zero Text is "nothing".
type Text struct {
	Default string            `json:"text,omitempty"` // in the card's first language
	I18n    map[string]string `json:"i18n,omitempty"` // other languages: "en-US" → text
}

// T makes a Text of one language.
func T(s string) Text { return Text{Default: s} }

// IsZero reports whether there is nothing to show.
func (t Text) IsZero() bool { return t.Default == "" && len(t.I18n) == 0 }

// In returns the text in a language, the default when it is not translated.
func (t Text) In(lang string) string {
	if s, ok := t.I18n[lang]; ok {
		return s
	}
	return t.Default
}

// Element is one piece of a card's body: a pointer to one of the types of this package.
type Element interface {
	element() string // the name used in JSON and in Loss.Element
	fallback() []Element
}

// Alt is embedded by every element: the author's own replacement where a suite can't draw it.
type Alt struct {
	Fallback Elements `json:"fallback,omitempty"`
}

func (a Alt) fallback() []Element { return a.Fallback }

// Markdown is formatted text in the neutral subset that ParseMarkdown reads: paragraphs, **bold**,
// *italic*, ~~strike~~, `code`, [text](url), bullet and numbered lists, > quote, and a mention as
// [@name](person:REF), where REF is the person's account id in the suite that the card goes to.
// Everything that came from a person must have been passed through EscapeMarkdown.
type Markdown struct {
	Alt
	Text Text `json:"text"`
}

// Fields are label and value pairs.
type Fields struct {
	Alt
	Items []Field `json:"items"`
}

// Field is one pair. Short ones may stand side by side.
type Field struct {
	Label Text `json:"label"`
	Value Text `json:"value"`
	Short bool `json:"short,omitempty"`
}

// Image is a picture by the suite's key or by an address.
type Image struct {
	Alt
	Key  string `json:"key,omitempty"`
	URL  string `json:"url,omitempty"`
	Desc Text   `json:"desc,omitzero"` // alternative text
}

// Divider is a line.
type Divider struct{ Alt }

// Note is small print.
type Note struct {
	Alt
	Text Text `json:"text"`
}

// Table is rows of plain texts.
type Table struct {
	Alt
	Cols []Column `json:"cols"`
	Rows [][]Text `json:"rows"` // each as long as Cols
}

// Column is a column of a Table.
type Column struct {
	Name  string `json:"name"` // stable key, unique in the table
	Label Text   `json:"label"`
	Right bool   `json:"right,omitempty"` // numbers
}

// Columns stand side by side, with relative weights.
type Columns struct {
	Alt
	Items []ColumnBox `json:"items"`
}

// ColumnBox is one of Columns.
type ColumnBox struct {
	Weight int      `json:"weight,omitempty"` // 1 to 5; 0 is 1
	Body   Elements `json:"body"`
}

// People shows persons, with their pictures where a suite can.
type People struct {
	Alt
	Label   Text     `json:"label,omitzero"`
	Persons []Person `json:"persons"`
}

// Person is somebody named on a card. Ref is the account in the suite that the card goes to; it is
// zero when they have none there, and then the name is shown.
type Person struct {
	ID   string    `json:"id,omitempty"` // our person id
	Name string    `json:"name"`
	Ref  event.Ref `json:"ref,omitzero"`
}

// Progress shows named steps and the current one.
type Progress struct {
	Alt
	Steps   []Step `json:"steps"`
	Current int    `json:"current"` // index into Steps; len(Steps) when all is done, -1 when nothing has begun
}

// Step is one of Progress.
type Step struct {
	Name  Text      `json:"name"`
	Note  Text      `json:"note,omitzero"` // "韩梅梅 10:32 已同意"
	State StepState `json:"state,omitempty"`
}

// StepState is how a step stands.
type StepState string

const (
	StepTodo    StepState = ""
	StepActive  StepState = "active"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepSkipped StepState = "skipped"
)

// Collapse is a part that is closed at first. It holds no form and no table.
type Collapse struct {
	Alt
	Title Text     `json:"title"`
	Body  Elements `json:"body"`
}

// Form is inputs that are handed in together. A card has at most one per ID; it stands at the root.
type Form struct {
	Alt
	ID      string   `json:"id"`
	Inputs  []Input  `json:"inputs"`
	Submit  Button   `json:"submit"`
	Others  []Button `json:"others,omitempty"` // further submits of the same inputs: "reject with this reason"
	Problem Text     `json:"problem,omitzero"` // what was wrong with the last submit
	// Fold is the title of a form that is closed at first, for what is rarely done. A suite that has no form it
	// can close shows the title as a button that leads to the page.
	Fold Text `json:"fold,omitzero"`
	// Live says that what is entered changes what is asked for, or what is computed: a page offers to look again
	// before it is handed in.
	Live bool `json:"live,omitempty"`
}

// InputKind is the type of an Input.
type InputKind string

const (
	InputText        InputKind = "text"
	InputLongText    InputKind = "longtext"
	InputNumber      InputKind = "number"
	InputSelect      InputKind = "select"
	InputMultiSelect InputKind = "multiselect"
	InputPerson      InputKind = "person"
	InputPeople      InputKind = "people"
	InputDate        InputKind = "date"
	InputDateTime    InputKind = "datetime"
	InputBool        InputKind = "bool"

	// No suite's card can take these; see InputKind.PageOnly.
	InputDepartment InputKind = "department"
	InputTable      InputKind = "table"
	InputFile       InputKind = "file"
	InputSignature  InputKind = "signature" // a picture of a hand signature

	// These ask for nothing: see InputKind.Asks.
	InputNote   InputKind = "note"   // words between the inputs: Label
	InputOutput InputKind = "output" // what follows from the other inputs: Default
)

// Input is one field of a Form.
type Input struct {
	Name        string      `json:"name"` // unique in the card; letters, digits, underscore, at most 64
	Label       Text        `json:"label"`
	Placeholder Text        `json:"placeholder,omitzero"`
	Kind        InputKind   `json:"kind"`
	Required    bool        `json:"required,omitempty"`
	Options     []Option    `json:"options,omitempty"` // select kinds
	Default     event.Value `json:"default,omitzero"`
	Max         int         `json:"max,omitempty"` // characters; choices of a multiselect; rows; files. 0 is the suite's limit

	Columns  []Input  `json:"columns,omitempty"`   // table: what each row asks for; texts, numbers, dates, selects, bools and outputs
	Min      int      `json:"min,omitempty"`       // table: rows that are there at first
	Accept   []string `json:"accept,omitempty"`    // file: endings of names, in small letters without a dot; nil takes all
	Images   bool     `json:"images,omitempty"`    // file: pictures only
	MaxBytes int64    `json:"max_bytes,omitempty"` // file: of each; 0 is the page's limit
}

// Option is a choice.
type Option struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// Style is a button's weight.
type Style string

const (
	StyleDefault Style = ""
	StylePrimary Style = "primary"
	StyleDanger  Style = "danger"
)

// Button acts (Verb) or opens (URL); exactly one of the two is set.
type Button struct {
	Verb    string            `json:"verb,omitempty"`
	Label   Text              `json:"label"`
	Style   Style             `json:"style,omitempty"`
	Data    map[string]string `json:"data,omitempty"` // small; comes back in event.Action
	Confirm *Confirm          `json:"confirm,omitempty"`
	URL     string            `json:"url,omitempty"`
	Token   string            `json:"token,omitempty"` // signed by the engine over slot, rev and verb
	// Page is where the same act is asked for on a page of ours (for a form's submit: the form), for suites
	// that can't carry the press or the inputs. "" when there are no pages. Set by the engine.
	Page string `json:"page,omitempty"`
	// Bare, of a form's button, says that it makes sense without the inputs: a suite whose cards can't take
	// them keeps it as a plain button, and only the others move to the page.
	Bare bool `json:"bare,omitempty"`
}

// Confirm is asked before a press counts.
type Confirm struct {
	Title Text `json:"title"`
	Body  Text `json:"body"`
}

func (*Markdown) element() string { return "markdown" }
func (*Fields) element() string   { return "fields" }
func (*Image) element() string    { return "image" }
func (*Divider) element() string  { return "divider" }
func (*Note) element() string     { return "note" }
func (*Table) element() string    { return "table" }
func (*Columns) element() string  { return "columns" }
func (*People) element() string   { return "people" }
func (*Progress) element() string { return "progress" }
func (*Collapse) element() string { return "collapse" }
func (*Form) element() string     { return "form" }
func (*Files) element() string    { return "files" }

// Name returns the element's name as JSON, losses and documents use it.
func Name(e Element) string { return e.element() }

// FallbackOf returns the author's replacement for an element, nil when there is none.
func FallbackOf(e Element) []Element { return e.fallback() }
