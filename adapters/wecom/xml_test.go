package wecom

import (
	"encoding/xml"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestXMLIsBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)
	wide := "<xml>" + strings.Repeat("<a/>", maxXMLNodes) + "</xml>"
	for name, src := range map[string]string{
		"nothing": "", "no xml": "hello", "json": `{"a":1}`, "only space": " \n", "cut": "<xml><a>", "cut in CDATA": "<xml><![CDATA[x", "cut tag": "<xml", "cut end": "<xml></xm",
		"entity bomb":     `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml>&b;</xml>`,
		"doctype":         `<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><a>1</a></xml>`,
		"doctype inside":  `<xml><!DOCTYPE x></xml>`,
		"unknown entity":  `<xml>&xxe;</xml>`,
		"bare ampersand":  `<xml>a & b</xml>`,
		"zero character":  `<xml>&#0;</xml>`,
		"surrogate":       `<xml>&#xD800;</xml>`,
		"CDATA end mark":  `<xml>]]></xml>`,
		"CDATA twice":     `<xml><![CDATA[a]]>]]></xml>`,
		"comment":         `<xml><!-- x --></xml>`,
		"instruction":     `<xml><?php x ?></xml>`,
		"attribute":       `<xml a="b"></xml>`,
		"two roots":       `<xml></xml><xml></xml>`,
		"text after":      `<xml></xml>x`,
		"crossed":         `<xml><a><b></a></b></xml>`,
		"deep":            deep,
		"wide":            wide,
		"text and tags":   `<xml>a<b/></xml>`,
		"other encoding":  `<?xml version="1.0" encoding="GBK"?><xml></xml>`,
		"not UTF-8":       "<xml>\xff\xfe</xml>",
		"name of a digit": "<1></1>",
	} {
		if n, err := parseXML([]byte(src)); err == nil {
			t.Errorf("%s: taken as %+v", name, n)
		}
	}
}

func TestXMLIsRead(t *testing.T) {
	t.Parallel()
	n, err := parseXML([]byte("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><A> 1 &lt;&#x4e2d;&#38; </A >\n<b/><b><![CDATA[<x>]]>&amp;<![CDATA[]]]]><![CDATA[>]]></b><agentId>7</agentId></xml>\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := n.str("a"); got != "1 <中&" {
		t.Errorf("a is %q", got)
	}
	if bs := n.all("B"); len(bs) != 2 || bs[0].text != "" || bs[1].text != "<x>&]]>" {
		t.Errorf("b is %+v", bs)
	}
	if n.str("AgentID") != "7" || n.str("none", "deeper") != "" || (*node)(nil).all("x") != nil {
		t.Error("names")
	}
}

// FuzzXML compares with the standard library: what we take, it takes too, with the same texts.
func FuzzXML(f *testing.F) {
	files, _ := filepath.Glob("testdata/events/*/request.http")
	for _, file := range files {
		b := readFile(f, file)
		if i := strings.Index(string(b), "\n\n"); i > 0 {
			f.Add(b[i+2:])
		}
	}
	f.Add([]byte("<xml><a>1 &lt; <![CDATA[x]]></a><b/></xml>"))
	f.Add([]byte(`<!DOCTYPE l [<!ENTITY a "ha">]><xml>&a;</xml>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseXML(b)
		if err != nil {
			return
		}
		var ours strings.Builder
		var collect func(*node)
		collect = func(n *node) {
			ours.WriteString(n.text)
			for _, k := range n.kids {
				collect(k)
			}
		}
		collect(n)
		var theirs strings.Builder
		dec := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				if strings.Contains(err.Error(), "illegal character") {
					return // of XML 1.0; harmless to us
				}
				t.Fatalf("we take what encoding/xml does not: %v\n%q", err, b)
			}
			if c, ok := tok.(xml.CharData); ok {
				theirs.Write(c)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(ours.String()) != squeeze(theirs.String()) {
			t.Fatalf("%q\nours   %q\ntheirs %q", b, ours.String(), theirs.String())
		}
	})
}
