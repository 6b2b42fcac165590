package feishu

import (
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// How the tags of Feishu's markdown read as plain text. The cards' <at> differs from that of texts.
var (
	mdMention = regexp.MustCompile(`<(at|person)\s+(?:id|ids|user_id|email)\s*=\s*["']?([^"'\s>]+)["']?[^>]*>(?:[^<]*</(?:at|person)>)?`)
	mdTime    = regexp.MustCompile(`<local_datetime\s+[^>]*millisecond\s*=\s*["']?(\d{1,16})["']?[^>]*>(?:</local_datetime>)?`)
	mdBreak   = regexp.MustCompile(`<br\s*/?>`)
	mdTag     = regexp.MustCompile(`</?(?:font|text_tag|link|number_tag|a|b|i|u|s|strong|em|raw)(?:\s[^>]*)?>`)
	mdLink    = regexp.MustCompile(`!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)`)
	mdRuler   = regexp.MustCompile(`(?m)^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$\n?`)
	mdHeading = regexp.MustCompile(`(?m)^\s{0,3}#{1,6}\s+`)
	mdStrong  = regexp.MustCompile("\\*\\*|~~|__|`")
	mdEscape  = regexp.MustCompile("\\\\([\\\\`*_{}\\[\\]()#+.!~<>|-])")
)

var chinaTime = time.FixedZone(zoneName, 8*3600)

// plainMarkdown is what a piece of markdown says.
func (s *Server) plainMarkdown(text string) string {
	// Escaped characters are put away, so that they are not taken for marks.
	var kept []string
	text = mdEscape.ReplaceAllStringFunc(text, func(m string) string {
		kept = append(kept, m[1:])
		return "\x00" + strconv.Itoa(len(kept)-1) + "\x01"
	})
	text = mdMention.ReplaceAllStringFunc(text, func(m string) string {
		parts := mdMention.FindStringSubmatch(m)
		name := s.nameOf(parts[2])
		if parts[1] == "at" {
			return "@" + name
		}
		return name
	})
	text = mdTime.ReplaceAllStringFunc(text, func(m string) string {
		ms, _ := strconv.ParseInt(mdTime.FindStringSubmatch(m)[1], 10, 64)
		return time.UnixMilli(ms).In(chinaTime).Format("2006-01-02 15:04")
	})
	text = mdBreak.ReplaceAllString(text, "\n")
	text = mdTag.ReplaceAllString(text, "")
	text = mdLink.ReplaceAllString(text, "$1 $2")
	text = mdRuler.ReplaceAllString(text, "")
	text = mdHeading.ReplaceAllString(text, "")
	text = mdStrong.ReplaceAllString(text, "")
	for i, c := range kept {
		text = strings.ReplaceAll(text, "\x00"+strconv.Itoa(i)+"\x01", c)
	}
	return html.UnescapeString(text)
}

// cardDigest is the flattened form in which the API returns a card: a title and lines of simple nodes, not
// the JSON that was sent.
func (s *Server) cardDigest(content string) string {
	var root map[string]any
	_ = json.Unmarshal([]byte(content), &root)
	card := s.view(content)
	title := s.textOf(child(root, "header")["title"])
	lines := [][]map[string]string{}
	for i, line := range strings.Split(card.text, "\n") {
		if line != "" && (i > 0 || line != title) {
			lines = append(lines, []map[string]string{{"tag": "text", "text": line}})
		}
	}
	for _, b := range card.buttons {
		lines = append(lines, []map[string]string{{"tag": "button", "text": b.Label}})
	}
	raw, _ := json.Marshal(map[string]any{"title": title, "elements": lines})
	return string(raw)
}
