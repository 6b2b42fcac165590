package wecom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkStrict is a second reading of what WeCom accepts, used by tests only and written apart from the encoder:
// for each kind of card the blocks it may have, those it must have, and the limits of each.
// Source: WeCom developer documents, "Template card messages" (path 90236), checked 2026-11.
func checkStrict(body []byte) []string {
	s := &strict{keys: map[string]bool{}}
	if bytes.Contains(body, []byte(`\u`)) {
		s.bad("card", "a \\u escape")
	}
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil {
		return []string{"not JSON: " + err.Error()}
	}
	kind, _ := root["card_type"].(string)
	spec, ok := strictKinds[kind]
	if !ok {
		return []string{"card_type " + kind}
	}
	for k := range root {
		if k != "card_type" && !strings.Contains(" "+spec.may+" ", " "+k+" ") {
			s.bad(k, "not on a %s", kind)
		}
	}
	for _, k := range strings.Fields(spec.must) {
		if root[k] == nil {
			s.bad(k, "missing on a %s", kind)
		}
	}
	title, desc := 36, 44
	switch kind {
	case "vote_interaction":
		title, desc = 16, 160
	case "multiple_interaction":
		desc = 160
	}
	main := s.object("main_title", root["main_title"], "title desc")
	s.text("main_title.title", main["title"], 1, title)
	s.text("main_title.desc", main["desc"], 0, desc)
	if src := s.object("source", root["source"], "icon_url desc desc_color"); src != nil {
		s.text("source.desc", src["desc"], 0, 20)
		if src["desc_color"] != nil && (kind == "vote_interaction" || kind == "multiple_interaction") {
			s.bad("source", "a colour on a %s", kind)
		}
	}
	s.text("sub_title_text", root["sub_title_text"], 0, 160)
	s.text("replace_text", root["replace_text"], 0, 10)
	for i, r := range s.list("horizontal_content_list", root["horizontal_content_list"], 0, 6) {
		p := fmt.Sprintf("horizontal_content_list[%d]", i)
		o := s.object(p, r, "keyname value type url media_id userid")
		s.text(p+".keyname", o["keyname"], 1, 5)
		s.text(p+".value", o["value"], 1, 30)
		switch o["type"] {
		case 1.0:
			s.url(p, o["url"])
		case 3.0:
			s.text(p+".userid", o["userid"], 1, 64)
		case nil:
		default:
			s.bad(p, "type %v", o["type"])
		}
	}
	for i, r := range s.list("jump_list", root["jump_list"], 0, 3) {
		p := fmt.Sprintf("jump_list[%d]", i)
		o := s.object(p, r, "type title url")
		s.text(p+".title", o["title"], 1, 18)
		s.url(p, o["url"])
	}
	for i, r := range s.list("vertical_content_list", root["vertical_content_list"], 0, 4) {
		p := fmt.Sprintf("vertical_content_list[%d]", i)
		o := s.object(p, r, "title desc")
		s.text(p+".title", o["title"], 1, 38)
		s.text(p+".desc", o["desc"], 0, 160)
	}
	if a := s.object("card_action", root["card_action"], "type url"); a != nil {
		s.url("card_action", a["url"])
	}
	if m := s.object("action_menu", root["action_menu"], "desc action_list"); m != nil {
		for i, r := range s.list("action_menu", m["action_list"], 1, 3) {
			p := fmt.Sprintf("action_menu[%d]", i)
			o := s.object(p, r, "text key")
			s.text(p+".text", o["text"], 1, 10)
			s.key(p, o["key"])
		}
	}
	s.special(root)
	return s.problems
}

// strictKinds are the blocks of each kind of card.
var strictKinds = map[string]struct{ may, must string }{
	"text_notice": {"source action_menu main_title quote_area emphasis_content sub_title_text horizontal_content_list jump_list card_action task_id", "main_title card_action"},
	"news_notice": {"source action_menu main_title quote_area card_image image_text_area vertical_content_list horizontal_content_list jump_list card_action task_id",
		"main_title card_image card_action"},
	"button_interaction": {"source action_menu main_title quote_area sub_title_text horizontal_content_list card_action task_id button_selection button_list replace_text",
		"main_title button_list"},
	"vote_interaction":     {"source main_title task_id checkbox submit_button", "main_title checkbox submit_button"},
	"multiple_interaction": {"source main_title task_id select_list submit_button", "main_title select_list submit_button"},
}

type strict struct {
	keys     map[string]bool
	problems []string
}

func (s *strict) bad(path, format string, args ...any) {
	s.problems = append(s.problems, path+": "+fmt.Sprintf(format, args...))
}

func (s *strict) object(path string, v any, names string) map[string]any {
	if v == nil {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		s.bad(path, "not an object: %T", v)
	}
	for k := range o {
		if !strings.Contains(" "+names+" ", " "+k+" ") {
			s.bad(path, "unknown %q", k)
		}
	}
	return o
}

func (s *strict) list(path string, v any, least, most int) []any {
	if v == nil && least == 0 {
		return nil
	}
	l, ok := v.([]any)
	if !ok || len(l) < least || len(l) > most {
		s.bad(path, "%d of %d to %d", len(l), least, most)
	}
	return l
}

func (s *strict) text(path string, v any, least, most int) {
	if v == nil && least == 0 {
		return
	}
	t, ok := v.(string)
	if n := utf8.RuneCountInString(t); !ok || n < least || n > most {
		s.bad(path, "%d characters of %d to %d: %v", n, least, most, v)
	}
}

func (s *strict) url(path string, v any) {
	u, _ := v.(string)
	if len(u) > 2048 || !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
		s.bad(path, "address %v", v)
	}
}

func (s *strict) key(path string, v any) {
	k, _ := v.(string)
	if k == "" || len(k) > 1024 || s.keys[k] {
		s.bad(path, "key of %d bytes, or twice", len(k))
	}
	s.keys[k] = true
}

func (s *strict) options(path string, v any, most, text int) {
	ids := map[string]bool{}
	for i, r := range s.list(path, v, 1, most) {
		p := fmt.Sprintf("%s[%d]", path, i)
		o := s.object(p, r, "id text is_checked")
		id, _ := o["id"].(string)
		if id == "" || len(id) > 128 || ids[id] {
			s.bad(p, "id %q", id)
		}
		ids[id] = true
		s.text(p+".text", o["text"], 1, text)
	}
}

// special checks the blocks that only some kinds have.
func (s *strict) special(root map[string]any) {
	if img := s.object("card_image", root["card_image"], "url aspect_ratio"); img != nil {
		s.url("card_image", img["url"])
		if r, _ := img["aspect_ratio"].(float64); r < 1.3 || r > 2.25 {
			s.bad("card_image", "ratio %v", r)
		}
	}
	if sel := s.object("button_selection", root["button_selection"], "question_key title option_list selected_id"); sel != nil {
		s.text("button_selection.question_key", sel["question_key"], 1, 1024)
		s.options("button_selection", sel["option_list"], 10, 16)
	}
	if root["button_list"] != nil {
		for i, r := range s.list("button_list", root["button_list"], 1, 6) {
			p := fmt.Sprintf("button_list[%d]", i)
			o := s.object(p, r, "type text style key url")
			s.text(p+".text", o["text"], 1, 10)
			if st, _ := o["style"].(float64); st < 1 || st > 4 {
				s.bad(p, "style %v", o["style"])
			}
			if o["type"] == 1.0 {
				s.url(p, o["url"])
			} else {
				s.key(p, o["key"])
			}
		}
	}
	if box := s.object("checkbox", root["checkbox"], "question_key mode option_list"); box != nil {
		s.text("checkbox.question_key", box["question_key"], 1, 1024)
		s.options("checkbox", box["option_list"], 20, 17)
	}
	if root["select_list"] != nil {
		for i, r := range s.list("select_list", root["select_list"], 1, 3) {
			p := fmt.Sprintf("select_list[%d]", i)
			o := s.object(p, r, "question_key title option_list selected_id")
			s.key(p, o["question_key"])
			s.options(p, o["option_list"], 10, 16)
		}
	}
	if b := s.object("submit_button", root["submit_button"], "text key"); b != nil {
		s.text("submit_button.text", b["text"], 1, 10)
		s.key("submit_button", b["key"])
	}
}
