// Package templates turns views into cards. A template is a YAML file: the outline of a card whose texts
// are text/template strings.
//
//	title: {zh: "{{.instance.title}}", en: "{{.instance.title}}"}   # a plain string is Chinese
//	tone: '{{choose .instance.status "approved" "success" "info"}}'
//	summary: "{{.initiator.name}}的{{.definition.name}}"
//	body:
//	  - fields: [{for: f in .fields, label: "{{.f.label}}", value: "{{.f.value}}", short: .f.short}]
//	  - {if: .reason, markdown: "**理由** {{.reason}}"}
//	  - {progress: {steps: .steps, current: .current}}
//	actions:
//	  - {if: has .actions "urge", verb: urge, label: {zh: 催办, en: Remind}}
//
// The view is marshalled to JSON once and the template sees that: lower-case names, whole numbers as
// numbers, other numbers digit for digit as text. A name that isn't there is an error; has asks first.
//
// Every element, field, row, input, option, step, person and button may carry "if" (a pipeline) and "for"
// (item in PIPELINE, or i, item in PIPELINE; the item is then .item). Elements may carry "else" and
// "fallback", lists of elements. Where a list is wanted, a pipeline that gives one stands for it. An
// element that has nothing to show is left out.
//
// Values that stand in "markdown:" are escaped on their way, whatever the pipeline, so a person's text
// never becomes markup; only mention makes some. All other texts are plain. Control characters and
// characters that turn the direction of writing are dropped from values. A text is cut after 20,000
// characters, and a card with too much in it is an error.
package templates
