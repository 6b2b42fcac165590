package feishucard

import (
	"math"
	"strconv"
)

type progressView struct {
	Title string
	Bars  []barView
}

type barView struct {
	Label   string
	Percent int    // 0 to 100
	Text    string // what stands beside the bar
	Dash    string // stroke-dasharray of a ring whose length is 100
}

type dataView struct {
	Title, Type string
	Heads       []string
	Rows        [][]string
}

const maxBars = 20

// chart draws the two progress charts as Feishu does, and of every other chart its figures as a list: there
// is no chart library here.
func (b *builder) chart(o object) element {
	spec := o.obj("chart_spec")
	title := firstOf(spec.str("title", "text"), spec.str("title"))
	kind := spec.str("type")
	rows := values(spec)
	switch kind {
	case "linearProgress", "circularProgress":
		v := progressView{Title: title}
		valueField, labelField := "value", firstOf(spec.str("yField"), spec.str("categoryField"), spec.str("seriesField"), "type")
		if kind == "linearProgress" {
			valueField = firstOf(spec.str("xField"), valueField)
		} else {
			valueField = firstOf(spec.str("valueField"), valueField)
		}
		for i, r := range rows {
			if i == maxBars {
				break
			}
			f, _ := r.num(valueField)
			p := int(math.Round(math.Min(math.Max(f, 0), 1) * 100))
			v.Bars = append(v.Bars, barView{r.str(labelField), p, firstOf(r.str("text"), strconv.Itoa(p)+"%"),
				strconv.Itoa(p) + " 100"})
		}
		if kind == "linearProgress" {
			return element{"progress", v}
		}
		return element{"ring", v}
	}
	v := dataView{Title: title, Type: chartName(kind)}
	for _, f := range []string{"xField", "yField", "categoryField", "valueField", "seriesField"} {
		for _, s := range spec.strs(f) {
			v.Heads = append(v.Heads, s)
		}
	}
	for i, r := range rows {
		if i == maxBars {
			break
		}
		var cells []string
		for _, h := range v.Heads {
			cells = append(cells, r.str(h))
		}
		v.Rows = append(v.Rows, cells)
	}
	return element{"figures", v}
}

// values finds the rows of a chart: data is an object with values, or an array of such objects.
func values(spec object) []object {
	if rows := spec.list("data", "values"); rows != nil {
		return rows
	}
	var out []object
	for _, d := range spec.list("data") {
		out = append(out, d.list("values")...)
	}
	return out
}

func chartName(kind string) string {
	switch kind {
	case "bar":
		return "柱状图"
	case "line":
		return "折线图"
	case "area":
		return "面积图"
	case "pie":
		return "饼图"
	}
	return "图表"
}
