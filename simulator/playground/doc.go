// Package playground is the page at /sim/: the chats of several people of the sample company side by side,
// to write, read and press as them, with the faults and the live log of calls in a drawer.
//
// The page is drawn on the server (page.gohtml, column.gohtml; cards by feishucard) and kept live by small
// script modules in assets: a notice on the bus makes the columns concerned fetch themselves again, and only
// the messages that changed are exchanged, so that a half-filled form in another card stays. Everything that
// acts goes through /sim/api, the same calls that programs and tests use. Nothing is loaded from elsewhere,
// and the Content-Security-Policy allows no inline script or style.
//
// # The address
//
// ?c=li.lei&c=han.meimei~CHAT&c=zhang.wei@dingtalk names the columns: a person, the suite where it is not
// their first, and the chat where it is not the direct one with the bot. on=PERSON is the column that a phone
// shows; console=faults, log or access opens the drawer. A reload or a link keeps all of it.
//
// # Hooks for browser tests
//
//	[data-person="li.lei"]          a column (with data-suite, data-chat); everything below is inside one
//	[data-testid="chat-item"]       a chat to open (data-chat, data-type direct or group, data-unread)
//	[data-testid="message"]         data-message-id, data-from (person id or "bot"), data-kind text or card
//	[data-testid="card"]            inside a message; data-status sent or recalled, data-updated
//	[data-testid="card-tag"]        the state beside a card's title
//	[data-button="ID"]              a card's button; the ids of feishucard's package comment
//	[name="FIELD"]                  a card's plain input; a picker is [data-picker="FIELD"]: its button opens
//	                                it, [data-option="VALUE"] inside chooses, VALUE a person id or an option
//	[data-testid="read-mark"]       who has read a message of the bot; data-read and data-unread count
//	[data-testid="urgent"]          the message was made urgent
//	[data-testid="composer"]        the text to write; [data-testid="send"] sends it
//	[data-testid="chip"]            a suggested command (data-text); pressing it writes it
//	[data-testid="toast"]           the suite's short notice, with data-type; gone after some seconds
//	[data-testid="raw"]             shows a card's JSON in [data-testid="raw-json"]
//	[data-testid="close-column"]
//
// Outside the columns: [data-testid="add-column"] opens the list of colleagues, whose entries are
// [data-testid="colleague"] with data-key; [data-testid="switcher"] holds the phone's [data-switch="PERSON"];
// [data-testid="confirm-ok"] and "confirm-cancel" answer a card's question; [data-testid="console"] opens the
// drawer with [data-testid="fault"] (data-fault), [data-testid="log-row"] and [data-testid="connection"];
// [data-step] is a step of the newcomers' hint, data-done when it is.
// html[data-live="on"] once the page listens to the bus.
package playground
