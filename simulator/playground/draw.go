package playground

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"magpie/simulator/playground/dingtalkcard"
	"magpie/simulator/playground/feishucard"
	"magpie/simulator/playground/wecomcard"
)

// ErrNoDrawing says that cards of a suite are not drawn here.
var ErrNoDrawing = errors.New("no drawing of this suite's cards")

// looks are how each suite draws its own cards, from the vendor's JSON.
var looks = map[string]func(raw json.RawMessage, o feishucard.Options) (template.HTML, error){
	"feishu": feishucard.Draw,
	"dingtalk": func(raw json.RawMessage, o feishucard.Options) (template.HTML, error) {
		return dingtalkcard.Draw(raw, dingtalkcard.Options{Prefix: domID(o.Prefix)})
	},
	"wecom": func(raw json.RawMessage, o feishucard.Options) (template.HTML, error) {
		return wecomcard.Draw(raw, wecomcard.Options{Prefix: domID(o.Prefix), Who: func(ref string) (wecomcard.Person, bool) {
			if o.Who == nil {
				return wecomcard.Person{}, false
			}
			p, ok := o.Who(ref)
			return wecomcard.Person{ID: p.ID, Name: p.Name}, ok
		}})
	},
}

// domID keeps what can stand in an HTML id; DingTalk's message ids hold more.
func domID(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, s)
}

// draw draws a card as its suite would.
func draw(suite string, raw json.RawMessage, o feishucard.Options) (template.HTML, error) {
	look, ok := looks[suite]
	if !ok {
		return "", fmt.Errorf("%s: %w", suite, ErrNoDrawing)
	}
	return look(raw, o)
}

// cardPage is a page with one card and nothing else: no script, no address outside.
var cardPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><style>{{.Style}}
html,body{height:auto;overflow:visible;display:block;background:#fff}
body{padding:12px}
.card{max-width:none;width:100%}
</style></head><body><article class="card">{{.Card}}</article></body></html>`))

// Page is a self-contained HTML page that shows one card as the suite would draw it: raw is the vendor's
// JSON, names finds the person behind an account id. Fails with ErrNoDrawing for a suite that is not drawn,
// and with the suite's own error for what is not a card.
func Page(suite string, raw json.RawMessage, names func(ref string) (name string, ok bool)) ([]byte, error) {
	who := func(ref string) (feishucard.Person, bool) {
		name, ok := names(ref)
		return feishucard.Person{ID: ref, Name: name}, ok
	}
	html, err := draw(suite, raw, feishucard.Options{Prefix: "c", Who: who, Location: time.FixedZone("CST", 8*60*60)})
	if err != nil {
		return nil, err
	}
	var style bytes.Buffer
	for _, f := range []string{"page.css", "chat.css", "card.css", "dingtalk.css", "wecom.css"} {
		b, err := files.ReadFile("assets/" + f)
		if err != nil {
			return nil, err
		}
		style.Write(b)
	}
	var out bytes.Buffer
	err = cardPage.Execute(&out, struct {
		Style template.CSS
		Card  template.HTML
	}{template.CSS(style.String()), html})
	return out.Bytes(), err
}
