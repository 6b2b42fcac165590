package approval

import (
	"slices"

	"magpie/config"
)

// Schema is the JSON Schema of a workflow file of this kind, indented. It is kept at
// docs/schema/workflow.json, so that editors complete and check.
func Schema() []byte { return config.SchemaFor("workflow (kind: approval)", spec{}) }

// object describes a mapping that must have all of its keys, and no others.
func object(keys map[string]*config.JSONSchema) *config.JSONSchema {
	s := &config.JSONSchema{Type: "object", PatternProperties: map[string]*config.JSONSchema{}, AdditionalProperties: &config.JSONSchema{Not: &config.JSONSchema{}}}
	for k, v := range keys {
		s.PatternProperties["^"+k+"$"] = v
		s.Required = append(s.Required, k)
	}
	slices.Sort(s.Required)
	return s
}

// JSONSchema describes one selector or a list of them.
func (*selectors) JSONSchema() *config.JSONSchema {
	one := &config.JSONSchema{
		Type: "string", Pattern: `^(person:.+|role:.+|title:.+|group:.+|dept:.+|oncall:.+|form\..+|initiator(\..+)?|chosen|everyone)$|\$\{`,
		Examples: []any{"initiator.manager", "initiator.managers(until: title:总监)", "initiator.dept.leads(2)", "role:finance", "title:财务经理", "group:评审委员会", "dept:财务部/lead", "person:li.lei", "oncall:ops", "form.reviewer"},
	}
	least := uint64(1)
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{one, {Type: "array", Items: one, MinItems: &least}}}
}

// JSONSchema describes an option: a text, or value and label.
func (*optionSpec) JSONSchema() *config.JSONSchema {
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{{Type: "string"}, {Type: "number"}, object(map[string]*config.JSONSchema{
		"value": {Type: "string", Description: "what is stored"}, "label": {Type: "string", Description: "what people read"},
	})}}
}

// JSONSchema describes a list of what is allowed.
func (*allowed) JSONSchema() *config.JSONSchema {
	words := make([]any, len(allowances))
	for i, w := range allowances {
		words[i] = w
	}
	return &config.JSONSchema{Type: "array", UniqueItems: true, Items: &config.JSONSchema{Type: "string", Enum: words}}
}

// JSONSchema describes a mode: a word, or a ratio, a count or a weight.
func (*modeSpec) JSONSchema() *config.JSONSchema {
	weighed := object(map[string]*config.JSONSchema{"weight": {Type: "integer", Minimum: "1", Maximum: "10000", Description: "who agree must weigh more than that"}})
	weighed.PatternProperties["^of$"] = &config.JSONSchema{Type: "object", AdditionalProperties: &config.JSONSchema{Type: "integer", Minimum: "1", Maximum: "1000"},
		Description: "selector or person to weight; whoever is not named weighs one"}
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{
		{Type: "string", Enum: []any{"any", "all", "sequence"}, Description: "any 或签, all 会签, sequence 依次审批"},
		object(map[string]*config.JSONSchema{"ratio": {Type: "string", Pattern: `^(100|[1-9][0-9]?)%$`, Description: "at least so many of a hundred"}}),
		weighed,
		object(map[string]*config.JSONSchema{"count": {Type: "integer", Minimum: "1", Maximum: "100", Description: "at least so many"}}),
	}}
}

// JSONSchema describes when a field must be filled in.
func (*requiredSpec) JSONSchema() *config.JSONSchema {
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{{Type: "boolean"}, {Type: "string", Description: "a condition on fields that stand above"}}}
}
