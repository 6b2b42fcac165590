package approval

import "magpie/config"

// fieldSpec is one field of the form.
type fieldSpec struct {
	ID          string         `yaml:"id,required"`
	Type        string         `yaml:"type,required" jsonschema:"enum=text,enum=longtext,enum=number,enum=money,enum=date,enum=datetime,enum=select,enum=multiselect,enum=person,enum=persons,enum=bool,enum=table,enum=attachment,enum=computed"`
	Label       string         `yaml:"label,required"`
	Required    bool           `yaml:"required"`
	Placeholder string         `yaml:"placeholder"`
	Min         config.Decimal `yaml:"min"`
	Max         config.Decimal `yaml:"max"`
	Options     []optionSpec   `yaml:"options"`
	Default     *config.Node   `yaml:"default"`
	Columns     *config.Node   `yaml:"columns"`
	Value       *config.Node   `yaml:"value"`
}

// optionSpec is `设备` or {value: device, label: 设备}.
type optionSpec struct {
	Value string
	Label string
}

// DecodeYAML reads either form.
func (o *optionSpec) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() == config.Map {
		var long struct {
			Value string `yaml:"value,required"`
			Label string `yaml:"label,required"`
		}
		ps := n.Decode(&long)
		o.Value, o.Label = long.Value, long.Label
		return ps
	}
	ps := n.Decode(&o.Value)
	o.Label = o.Value
	return ps
}
