package feishucard

import "html/template"

type blockView struct {
	HTML  template.HTML
	Align string // left, center, right
	Size  string // heading, normal, notation
}

type divView struct {
	Text   textView
	Fields []fieldView
	Extra  []element // 1.0: one component at the side
	Size   string
	Colour string
}

type fieldView struct {
	Text  textView
	Short bool
}

type columnsView struct {
	Mode    string // none, stretch, flow, bisect, trisect
	Grey    bool
	Spacing string
	Columns []columnView
}

type columnView struct {
	Width    string // auto, weighted, px
	Weight   int    // 1 to 5
	Px       int
	Align    string // top, center, bottom
	Elements []element
}

type imageView struct{ Alt, Title string }

type peopleView struct{ People []personView }

type personView struct {
	ID, Name string
	Known    bool
	Avatar   template.HTML
}

type panelView struct {
	Title    textView
	Open     bool
	Elements []element
}

type noteView struct{ Parts []element }

// element builds one component; what is not known becomes a visible note.
func (b *builder) element(o object) element {
	switch tag := o.str("tag"); tag {
	case "markdown":
		return element{"block", blockView{b.markdown(firstOf(o.str("i18n_content", "zh_cn"), o.str("content")), true),
			oneOf(o.str("text_align"), "left", "center", "right"), textSize(o.str("text_size"))}}
	case "plain_text", "lark_md":
		return element{"div", divView{Text: b.text(o), Size: textSize(o.str("text_size"))}}
	case "div":
		return element{"div", b.div(o)}
	case "hr":
		return element{"hr", nil}
	case "img", "image":
		return element{"img", imageView{b.plain(o.obj("alt")), b.plain(o.obj("title"))}}
	case "img_combination":
		var imgs []imageView
		for range o.list("img_list") {
			imgs = append(imgs, imageView{Alt: "图片"})
		}
		return element{"imgs", imgs}
	case "person":
		return element{"people", peopleView{[]personView{b.person(firstOf(o.str("user_id"), o.str("id")))}}}
	case "person_list":
		var v peopleView
		for _, p := range o.list("persons") {
			v.People = append(v.People, b.person(firstOf(p.str("id"), p.str("user_id"))))
		}
		return element{"people", v}
	case "column_set":
		return element{"columns", b.columns(o)}
	case "collapsible_panel":
		return element{"panel", panelView{b.text(o.obj("header", "title")), o.yes("expanded"), b.elements(o.list("elements"))}}
	case "note":
		return element{"note", noteView{b.elements(o.list("elements"))}}
	case "table":
		return element{"table", b.table(o)}
	case "chart":
		return b.chart(o)
	default:
		if e, ok := b.interactive(o); ok {
			return e
		}
		return element{"unknown", "暂不支持的组件：" + tag}
	}
}

func (b *builder) div(o object) divView {
	t := o.obj("text")
	v := divView{Text: b.text(t), Size: textSize(t.str("text_size")), Colour: colour(t.str("text_color"))}
	for _, f := range o.list("fields") {
		v.Fields = append(v.Fields, fieldView{b.text(f.obj("text")), f.yes("is_short")})
	}
	if e := o.obj("extra"); e != nil {
		v.Extra = b.elements([]object{e})
	}
	return v
}

func (b *builder) columns(o object) columnsView {
	v := columnsView{
		Mode:    oneOf(o.str("flex_mode"), "none", "stretch", "flow", "bisect", "trisect"),
		Grey:    oneOf(o.str("background_style"), "", "grey", "gray", "bg-grey") != "",
		Spacing: oneOf(o.str("horizontal_spacing"), "medium", "small", "large", "extra_large"),
	}
	for _, c := range o.list("columns") {
		col := columnView{
			Width:    oneOf(c.str("width"), "auto", "weighted"),
			Align:    oneOf(c.str("vertical_align"), "top", "center", "bottom"),
			Weight:   1,
			Elements: b.elements(c.list("elements")),
		}
		if px := pixels(c, "width"); px > 0 {
			col.Width, col.Px = "px", px
		}
		if w, ok := c.num("weight"); ok && w >= 1 && w <= 5 {
			col.Weight = int(w)
		}
		v.Columns = append(v.Columns, col)
	}
	return v
}

func (b *builder) person(ref string) personView {
	p, ok := b.who(ref)
	if !ok {
		return personView{ID: ref, Name: "未知用户", Avatar: Avatar("", "？")}
	}
	return personView{p.ID, p.Name, true, Avatar(p.ID, p.Name)}
}

// textSize folds Feishu's many size names into four.
func textSize(s string) string {
	switch s {
	case "heading-0", "heading-1", "xxxx-large", "xxx-large", "xx-large", "x-large":
		return "title"
	case "heading", "heading-2", "heading-3", "heading-4", "large", "medium":
		return "heading"
	case "notation", "x-small", "small":
		return "notation"
	}
	return "normal"
}
