package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
)

//go:embed assets/weui.min.css assets/pages.css assets/print.css assets/sign.js
var files embed.FS

// asset is a style sheet or a script with its content's hash, which is in its address: it may be cached for ever.
type asset struct {
	body    []byte
	version string
}

var styles = func() map[string]asset {
	out := map[string]asset{}
	for _, name := range []string{"weui.min.css", "pages.css", "print.css", "sign.js"} {
		b, err := files.ReadFile("assets/" + name)
		if err != nil {
			panic(err) // embedded: it is there
		}
		sum := sha256.Sum256(b)
		out[name] = asset{b, hex.EncodeToString(sum[:6])}
	}
	return out
}()

// assets serves the style sheets and the script.
func assets(w http.ResponseWriter, r *http.Request) {
	a, ok := styles[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	kind := "text/css"
	if strings.HasSuffix(r.PathValue("file"), ".js") {
		kind = "text/javascript"
	}
	head.Set("Content-Type", kind+"; charset=utf-8")
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.URL.Query().Get("v") != a.version {
		head.Set("Cache-Control", "no-cache")
	}
	_, _ = w.Write(a.body)
}
