// Package wecomcard draws what the simulated WeCom accepted as a message, as HTML, the way the WeCom client
// would show it: the five kinds of template cards, and text, markdown, textcard and news messages.
//
// It reads simulator.Message.Card itself, which is the message as the API takes it: msgtype and the part of
// that name. Where an update greyed a card's buttons, button.replace_name stands beside the card. A bare
// template card is drawn too.
//
// It is lenient: a property of a wrong type counts as absent. Texts are cut where the client cuts them.
//
//	JSON ── read (lenient) ── view structs ── card.gohtml (html/template) ──▶ HTML
//	                             └── words.go: markdown and the tags of texts, as lines of pieces
//
// Everything that came in the JSON is escaped by html/template; colours become class names from fixed lists
// only. The drawing asks for nothing from the network, pictures are placeholders, and it carries no script and
// no style attribute. What a person can do is described in the same data attributes as in package feishucard,
// whose class names it shares where a part looks alike, so that the page's script and style serve both; the
// root has the class wc besides. The ids of buttons are those that the simulated suite gives:
//
//	the button's key      a button that calls back, or an item of the menu in the corner
//	link-N                the Nth button, which opens a page
//	jump-N                the Nth line of the jump list
//	card                  a press on the card itself
//	article-N             the Nth article of a news message
package wecomcard
