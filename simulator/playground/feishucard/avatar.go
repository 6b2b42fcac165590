package feishucard

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"unicode"
)

// Avatar draws a person's picture out of their name: the last two characters of a Chinese name, the first
// letter of another, on one of eight colours that hangs on the id. It is decoration for a name beside it.
func Avatar(id, name string) template.HTML {
	h := fnv.New32a()
	h.Write([]byte(id))
	return template.HTML(fmt.Sprintf(`<span class="av av-%d" aria-hidden="true">%s</span>`,
		h.Sum32()%8, template.HTMLEscapeString(initials(name))))
}

func initials(name string) string {
	r := []rune(name)
	switch {
	case len(r) == 0:
		return "?"
	case !unicode.Is(unicode.Han, r[0]):
		return string(unicode.ToUpper(r[0]))
	case len(r) > 2:
		return string(r[len(r)-2:])
	}
	return string(r)
}
