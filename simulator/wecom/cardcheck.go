package wecom

import (
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// What a template card must have and may have.
//
// Source: WeCom developer documents, "Send app messages", template card (path 90236) and "Global error codes"
// (path 90313), checked 2026-11. Lengths of text are recommendations, the client cuts; lengths of lists, keys
// and ids are enforced.

var taskIDs = regexp.MustCompile(`^[A-Za-z0-9_\-@]{1,128}$`)

const (
	maxKeyBytes    = 1024
	maxOptionBytes = 128
	maxQuestion    = 200 // bytes of what a jump asks a robot
)

// Which blocks each kind of card knows; what else is there is passed over.
var cardBlocks = map[string]string{
	"text_notice":          common + "action_menu quote_area emphasis_content sub_title_text horizontal_content_list jump_list card_action",
	"news_notice":          common + "action_menu quote_area card_image image_text_area vertical_content_list horizontal_content_list jump_list card_action",
	"button_interaction":   common + "action_menu quote_area sub_title_text horizontal_content_list card_action button_selection button_list replace_text",
	"vote_interaction":     common + "checkbox submit_button replace_text",
	"multiple_interaction": common + "select_list submit_button replace_text",
}

const common = "card_type source main_title task_id "

// interactive kinds call back whatever else they have.
var interactive = map[string]bool{"button_interaction": true, "vote_interaction": true, "multiple_interaction": true}

// updatable tells whether a card calls back, and so can be changed.
func updatable(kind string, content json.RawMessage) bool {
	if kind != "template_card" {
		return false
	}
	card, err := parseObject(content)
	if err != nil {
		return false
	}
	_, menu := card.obj("action_menu")
	return interactive[card.str("card_type")] || menu
}

// templateCard checks a card that is sent, and cuts its texts as the client does not: they are kept whole.
func (q *request) templateCard(ch channel, m *message, card object) *apiError {
	if refusal := q.checkCard(card); refusal != nil {
		return refusal
	}
	kind := card.str("card_type")
	_, menu := card.obj("action_menu")
	id := card.str("task_id")
	if ch == channelPush {
		if interactive[kind] {
			return fail(42031)
		}
		if menu {
			return failf(40058, "action_menu can't be pushed")
		}
		return nil
	}
	switch {
	case id != "" && !taskIDs.MatchString(id), id == "" && (interactive[kind] || menu):
		return fail(42014)
	case ch == channelApp && (interactive[kind] || menu) && q.app.Webhook == "":
		return fail(43012)
	}
	m.TaskID = id
	return nil
}

// checkCard checks a card wherever it stands; the rules on task_id depend on that.
func (q *request) checkCard(card object) *apiError {
	title, _ := card.obj("main_title")
	kind := card.str("card_type")
	// The title is looked at first: a card inside a second template_card is told that its title is missing.
	if title.str("title") == "" && (kind != "text_notice" || card.str("sub_title_text") == "") {
		return fail(41016)
	}
	known, ok := cardBlocks[kind]
	if !ok {
		return fail(42031)
	}
	q.flagUnknown(kind, known, card)
	for _, check := range []func(object) *apiError{checkMenu, checkQuote, q.checkRows, checkVertical, q.checkJumps} {
		if refusal := check(card); refusal != nil {
			return refusal
		}
	}
	var refusal *apiError
	switch kind {
	case "text_notice":
		refusal = checkAction(card, true)
	case "news_notice":
		if refusal = checkPicture(card); refusal == nil {
			refusal = checkAction(card, true)
		}
	case "button_interaction":
		if refusal = checkAction(card, false); refusal == nil {
			refusal = checkButtons(card)
		}
	case "vote_interaction":
		refusal = checkVote(card)
	case "multiple_interaction":
		refusal = checkSelects(card)
	}
	if refusal == nil {
		q.translateCard(card)
	}
	return refusal
}

// flagUnknown notes blocks that this kind of card doesn't have.
func (q *request) flagUnknown(kind, known string, card object) {
	var odd []string
	for name := range card.fields {
		if !slices.Contains(strings.Fields(known), name) {
			odd = append(odd, name)
		}
	}
	sort.Strings(odd)
	for _, name := range odd {
		q.s.warn("%s: %s has no %s, it is passed over", q.path, kind, name)
	}
}

func checkMenu(card object) *apiError {
	menu, there := card.obj("action_menu")
	if !there {
		return nil
	}
	list := menu.list("action_list")
	if len(list) < 1 || len(list) > 3 {
		return failf(40058, "action_menu.action_list has 1 to 3 items")
	}
	seen := map[string]bool{}
	for _, item := range list {
		key := item.str("key")
		switch {
		case item.str("text") == "":
			return fail(42020)
		case key == "" || len(key) > maxKeyBytes:
			return fail(42019)
		case seen[key]:
			return fail(42051)
		}
		seen[key] = true
	}
	for _, b := range card.list("button_list") {
		if seen[b.str("key")] && b.str("key") != "" {
			return fail(42051)
		}
	}
	return nil
}

// checkLink checks what a jump needs: type 1 an address, type 2 a mini program.
func checkLink(o object) *apiError {
	kind, _ := o.num("type")
	switch kind {
	case 1:
		if o.str("url") == "" {
			return fail(42028)
		}
		return webAddress(o.str("url"))
	case 2:
		if o.str("appid") == "" {
			return fail(42030)
		}
	}
	return nil
}

func checkQuote(card object) *apiError {
	quote, there := card.obj("quote_area")
	if !there {
		return nil
	}
	return checkLink(quote)
}

func (q *request) checkRows(card object) *apiError {
	rows := card.list("horizontal_content_list")
	if len(rows) > 6 {
		return fail(42035)
	}
	for _, row := range rows {
		if row.str("keyname") == "" {
			return fail(42027)
		}
		switch kind, _ := row.num("type"); kind {
		case 0:
		case 1:
			if refusal := checkLink(row); refusal != nil {
				return refusal
			}
		case 2:
			if q.robot != nil {
				return failf(40058, "a smart robot's cards have no files")
			}
			if row.str("media_id") == "" {
				return fail(42029)
			}
			if q.upload(row.str("media_id"), "file", "") == nil {
				return fail(40007)
			}
		case 3:
			if _, known := q.s.personOf(row.str("userid")); !known {
				return fail(42050)
			}
		default:
			return failf(40058, "horizontal_content_list.type is 0 to 3")
		}
	}
	return nil
}

func checkVertical(card object) *apiError {
	rows := card.list("vertical_content_list")
	if len(rows) > 4 {
		return fail(42036)
	}
	for _, row := range rows {
		if row.str("title") == "" {
			return fail(42033)
		}
	}
	return nil
}

func (q *request) checkJumps(card object) *apiError {
	jumps := card.list("jump_list")
	if len(jumps) > 3 {
		return fail(42042)
	}
	for _, jump := range jumps {
		if jump.str("title") == "" {
			return fail(42033)
		}
		if kind, _ := jump.num("type"); kind == 3 {
			if question := jump.str("question"); q.robot == nil || question == "" || len(question) > maxQuestion {
				return failf(40058, "jump_list.type 3 asks a smart robot a question of 200 bytes at most")
			}
		}
		if refusal := checkLink(jump); refusal != nil {
			return refusal
		}
	}
	return nil
}

// checkAction checks what a press on the card itself does; notices must have one.
func checkAction(card object, required bool) *apiError {
	action, there := card.obj("card_action")
	kind, _ := action.num("type")
	if required && (!there || kind != 1 && kind != 2) || kind < 0 || kind > 2 {
		return fail(42045)
	}
	return checkLink(action)
}

func checkPicture(card object) *apiError {
	picture, one := card.obj("card_image")
	beside, other := card.obj("image_text_area")
	switch {
	case !one && !other, one && picture.str("url") == "", other && beside.str("image_url") == "":
		return fail(42044)
	case other:
		return checkLink(beside)
	}
	return nil
}

func checkButtons(card object) *apiError {
	if sel, there := card.obj("button_selection"); there {
		if refusal := checkOptions(sel, 10); refusal != nil {
			return refusal
		}
	}
	list := card.list("button_list")
	if len(list) < 1 || len(list) > 6 {
		return failf(40058, "button_list has 1 to 6 items")
	}
	seen := map[string]bool{}
	for _, b := range list {
		if b.str("text") == "" {
			return fail(42038)
		}
		if kind, _ := b.num("type"); kind == 1 {
			if refusal := checkLink(b); refusal != nil {
				return refusal
			}
			continue
		}
		key := b.str("key")
		if key == "" || len(key) > maxKeyBytes || seen[key] {
			return fail(42039)
		}
		seen[key] = true
	}
	return nil
}

// checkOptions checks a question with its choices.
func checkOptions(o object, most int) *apiError {
	if key := o.str("question_key"); key == "" || len(key) > maxKeyBytes {
		return fail(42043)
	}
	list := o.list("option_list")
	if len(list) < 1 || len(list) > most {
		return fail(42037)
	}
	seen := map[string]bool{}
	for _, option := range list {
		id := option.str("id")
		if id == "" || len(id) > maxOptionBytes || seen[id] {
			return fail(42040)
		}
		if option.str("text") == "" {
			return fail(42041)
		}
		seen[id] = true
	}
	return nil
}

func checkSubmit(card object) *apiError {
	submit, _ := card.obj("submit_button")
	key := submit.str("key")
	switch {
	case submit.str("text") == "":
		return fail(42049)
	case key == "" || len(key) > maxKeyBytes:
		return fail(42046)
	}
	return nil
}

func checkVote(card object) *apiError {
	box, _ := card.obj("checkbox")
	if refusal := checkOptions(box, 20); refusal != nil {
		return refusal
	}
	if mode, _ := box.num("mode"); mode != 0 && mode != 1 {
		return failf(40058, "checkbox.mode is 0 or 1")
	}
	return checkSubmit(card)
}

func checkSelects(card object) *apiError {
	list := card.list("select_list")
	if len(list) < 1 || len(list) > 3 {
		return fail(42047)
	}
	seen := map[string]bool{}
	for _, sel := range list {
		if refusal := checkOptions(sel, 10); refusal != nil {
			return refusal
		}
		if seen[sel.str("question_key")] {
			return fail(42043)
		}
		seen[sel.str("question_key")] = true
	}
	return checkSubmit(card)
}

// translateCard puts names in place of ids where a card allows it.
func (q *request) translateCard(card object) {
	swap := func(o object, names ...string) {
		for _, name := range names {
			if text, isText := o.fields[name].(string); isText {
				o.fields[name] = q.translate(text)
			}
		}
	}
	source, _ := card.obj("source")
	title, _ := card.obj("main_title")
	swap(source, "desc")
	swap(title, "title", "desc")
	swap(card, "sub_title_text")
	for _, row := range card.list("horizontal_content_list") {
		swap(row, "value")
	}
}
