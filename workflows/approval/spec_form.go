package approval

import "magpie/config"

// fieldSpec is one field of the form.
type fieldSpec struct {
	ID          string         `yaml:"id,required"`
	Type        string         `yaml:"type,required" jsonschema:"enum=text,enum=longtext,enum=number,enum=money,enum=date,enum=datetime,enum=range,enum=select,enum=multiselect,enum=person,enum=persons,enum=department,enum=bool,enum=table,enum=attachment,enum=image,enum=computed,enum=note"`
	Label       string         `yaml:"label,required" jsonschema_description:"what people read; of a note the whole text"`
	Required    requiredSpec   `yaml:"required"`
	Show        string         `yaml:"show" jsonschema_description:"a condition on fields that stand above; where it is not true the field is not asked for, not required and not kept"`
	Placeholder string         `yaml:"placeholder"`
	Min         config.Decimal `yaml:"min"`
	Max         config.Decimal `yaml:"max"`
	Options     []optionSpec   `yaml:"options"`
	Default     *config.Node   `yaml:"default" jsonschema_description:"a value; or initiator, initiator.dept and the like; or {value: a formula}"`
	Currency    string         `yaml:"currency" jsonschema:"enum=CNY,enum=USD,enum=EUR,enum=GBP,enum=JPY,enum=HKD,enum=TWD,enum=KRW,enum=SGD,enum=AUD,enum=CAD,enum=CHF" jsonschema_description:"of money; CNY without it"`
	Capitals    bool           `yaml:"capitals" jsonschema_description:"an amount of yuan is also written in capitals: 壹仟元整"`
	Of          string         `yaml:"of" jsonschema:"enum=date,enum=datetime" jsonschema_description:"what a range goes from and to; date without it"`
	Columns     []columnSpec   `yaml:"columns" jsonschema_description:"of a table"`
	Rows        *rowsSpec      `yaml:"rows" jsonschema_description:"how many rows a table may have"`
	Value       string         `yaml:"value" jsonschema_description:"a formula: the field is computed and not asked for"`
	Accept      []string       `yaml:"accept,scalar" jsonschema_description:"endings of the files that an attachment takes: [pdf, docx]"`
	From        selectors      `yaml:"from" jsonschema_description:"of person and persons: among whom is chosen; anybody without it"`
	MaxSize     string         `yaml:"max_size" jsonschema_description:"of one file: 5 MB; 20 MB without it"`
	chosen      bool           // the approvers of a step are chosen in it
}

// columnSpec is one column of a table.
type columnSpec struct {
	ID          string         `yaml:"id,required"`
	Type        string         `yaml:"type,required" jsonschema:"enum=text,enum=longtext,enum=number,enum=money,enum=date,enum=datetime,enum=select,enum=bool,enum=computed"`
	Label       string         `yaml:"label" jsonschema_description:"the id without it"`
	Required    bool           `yaml:"required"`
	Placeholder string         `yaml:"placeholder"`
	Min         config.Decimal `yaml:"min"`
	Max         config.Decimal `yaml:"max"`
	Options     []optionSpec   `yaml:"options"`
	Currency    string         `yaml:"currency" jsonschema:"enum=CNY,enum=USD,enum=EUR,enum=GBP,enum=JPY,enum=HKD,enum=TWD,enum=KRW,enum=SGD,enum=AUD,enum=CAD,enum=CHF"`
	Value       string         `yaml:"value" jsonschema_description:"a formula of columns that stand before it: qty * price"`
	Total       string         `yaml:"total" jsonschema:"enum=sum,enum=min,enum=max,enum=count" jsonschema_description:"shown below the table"`
}

// field is the column as a field, for what both have.
func (s columnSpec) field() fieldSpec {
	f := fieldSpec{ID: s.ID, Type: s.Type, Label: s.Label, Required: requiredSpec{Always: s.Required}, Placeholder: s.Placeholder, Min: s.Min, Max: s.Max,
		Options: s.Options, Currency: s.Currency, Value: s.Value}
	if f.Label == "" {
		f.Label = s.ID
	}
	return f
}

// rowsSpec bounds the rows of a table.
type rowsSpec struct {
	Min int `yaml:"min" jsonschema:"minimum=0,maximum=200"`
	Max int `yaml:"max" jsonschema:"minimum=1,maximum=200"`
}

// checkSpec is a rule between fields.
type checkSpec struct {
	Must string `yaml:"must,required" jsonschema_description:"a condition; it is looked at once every field that it compares was filled in"`
	Say  string `yaml:"say,required" jsonschema_description:"what people read when it is not true"`
	At   string `yaml:"at" jsonschema_description:"the field that it is shown at; the first one that it compares without it"`
}

// requiredSpec is true, false or a condition.
type requiredSpec struct {
	Always bool
	If     string
}

// DecodeYAML reads either form.
func (r *requiredSpec) DecodeYAML(n *config.Node) config.Problems {
	if t := n.Text(); n.Kind() == config.Scalar && t != "true" && t != "false" {
		return n.Decode(&r.If)
	}
	return n.Decode(&r.Always)
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
