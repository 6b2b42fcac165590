package templates_test

import (
	"strings"
	"testing"
	"time"

	"magpie/templates"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	view := map[string]any{
		"zero": 0, "n": 1234567, "price": "1234.5", "neg": "-0.005", "big": "123456789012345678901234567890.10",
		"empty": "", "text": "采购abc", "list": []string{"甲", "乙"}, "no": []string{}, "yes": true,
		"at": time.Date(2026, 8, 3, 16, 30, 0, 0, time.UTC), "never": time.Time{}, "day": "2026-08-03",
		"span": 90 * time.Minute, "who": map[string]string{"id": "li.lei", "name": "李雷"},
		"all": []map[string]string{{"name": "李雷"}, {"name": "韩梅梅"}}, "nothing": nil,
	}
	for src, want := range map[string]string{
		`{{money .price}} {{money .neg}} {{money .n}} {{money .big}}`:                                    "1,234.50 -0.005 1,234,567.00 123,456,789,012,345,678,901,234,567,890.10",
		`{{number .price}} {{number .n}} {{number .zero}}`:                                               "1,234.5 1,234,567 0",
		`{{date .at}} {{time .at}} {{datetime .at}}|{{date .never}}|{{date .day}}`:                       "2026-08-04 00:30 2026-08-04 00:30||2026-08-03",
		`{{dur .span}} {{dur .span "en"}} {{dur "45s"}} {{dur "50h"}} {{dur "0s"}}`:                      "1 小时 30 分钟 1 h 30 min 45 秒 2 天 2 小时 0 秒",
		`{{default "无" .empty}} {{default "无" .nothing}} {{default "无" .text}}`:                          "无 无 采购abc",
		`{{choose .n 1 "一" 1234567 "多" "他"}} {{choose .empty "" "空" "满"}} {{choose .yes false "否" "是"}}`: "多 空 是",
		`{{has . "text"}} {{has . "gone"}} {{has .list "乙"}} {{has .list "丙"}} {{has .nothing "x"}}`:     "true false true false false",
		`{{join "、" .list}}|{{join "、" .no}}`:                                                            "甲、乙|",
		`{{name .who}} {{name .all}} {{mention .who}}`:                                                   "李雷 李雷、韩梅梅 @李雷",
		`{{upper .text}} {{lower "ABC"}} {{trim " a "}} {{truncate 3 .text}} {{truncate 9 .text}}`:       "采购ABC abc a 采购… 采购abc",
		`{{first .list}} {{add 1 .n}} {{len .list}} {{index .list 1}}`:                                   "甲 1234568 2 乙",
		`{{range $i, $x := .list}}{{if $i}}，{{end}}{{$x}}{{else}}无{{end}}{{range .no}}{{else}}无{{end}}`:  "甲，乙无",
		`{{if and .yes (gt .n 5) (not .zero)}}对{{end}}{{with .who}}{{.name}}{{end}}`:                     "对李雷",
		`{{printf "%s-%d" .text .n}} {{print .n .text}}`:                                                 "采购abc-1234567 1234567采购abc",
	} {
		set, ps := templates.Load(time.FixedZone("", 8*60*60), layer("title: t\nsummary: s\nbody: [{note: '"+src+"'}]\n"))
		if set == nil {
			t.Error(ps.Error())
			continue
		}
		c, err := set.Render("x", view)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := c.PlainText(); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

func BenchmarkRenderTask(b *testing.B) {
	set, ps := templates.Load(nil, templates.Builtin())
	if set == nil {
		b.Fatal(ps)
	}
	view := raw(mustRead(b, "builtin/testdata/approval.task/open.view.json"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Render("approval.task", view); err != nil {
			b.Fatal(err)
		}
	}
}
