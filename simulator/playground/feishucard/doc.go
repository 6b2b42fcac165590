// Package feishucard draws Feishu card JSON as HTML, the way the Feishu client would show it.
//
// It reads the vendor's JSON itself and shares nothing with the code that writes cards, so that a card is
// judged by what was sent and not by what was meant. It is lenient where the client is lenient: a property
// of a wrong type counts as absent, an unknown component becomes a visible note. It checks no limits: what
// Feishu refuses, the simulated suite has refused before.
//
//	JSON ── object (lenient reading) ── builder (view structs) ── card.gohtml (html/template) ──▶ HTML
//	                                        └── markdown.go (goldmark without raw HTML, Feishu's own tags)
//
// Everything that came in the JSON is escaped by html/template or by goldmark; colours, sizes and the like
// become class names from fixed lists only. The drawing asks for nothing from the network: pictures are
// placeholders with their alternative text. It carries no script and no style attribute, so that it works
// under a strict Content-Security-Policy; what a person can do is described in data attributes:
//
//	data-button="ID"        pressable; ID is the component's name, else its element_id, else its label;
//	                        an entry of an overflow menu is ID.VALUE
//	data-submit, data-reset hands in or clears the form around it
//	data-confirm            title and data-confirm-text of the question asked first
//	data-url                opened when pressed
//	data-field="NAME"       one input; data-kind text, longtext, select, multiselect, person, people, date,
//	                        time, datetime, bool; data-required; data-instant when it acts without a form
//	data-pager, data-page   a table's pages
//	data-who                the person that a mention or a picture stands for
//	data-px                 width in pixels of a column
package feishucard
