package feishu

import (
	"fmt"
	"regexp"
	"strings"
)

// known lists the properties of each component of card JSON 2.0; Feishu refuses a card with any other one.
// Source: Feishu Open Platform, "Card JSON 2.0 components", the pages of the single components, checked 2026-11.
var known = map[string]map[string]bool{
	"plain_text": props("content i18n_content text_size text_color text_align lines icon"),
	"lark_md":    props("content i18n_content text_size text_color text_align lines icon"),
	"text_tag":   props("text color element_id"),

	"standard_icon": props("token color size img_key"),
	"custom_icon":   props("img_key size token color"),

	"markdown":          common("content i18n_content text_size text_align icon"),
	"div":               common("text fields icon width"),
	"img":               common("img_key alt title mode custom_width compact_width corner_radius scale_type size transparent preview"),
	"img_combination":   common("combination_mode combination_transparent corner_radius img_list"),
	"person":            common("user_id size show_avatar show_name style"),
	"person_list":       common("persons lines show_name show_avatar size icon ud_icon drop_invalid_user_id"),
	"hr":                common(""),
	"chart":             common("chart_spec aspect_ratio height color_theme preview"),
	"table":             common("columns rows page_size row_height row_max_height header_style freeze_first_column"),
	"audio":             common("file_key audio_id show_time style width background_color fill_color fallback"),
	"column_set":        common("columns flex_mode background_style horizontal_spacing horizontal_align action behaviors"),
	"column":            common("width weight elements background_style vertical_align vertical_spacing horizontal_align horizontal_spacing direction padding action behaviors"),
	"form":              common("name elements direction padding horizontal_spacing vertical_spacing horizontal_align vertical_align confirm"),
	"collapsible_panel": common("expanded header border elements background_color direction padding horizontal_spacing vertical_spacing horizontal_align vertical_align"),
	"interactive_container": common("elements behaviors width height direction padding background_style has_border border_color corner_radius " +
		"disabled disabled_tips hover_tips confirm horizontal_spacing vertical_spacing horizontal_align vertical_align"),

	"button":              input("type size text icon form_action_type complex_interaction"),
	"input":               input("placeholder default_value max_length input_type rows auto_resize max_rows show_icon label label_position"),
	"select_static":       input("type placeholder options initial_option initial_index"),
	"multi_select_static": input("type placeholder options selected_values"),
	"select_person":       input("type placeholder options initial_option"),
	"multi_select_person": input("type placeholder options selected_values"),
	"date_picker":         input("type placeholder initial_date value"),
	"picker_time":         input("type placeholder initial_time value"),
	"picker_datetime":     input("type placeholder initial_datetime value"),
	"overflow":            input("options value"),
	"checker":             input("checked text overall_checkable button_area checked_style padding"),
	"select_img":          input("options selected_values style layout multi_select can_preview aspect_ratio selected_value value"),
}

// parts are the objects without a tag, by the property that holds them.
var parts = map[string]map[string]bool{
	"":       props("schema config card_link header body"),
	"config": props("update_multi enable_forward enable_forward_interaction width_mode summary streaming_mode streaming_config locales use_custom_translation style"),
	"header": props("title subtitle text_tag_list i18n_text_tag_list template icon padding"),
	"body":   props("direction padding horizontal_spacing vertical_spacing horizontal_align vertical_align elements"),
}

func props(s string) map[string]bool {
	m := map[string]bool{}
	for _, f := range strings.Fields(s) {
		m[f] = true
	}
	return m
}

func common(s string) map[string]bool { return props(s + " element_id margin") }

func input(s string) map[string]bool {
	return props(s + " element_id margin name width required disabled disabled_tips hover_tips behaviors confirm")
}

var elementID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,19}$`)

// checkCard checks a card of JSON values against what Feishu refuses: unknown properties and components,
// names and ids that come twice, forms and tables in the wrong place, too much of anything.
func checkCard(root obj) error {
	c := &checker{names: map[string]bool{}, ids: map[string]bool{}}
	m := map[string]any(root)
	if m["schema"] != "2.0" {
		return fmt.Errorf("schema is not 2.0")
	}
	if err := onlyKnown("card", m, parts[""]); err != nil {
		return err
	}
	for _, k := range []string{"config", "header", "body"} {
		if v, ok := m[k]; ok {
			o, isObj := v.(map[string]any)
			if !isObj {
				return fmt.Errorf("%s is not an object", k)
			}
			if err := onlyKnown(k, o, parts[k]); err != nil {
				return err
			}
			if k == "config" {
				if u, ok := o["update_multi"]; ok && u != true {
					return fmt.Errorf("config.update_multi is not true")
				}
			}
			for p, x := range o {
				if err := c.value(k+"."+p, x, 0, ""); err != nil {
					return err
				}
			}
		}
	}
	if c.tables > maxTables {
		return fmt.Errorf("%d tables are more than %d", c.tables, maxTables)
	}
	return nil
}

type checker struct {
	names, ids map[string]bool
	tables     int
}

// value checks what is below a property. depth counts containers, in names the outermost one.
func (c *checker) value(path string, v any, depth int, in string) error {
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			if err := c.value(fmt.Sprintf("%s[%d]", path, i), x, depth, in); err != nil {
				return err
			}
		}
	case map[string]any:
		return c.object(path, v, depth, in)
	}
	return nil
}

func (c *checker) object(path string, m map[string]any, depth int, in string) error {
	tag, tagged := m["tag"].(string)
	if tagged {
		if err := c.component(path, tag, m, depth); err != nil {
			return err
		}
		switch tag {
		case "column_set", "column", "form", "collapsible_panel", "interactive_container":
			depth, in = depth+1, tag
		}
	}
	for k, x := range m {
		switch {
		case k == "rows" || k == "chart_spec", k == "value" && m["type"] == "callback", k == "columns" && tag == "table":
			continue // data, not components
		}
		if err := c.value(path+"."+k, x, depth, in); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) component(path, tag string, m map[string]any, depth int) error {
	allowed, ok := known[tag]
	if !ok {
		return fmt.Errorf("%s: no component is called %q", path, tag)
	}
	if err := onlyKnown(path, m, allowed); err != nil {
		return err
	}
	switch {
	case tag == "form" && depth > 0:
		return fmt.Errorf("%s: a form stands at the root only", path)
	case tag == "table" && depth > 0:
		return fmt.Errorf("%s: a table stands at the root only", path)
	case depth > maxNested:
		return fmt.Errorf("%s: nested too deep", path)
	case tag == "table":
		c.tables++
	}
	if id, ok := m["element_id"]; ok {
		s, _ := id.(string)
		if !elementID.MatchString(s) || c.ids[s] {
			return fmt.Errorf("%s: element_id %q is not one, or is used twice", path, s)
		}
		c.ids[s] = true
	}
	if n, ok := m["name"]; ok {
		s, _ := n.(string)
		if s == "" || c.names[s] {
			return fmt.Errorf("%s: name %q is empty or used twice", path, s)
		}
		c.names[s] = true
	}
	return nil
}

func onlyKnown(path string, m map[string]any, allowed map[string]bool) error {
	for k := range m {
		if k != "tag" && !allowed[k] {
			return fmt.Errorf("%s: unknown property %q", path, k)
		}
	}
	return nil
}
