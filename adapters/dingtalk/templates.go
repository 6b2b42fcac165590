package dingtalk

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Names of our card templates.
const (
	templateCard = "card" // texts and buttons
	templateForm = "form" // the same, and inputs
)

// templateFiles are the templates as a tenant makes them in the card platform.
//
//go:embed templates/*.json
var templateFiles embed.FS

// shippedTemplate is one of the files: what is drawn, and by which variables.
type shippedTemplate struct {
	Format    string `json:"format"`
	Name      string `json:"name"`
	Version   int    `json:"version"`
	Title     string `json:"title"`
	Variables []struct {
		Name    string `json:"name"`
		Type    string `json:"type"` // string, markdown, array; all travel as texts
		Private bool   `json:"private"`
		Note    string `json:"note"`
	} `json:"variables"`
	Components []json.RawMessage `json:"components"`

	public []string        // names of the variables that are the same for all viewers
	known  map[string]bool // all names
}

// shipped are the templates by name.
var shipped = readTemplates()

func readTemplates() map[string]*shippedTemplate {
	out := map[string]*shippedTemplate{}
	for _, name := range []string{templateCard, templateForm} {
		b, err := templateFiles.ReadFile("templates/" + name + ".json")
		if err != nil {
			panic(err) // can't happen: embedded
		}
		t := &shippedTemplate{known: map[string]bool{}}
		if err := json.Unmarshal(b, t); err != nil || t.Name != name {
			panic(fmt.Sprintf("template %s: %v", name, err)) // can't happen: a test reads them
		}
		for _, v := range t.Variables {
			t.known[v.Name] = true
			if !v.Private {
				t.public = append(t.public, v.Name)
			}
		}
		out[name] = t
	}
	return out
}

func templateNames() []string { return slices.Sorted(maps.Keys(shipped)) }

// TemplateFile is one of the shipped card templates.
type TemplateFile struct {
	Name    string // as in Config.Templates
	Version int
	Title   string
	JSON    []byte // the file
}

// TemplateFiles lists the card templates that a tenant makes in the card platform, by name.
func TemplateFiles() []TemplateFile {
	var out []TemplateFile
	for _, name := range templateNames() {
		b, err := templateFiles.ReadFile("templates/" + name + ".json")
		if err != nil {
			continue // can't happen: embedded
		}
		out = append(out, TemplateFile{Name: name, Version: shipped[name].Version, Title: shipped[name].Title, JSON: b})
	}
	return out
}
