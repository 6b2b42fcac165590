package playground

import (
	"embed"
	"html/template"
	"net/http"
	"time"

	"magpie/simulator"
)

//go:embed page.gohtml column.gohtml assets
var files embed.FS

// Source is what the page shows; *simulator.Hub is one. All methods may be called concurrently.
type Source interface {
	// Company is who there is; it does not change.
	Company() *simulator.Company
	// Suite finds a suite by name.
	Suite(name string) (simulator.Suite, error)
}

// Options are the wishes of whoever shows the page. The zero value is the demo.
type Options struct {
	// Commands are suggested below an empty line. Defaults to 采购, 报销, 合同, 请假, 帮助.
	Commands []string
	// Bot is the bot's name where the suite gives the direct chat none. Defaults to 鹊桥.
	Bot string
	// People are the columns of a first visit, as many as exist. Defaults to li.lei, han.meimei, wang.fang.
	People []string
	// Location is the zone that times are shown in. Defaults to UTC+8.
	Location *time.Location
}

// suites are asked for in this order; a person's first is the one their column opens with.
var suites = []string{"feishu", "dingtalk", "wecom"}

type playground struct {
	src   Source
	o     Options
	pages *template.Template
}

// New makes the handler of the page and its parts. It serves paths below /sim/ with the prefix left on, as
// simulator.Hub passes them, and answers 404 for what is not its own. The page calls /sim/api for everything
// that acts, so that must be served beside it.
func New(src Source, o Options) http.Handler {
	if len(o.Commands) == 0 {
		o.Commands = []string{"采购", "报销", "合同", "请假", "帮助"}
	}
	if o.Bot == "" {
		o.Bot = "鹊桥"
	}
	if len(o.People) == 0 {
		o.People = []string{"li.lei", "han.meimei", "wang.fang"}
	}
	if o.Location == nil {
		o.Location = time.FixedZone("CST", 8*60*60)
	}
	p := &playground{src: src, o: o}
	p.pages = template.Must(template.New("").ParseFS(files, "page.gohtml", "column.gohtml"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/{$}", p.getPage)
	mux.HandleFunc("GET /sim/column", p.getColumn)
	mux.Handle("GET /sim/assets/{file}", assets())
	return secured(mux)
}

// policy forbids everything that the page does not need; pictures may be data, since the browser's own
// widgets use them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
