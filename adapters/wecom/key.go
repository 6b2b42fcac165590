package wecom

import (
	"net/url"
	"strconv"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Limits of what a button and a selector carry.
const (
	maxKey      = 1024 // bytes of a button's key
	maxQuestion = 1024 // bytes of a selector's key
	maxOptionID = 128  // bytes of an option's id
)

// A button's key holds what our buttons carry, as a query: slot, rev, verb, token, and data.NAME. All of it
// is ASCII, so that neither XML nor JSON has anything to escape.

// encodeKey writes what comes back with a press. link is carried for robots only, whose answer to the
// press has to lead somewhere.
func encodeKey(slot string, rev int64, b card.Button, link string) string {
	q := url.Values{"verb": {b.Verb}}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("slot", slot)
	set("token", b.Token)
	set("link", link)
	if rev != 0 {
		q.Set("rev", strconv.FormatInt(rev, 10))
	}
	for k, v := range b.Data {
		q.Set("data."+k, v)
	}
	return q.Encode()
}

// readKey takes a key apart. Ours has a verb and a slot or a token, and no part twice. Any other is kept
// whole as Data["key"].
func readKey(a *event.Action, key string) (link string) {
	q, err := url.ParseQuery(key)
	if err == nil && q.Get("verb") != "" && (q.Get("slot") != "" || q.Get("token") != "") {
		for _, v := range q {
			if len(v) != 1 {
				err = strconv.ErrSyntax
			}
		}
		if err == nil {
			a.Slot, a.Verb, a.Token = q.Get("slot"), q.Get("verb"), q.Get("token")
			a.Rev, _ = strconv.ParseInt(q.Get("rev"), 10, 64)
			for k := range q {
				if name, ok := strings.CutPrefix(k, "data."); ok {
					if a.Data == nil {
						a.Data = map[string]string{}
					}
					a.Data[name] = q.Get(k)
				}
			}
			return q.Get("link")
		}
	}
	if key != "" {
		a.Data = map[string]string{"key": key}
	}
	return ""
}

// A selector's key says what kind of value the input holds, since the answer does not.
const (
	oneOf  = "s:" // a select
	manyOf = "m:" // a multiselect
	yesNo  = "b:" // a bool, as a select of two
)

// Options of a bool.
const (
	optionYes = "1"
	optionNo  = "0"
)

// readChoice translates the answer to one selector. Of a selector that is not ours, one option is a text and
// several are a list.
func readChoice(question string, options []string) (name string, v event.Value) {
	one := ""
	if len(options) > 0 {
		one = options[0]
	}
	switch {
	case strings.HasPrefix(question, oneOf):
		return question[2:], event.Text(one)
	case strings.HasPrefix(question, manyOf):
		return question[2:], event.List(options...)
	case strings.HasPrefix(question, yesNo):
		return question[2:], event.Bool(one == optionYes)
	case len(options) == 1:
		return question, event.Text(one)
	}
	return question, event.List(options...)
}
