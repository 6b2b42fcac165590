package feishu

import (
	"fmt"
	"slices"
)

// The properties of card JSON 2.0, as data. What is not listed is refused.
//
// Source: Feishu Open Platform, "Card JSON 2.0 structure" and the pages of the single components, checked
// 2026-11.

// languages are the ones that texts and toasts may be given in.
var languages = map[string]bool{"zh_cn": true, "en_us": true, "zh_hk": true, "zh_tw": true, "ja_jp": true,
	"id_id": true, "vi_vn": true, "th_th": true, "pt_br": true, "es_es": true, "ko_kr": true, "de_de": true,
	"fr_fr": true, "it_it": true, "ru_ru": true, "ms_my": true}

func isLanguage(s string) bool { return languages[s] }

// component is one tag.
type component struct {
	props       props
	container   bool // counts as a level of nesting
	rootOnly    bool
	interactive bool // needs a name in a form
	extra       func(c *checker, p place, m map[string]any) *cardError
}

var (
	pixels  = like(`\d{1,4}px`, "12px")
	spacing = like(`(small|medium|large|extra_large|\d{1,2}px)`, "8px, small, medium, large or extra_large")
	// boxes are one to four lengths, as in a style sheet.
	boxes   = like(`-?\d{1,2}px( -?\d{1,2}px){0,3}`, "4px or 4px 8px 4px 8px")
	hAlign  = oneOf("left", "center", "right")
	vAlign  = oneOf("top", "center", "bottom")
	colour  = text
	width   = like(`(default|fill|auto|\d{2,4}px)`, "default, fill or 120px")
	i18n    = mapOf(isLanguage, text)
	i18nMD  = mapOf(isLanguage, markdownText)
	isTag   = func(tag string) rule { return always(tag) }
	palette = oneOf("blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey", "default")

	textBase = props{"!content": text, "i18n_content": i18n, "text_size": text, "text_color": colour,
		"text_align": hAlign, "lines": between(1, 100), "element_id": uniqueID, "margin": boxes}
	plainText = object2(with(textBase, props{"!tag": isTag("plain_text")}))
	anyText   = object2(with(textBase, props{"!tag": oneOf("plain_text", "lark_md")}))

	icon rule = func(c *checker, p place, v any) *cardError {
		m, _ := v.(map[string]any)
		if m["tag"] == "custom_icon" {
			return c.object(p, v, props{"!tag": isTag("custom_icon"), "!img_key": imageKey, "size": text})
		}
		return c.object(p, v, props{"!tag": isTag("standard_icon"), "!token": text, "color": colour, "size": text})
	}
	link    = object2(props{"url": text, "pc_url": text, "ios_url": text, "android_url": text})
	confirm = object2(props{"!title": plainText, "!text": anyText})

	behaviour rule = func(c *checker, p place, v any) *cardError {
		m, _ := v.(map[string]any)
		if m["type"] == "open_url" {
			return c.object(p, v, props{"!type": text, "default_url": text, "pc_url": text, "ios_url": text, "android_url": text})
		}
		return c.object(p, v, props{"!type": isTag("callback"), "!value": callbackValue})
	}
	behaviours = listOf(behaviour, 10)

	common = props{"!tag": text, "element_id": uniqueID, "margin": boxes}
	layout = props{"direction": oneOf("vertical", "horizontal"), "horizontal_spacing": spacing, "vertical_spacing": spacing,
		"horizontal_align": hAlign, "vertical_align": vAlign, "padding": boxes}
	// entry is what every input has.
	entry = props{"name": uniqueName, "required": boolean, "disabled": boolean, "placeholder": plainText, "width": width,
		"behaviors": behaviours, "confirm": confirm}
	choice = with(entry, props{"type": oneOf("default", "text")})

	option = object2(props{"!text": plainText, "!value": text, "icon": icon})
	someID = object2(props{"!value": personID})
)

// callbackValue is an object. A string is legal too, but the official SDK fails on it.
func callbackValue(c *checker, p place, v any) *cardError {
	if _, isText := v.(string); isText {
		c.warnings = append(c.warnings, p.path+": a callback value that is a string makes the official SDK fail; use an object")
		return nil
	}
	return anObject(c, p, v)
}

var textTags = listOf(object2(props{"!tag": isTag("text_tag"), "!text": anyText, "color": text, "element_id": uniqueID}), 3)

var rootProps = props{
	"!schema": isTag("2.0"),
	"config": object2(props{
		"update_multi": always(true), "enable_forward": boolean, "enable_forward_interaction": boolean,
		"width_mode": oneOf("default", "compact", "fill"), "use_custom_translation": boolean,
		"streaming_mode":   boolean,
		"streaming_config": object2(props{"print_frequency_ms": mapOf(nil, between(1, 10000)), "print_step": mapOf(nil, between(1, 10000)), "print_strategy": oneOf("fast", "delay")}),
		"summary":          object2(props{"content": text, "i18n_content": i18n}),
		"locales": listOf(func(c *checker, p place, v any) *cardError {
			if s, _ := v.(string); !languages[s] {
				return p.bad(errJSON, v, "unknown language")
			}
			return nil
		}, len(languages)),
		"style": object2(props{"text_size": mapOf(nil, mapOf(nil, text)), "color": mapOf(nil, mapOf(nil, text))}),
	}),
	"card_link": link,
	"header": object2(props{"!title": anyText, "subtitle": anyText, "text_tag_list": textTags,
		"i18n_text_tag_list": mapOf(isLanguage, textTags), "template": palette, "icon": icon, "padding": boxes}),
	"body": object2(with(layout, props{"elements": (*checker).elements})),
}

// components is filled by init: the containers among them lead back to it.
var components map[string]component

func init() {
	elements := rule((*checker).elements)
	column := object2(with(layout, props{"!tag": isTag("column"), "element_id": uniqueID, "margin": boxes,
		"width": like(`(auto|weighted|\d{1,4}px)`, "auto, weighted or 100px"), "weight": between(1, 5), "background_style": text,
		"elements": elements, "action": anObject}))
	components = map[string]component{
		"markdown": {props: with(common, props{"!content": markdownText, "i18n_content": i18nMD, "text_size": text, "text_align": hAlign, "icon": icon})},
		"div": {props: with(common, props{"text": anyText, "icon": icon, "width": width,
			"fields": listOf(object2(props{"is_short": boolean, "!text": anyText}), 100)})},
		"hr": {props: common},
		"img": {props: with(common, props{"!img_key": imageKey, "i18n_img_key": mapOf(isLanguage, imageKey), "alt": plainText, "title": anyText,
			"corner_radius": text, "scale_type": oneOf("crop_center", "crop_top", "fit_horizontal"), "size": text, "transparent": boolean, "preview": boolean})},
		"img_combination": {props: with(common, props{"!combination_mode": oneOf("double", "triple", "bisect", "trisect"), "combination_transparent": boolean,
			"corner_radius": text, "!img_list": listOf(object2(props{"!img_key": imageKey}), 9)})},
		"person": {props: with(common, props{"!user_id": personID, "size": text, "show_avatar": boolean, "show_name": boolean, "style": oneOf("normal", "capsule")})},
		"person_list": {props: with(common, props{"!persons": listOf(object2(props{"!id": personID}), 100), "lines": between(1, 100),
			"drop_invalid_user_id": boolean, "show_name": boolean, "show_avatar": boolean, "size": text, "icon": icon, "ud_icon": icon})},
		"chart": {props: with(common, props{"!chart_spec": anObject, "aspect_ratio": oneOf("1:1", "2:1", "4:3", "16:9"), "height": text,
			"color_theme": oneOf("brand", "rainbow", "complementary", "converse", "primary"), "preview": boolean})},
		"table": {rootOnly: true, props: tableProps, extra: checkRows},

		"column_set": {container: true, props: with(common, props{"!columns": listOf(column, 100), "flex_mode": oneOf("none", "stretch", "flow", "bisect", "trisect"),
			"background_style": text, "horizontal_spacing": spacing, "vertical_spacing": spacing, "horizontal_align": hAlign, "action": anObject})},
		"form": {container: true, rootOnly: true, props: with(with(common, layout), props{"!name": uniqueName, "!elements": elements})},
		"collapsible_panel": {container: true, props: with(with(common, layout), props{"expanded": boolean, "background_color": text, "elements": elements,
			"border": object2(props{"color": text, "corner_radius": text}),
			"!header": object2(props{"!title": headerText, "background_color": text, "vertical_align": vAlign, "padding": boxes, "position": oneOf("top", "bottom"),
				"width": text, "icon": icon, "icon_position": oneOf("left", "right", "follow_text"), "icon_expanded_angle": between(-180, 180)})})},
		"interactive_container": {container: true, props: with(with(common, layout), props{"width": text, "height": text, "background_style": text,
			"has_border": boolean, "border_color": text, "corner_radius": text, "behaviors": behaviours, "hover_tips": plainText, "disabled": boolean,
			"disabled_tips": plainText, "confirm": confirm, "elements": elements})},

		"button": {interactive: true, props: with(common, props{"name": uniqueName, "text": plainText, "icon": icon, "required": boolean,
			"type": oneOf("default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled", "laser"),
			"size": oneOf("tiny", "small", "medium", "large"), "width": width, "hover_tips": plainText, "disabled": boolean, "disabled_tips": plainText,
			"confirm": confirm, "behaviors": behaviours, "form_action_type": oneOf("submit", "reset")}), extra: checkButton},
		"input": {interactive: true, props: with(with(common, entry), props{"default_value": text, "max_length": between(1, 1000),
			"input_type": oneOf("text", "password", "multiline_text"), "show_icon": boolean, "rows": between(1, 100), "auto_resize": boolean,
			"max_rows": between(1, 1000), "label": plainText, "label_position": oneOf("top", "left")})},
		"select_static": {interactive: true, extra: checkOptions, props: with(with(common, choice), props{"!options": listOf(option, 1000), "initial_option": text,
			"initial_index": between(0, 1000)})},
		"multi_select_static": {interactive: true, extra: checkOptions, props: with(with(common, choice), props{"!options": listOf(option, 1000), "selected_values": listOf(text, 1000)})},
		"select_person":       {interactive: true, props: with(with(common, choice), props{"options": listOf(someID, 1000), "initial_option": personID})},
		"multi_select_person": {interactive: true, props: with(with(common, choice), props{"options": listOf(someID, 1000), "selected_values": listOf(personID, 1000)})},
		"date_picker":         {interactive: true, props: with(with(common, entry), props{"initial_date": like(`\d{4}-\d{2}-\d{2}`, "yyyy-MM-dd")})},
		"picker_time":         {interactive: true, props: with(with(common, entry), props{"initial_time": like(`\d{2}:\d{2}`, "HH:mm")})},
		"picker_datetime":     {interactive: true, props: with(with(common, entry), props{"initial_datetime": like(`\d{4}-\d{2}-\d{2} \d{2}:\d{2}`, "yyyy-MM-dd HH:mm")})},
		"overflow": {interactive: true, extra: checkOptions, props: with(common, props{"name": uniqueName, "width": width, "behaviors": behaviours, "confirm": confirm,
			"!options": listOf(object2(props{"!text": plainText, "!value": text, "multi_url": link}), 100)})},
		"checker": {interactive: true, props: with(common, props{"name": uniqueName, "checked": boolean, "disabled": boolean, "text": anyText,
			"overall_checkable": boolean, "button_area": anObject, "checked_style": object2(props{"show_strikethrough": boolean, "opacity": anything}),
			"padding": boxes, "confirm": confirm, "behaviors": behaviours, "hover_tips": plainText, "disabled_tips": plainText})},
		"select_img": {interactive: true, props: with(common, props{"name": uniqueName, "required": boolean, "multi_select": boolean, "layout": text,
			"can_preview": boolean, "aspect_ratio": text, "disabled": boolean, "disabled_tips": plainText, "behaviors": behaviours, "confirm": confirm, "style": text,
			"!options": listOf(object2(props{"!img_key": imageKey, "!value": text, "disabled": boolean, "disabled_tips": plainText, "hover_tips": plainText}), 100)})},
	}
}

// headerText is the title of a panel, which may be markdown as well.
func headerText(c *checker, p place, v any) *cardError {
	if m, _ := v.(map[string]any); m["tag"] == "markdown" {
		return c.object(p, v, with(textBase, props{"!tag": isTag("markdown"), "!content": markdownText}))
	}
	return anyText(c, p, v)
}

// checkButton: something to show, and something that happens.
func checkButton(c *checker, p place, m map[string]any) *cardError {
	if m["text"] == nil && m["icon"] == nil {
		return p.bad(errJSON, "button", "a button needs a text or an icon")
	}
	return nil
}

// checkOptions: values differ, and what is chosen at first is among them.
func checkOptions(c *checker, p place, m map[string]any) *cardError {
	var values []string
	list, _ := m["options"].([]any)
	for i, o := range list {
		one, _ := o.(map[string]any)
		value, _ := one["value"].(string)
		if slices.Contains(values, value) {
			return p.at("options").index(i, o).bad(errJSON, value, "option values must be unique")
		}
		values = append(values, value)
	}
	if len(values) == 0 {
		return p.at("options").bad(errJSON, "[]", "options can not be empty")
	}
	chosen, _ := m["selected_values"].([]any)
	if one, there := m["initial_option"]; there {
		chosen = append(chosen, one)
	}
	for _, v := range chosen {
		if s, _ := v.(string); !slices.Contains(values, s) {
			return p.bad(errJSON, v, "the chosen value is not among the options")
		}
	}
	return nil
}

var tableProps = with(common, props{
	"page_size": between(1, 10), "row_height": like(`(low|middle|medium|high|auto|\d{2,3}px)`, "low, medium, high, auto or 40px"), "row_max_height": pixels,
	"freeze_first_column": boolean,
	"header_style": object2(props{"text_align": hAlign, "text_size": text, "background_style": oneOf("none", "grey"), "text_color": text, "bold": boolean,
		"lines": between(1, 100)}),
	"!columns": listOf(object2(props{"!name": text, "display_name": text, "i18n_display_name": i18n, "width": text, "horizontal_align": hAlign, "vertical_align": vAlign,
		"!data_type": oneOf("text", "lark_md", "options", "number", "persons", "date", "markdown"),
		"format":     object2(props{"precision": between(0, 10), "symbol": text, "separator": boolean}), "date_format": text}), maxColumns),
	"!rows": listOf(anObject, 10000),
})

// checkRows: column names differ, and every cell is what its column says.
func checkRows(c *checker, p place, m map[string]any) *cardError {
	types := map[string]string{}
	columns, _ := m["columns"].([]any)
	for i, v := range columns {
		col, _ := v.(map[string]any)
		name, _ := col["name"].(string)
		if types[name] != "" {
			return p.at("columns").index(i, v).bad(errJSON, name, "column names must be unique")
		}
		types[name], _ = col["data_type"].(string)
	}
	rows, _ := m["rows"].([]any)
	for i, v := range rows {
		row, _ := v.(map[string]any)
		at := p.at("rows").index(i, v)
		for _, name := range sortedKeys(row) {
			if types[name] == "" {
				return at.at(name).bad(errRows, name, "there is no column %s", name)
			}
			if bad := checkCell(c, at.at(name), types[name], row[name]); bad != nil {
				return bad
			}
		}
	}
	return nil
}

func checkCell(c *checker, p place, kind string, v any) *cardError {
	good := false
	switch kind {
	case "number", "date":
		_, good = v.(float64)
	case "options":
		good = listOf(object2(props{"!text": text, "color": text}), 100)(c, p, v) == nil || text(c, p, v) == nil
	case "persons":
		return either(listOf(personID, 100), personID)(c, p, v)
	default:
		_, good = v.(string)
	}
	if !good {
		return p.bad(errRows, v, "the cell is not %s", kind)
	}
	return nil
}

// with is a union of properties; what more has goes first, whether required or not.
func with(base, more props) props {
	out := props{}
	for k, r := range base {
		out[k] = r
	}
	for k, r := range more {
		for _, other := range []string{k, "!" + k} {
			delete(out, other)
		}
		if k[0] == '!' {
			delete(out, k[1:])
		}
		if r == nil {
			panic(fmt.Sprintf("property %s has no rule", k))
		}
		out[k] = r
	}
	return out
}
